-- What passes a boundary of its weight: a state is brought over it by the activities that do, found by when they occurred,
-- and not by all that the entity ever had.
--
-- From one instant to the next exactly those activities change their part in a state that come onto another piece of their
-- decay in between (core/piece.hpp). For each of them the part that it had, carried on, is taken out, and the part that it
-- has now put in. What is pending is not in the state, so it is taken off the rows. Each activity passes each boundary once.

CREATE FUNCTION leadscore_internal.occurrences_of_changes(decay leadscore.decay, since timestamptz, until timestamptz,
                                                          OUT from_time timestamptz, OUT to_time timestamptz) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'leadscore_occurrences_of_changes' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 3;
COMMENT ON FUNCTION leadscore_internal.occurrences_of_changes(leadscore.decay, timestamptz, timestamptz) IS
  'When the activities occurred whose weight takes another form between two instants, or a little later; NULL for no bound.';

CREATE FUNCTION leadscore_internal.next_look(decay leadscore.decay, last timestamptz, until timestamptz) RETURNS timestamptz
  AS 'MODULE_PATHNAME', 'leadscore_next_look' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.next_look(leadscore.decay, timestamptz, timestamptz) IS
  'How far occurrences_of_changes() looked ahead for activities up to the last one; NULL where nothing more can change.';

CREATE FUNCTION leadscore_internal.has_faded(decay leadscore.decay, occurred_at timestamptz, instant timestamptz) RETURNS boolean
  AS 'MODULE_PATHNAME', 'leadscore_has_faded' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.has_faded(leadscore.decay, timestamptz, timestamptz) IS
  'Whether an activity, and any before it, weighs nothing from the instant on.';

