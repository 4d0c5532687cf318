-- check_score: what publish would find, and what it would take. It reads the CRM's rows as the owners of their tables and
-- changes nothing.

CREATE FUNCTION leadscore_internal.try_count(relation regclass, query text, OUT rows bigint, OUT sqlstate text, OUT message text)
  AS 'MODULE_PATHNAME', 'leadscore_try_count' LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.try_count(regclass, text) IS
  'The number that a query gives, run as the owner of the table; or the error that it fails with.';

-- A line of check_score, where there is something to say: rows is not 0, or the query fails.
CREATE FUNCTION leadscore_internal.finding(what text, name text, relation regclass, query text, says text, to_do text, if_none boolean DEFAULT false)
RETURNS TABLE (what text, name text, rows bigint, says text, to_do text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT finding.what, finding.name, c.rows, coalesce('fails: ' || c.message || ' (SQLSTATE ' || c.sqlstate || ')', finding.says),
         CASE WHEN c.message IS NOT NULL THEN 'Mend the expression, or leave such rows out by a filter.' ELSE finding.to_do END
  FROM leadscore_internal.try_count(relation, query) AS c
  WHERE c.message IS NOT NULL OR c.rows > 0 OR if_none
$$;
COMMENT ON FUNCTION leadscore_internal.finding(text, text, regclass, text, text, text, boolean) IS 'A line of check_score for a number of rows.';

-- The activities of a source as it is set up.
CREATE FUNCTION leadscore_internal.activities_query(source leadscore_internal.source, selected text, condition text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT %s FROM %s AS source WHERE (%s) AND (%s) <= ''9998-12-31 00:00:00+00'' AND (%s)', selected, source.relation,
                coalesce(source.filter, 'true'), source.occurred_at, coalesce(condition, 'true'))
$$;
COMMENT ON FUNCTION leadscore_internal.activities_query(leadscore_internal.source, text, text) IS 'A query over the activities of a source.';

-- Whether a link gives an activity any key.
CREATE FUNCTION leadscore_internal.link_condition(link leadscore_internal.link) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('EXISTS (SELECT FROM (SELECT (%s) AS leadscore_key%s WHERE (%s) AND (%s)) AS leadscore_link WHERE leadscore_key IS NOT NULL)',
    link.key,
    (SELECT ' FROM ' || string_agg(format('%s AS through%s', t.relation, CASE WHEN cardinality(link.through) > 1 THEN t.n::text END), ', ' ORDER BY t.n)
     FROM unnest(link.through) WITH ORDINALITY AS t(relation, n)),
    coalesce(link.join_on, 'true'), coalesce(link.filter, 'true'))
$$;
COMMENT ON FUNCTION leadscore_internal.link_condition(leadscore_internal.link) IS 'The condition on an activity that a link finds an entity for it.';

CREATE FUNCTION leadscore_internal.check_source(score leadscore_internal.score, source leadscore_internal.source)
RETURNS TABLE (what text, name text, rows bigint, says text, to_do text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  rule leadscore_internal.rule;
  links leadscore_internal.link[] := ARRAY(
    SELECT l FROM leadscore_internal.link AS l JOIN leadscore_internal.score_entity AS se ON se.entity = l.entity
    WHERE se.score = score.id AND l.source = source.id ORDER BY l.id);
  matched text;
BEGIN
  -- What the rows of criteria are, the lines for the entity say.
  IF source.criteria_of IS NULL THEN
    RETURN QUERY SELECT f.* FROM leadscore_internal.finding('source', source.name, source.relation,
      leadscore_internal.activities_query(source, 'count(*)', NULL), 'rows are activities, by its filter and time', NULL, true) AS f;
  END IF;
  FOR rule IN SELECT * FROM leadscore_internal.rule AS r WHERE r.score = score.id AND r.source = source.id ORDER BY r.id LOOP
    RETURN QUERY SELECT f.what, f.name, f.rows, f.says, CASE WHEN f.rows = 0 THEN 'See whether its filter is what you mean.' ELSE f.to_do END
    FROM leadscore_internal.finding(CASE WHEN source.criteria_of IS NULL THEN 'rule' ELSE 'criterion' END, rule.name, source.relation,
      leadscore_internal.activities_query(source, 'count(*)', rule.filter), CASE WHEN source.criteria_of IS NULL THEN 'activities match' ELSE 'rows match' END, NULL, true) AS f;
    RETURN QUERY SELECT f.* FROM leadscore_internal.finding('points', rule.name, source.relation,
      leadscore_internal.activities_query(source, format('count(*) FILTER (WHERE NOT coalesce(abs((%s)::float8) <= 1e290, true))', rule.points), rule.filter),
      CASE WHEN source.criteria_of IS NULL THEN 'activities' ELSE 'rows' END || ' have points that are not a finite number, or beyond 1e290', 'Leave them out by a filter: they break the score.') AS f;
  END LOOP;
  IF source.criteria_of IS NOT NULL THEN
    RETURN;
  ELSIF cardinality(links) = 0 THEN
    RETURN QUERY SELECT 'link', source.name, NULL::bigint, 'leads to none of the entities of the score',
                        'Say for whom its activities count: leadscore.create_link().';
    RETURN;
  END IF;
  SELECT leadscore_internal.any_of(array_agg(r.filter)) INTO matched
  FROM leadscore_internal.rule AS r WHERE r.score = score.id AND r.source = source.id;
  RETURN QUERY SELECT f.* FROM leadscore_internal.finding('link', source.name, source.relation,
    leadscore_internal.activities_query(source, 'count(*)',
      format('(%s) AND NOT (%s)', matched, (SELECT string_agg(leadscore_internal.link_condition(l), ' OR ') FROM unnest(links) AS l))),
    'activities that a rule matches lead to no entity', NULL) AS f;
  RETURN QUERY SELECT 'index', source.name, NULL::bigint, 'reading one entity from the rows would read the whole table', m.statement
  FROM (SELECT leadscore_internal.missing_index_on_one(source.relation, ARRAY[l.key]) FROM unnest(links) AS l WHERE leadscore_internal.is_local(l)
        UNION
        SELECT leadscore_internal.missing_join_indexes(source.relation, leadscore_internal.taken_apart(l, source.relation)) FROM unnest(links) AS l
        WHERE NOT leadscore_internal.is_local(l)) AS m(statement)
  ORDER BY m.statement COLLATE "C";
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_source(leadscore_internal.score, leadscore_internal.source) IS 'The lines of check_score for a source.';

CREATE FUNCTION leadscore_internal.check_score(score text) RETURNS TABLE (what text, name text, rows bigint, says text, to_do text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  of_score leadscore_internal.score := leadscore_internal.permitted_score(score);
  source leadscore_internal.source;
  tables regclass[];
BEGIN
  IF leadscore_internal.missing_table(of_score) IS NOT NULL THEN
    RETURN QUERY SELECT 'table', leadscore_internal.missing_table(of_score), NULL::bigint, 'was dropped', 'Set the score up anew without it.';
    RETURN;
  END IF;
  tables := ARRAY(SELECT t FROM leadscore_internal.tables_of(of_score.id) AS t WHERE NOT leadscore_internal.is_own_table(t) ORDER BY t::text COLLATE "C");
  PERFORM leadscore_internal.check_owner(t) FROM unnest(tables) AS t;
  PERFORM leadscore_internal.check_owner(e.relation)
  FROM leadscore_internal.score_entity AS se JOIN leadscore_internal.entity AS e ON e.id = se.entity WHERE se.score = of_score.id;

  IF NOT EXISTS (SELECT FROM leadscore_internal.rule AS r WHERE r.score = of_score.id) THEN
    RETURN QUERY SELECT 'score', of_score.name, NULL::bigint, 'has no rules', 'Give it one with leadscore.create_rule() or leadscore.create_criterion().';
  END IF;
  RETURN QUERY
    SELECT f.*
    FROM leadscore_internal.score_entity AS se JOIN leadscore_internal.entity AS e ON e.id = se.entity
    CROSS JOIN LATERAL (VALUES
      ('entity', format('SELECT count(*) FROM %s WHERE %s', e.relation, coalesce(e.filter, 'true')), 'rows are listed', NULL, true),
      ('key', format('SELECT count(k) - count(DISTINCT k) FROM (SELECT (%s) AS k FROM %s WHERE %s) AS x', e.key, e.relation, coalesce(e.filter, 'true')),
       'rows have a key that another row has, too', 'The key must be unique among the entities.', false)) AS v(what, query, says, to_do, if_none)
    CROSS JOIN LATERAL leadscore_internal.finding(v.what, e.name, e.relation, v.query, v.says, v.to_do, v.if_none) AS f
    WHERE se.score = of_score.id ORDER BY e.id;
  FOR source IN
    SELECT * FROM leadscore_internal.source AS s
    WHERE s.id IN (SELECT r.source FROM leadscore_internal.rule AS r WHERE r.score = of_score.id) ORDER BY s.id
  LOOP
    RETURN QUERY SELECT c.* FROM leadscore_internal.check_source(of_score, source) AS c;
  END LOOP;
  RETURN QUERY
    SELECT f.*
    FROM leadscore_internal.rollup AS r
    JOIN leadscore_internal.entity AS m ON m.id = r.member JOIN leadscore_internal.entity AS w ON w.id = r.entity
    CROSS JOIN LATERAL leadscore_internal.finding('roll-up', format('%s to %s', m.name, w.name), m.relation,
      format('SELECT count(*) FROM %s WHERE (%s) IS NOT NULL AND (%s)', m.relation, r.key, coalesce(m.filter, 'true')), 'rows are members', NULL, true) AS f
    WHERE r.score = of_score.id ORDER BY r.id;
  RETURN QUERY
    SELECT 'owner', b.relation::text, NULL::bigint, format('belongs to %s, but to %s when the score was published', c.relowner::regrole, b.owner),
           'Publish the score again: its rules then have the rights of the new owner.'
    FROM (SELECT DISTINCT b.relation, b.owner FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
          WHERE c.score = of_score.id) AS b
    JOIN pg_class AS c ON c.oid = b.relation WHERE c.relowner <> b.owner ORDER BY 2;
  RETURN QUERY
    SELECT 'lock', t::text, c.rows, 'rows; publish takes SHARE ROW EXCLUSIVE on the table: for a moment, or until the end of a transaction block, writers wait', NULL::text
    FROM unnest(tables) WITH ORDINALITY AS x(t, n) CROSS JOIN LATERAL leadscore_internal.try_count(t, format('SELECT count(*) FROM %s', t)) AS c
    ORDER BY x.n;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_score(text) IS 'Implementation of leadscore.check_score.';

CREATE FUNCTION leadscore.check_score(score text) RETURNS TABLE (what text, name text, rows bigint, says text, to_do text)
  AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore.check_score(text) IS
  'A dry run of publish for a draft or an edited score: how many rows its entities, sources, rules and links take, expressions that fail, indexes that are missing, locks that publish takes. Changes nothing; reads all rows.';
