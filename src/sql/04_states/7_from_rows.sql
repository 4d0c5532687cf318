-- Reading entities from the CRM's rows: what the views call where a state cannot answer.

-- Whose states cannot answer for an instant (SQL), because an activity has passed a boundary, or because they are of a later
-- one: found by an index, but where a fold was later than the instant.
CREATE FUNCTION leadscore_internal.due_keys(component leadscore_internal.component, instant text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN format('SELECT s.key FROM %1$s AS s WHERE s.next_change_at <= %3$s
                 UNION ALL
                 SELECT s.key FROM %1$s AS s
                 WHERE EXISTS (SELECT FROM leadscore_internal.folded AS f WHERE f.component = %2$s AND f.until > %3$s)
                   AND %4$s > %3$s', component.states, component.id, instant, (leadscore_internal.state_row(component.decay, 's')).reference);
END
$$;
COMMENT ON FUNCTION leadscore_internal.due_keys(leadscore_internal.component, text) IS
  'The query for keys of states that cannot answer for an instant.';

-- Whom states do not tell all of.
CREATE FUNCTION leadscore_internal.pending_keys(component leadscore_internal.component) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN format('SELECT p.key FROM %s AS p WHERE p.component = %s AND p.key IS NOT NULL', component.pending, component.id);
END
$$;
COMMENT ON FUNCTION leadscore_internal.pending_keys(leadscore_internal.component) IS 'The query for keys of entities that something is pending for.';

CREATE FUNCTION leadscore_internal.adjusted_keys(score int, entity int) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT format('SELECT a.key FROM %s AS a WHERE a.score = %s AND a.withdrawn_at IS NULL', e.adjusted, score)
          FROM leadscore_internal.entity AS e WHERE e.id = adjusted_keys.entity);
END
$$;
COMMENT ON FUNCTION leadscore_internal.adjusted_keys(int, int) IS 'The query for keys of entities that were given points by hand, of which no state knows.';

-- The queries behind read_rows. all_keys: for whom a state may not be able to answer at $2, a few too many included, or
-- NULL for everybody; readings: points, last_activity_at and activities of the keys in $3 at $2, in the order of the keys.
CREATE FUNCTION leadscore_internal.reading_queries(component int, OUT all_keys text, OUT readings text, OUT key_type regtype)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c leadscore_internal.component;
  equality text;
BEGIN
  SELECT * INTO STRICT c FROM leadscore_internal.component AS x WHERE x.id = reading_queries.component;
  SELECT e.key_type INTO STRICT key_type FROM leadscore_internal.entity AS e WHERE e.id = c.entity;
  equality := leadscore_internal.equality_operator(key_type);
  all_keys := format($query$
    SELECT CASE WHEN bool_and(x.key IS NOT NULL) IS NOT FALSE THEN coalesce(array_agg(x.key), '{}') END
    FROM (SELECT p.key FROM %s AS p WHERE p.component = $1 GROUP BY p.key HAVING bool_or(p.sign <= 0)
          UNION ALL
          %s) AS x$query$,
    c.pending, leadscore_internal.due_keys(c, '$2'));
  -- A state that is only due, of an entity with many activities, is brought over its boundaries; all else is summed up.
  readings := format($query$
    WITH corrected AS (
      SELECT * FROM leadscore_internal.corrected_states($1, CASE WHEN %3$L THEN '{}' ELSE $3 END, $2)
        AS s(key %2$s, points float8, held float8, falling float8, magnitude float8, error float8, activities bigint, reference timestamptz,
             last_activity_at timestamptz, next_change_at timestamptz)
    ), pending AS (%4$s),
    settled AS MATERIALIZED (
      SELECT s.key, %5$s AS points, greatest(s.last_activity_at, p.added_at) AS last_activity_at,
             (coalesce(s.activities, 0) + coalesce(p.activities, 0))::bigint AS activities
      FROM corrected AS s LEFT JOIN pending AS p ON p.key %6$s s.key
      WHERE %5$s IS NOT NULL
    ), summed AS (
      SELECT x.key, coalesce(leadscore.decayed_sum(x.points, x.occurred_at, %1$L, $2), 0) AS points,
             max(x.occurred_at) AS last_activity_at, sum(x.activities)::bigint AS activities
      FROM (SELECT f.* FROM leadscore_internal.facts($1, CASE WHEN $3 IS NOT NULL THEN ARRAY(
                               SELECT k.key FROM unnest($3) AS k(key) WHERE NOT EXISTS (SELECT FROM settled AS s WHERE s.key %6$s k.key)) END, NULL, $2)
              AS f(key %2$s, occurred_at timestamptz, points float8, activities int)
            UNION ALL
            SELECT k.key, NULL, NULL, 0 FROM unnest($3) AS k(key) WHERE NOT EXISTS (SELECT FROM settled AS s WHERE s.key %6$s k.key)) AS x
      GROUP BY x.key
    )
    SELECT r.key, r.points, r.last_activity_at, r.activities
    FROM (SELECT * FROM summed UNION ALL SELECT * FROM settled) AS r ORDER BY r.key$query$,
    c.decay, leadscore_internal.type_name(key_type),
    leadscore_internal.must_read_rows(c.id),
    leadscore_internal.pending_query(c, '$2'), leadscore_internal.state_reading(c.decay, 's', 'p', 'false', '$2'), equality);
END
$$;
COMMENT ON FUNCTION leadscore_internal.reading_queries(int) IS 'The queries that read entities of a component from the CRM''s rows.';

CREATE FUNCTION leadscore_internal.read_rows(component int, key anyelement, as_of timestamptz,
                                             OUT points float8, OUT last_activity_at timestamptz, OUT activities bigint)
  RETURNS record AS 'MODULE_PATHNAME', 'leadscore_read_rows' LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION leadscore_internal.read_rows(int, anyelement, timestamptz) IS
  'One entity''s points of a component at an instant, from the CRM''s rows: for what the kept state cannot answer. In a query that asks for many, all that may be asked for are read at once.';
