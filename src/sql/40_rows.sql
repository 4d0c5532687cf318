-- Reading the CRM's own rows: the queries that leadscore_internal.facts runs as the owner of each table.

CREATE FUNCTION leadscore_internal.any_of(conditions text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  -- A condition that is missing always holds.
  SELECT CASE WHEN array_position(conditions, NULL) IS NOT NULL THEN 'true'
              ELSE '(' || array_to_string(conditions, ') OR (') || ')' END
$$;
COMMENT ON FUNCTION leadscore_internal.any_of(text[]) IS 'Conditions joined by OR.';

CREATE FUNCTION leadscore_internal.all_of(conditions text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce('(' || string_agg(c, ') AND (') || ')', 'true') FROM unnest(conditions) AS c
$$;
COMMENT ON FUNCTION leadscore_internal.all_of(text[]) IS 'Conditions joined by AND; one that is missing always holds.';

-- Table n of a link, 0 being the activity's, by the name that its expressions use.
CREATE FUNCTION leadscore_internal.link_table(link leadscore_internal.joined_link, n int) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN n = 0 THEN 'source' WHEN cardinality(link.through) = 1 THEN 'through' ELSE 'through' || n END
$$;
COMMENT ON FUNCTION leadscore_internal.link_table(leadscore_internal.joined_link, int) IS 'The alias of a table of a link.';

CREATE FUNCTION leadscore_internal.through_tables(link leadscore_internal.joined_link) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(format('%s AS %s', link.through[n], leadscore_internal.link_table(link, n)), ', ' ORDER BY n)
  FROM generate_series(1, cardinality(link.through)) AS n
$$;
COMMENT ON FUNCTION leadscore_internal.through_tables(leadscore_internal.joined_link) IS 'FROM items for the tables that a link goes through.';

-- How the rows of a branch, called source, find their entities; $1 is the array of keys wanted.
CREATE FUNCTION leadscore_internal.link_clause(branch leadscore_internal.branch, equality text, by_key boolean,
                                               OUT from_clause text, OUT key text, OUT condition text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  direct int := cardinality(branch.link_keys);
  joined leadscore_internal.joined_link[] :=
    ARRAY(SELECT j FROM leadscore_internal.joined_link AS j WHERE j.branch = link_clause.branch.id ORDER BY j.id);
BEGIN
  condition := 'true';
  IF direct = 1 AND cardinality(joined) = 0 THEN
    from_clause := '';
    key := format('(%s)', branch.link_keys[1]);
    condition := coalesce(branch.link_filters[1], 'true');
  ELSE
    -- UNION: an entity that several links or joined rows reach counts the activity once.
    SELECT format(' CROSS JOIN LATERAL (%s) AS leadscore_link(leadscore_key)', string_agg(x.query, ' UNION ')) INTO from_clause
    FROM (SELECT format('SELECT (%s) WHERE %s', branch.link_keys[i], coalesce(branch.link_filters[i], 'true')) AS query
          FROM generate_series(1, direct) AS i
          UNION ALL
          SELECT format('SELECT %s(%s) FROM %s WHERE %s', CASE WHEN direct = 0 AND cardinality(joined) = 1 THEN 'DISTINCT ' ELSE '' END,
                        j.key, leadscore_internal.through_tables(j), leadscore_internal.all_of(j.conditions))
          FROM unnest(joined) AS j) AS x;
    key := 'leadscore_key';
    IF by_key THEN
      -- First which activities: found from the key's side, by indexes on the joined tables.
      SELECT format('source.ctid = ANY (ARRAY(%s))', string_agg(x.query, ' UNION ')) INTO condition
      FROM (SELECT format('SELECT source.ctid FROM %s AS source WHERE (%s) %s ANY ($1)', branch.relation, branch.link_keys[i], equality) AS query
            FROM generate_series(1, direct) AS i
            UNION ALL
            SELECT format('SELECT source.ctid FROM %s AS source, %s WHERE %s AND (%s) %s ANY ($1)', branch.relation,
                          leadscore_internal.through_tables(j), leadscore_internal.all_of(j.conditions), j.key, equality)
            FROM unnest(joined) AS j) AS x;
    END IF;
  END IF;
  IF by_key THEN
    condition := format('(%s) AND %s %s ANY ($1)', condition, key, equality);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.link_clause(leadscore_internal.branch, text, boolean) IS
  'How the rows of a branch find their entities: what is joined to them, the key, and a condition.';

CREATE FUNCTION leadscore_internal.points_expression(branch int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(CASE WHEN t.filter IS NULL THEN format('coalesce((%s)::pg_catalog.float8, 0)', t.points)
                         ELSE format('CASE WHEN %s THEN coalesce((%s)::pg_catalog.float8, 0) ELSE 0 END', t.filter, t.points) END,
                    ' + ' ORDER BY t.id)
  FROM leadscore_internal.term AS t WHERE t.branch = points_expression.branch
$$;
COMMENT ON FUNCTION leadscore_internal.points_expression(int) IS 'What all rules of a branch together give to a row.';

CREATE FUNCTION leadscore_internal.counts_expression(branch leadscore_internal.branch) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- An activity that rules of several decays match is counted by the first component that has it.
  SELECT CASE WHEN count(*) = 0 THEN '1'
              ELSE format('CASE WHEN %s THEN 0 ELSE 1 END', leadscore_internal.any_of(array_agg(t.filter))) END
  FROM leadscore_internal.component AS mine
  JOIN leadscore_internal.component AS before
    ON before.score = mine.score AND before.entity = mine.entity AND before.building = mine.building AND before.id < mine.id
  JOIN leadscore_internal.branch AS b ON b.component = before.id AND b.source = branch.source
  JOIN leadscore_internal.term AS t ON t.branch = b.id
  WHERE mine.id = branch.component
$$;
COMMENT ON FUNCTION leadscore_internal.counts_expression(leadscore_internal.branch) IS 'Whether a row counts as an activity here: 1 or 0.';

CREATE FUNCTION leadscore_internal.branch_query(branch int, by_key boolean, has_from boolean, has_to boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b leadscore_internal.branch;
  key_type regtype;
  link record;
  rule_filters text[];
BEGIN
  SELECT * INTO STRICT b FROM leadscore_internal.branch AS x WHERE x.id = branch_query.branch;
  SELECT e.key_type INTO STRICT key_type
  FROM leadscore_internal.component AS c JOIN leadscore_internal.entity AS e ON e.id = c.entity WHERE c.id = b.component;
  link := leadscore_internal.link_clause(b, leadscore_internal.equality_operator(key_type), by_key);
  SELECT array_agg(t.filter) INTO rule_filters FROM leadscore_internal.term AS t WHERE t.branch = b.id;
  -- The bounds are the years that the calendar of the core knows; the triggers apply the same ones.
  RETURN format('SELECT %s::%s, greatest((%s), ''1400-01-02 00:00:00+00''), (%s)::pg_catalog.float8, %s FROM %s AS source%s',
                link.key, leadscore_internal.type_name(key_type), b.occurred_at, leadscore_internal.points_expression(b.id),
                leadscore_internal.counts_expression(b), b.relation, link.from_clause)
      || format(' WHERE (%s) AND (%s) AND (%s) AND %s IS NOT NULL AND (%s) <= ''9998-12-31 00:00:00+00''',
                coalesce(b.filter, 'true'), link.condition, leadscore_internal.any_of(rule_filters), link.key, b.occurred_at)
      || CASE WHEN has_from THEN format(' AND (%s) >= $2', b.occurred_at) ELSE '' END
      || CASE WHEN has_to THEN format(' AND (%s) <= $3', b.occurred_at) ELSE '' END;
END
$$;
COMMENT ON FUNCTION leadscore_internal.branch_query(int, boolean, boolean, boolean) IS
  'The query for what the rows of one source give to a component: key, occurred_at, points, activities. $1: keys, $2 and $3: bounds of occurred_at.';

CREATE FUNCTION leadscore_internal.visible_keys_query(entity leadscore_internal.entity, by_key boolean) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT coalesce(array_agg(e.key::%1$s), ''{}'') AS keys FROM (SELECT %2$s AS key FROM %3$s) AS e%4$s',
                leadscore_internal.type_name(entity.key_type), entity.key, entity.relation,
                CASE WHEN by_key THEN format(' WHERE e.key %s ANY ($1)', leadscore_internal.equality_operator(entity.key_type)) ELSE '' END)
$$;
COMMENT ON FUNCTION leadscore_internal.visible_keys_query(leadscore_internal.entity, boolean) IS
  'Which keys, of all or of those in $1, the one who runs it may see.';

CREATE FUNCTION leadscore_internal.facts_call(component leadscore_internal.component, keys text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('leadscore_internal.facts(%s, %s::%s[], NULL, NULL) AS f(key %s, occurred_at timestamptz, points float8, activities int)',
                component.id, keys, leadscore_internal.type_name(e.key_type), leadscore_internal.type_name(e.key_type))
  FROM leadscore_internal.entity AS e WHERE e.id = component.entity
$$;
COMMENT ON FUNCTION leadscore_internal.facts_call(leadscore_internal.component, text) IS
  'FROM item for the facts of a component; keys: SQL for an array of keys, NULL for all.';
