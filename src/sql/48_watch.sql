-- Changes that are not local: those of tables that a link goes through, and of activities that are linked through one. A
-- change marks the entities that its rows lead to, as seen in its own snapshot.
--
-- Two transactions on two sides of a join do not see each other. Each entity whose truth they change together is still
-- marked by one of them, because a changed row is joined only with what lies between it and the key: the row that holds
-- the key marks without any join. Marks stay until every transaction that could have missed their cause is over.

-- The tables on the way from one table of a link to those of its key, as bits; all of them where no condition connects them.
CREATE FUNCTION leadscore_internal.way_to_key(link leadscore_internal.joined_link, start int) RETURNS int
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tables int := cardinality(link.through) + 1;
  ways int[] := array_fill(NULL::int, ARRAY[tables], ARRAY[0]);
  mask int;
  near int;
  far int;
  grew boolean := true;
  way int := 1 << start;
BEGIN
  ways[start] := 1 << start;
  WHILE grew LOOP
    grew := false;
    FOREACH mask IN ARRAY link.condition_tables LOOP
      FOR near IN 0 .. tables - 1 LOOP
        CONTINUE WHEN ways[near] IS NULL OR mask & (1 << near) = 0;
        FOR far IN 0 .. tables - 1 LOOP
          IF ways[far] IS NULL AND mask & (1 << far) <> 0 THEN
            ways[far] := ways[near] | mask;
            grew := true;
          END IF;
        END LOOP;
      END LOOP;
    END LOOP;
  END LOOP;
  FOR far IN 0 .. tables - 1 LOOP
    IF link.key_tables & (1 << far) <> 0 THEN
      way := way | coalesce(ways[far], (1 << tables) - 1);
    END IF;
  END LOOP;
  RETURN way;
END
$$;
COMMENT ON FUNCTION leadscore_internal.way_to_key(leadscore_internal.joined_link, int) IS 'Which tables must be joined to find the keys that a row leads to.';

-- Keys that rows of one table of a link lead to, with a signature of what matters of the row.
CREATE FUNCTION leadscore_internal.link_keys_query(link leadscore_internal.joined_link, n int, rows text, columns text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH way AS (SELECT leadscore_internal.way_to_key(link, n) AS tables)
  SELECT format('SELECT (%s) AS key, ROW(%s)::text AS signature FROM %s WHERE %s',
    link.key,
    (SELECT string_agg(format('%s.%I', leadscore_internal.link_table(link, n), c), ', ' ORDER BY c) FROM unnest(columns) AS c),
    rows || ' AS ' || leadscore_internal.link_table(link, n) || coalesce((
      SELECT string_agg(format(', %s AS %s', CASE i WHEN 0 THEN b.relation ELSE link.through[i] END, leadscore_internal.link_table(link, i)), '' ORDER BY i)
      FROM generate_series(0, cardinality(link.through)) AS i, leadscore_internal.branch AS b
      WHERE b.id = link.branch AND i <> n AND way.tables & (1 << i) <> 0), ''),
    leadscore_internal.all_of(ARRAY(SELECT c.condition FROM unnest(link.conditions, link.condition_tables) AS c(condition, tables)
                                    WHERE c.tables & ~way.tables = 0)))
  FROM way
$$;
COMMENT ON FUNCTION leadscore_internal.link_keys_query(leadscore_internal.joined_link, int, text, text[]) IS
  'The query for the keys that rows of table n of a link lead to.';

CREATE FUNCTION leadscore_internal.distinct_keys(keys_query text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT DISTINCT k.key FROM (%s) AS k WHERE k.key IS NOT NULL', keys_query)
$$;
COMMENT ON FUNCTION leadscore_internal.distinct_keys(text) IS 'The keys of a keys query, each once.';

-- added, removed: the keys queries over the rows after and before a change. An update that leaves all columns that matter as
-- they were marks nobody.
CREATE FUNCTION leadscore_internal.add_watch(branch leadscore_internal.branch, relation regclass, added text, removed text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO leadscore_internal.watch (component, relation, owner, added, removed, changed)
  VALUES (branch.component, relation, branch.owner, leadscore_internal.distinct_keys(added), leadscore_internal.distinct_keys(removed),
          leadscore_internal.distinct_keys(format('((%1$s) EXCEPT ALL (%2$s)) UNION ALL ((%2$s) EXCEPT ALL (%1$s))', removed, added)))
$$;
COMMENT ON FUNCTION leadscore_internal.add_watch(leadscore_internal.branch, regclass, text, text) IS
  'Publishes that changes of a table mark entities of a branch''s component.';

-- Columns of the activity's row that its own expressions use: time, filter, rules and direct links.
CREATE FUNCTION leadscore_internal.branch_columns(branch leadscore_internal.branch) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT substr(column_name, 3)), '{}')
  FROM (SELECT branch.occurred_at AS expression UNION ALL SELECT branch.filter
        UNION ALL SELECT unnest(branch.link_keys) UNION ALL SELECT unnest(branch.link_filters)
        UNION ALL SELECT t.points FROM leadscore_internal.term AS t WHERE t.branch = branch_columns.branch.id
        UNION ALL SELECT t.filter FROM leadscore_internal.term AS t WHERE t.branch = branch_columns.branch.id) AS x
  CROSS JOIN LATERAL leadscore_internal.conjuncts(branch.relation, NULL, x.expression, 0, 'expression') AS c
  CROSS JOIN LATERAL unnest(c.columns) AS column_name
$$;
COMMENT ON FUNCTION leadscore_internal.branch_columns(leadscore_internal.branch) IS 'The columns of an activity''s row that matter to a branch.';

CREATE FUNCTION leadscore_internal.link_columns(link leadscore_internal.joined_link, n int) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT substr(c, 3)), '{}') FROM unnest(link.columns) AS c WHERE left(c, 2) = n || '.'
$$;
COMMENT ON FUNCTION leadscore_internal.link_columns(leadscore_internal.joined_link, int) IS 'The columns of table n that matter to a link.';

