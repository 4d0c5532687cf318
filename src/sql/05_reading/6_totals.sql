-- The points of all entities of a kind at once (src/pg/reading/totals): each table is read once and in its own order, and sums are
-- put together by key. A join, which a view needs, costs several times as much as reading what it joins.

-- states: key and points of all states, NULL for what cannot answer; unsettled: keys of whom states do not tell all; readings:
-- key and points of those in $1, exactly; all without members, and without the limits of the score. No key_type: all of it
-- is to be read from the rows, or there are rows that not even their owner sees, or not the owner of the members.
CREATE FUNCTION leadscore_internal.totals_queries(score int, entity int, OUT key_type oid, OUT expected float8, OUT min_points float8, OUT max_points float8,
                                                  OUT states text, OUT unsettled text, OUT readings text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e leadscore_internal.entity;
  reading record;
BEGIN
  SELECT * INTO STRICT e FROM leadscore_internal.entity AS x WHERE x.id = totals_queries.entity;
  IF EXISTS (SELECT FROM leadscore_internal.component AS c
             WHERE c.score = totals_queries.score AND c.entity = e.id AND NOT c.building AND leadscore_internal.must_read_rows(c.id))
     OR EXISTS (SELECT FROM pg_class AS c WHERE c.oid = e.relation AND c.relrowsecurity AND c.relforcerowsecurity)
     OR EXISTS (SELECT FROM leadscore_internal.membership AS m JOIN leadscore_internal.entity AS x ON x.id = m.member JOIN pg_class AS o ON o.oid = x.relation
                CROSS JOIN LATERAL unnest(m.through) AS t JOIN pg_class AS c ON c.oid = t
                WHERE m.score = totals_queries.score AND m.entity = e.id AND NOT m.building
                  AND (c.relforcerowsecurity OR c.relowner <> o.relowner
                       AND (c.relrowsecurity OR NOT has_table_privilege(o.relowner, c.oid, 'SELECT') OR NOT has_schema_privilege(o.relowner, c.relnamespace, 'USAGE')))) THEN
    RETURN;
  END IF;
  key_type := e.key_type::oid;
  expected := (SELECT c.reltuples FROM pg_class AS c WHERE c.oid = e.relation);
  SELECT p.min_points, p.max_points INTO min_points, max_points FROM leadscore_internal.published_entity AS p
  WHERE p.score = totals_queries.score AND p.entity = e.id AND NOT p.building;
  SELECT string_agg(format('SELECT s.key, %s FROM (SELECT s.key, %s AS points FROM %s AS s CROSS JOIN (SELECT false AS marked,'
                           ' NULL::float8 AS points, NULL::float8 AS magnitude, NULL::float8 AS traffic, NULL::timestamptz AS removed_at) AS p) AS s',
                           CASE WHEN c.max_points IS NULL THEN 's.points'
                                ELSE format('CASE WHEN s.points IS NOT NULL THEN %s END', leadscore_internal.clamped('s.points', NULL, c.max_points)) END,
                           leadscore_internal.state_reading(c.decay, 's', 'p', 'false', 'leadscore.clock()'), c.states), ' UNION ALL ' ORDER BY c.id),
         string_agg(leadscore_internal.pending_keys(c) || ' UNION ALL ', '' ORDER BY c.id)
  INTO states, unsettled
  FROM leadscore_internal.component AS c WHERE c.score = totals_queries.score AND c.entity = e.id AND NOT c.building;
  unsettled := concat(unsettled, leadscore_internal.adjusted_keys(score, e.id));
  reading := leadscore_internal.entity_reading(score, e);
  readings := format('SELECT e.key, (%s)::float8 FROM (SELECT DISTINCT k.key FROM unnest($1) AS k(key)) AS e%s', reading.own_points, reading.joins);
END
$$;
COMMENT ON FUNCTION leadscore_internal.totals_queries(int, int) IS 'The queries for the points of all entities of a kind, without members.';

CREATE FUNCTION leadscore_internal.totals_members(score int, entity int) RETURNS TABLE (member int, owner oid, pairs text)
LANGUAGE sql STABLE ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.member, c.relowner, format('SELECT e.key, e.parent FROM %s WHERE e.parent IS NOT NULL', leadscore_internal.member_rows(e, m))
  FROM leadscore_internal.membership AS m
  JOIN leadscore_internal.entity AS e ON e.id = m.member
  JOIN pg_class AS c ON c.oid = e.relation
  WHERE m.score = totals_members.score AND m.entity = totals_members.entity AND NOT m.building ORDER BY m.id
$$;
COMMENT ON FUNCTION leadscore_internal.totals_members(int, int) IS 'Which members count for the entities of a kind, and the query for the pairs of both.';
