-- verify: the kept states against the rows.

CREATE FUNCTION leadscore_internal.verify_component(component leadscore_internal.component, as_of timestamptz)
RETURNS TABLE (id text, what text, kept float8, actual float8)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  key_type regtype := (SELECT e.key_type FROM leadscore_internal.entity AS e WHERE e.id = component.entity);
BEGIN
  IF to_regclass(component.states::text) IS NULL THEN
    RAISE EXCEPTION 'the score was published after this transaction took its snapshot'
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Verify it in a new transaction.';
  END IF;
  RETURN QUERY EXECUTE format($verify$
    WITH facts AS (
      SELECT f.key, coalesce(leadscore.decayed_sum(f.points, f.occurred_at, %4$L, $2), 0) AS points,
             coalesce(leadscore.decayed_sum(abs(f.points), f.occurred_at, %4$L, $2), 0) AS magnitude,
             coalesce(sum(f.activities) FILTER (WHERE f.occurred_at <= $2), 0)::float8 AS activities,
             max(f.occurred_at) FILTER (WHERE f.occurred_at <= $2) AS last_activity_at,
             min(leadscore_internal.next_change(%4$L, f.occurred_at, $2)) AS next_change_at
      FROM %5$s GROUP BY f.key
    ), pending AS (%6$s
    ), kept AS (
      SELECT coalesce(s.key, p.key) AS key,
             -- NULL for what is read from the rows anyway; the views decide by the same conditions.
             %7$s AS points,
             (coalesce(s.activities, 0) + coalesce(p.activities, 0))::float8 AS activities,
             greatest(s.last_activity_at, p.added_at) AS last_activity_at, least(s.next_change_at, p.next_change_at) AS next_change_at
      FROM %2$s AS s FULL JOIN pending AS p ON p.key %3$s s.key
    ), compared AS (
      SELECT coalesce(k.key, f.key) AS key, coalesce(k.points, 0) AS kept_points, coalesce(f.points, 0) AS actual_points,
             coalesce(f.magnitude, 0) AS magnitude, coalesce(k.activities, 0) AS kept_activities, coalesce(f.activities, 0) AS actual_activities,
             k.last_activity_at AS kept_last, f.last_activity_at AS actual_last, k.next_change_at AS kept_next, f.next_change_at AS actual_next
      FROM kept AS k FULL JOIN facts AS f ON f.key %3$s k.key
      WHERE k.key IS NULL OR k.points IS NOT NULL
    )
    SELECT c.key::text, v.what, v.kept, v.actual
    FROM compared AS c CROSS JOIN LATERAL (VALUES
      ('points', c.kept_points, c.actual_points, abs(c.kept_points - c.actual_points) <= 1e-9 * greatest(1, c.magnitude)),
      ('activities', c.kept_activities, c.actual_activities, c.kept_activities = c.actual_activities),
      ('last_activity_at', extract(epoch FROM c.kept_last + $3)::float8, extract(epoch FROM c.actual_last + $3)::float8, NOT $4 OR c.kept_last IS NOT DISTINCT FROM c.actual_last),
      ('next_change_at', extract(epoch FROM c.kept_next)::float8, extract(epoch FROM c.actual_next)::float8, c.actual_next IS NULL OR coalesce(c.kept_next <= c.actual_next, false))
    ) AS v(what, kept, actual, agrees)
    WHERE NOT v.agrees AND NOT EXISTS (SELECT FROM %1$s AS m WHERE m.component = $1 AND m.key IS NULL)
    ORDER BY c.key, v.what$verify$,
    component.pending, component.states, leadscore_internal.equality_operator(key_type), component.decay,
    leadscore_internal.facts_call(component, 'NULL'), leadscore_internal.pending_query(component, '$2'),
    leadscore_internal.state_reading(component.decay, 's', 'p', 'false', '$2'))
  USING component.id, as_of, component.ahead, component.counted;
END
$$;
COMMENT ON FUNCTION leadscore_internal.verify_component(leadscore_internal.component, timestamptz) IS 'Where the states of a component differ from the rows.';

CREATE FUNCTION leadscore_internal.verify_records(branch leadscore_internal.branch) RETURNS TABLE (id text, what text, actual float8)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT u.key::text, %L, u.points FROM (%s) AS u',
    (SELECT format('criterion "%s" was never recorded', t.rule) FROM leadscore_internal.term AS t WHERE t.branch = verify_records.branch.id),
    leadscore_internal.unrecorded_query(branch));
END
$$;
COMMENT ON FUNCTION leadscore_internal.verify_records(leadscore_internal.branch) IS 'For whom a criterion that holds once and for all holds, but nothing says so.';

CREATE FUNCTION leadscore_internal.verify(score text) RETURNS TABLE (entity text, id text, what text, kept float8, actual float8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  s leadscore_internal.score := leadscore_internal.permitted_score(score);
BEGIN
  PERFORM leadscore_internal.check_readable(s.id);
  RETURN QUERY
    SELECT e.name, v.id, v.what, v.kept, v.actual
    FROM leadscore_internal.component AS c
    JOIN leadscore_internal.entity AS e ON e.id = c.entity
    CROSS JOIN LATERAL leadscore_internal.verify_component(c, leadscore.clock()) AS v
    WHERE c.score = s.id AND NOT c.building;
  RETURN QUERY
    SELECT e.name, v.id, v.what, NULL::float8, v.actual
    FROM leadscore_internal.component AS c
    JOIN leadscore_internal.entity AS e ON e.id = c.entity
    JOIN leadscore_internal.branch AS b ON b.component = c.id AND b.records IS NOT NULL
    CROSS JOIN LATERAL leadscore_internal.verify_records(b) AS v
    WHERE c.score = s.id AND NOT c.building;
END
$$;
COMMENT ON FUNCTION leadscore_internal.verify(text) IS 'Implementation of leadscore.verify.';

CREATE FUNCTION leadscore.verify(score text) RETURNS TABLE (entity text, id text, what text, kept float8, actual float8)
  AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore.verify(text) IS
  'Compares the whole kept state of a score with the CRM''s rows, also what is still to come; one line for each entity and thing that differs (points beyond 1e-9 of the sum of absolute points), times as seconds since 1970. Reads every activity.';
