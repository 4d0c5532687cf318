-- Changes that are not local: those of tables that a link goes through, of activities that are linked through one or by a
-- set, and of lookup tables. A change marks the entities that its rows lead to, as seen in its own snapshot.
--
-- Two transactions on two sides of a join do not see each other. Each entity whose truth they change together is still
-- marked by one of them, because a changed row is joined only with what lies between it and the key: the row that holds
-- the key marks without any join. Marks stay until every transaction that could have missed their cause is over.
--
-- In general: of any tables that are changed at once, one must have none of the others on its way to the key. That fails
-- only where ways go in a circle: for all tables between the parts of a key that is made of several tables' columns, where
-- one condition needs three tables, or where no condition connects them. A change of a table on such a circle marks the
-- whole component. Any other table marks keys, as the tables on its way that are on no circle have it not on theirs, and
-- a change of those that are marks everything.
--
-- Lookup tables lie behind the activity: a change of one marks the entities of all activities that it is joined with,
-- before and after, and no way to a key leads over one, but those of other lookups that are joined with it. So an activity
-- marks whether its lookups are there or not.

-- The tables on the way from one table of a link to those of its key, as bits; all of them where no condition connects them.
CREATE FUNCTION leadscore_internal.way_to_key(link leadscore_internal.joined_link, start int) RETURNS int
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tables int := cardinality(link.through) + 1;
  ways int[] := array_fill(NULL::int, ARRAY[tables], ARRAY[0]);
  reached int[];
  mask int;
  near int;
  far int;
  way int := 1 << start;
BEGIN
  ways[start] := 1 << start;
  -- The shortest ways, so that no two tables are on each other's without need.
  LOOP
    reached := ways;
    FOREACH mask IN ARRAY link.condition_tables LOOP
      FOR near IN 0 .. tables - 1 LOOP
        CONTINUE WHEN reached[near] IS NULL OR mask & (1 << near) = 0;
        FOR far IN 0 .. tables - 1 LOOP
          IF ways[far] IS NULL AND mask & (1 << far) <> 0 THEN
            ways[far] := ways[near] | mask;
          END IF;
        END LOOP;
      END LOOP;
    END LOOP;
    EXIT WHEN ways = reached;
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