-- rows: the name of a transition table.
CREATE FUNCTION leadscore_internal.activity_rows(branch leadscore_internal.branch, rows text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('(SELECT * FROM %s AS source WHERE (%s) AND (%s) IS NOT NULL AND (%s))', rows, coalesce(branch.filter, 'true'),
                branch.occurred_at, leadscore_internal.any_of(array_agg(t.filter)))
  FROM leadscore_internal.term AS t WHERE t.branch = activity_rows.branch.id
$$;
COMMENT ON FUNCTION leadscore_internal.activity_rows(leadscore_internal.branch, text) IS
  'FROM item for those of an activity''s changed rows that a rule gives something to.';

CREATE FUNCTION leadscore_internal.direct_keys_query(branch leadscore_internal.branch, n int, rows text, columns text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT (%s) AS key, ROW(%s)::text AS signature FROM %s AS source WHERE %s', branch.link_keys[n],
                (SELECT string_agg(format('source.%I', c), ', ' ORDER BY c) FROM unnest(columns) AS c),
                leadscore_internal.activity_rows(branch, rows), coalesce(branch.link_filters[n], 'true'))
$$;
COMMENT ON FUNCTION leadscore_internal.direct_keys_query(leadscore_internal.branch, int, text, text[]) IS
  'The query for the keys that an activity''s changed rows lead to by a link of their own.';

CREATE FUNCTION leadscore_internal.watch_tables(branch leadscore_internal.branch) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  link leadscore_internal.joined_link;
  own_columns text[];
  link_columns text[];
  i int;
BEGIN
  IF NOT EXISTS (SELECT FROM leadscore_internal.joined_link AS j WHERE j.branch = watch_tables.branch.id) THEN
    RETURN;
  END IF;
  own_columns := leadscore_internal.branch_columns(branch);
  FOR link IN SELECT * FROM leadscore_internal.joined_link AS j WHERE j.branch = watch_tables.branch.id ORDER BY j.id LOOP
    link_columns := own_columns || leadscore_internal.link_columns(link, 0);
    PERFORM leadscore_internal.add_watch(branch, branch.relation,
      leadscore_internal.link_keys_query(link, 0, leadscore_internal.activity_rows(branch, 'leadscore_added'), link_columns),
      leadscore_internal.link_keys_query(link, 0, leadscore_internal.activity_rows(branch, 'leadscore_removed'), link_columns));
    FOR i IN 1 .. cardinality(link.through) LOOP
      link_columns := leadscore_internal.link_columns(link, i);
      PERFORM leadscore_internal.add_watch(branch, link.through[i],
        leadscore_internal.link_keys_query(link, i, 'leadscore_added', link_columns),
        leadscore_internal.link_keys_query(link, i, 'leadscore_removed', link_columns));
    END LOOP;
  END LOOP;
  FOR i IN 1 .. cardinality(branch.link_keys) LOOP
    PERFORM leadscore_internal.add_watch(branch, branch.relation,
      leadscore_internal.direct_keys_query(branch, i, 'leadscore_added', own_columns),
      leadscore_internal.direct_keys_query(branch, i, 'leadscore_removed', own_columns));
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.watch_tables(leadscore_internal.branch) IS 'Publishes which tables'' changes mark entities of a branch.';
