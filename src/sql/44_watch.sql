-- Changes that are not local: those of tables that a link goes through, and of activities that are linked through one. A
-- change marks the entities that its rows lead to, as seen in its own snapshot.
--
-- Two transactions on two sides of a join do not see each other. Each entity whose truth they change together is still
-- marked by one of them, because a changed row is joined only with what lies between it and the key: the row that holds
-- the key marks without any join. Marks stay until every transaction that could have missed their cause is over.

CREATE FUNCTION leadscore_internal.capture_marks() RETURNS trigger
  AS 'MODULE_PATHNAME', 'leadscore_capture_marks' LANGUAGE C;
COMMENT ON FUNCTION leadscore_internal.capture_marks() IS
  'Trigger on a table that decides for whom activities of other rows count: marks the entities that changed rows lead to.';

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

-- The three queries of a watch. pattern: a keys query with <rows> for the rows. An update that leaves all columns that matter
-- as they were marks nobody.
CREATE FUNCTION leadscore_internal.add_watch(component int, relation regclass, owner regrole, pattern text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  added text := replace(pattern, '<rows>', 'leadscore_added');
  removed text := replace(pattern, '<rows>', 'leadscore_removed');
  wanted text := 'SELECT DISTINCT k.key FROM (%s) AS k WHERE k.key IS NOT NULL';
BEGIN
  INSERT INTO leadscore_internal.watch (component, relation, owner, added, removed, changed)
  VALUES (component, relation, owner, replace(wanted, '%s', added), replace(wanted, '%s', removed),
          replace(wanted, '%s', format('((%1$s) EXCEPT ALL (%2$s)) UNION ALL ((%2$s) EXCEPT ALL (%1$s))', removed, added)));
END
$$;
COMMENT ON FUNCTION leadscore_internal.add_watch(int, regclass, regrole, text) IS 'Publishes that changes of a table mark entities of a component.';

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

CREATE FUNCTION leadscore_internal.watch_tables(branch leadscore_internal.branch) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  link leadscore_internal.joined_link;
  own_columns text[];
  activities text;
  i int;
BEGIN
  IF NOT EXISTS (SELECT FROM leadscore_internal.joined_link AS j WHERE j.branch = watch_tables.branch.id) THEN
    RETURN;
  END IF;
  own_columns := leadscore_internal.branch_columns(branch);
  -- Of the activities' rows only those that a rule gives something to.
  activities := format('(SELECT * FROM <rows> AS source WHERE (%s) AND (%s) IS NOT NULL AND (%s))', coalesce(branch.filter, 'true'), branch.occurred_at,
    (SELECT leadscore_internal.any_of(array_agg(t.filter)) FROM leadscore_internal.term AS t WHERE t.branch = watch_tables.branch.id));
  FOR link IN SELECT * FROM leadscore_internal.joined_link AS j WHERE j.branch = watch_tables.branch.id ORDER BY j.id LOOP
    PERFORM leadscore_internal.add_watch(branch.component, branch.relation, branch.owner,
      leadscore_internal.link_keys_query(link, 0, activities, own_columns || leadscore_internal.link_columns(link, 0)));
    FOR i IN 1 .. cardinality(link.through) LOOP
      PERFORM leadscore_internal.add_watch(branch.component, link.through[i], branch.owner,
        leadscore_internal.link_keys_query(link, i, '<rows>', leadscore_internal.link_columns(link, i)));
    END LOOP;
  END LOOP;
  FOR i IN 1 .. cardinality(branch.link_keys) LOOP
    PERFORM leadscore_internal.add_watch(branch.component, branch.relation, branch.owner,
      format('SELECT (%s) AS key, ROW(%s)::text AS signature FROM %s AS source WHERE %s', branch.link_keys[i],
             (SELECT string_agg(format('source.%I', c), ', ' ORDER BY c) FROM unnest(own_columns) AS c), activities,
             coalesce(branch.link_filters[i], 'true')));
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.watch_tables(leadscore_internal.branch) IS 'Publishes which tables'' changes mark entities of a branch.';

CREATE FUNCTION leadscore_internal.adjust_mark_triggers() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  item record;
BEGIN
  FOR item IN
    SELECT coalesce(w.relation, t.relation) AS relation, w.relation IS NOT NULL AS wanted, t.relation IS NOT NULL AS installed
    FROM (SELECT DISTINCT x.relation FROM leadscore_internal.watch AS x
          JOIN leadscore_internal.component AS c ON c.id = x.component JOIN leadscore_internal.score AS s ON s.id = c.score
          WHERE s.state = 'live' AND EXISTS (SELECT FROM pg_class AS r WHERE r.oid = x.relation)) AS w
    FULL JOIN (SELECT DISTINCT x.tgrelid::regclass AS relation FROM pg_trigger AS x
               WHERE x.tgfoid = 'leadscore_internal.capture_marks'::regproc) AS t ON t.relation = w.relation
    ORDER BY 1
  LOOP
    IF item.wanted AND NOT item.installed THEN
      PERFORM leadscore_internal.install_triggers(item.relation, '!leadscore_marks_', 'leadscore_internal.capture_marks()');
    ELSIF item.installed AND NOT item.wanted THEN
      PERFORM leadscore_internal.remove_triggers(item.relation, '!leadscore_marks_');
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.adjust_mark_triggers() IS 'Installs or removes the triggers that mark, as what is published needs them.';
