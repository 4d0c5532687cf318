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

-- For each state that is due at $2, a line for each activity that may have come onto another piece since, in the order of
-- the keys: $1 is the component, $3 an array of keys; not of_keys: of all that are not marked.
CREATE FUNCTION leadscore_internal.due_query(component int, of_keys boolean) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format($query$
    WITH due AS MATERIALIZED (
      SELECT s.key, s.points, %1$s AS held, %2$s AS falling, s.magnitude, s.error, s.activities, %3$s AS reference, s.last_activity_at, s.next_change_at
      FROM %4$s AS s WHERE s.next_change_at <= $2 AND %5$s
    ), wanted AS MATERIALIZED (
      -- Beyond so many, periods are read for everybody: an index on the time finds them.
      SELECT CASE WHEN count(*) <= 1000 THEN array_agg(d.key) END AS keys, min(d.next_change_at) AS since FROM due AS d
    ), periods AS MATERIALIZED (
      SELECT r.from_time, r.to_time FROM wanted AS w CROSS JOIN LATERAL leadscore_internal.occurrences_of_changes(%6$L, w.since, $2) AS r
    ), changes AS (
      SELECT f.key, f.occurred_at, f.points, f.activities, 1 AS sign
      FROM wanted AS w CROSS JOIN periods AS r
      CROSS JOIN LATERAL leadscore_internal.facts($1, w.keys, r.from_time, r.to_time)
        AS f(key %7$s, occurred_at timestamptz, points float8, activities int)
      UNION ALL
      SELECT p.key, p.occurred_at, p.points, p.activities, -p.sign
      FROM %8$s AS p JOIN periods AS r ON p.occurred_at >= coalesce(r.from_time, '-infinity') AND p.occurred_at <= coalesce(r.to_time, 'infinity')
      WHERE p.component = $1 AND p.sign <> 0
    )
    SELECT d.*, c.occurred_at, c.points, c.activities::int, c.sign FROM due AS d LEFT JOIN changes AS c ON c.key %9$s d.key ORDER BY d.key$query$,
    x.held, x.falling, x.reference, c.states,
    CASE WHEN of_keys THEN format('s.key %s ANY ($3) AND (s.activities > 500 OR cardinality($3) > 500)', equality)
         ELSE format('NOT EXISTS (SELECT FROM %1$s AS m WHERE m.component = $1 AND m.sign = 0 AND m.key %2$s s.key)'
                     ' AND NOT EXISTS (SELECT FROM %1$s AS m WHERE m.component = $1 AND m.key IS NULL)', c.pending, equality) END,
    c.decay, leadscore_internal.type_name(e.key_type), c.pending, equality)
  FROM leadscore_internal.component AS c JOIN leadscore_internal.entity AS e ON e.id = c.entity
  CROSS JOIN LATERAL leadscore_internal.state_row(c.decay, 's') AS x CROSS JOIN LATERAL leadscore_internal.equality_operator(e.key_type) AS equality
  WHERE c.id = due_query.component
$$;
COMMENT ON FUNCTION leadscore_internal.due_query(int, boolean) IS 'The query for states that are due, with the activities that passed a boundary.';

CREATE FUNCTION leadscore_internal.corrected_states(component int, keys anyarray, instant timestamptz) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'leadscore_corrected_states' LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.corrected_states(int, anyarray, timestamptz) IS
  'States of some entities with many activities, or of many, that are due, as they are at an instant; without those that must be read from the rows.';

-- Its query cannot be estimated, and two of its parts have a row for each of a hundred thousand leads.
CREATE FUNCTION leadscore_internal.correct_due(component int) RETURNS bigint
  AS 'MODULE_PATHNAME', 'leadscore_correct_due' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE SET enable_nestloop = off;
COMMENT ON FUNCTION leadscore_internal.correct_due(int) IS
  'Brings the states over the boundaries that their activities have passed, or marks those that cannot be. Returns how many.';