CREATE FUNCTION leadscore_internal.tables_in_circles(link leadscore_internal.joined_link) RETURNS int[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE step AS (
    SELECT n AS start, m AS leads_to
    FROM generate_series(0, cardinality(link.through)) AS n, generate_series(0, cardinality(link.through)) AS m
    WHERE n <> m AND leadscore_internal.way_to_key(link, n) & (1 << m) <> 0
  ), path AS (
    SELECT s.start, s.leads_to FROM step AS s
    UNION
    SELECT p.start, s.leads_to FROM path AS p JOIN step AS s ON s.start = p.leads_to
  )
  SELECT coalesce(array_agg(p.start ORDER BY p.start), '{}') FROM path AS p WHERE p.leads_to = p.start
$$;
COMMENT ON FUNCTION leadscore_internal.tables_in_circles(leadscore_internal.joined_link) IS
  'The tables of a link whose changes mark the whole component: those on their own way.';

CREATE FUNCTION leadscore_internal.signature(alias text, columns text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('ROW(%s)::text', (SELECT string_agg(format('%s.%I', alias, c), ', ' ORDER BY c) FROM (SELECT DISTINCT unnest(columns)) AS x(c)))
$$;
COMMENT ON FUNCTION leadscore_internal.signature(text, text[]) IS 'What matters of a row.';

-- Keys that rows of one table that a link goes through lead to, with a signature of what matters of the row.
CREATE FUNCTION leadscore_internal.link_keys_query(link leadscore_internal.joined_link, n int, rows text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH way AS (SELECT leadscore_internal.way_to_key(link, n) AS tables)
  SELECT format('SELECT (%s) AS key, %s AS signature FROM %s WHERE %s',
    link.key, leadscore_internal.signature(leadscore_internal.joined_table(link.through, n), leadscore_internal.table_columns(link.columns, n)),
    rows || ' AS ' || leadscore_internal.joined_table(link.through, n) || coalesce((
      SELECT string_agg(format(', %s AS %s', CASE i WHEN 0 THEN b.relation ELSE link.through[i] END, leadscore_internal.joined_table(link.through, i)), '' ORDER BY i)
      FROM generate_series(0, cardinality(link.through)) AS i, leadscore_internal.branch AS b
      WHERE b.id = link.branch AND i <> n AND way.tables & (1 << i) <> 0), ''),
    leadscore_internal.all_of(leadscore_internal.conditions_on(link, way.tables)))
  FROM way
$$;
COMMENT ON FUNCTION leadscore_internal.link_keys_query(leadscore_internal.joined_link, int, text) IS
  'The query for the keys that rows of table n of a link lead to.';

CREATE FUNCTION leadscore_internal.conditions_on(link leadscore_internal.joined_link, tables int) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ARRAY(SELECT c.condition FROM unnest(link.conditions, link.condition_tables) AS c(condition, tables) WHERE c.tables & ~conditions_on.tables = 0)
$$;
COMMENT ON FUNCTION leadscore_internal.conditions_on(leadscore_internal.joined_link, int) IS 'The conditions of a link that need no other tables.';

-- All keys, as NULL, with the signature of each changed row.
CREATE FUNCTION leadscore_internal.all_keys_query(link leadscore_internal.joined_link, n int, rows text, columns text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT NULL::%s AS key, %s AS signature FROM %s AS %s WHERE %s', leadscore_internal.type_name(e.key_type),
                leadscore_internal.signature(leadscore_internal.joined_table(link.through, n), columns), rows, leadscore_internal.joined_table(link.through, n),
                leadscore_internal.all_of(leadscore_internal.conditions_on(link, 1 << n)))
  FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component JOIN leadscore_internal.entity AS e ON e.id = c.entity
  WHERE b.id = link.branch
$$;
COMMENT ON FUNCTION leadscore_internal.all_keys_query(leadscore_internal.joined_link, int, text, text[]) IS
  'The query for whether rows of table n of a link mark the whole component.';

-- added, removed: the keys queries over the rows after and before a change; a key that is NULL is nobody's, or means
-- everybody. An update that leaves all columns that matter as they were marks nobody.
CREATE FUNCTION leadscore_internal.add_watch(branch leadscore_internal.branch, relation regclass, added text, removed text, everybody boolean DEFAULT false) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO leadscore_internal.watch (component, relation, owner, added, removed, changed)
  SELECT branch.component, relation, branch.owner, format(keys, added), format(keys, removed),
         format(keys, format('((%1$s) EXCEPT ALL (%2$s)) UNION ALL ((%2$s) EXCEPT ALL (%1$s))', removed, added))
  FROM (VALUES ('SELECT DISTINCT k.key FROM (%s) AS k' || CASE WHEN everybody THEN '' ELSE ' WHERE k.key IS NOT NULL' END)) AS v(keys)
$$;
COMMENT ON FUNCTION leadscore_internal.add_watch(leadscore_internal.branch, regclass, text, text, boolean) IS
  'Publishes that changes of a table mark entities of a branch''s component.';

-- Of the activity's row and its lookups, as 0.name and n.name: time, filter, rules, direct links, how they are joined, and
-- what decides whether another component counts the activity.
CREATE FUNCTION leadscore_internal.branch_columns(branch leadscore_internal.branch) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT column_name), '{}')
  FROM (SELECT nullif(branch.lookups, '{}') AS through, unnest(ARRAY[branch.occurred_at, branch.filter, leadscore_internal.counts_expression(branch)] || branch.lookup_conditions) AS expression
        UNION ALL SELECT NULL, unnest(branch.link_keys || branch.link_filters)
        UNION ALL SELECT nullif(branch.lookups, '{}'), unnest(ARRAY[t.points, t.filter]) FROM leadscore_internal.term AS t WHERE t.branch = branch_columns.branch.id) AS x
  CROSS JOIN LATERAL leadscore_internal.conjuncts(branch.relation, x.through, x.expression, 0, 'expression') AS c
  CROSS JOIN LATERAL unnest(c.columns) AS column_name
$$;
COMMENT ON FUNCTION leadscore_internal.branch_columns(leadscore_internal.branch) IS 'The columns that matter to a branch.';

-- rows: the name of a transition table. Of rows that no rule gives anything to, or that do not count, nothing more is
-- evaluated; what lookups decide is not asked, as they may be changing, too.
CREATE FUNCTION leadscore_internal.activity_rows(branch leadscore_internal.branch, rows text, columns text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('(SELECT source.*, %s AS leadscore_signature FROM %s AS source WHERE %s)', leadscore_internal.signature('source', columns), rows,
                CASE WHEN cardinality(branch.lookups) > 0 THEN 'true'
                     ELSE format('CASE WHEN %s THEN CASE WHEN (%s) IS NOT NULL THEN %s END END', coalesce(branch.filter, 'true'), branch.occurred_at,
                                 leadscore_internal.any_of(array_agg(t.filter))) END)
  FROM leadscore_internal.term AS t WHERE t.branch = activity_rows.branch.id
$$;
COMMENT ON FUNCTION leadscore_internal.activity_rows(leadscore_internal.branch, text, text[]) IS
  'FROM item for those of an activity''s changed rows that may count.';

-- rows: the name of a transition table of lookup n; lookups before it that it is joined with are joined as they are now.
CREATE FUNCTION leadscore_internal.looked_up_rows(branch leadscore_internal.branch, n int, rows text, columns text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('(SELECT source.*, %s AS leadscore_signature FROM %s AS source%s, %s AS %s WHERE %s)',
                leadscore_internal.signature(alias, columns), branch.relation,
                (SELECT string_agg(format(' LEFT JOIN %s AS %s ON %s', branch.lookups[i], leadscore_internal.joined_table(branch.lookups, i), branch.lookup_conditions[i]), '' ORDER BY i)
                 FROM generate_series(1, n - 1) AS i
                 WHERE EXISTS (SELECT FROM leadscore_internal.conjuncts(branch.relation, branch.lookups, branch.lookup_conditions[n], 0, 'join_on') AS c
                               WHERE c.tables & ((1 << n) - 2) <> 0)),
                rows, alias, branch.lookup_conditions[n])
  FROM leadscore_internal.joined_table(branch.lookups, n) AS alias
$$;
COMMENT ON FUNCTION leadscore_internal.looked_up_rows(leadscore_internal.branch, int, text, text[]) IS
  'FROM item for the activities that changed rows of lookup table n are joined with.';

CREATE FUNCTION leadscore_internal.check_points(points float8, rule text) RETURNS boolean
  AS 'MODULE_PATHNAME', 'leadscore_check_points' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.check_points(float8, text) IS 'True, or an error where the points of a rule are not a finite number, or beyond 1e290.';

-- Filter, time and points, in this order, so that an error is one of the write.
CREATE FUNCTION leadscore_internal.points_check(branch leadscore_internal.branch) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('CASE WHEN %s THEN CASE WHEN (%s) IS NOT NULL THEN greatest(%s) END END', coalesce(branch.filter, 'true'), branch.occurred_at,
                string_agg(format('CASE WHEN %s THEN leadscore_internal.check_points(coalesce((%s)::pg_catalog.float8, 0), %L) END',
                                  coalesce(t.filter, 'true'), t.points, t.rule), ', ' ORDER BY t.id))
  FROM leadscore_internal.term AS t WHERE t.branch = points_check.branch.id
$$;
COMMENT ON FUNCTION leadscore_internal.points_check(leadscore_internal.branch) IS 'An expression that fails where the points of an activity, called source, cannot be counted.';

-- rows: FROM item with a signature. What reaches nobody is not evaluated further; OFFSET keeps the planner from doing so.
CREATE FUNCTION leadscore_internal.activity_keys_query(branch leadscore_internal.branch, rows text, key text, tables text, condition text, checked boolean) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT source.leadscore_key AS key, source.leadscore_signature AS signature'
                ' FROM (SELECT source.*, (%s) AS leadscore_key FROM %s AS source%s WHERE %s OFFSET 0) AS source%s'
                ' WHERE CASE WHEN source.leadscore_key IS NOT NULL THEN %s END',
                key, rows, coalesce(', ' || tables, ''), condition, CASE WHEN checked THEN leadscore_internal.lookup_joins(branch) ELSE '' END,
                CASE WHEN NOT checked THEN 'true' ELSE format('coalesce(%s, true)', leadscore_internal.points_check(branch)) END)
$$;
COMMENT ON FUNCTION leadscore_internal.activity_keys_query(leadscore_internal.branch, text, text, text, text, boolean) IS
  'The query for the keys that activities lead to by one link; checked: an error where their points cannot be counted.';

-- A watch on rows of activities, for each link: those of a changed table, after and before the change.
CREATE FUNCTION leadscore_internal.watch_activities(branch leadscore_internal.branch, relation regclass, added text, removed text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  link record;
BEGIN
  FOR link IN
    SELECT x.key, NULL AS tables, coalesce(x.filter, 'true') AS condition FROM unnest(branch.link_keys, branch.link_filters) AS x(key, filter)
    UNION ALL
    SELECT j.key, (SELECT string_agg(format('%s AS %s', j.through[i], leadscore_internal.joined_table(j.through, i)), ', ' ORDER BY i)
                   FROM generate_series(1, cardinality(j.through)) AS i WHERE way & (1 << i) <> 0),
           leadscore_internal.all_of(leadscore_internal.conditions_on(j, way))
    FROM leadscore_internal.joined_link AS j CROSS JOIN LATERAL leadscore_internal.way_to_key(j, 0) AS way WHERE j.branch = watch_activities.branch.id
  LOOP
    PERFORM leadscore_internal.add_watch(branch, relation,
      leadscore_internal.activity_keys_query(branch, added, link.key, link.tables, link.condition, true),
      leadscore_internal.activity_keys_query(branch, removed, link.key, link.tables, link.condition, false));
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.watch_activities(leadscore_internal.branch, regclass, text, text) IS
  'Publishes that changes of a table mark the entities of activities.';

CREATE FUNCTION leadscore_internal.watch_tables(branch leadscore_internal.branch) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  link leadscore_internal.joined_link;
  columns text[];
  own_columns text[];
  in_circles int[];
  i int;
BEGIN
  IF cardinality(branch.lookups) = 0 AND NOT EXISTS (SELECT FROM leadscore_internal.joined_link AS j WHERE j.branch = watch_tables.branch.id) THEN
    RETURN;
  END IF;
  columns := leadscore_internal.branch_columns(branch);
  own_columns := leadscore_internal.table_columns(columns, 0) || ARRAY(
    SELECT unnest(leadscore_internal.table_columns(j.columns, 0)) FROM leadscore_internal.joined_link AS j WHERE j.branch = watch_tables.branch.id);
  PERFORM leadscore_internal.watch_activities(branch, branch.relation, leadscore_internal.activity_rows(branch, 'leadscore_added', own_columns),
                                              leadscore_internal.activity_rows(branch, 'leadscore_removed', own_columns));
  FOR i IN 1 .. cardinality(branch.lookups) LOOP
    PERFORM leadscore_internal.watch_activities(branch, branch.lookups[i],
      leadscore_internal.looked_up_rows(branch, i, 'leadscore_added', leadscore_internal.table_columns(columns, i)),
      leadscore_internal.looked_up_rows(branch, i, 'leadscore_removed', leadscore_internal.table_columns(columns, i)));
  END LOOP;
  FOR link IN SELECT * FROM leadscore_internal.joined_link AS j WHERE j.branch = watch_tables.branch.id ORDER BY j.id LOOP
    in_circles := leadscore_internal.tables_in_circles(link);
    FOREACH i IN ARRAY in_circles LOOP
      PERFORM leadscore_internal.add_watch(branch, CASE i WHEN 0 THEN branch.relation ELSE link.through[i] END,
        leadscore_internal.all_keys_query(link, i, rows.added, rows.columns), leadscore_internal.all_keys_query(link, i, rows.removed, rows.columns), true)
      FROM (SELECT leadscore_internal.activity_rows(branch, 'leadscore_added', own_columns) AS added,
                   leadscore_internal.activity_rows(branch, 'leadscore_removed', own_columns) AS removed, own_columns AS columns WHERE i = 0
            UNION ALL
            SELECT 'leadscore_added', 'leadscore_removed', leadscore_internal.table_columns(link.columns, i) WHERE i > 0) AS rows;
    END LOOP;
    FOR i IN 1 .. cardinality(link.through) LOOP
      CONTINUE WHEN i = ANY (in_circles);
      PERFORM leadscore_internal.add_watch(branch, link.through[i], leadscore_internal.link_keys_query(link, i, 'leadscore_added'),
                                           leadscore_internal.link_keys_query(link, i, 'leadscore_removed'));
    END LOOP;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.watch_tables(leadscore_internal.branch) IS 'Publishes which tables'' changes mark entities of a branch.';