-- States (SQL condition over s) as they are at an instant (SQL); recompute: rounding may show, the rows must be asked.
CREATE FUNCTION leadscore_internal.corrected_states(component leadscore_internal.component, condition text, instant text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format($query$
    WITH due AS MATERIALIZED (
      SELECT s.*, coalesce(s.reference, s.last_activity_at) AS old_reference FROM %2$s AS s
      WHERE s.next_change_at <= %6$s AND coalesce(s.reference, s.last_activity_at) <= %6$s AND (%5$s)
    ), wanted AS MATERIALIZED (
      -- Beyond so many, periods are read for everybody: an index on the time finds them.
      SELECT CASE WHEN count(*) <= 1000 THEN array_agg(d.key) END AS keys, min(d.next_change_at) AS since FROM due AS d
    ), periods AS MATERIALIZED (
      SELECT r.from_time, r.to_time FROM wanted AS w CROSS JOIN LATERAL leadscore_internal.occurrences_of_changes(%4$L, w.since, %6$s) AS r
    ), changes AS (
      SELECT f.key, f.occurred_at, f.points, f.activities, 1 AS sign
      FROM wanted AS w CROSS JOIN periods AS r
      CROSS JOIN LATERAL leadscore_internal.facts(%7$s, w.keys, r.from_time, r.to_time)
        AS f(key %8$s, occurred_at timestamptz, points float8, activities int)
      UNION ALL
      SELECT p.key, p.occurred_at, p.points, p.activities, -p.sign
      FROM %1$s AS p JOIN periods AS r ON p.occurred_at >= coalesce(r.from_time, '-infinity') AND p.occurred_at <= coalesce(r.to_time, 'infinity')
      WHERE p.component = %7$s AND p.sign <> 0
    ), moments AS (
      SELECT c.key, c.occurred_at, sum(c.sign) AS facts, sum(c.sign * c.activities) AS activities,
             sum(c.sign * c.points) AS points, sum(c.sign * abs(c.points)) AS magnitude, sum(abs(c.points)) AS traffic
      FROM changes AS c JOIN due AS d ON d.key %3$s c.key GROUP BY c.key, c.occurred_at
    ), seen AS (
      SELECT m.key, max(m.occurred_at) FILTER (WHERE m.facts > 0 AND m.occurred_at <= %6$s) AS last_change,
             min(leadscore_internal.next_change(%4$L, m.occurred_at, %6$s)) FILTER (WHERE m.facts > 0) AS next_change_at
      FROM moments AS m GROUP BY m.key
    ), placed AS (
      SELECT d.*, greatest(d.last_activity_at, x.last_change) AS new_last, x.next_change_at AS next_seen
      FROM due AS d LEFT JOIN seen AS x ON x.key %3$s d.key
    ), targets AS (
      SELECT p.*, %9$s AS new_reference FROM placed AS p
    ), parts AS (
      SELECT t.key,
             sum(leadscore_internal.fading_part(%4$L, m.points, m.occurred_at, t.new_reference)
                 - leadscore_internal.state_points(%4$L, leadscore_internal.fading_part(%4$L, m.points, m.occurred_at, t.old_reference), 0,
                     leadscore_internal.falling_part(%4$L, m.points, m.occurred_at, t.old_reference), t.old_reference, t.new_reference)) AS points,
             sum(leadscore_internal.held_part(%4$L, m.points, m.occurred_at, t.new_reference)
                 - leadscore_internal.held_part(%4$L, m.points, m.occurred_at, t.old_reference)) AS held,
             sum(leadscore_internal.falling_part(%4$L, m.points, m.occurred_at, t.new_reference)
                 - leadscore_internal.falling_part(%4$L, m.points, m.occurred_at, t.old_reference)) AS falling,
             sum(m.magnitude * leadscore.weight(%4$L, m.occurred_at, t.new_reference)
                 - leadscore_internal.state_points(%4$L, m.magnitude * leadscore.weight(%4$L, m.occurred_at, t.old_reference), 0, 0,
                     t.old_reference, t.new_reference)) AS magnitude,
             sum(m.traffic) AS traffic,
             coalesce(sum(m.activities) FILTER (WHERE m.occurred_at > t.old_reference AND m.occurred_at <= %6$s), 0) AS activities
      FROM targets AS t JOIN moments AS m ON m.key %3$s t.key
      WHERE leadscore_internal.next_change(%4$L, m.occurred_at, t.old_reference) <= %6$s
      GROUP BY t.key
    ), moved AS (
      SELECT t.key, leadscore_internal.has_faded(%4$L, t.new_last, %6$s) AS faded,
             coalesce(leadscore_internal.state_points(%4$L, t.points, 0, t.falling, t.old_reference, t.new_reference), 0) + coalesce(p.points, 0) AS points,
             greatest(coalesce(leadscore_internal.state_points(%4$L, t.magnitude, 0, 0, t.old_reference, t.new_reference), 0)
                      + coalesce(p.magnitude, 0), 1e-200) AS magnitude,
             coalesce(leadscore_internal.state_points(%4$L, t.error, 0, 0, t.old_reference, t.new_reference), 0)
               + 1e-15 * greatest(coalesce(p.traffic, 0) + leadscore_internal.state_points(%4$L, t.magnitude, 0, 0, t.old_reference, t.new_reference), 1e-200) AS error,
             t.activities + coalesce(p.activities, 0) AS activities, t.new_last AS last_activity_at,
             least(t.next_seen, leadscore_internal.next_look(%4$L, t.new_last, %6$s)) AS next_change_at,
             CASE WHEN leadscore.has_boundary(%4$L) THEN t.new_reference END AS reference,
             coalesce(t.held, 0) + coalesce(p.held, 0) AS held, coalesce(t.falling, 0) + coalesce(p.falling, 0) AS falling
      FROM targets AS t LEFT JOIN parts AS p ON p.key %3$s t.key
    )
    SELECT m.key, CASE WHEN m.faded THEN 0 ELSE m.points END AS points, CASE WHEN m.faded THEN 1e-200 ELSE m.magnitude END AS magnitude,
           CASE WHEN m.faded THEN 0 ELSE m.error END AS error, m.activities::bigint AS activities, m.last_activity_at, m.next_change_at, m.reference,
           CASE WHEN NOT m.faded THEN nullif(m.held, 0) END AS held, CASE WHEN NOT m.faded THEN nullif(m.falling, 0) END AS falling,
           NOT m.faded AND m.error > 1e-10 * m.magnitude AS recompute
    FROM moved AS m$query$,
    component.pending, component.states, leadscore_internal.equality_operator(e.key_type), component.decay, condition, instant, component.id,
    leadscore_internal.type_name(e.key_type), leadscore_internal.reference_instant(component.decay, 'p.new_last', instant))
  FROM leadscore_internal.entity AS e WHERE e.id = component.entity
$$;
COMMENT ON FUNCTION leadscore_internal.corrected_states(leadscore_internal.component, text, text) IS
  'The query for states that are due, brought to an instant by the activities that passed a boundary; columns of a state, and recompute.';

-- Marked entities are recomputed anyway; what cannot be corrected is marked.
CREATE FUNCTION leadscore_internal.correct_due(component leadscore_internal.component) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  equality text := leadscore_internal.equality_operator((SELECT e.key_type FROM leadscore_internal.entity AS e WHERE e.id = component.entity));
  unmarked text := format('NOT EXISTS (SELECT FROM %1$s AS m WHERE m.component = $1 AND m.sign = 0 AND m.key %2$s s.key)'
                          ' AND NOT EXISTS (SELECT FROM %1$s AS m WHERE m.component = $1 AND m.key IS NULL)', component.pending, equality);
  corrected bigint;
BEGIN
  EXECUTE format($correct$
    WITH corrected AS MATERIALIZED (%1$s), marked AS (
      INSERT INTO %2$s (component, sign, activities, stamp, key)
      SELECT $1, 0, 0, '0', s.key FROM %3$s AS s
      WHERE s.next_change_at <= $2 AND %4$s AND NOT EXISTS (SELECT FROM corrected AS c WHERE c.key %5$s s.key AND NOT c.recompute)
    ) %6$s$correct$,
    leadscore_internal.corrected_states(component, unmarked, '$2'), component.pending, component.states, unmarked, equality,
    leadscore_internal.store_states(component, format('SELECT %s FROM corrected WHERE NOT recompute ORDER BY key', leadscore_internal.state_columns())))
  USING component.id, leadscore_internal.folding_clock();
  GET DIAGNOSTICS corrected = ROW_COUNT;
  RETURN corrected;
END
$$;
COMMENT ON FUNCTION leadscore_internal.correct_due(leadscore_internal.component) IS
  'Brings the states over the boundaries that their activities have passed. Returns how many.';
