-- Reading the CRM's own rows: the queries that leadscore_internal.facts runs as the owner of each table.

CREATE FUNCTION leadscore_internal.any_of(conditions text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- A condition that is missing always holds.
  RETURN CASE WHEN array_position(conditions, NULL) IS NOT NULL THEN 'true'
              ELSE '(' || array_to_string(conditions, ') OR (') || ')' END;
END
$$;
COMMENT ON FUNCTION leadscore_internal.any_of(text[]) IS 'Conditions joined by OR.';

CREATE FUNCTION leadscore_internal.all_of(conditions text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce('(' || string_agg(c, ') AND (') || ')', 'true') FROM unnest(conditions) AS c
$$;
COMMENT ON FUNCTION leadscore_internal.all_of(text[]) IS 'Conditions joined by AND; one that is missing always holds.';

-- Table n of those that a row is joined with, 0 being its own, by the name that expressions use.
CREATE FUNCTION leadscore_internal.joined_table(through regclass[], n int) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN n = 0 THEN 'source' WHEN cardinality(through) = 1 THEN 'through' ELSE 'through' || n END
$$;
COMMENT ON FUNCTION leadscore_internal.joined_table(regclass[], int) IS 'The alias of a table in expressions over several.';

CREATE FUNCTION leadscore_internal.through_tables(through regclass[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(format('%s AS %s', through[n], leadscore_internal.joined_table(through, n)), ', ' ORDER BY n)
  FROM generate_series(1, cardinality(through)) AS n
$$;
COMMENT ON FUNCTION leadscore_internal.through_tables(regclass[]) IS 'FROM items for the tables that a link goes through; NULL for none.';

CREATE FUNCTION leadscore_internal.table_columns(columns text[], n int) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT substr(c, 3)), '{}') FROM unnest(columns) AS c WHERE left(c, 2) = n || '.'
$$;
COMMENT ON FUNCTION leadscore_internal.table_columns(text[], int) IS 'Those columns that are of table n.';

CREATE FUNCTION leadscore_internal.refuse_second_row(source text) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'an activity of source "%" has several matching rows in a lookup table', source
    USING ERRCODE = 'cardinality_violation', HINT = 'join_on must lead to one row at most of each table in through.';
END
$$;
COMMENT ON FUNCTION leadscore_internal.refuse_second_row(text) IS 'The error of a lookup that finds several rows.';

-- What is looked up for rows called source: each table for itself, a row of NULLs where nothing matches.
CREATE FUNCTION leadscore_internal.lookup_joins(branch leadscore_internal.branch) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(string_agg(format(' LEFT JOIN LATERAL (SELECT %1$s.*, row_number() OVER () AS leadscore_number FROM %2$s AS %1$s WHERE %3$s) AS %1$s'
                                    ' ON CASE WHEN %1$s.leadscore_number = 1 THEN true ELSE leadscore_internal.refuse_second_row(%4$L) END',
                                    leadscore_internal.joined_table(branch.lookups, n), branch.lookups[n], branch.lookup_conditions[n],
                                    (SELECT s.name FROM leadscore_internal.source AS s WHERE s.id = branch.source)), '' ORDER BY n), '')
  FROM generate_series(1, cardinality(branch.lookups)) AS n
$$;
COMMENT ON FUNCTION leadscore_internal.lookup_joins(leadscore_internal.branch) IS 'Joins of the lookup tables of a source.';

-- How the rows of a branch, called source, find their entities; $1 is the array of keys wanted. own_condition is on
-- source alone: which activities lead to them, found from the key's side, by indexes on the joined tables.
CREATE FUNCTION leadscore_internal.link_clause(branch leadscore_internal.branch, equality text, by_key boolean,
                                               OUT from_clause text, OUT key text, OUT condition text, OUT own_condition text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  direct int := cardinality(branch.link_keys);
  joined leadscore_internal.joined_link[] :=
    ARRAY(SELECT j FROM leadscore_internal.joined_link AS j WHERE j.branch = link_clause.branch.id ORDER BY j.id);
  one_key boolean := direct = 1 AND cardinality(joined) = 0;
BEGIN
  condition := 'true';
  own_condition := 'true';
  IF one_key THEN
    from_clause := '';
    key := format('(%s)', branch.link_keys[1]);
    condition := coalesce(branch.link_filters[1], 'true');
  ELSE
    -- UNION: an entity that several links or joined rows reach counts the activity once.
    SELECT format(' CROSS JOIN LATERAL (%s) AS leadscore_link(leadscore_key)', string_agg(x.query, ' UNION ')) INTO from_clause
    FROM (SELECT format('SELECT (%s) WHERE %s', branch.link_keys[i], coalesce(branch.link_filters[i], 'true')) AS query
          FROM generate_series(1, direct) AS i
          UNION ALL
          SELECT format('SELECT %s(%s)%s WHERE %s', CASE WHEN direct = 0 AND cardinality(joined) = 1 THEN 'DISTINCT ' ELSE '' END,
                        j.key, ' FROM ' || leadscore_internal.through_tables(j.through), leadscore_internal.all_of(j.conditions))
          FROM unnest(joined) AS j) AS x;
    key := 'leadscore_key';
  END IF;
  IF by_key THEN
    IF NOT one_key OR cardinality(branch.lookups) > 0 THEN
      SELECT format('source.ctid = ANY (ARRAY(%s))', string_agg(x.query, ' UNION ')) INTO own_condition
      FROM (SELECT format('SELECT source.ctid FROM %s AS source WHERE (%s) %s ANY ($1)', branch.relation, branch.link_keys[i], equality) AS query
            FROM generate_series(1, direct) AS i
            UNION ALL
            -- The elements of an array are found by a GIN index on it.
            SELECT format('SELECT k.place FROM (SELECT source.ctid AS place, (%s) AS key FROM %s WHERE %s%s) AS k WHERE k.key %s ANY ($1)', j.key,
                          concat_ws(', ', branch.relation || ' AS source', leadscore_internal.through_tables(j.through)),
                          leadscore_internal.all_of(j.conditions), ' AND ' || c.on_array, equality)
            FROM unnest(joined) AS j CROSS JOIN LATERAL leadscore_internal.conjuncts(branch.relation, j.through, j.key, 0, 'key of a link') AS c) AS x;
    END IF;
    condition := format('(%s) AND %s %s ANY ($1)', condition, key, equality);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.link_clause(leadscore_internal.branch, text, boolean) IS
  'How the rows of a branch find their entities: what is joined to them, the key, and conditions.';

CREATE FUNCTION leadscore_internal.points_expression(branch int) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT string_agg(CASE WHEN t.filter IS NULL THEN format('coalesce((%s)::pg_catalog.float8, 0)', t.points)
                                 ELSE format('CASE WHEN %s THEN coalesce((%s)::pg_catalog.float8, 0) ELSE 0 END', t.filter, t.points) END,
                            ' + ' ORDER BY t.id)
          FROM leadscore_internal.term AS t WHERE t.branch = points_expression.branch);
END
$$;
COMMENT ON FUNCTION leadscore_internal.points_expression(int) IS 'What all rules of a branch together give to a row.';

CREATE FUNCTION leadscore_internal.counts_expression(branch leadscore_internal.branch) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- An activity that rules of several decays match is counted by the first component that has it; those with a limit
  -- come last.
  RETURN (SELECT CASE WHEN NOT bool_and(mine.counted) THEN '0'
                      WHEN count(t.id) = 0 THEN '1'
                      ELSE format('CASE WHEN %s THEN 0 ELSE 1 END', leadscore_internal.any_of(array_agg(t.filter) FILTER (WHERE t.id IS NOT NULL))) END
          FROM leadscore_internal.component AS mine
          LEFT JOIN (leadscore_internal.component AS before
                     JOIN leadscore_internal.branch AS b ON b.component = before.id AND b.source = counts_expression.branch.source
                     JOIN leadscore_internal.term AS t ON t.branch = b.id)
            ON before.score = mine.score AND before.entity = mine.entity AND before.building = mine.building AND before.id < mine.id
          WHERE mine.id = counts_expression.branch.component);
END
$$;
COMMENT ON FUNCTION leadscore_internal.counts_expression(leadscore_internal.branch) IS 'Whether a row counts as an activity here: 1 or 0.';

CREATE FUNCTION leadscore_internal.row_key_expression(relation regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce('jsonb_build_object(' || string_agg(format('%L, source.%I', a.attname, a.attname), ', ' ORDER BY k.place) || ')', 'NULL::jsonb')
  FROM pg_index AS i
  CROSS JOIN LATERAL unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS k(number, place)
  JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
  WHERE i.indrelid = relation AND i.indisprimary
$$;
COMMENT ON FUNCTION leadscore_internal.row_key_expression(regclass) IS 'The primary key of a row, called source, as jsonb; NULL without one.';

-- The key of the entity's own row, which the record is about.
CREATE FUNCTION leadscore_internal.recorded_key_expression(records regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN e.key = leadscore_internal.primary_key_column(e.relation) THEN format('jsonb_build_object(%L, source.key)', (parse_ident(e.key))[1])
              ELSE 'NULL::jsonb' END
  FROM leadscore_internal.entity AS e WHERE e.once = records
$$;
COMMENT ON FUNCTION leadscore_internal.recorded_key_expression(regclass) IS
  'The primary key of whom a record of a criterion, called source, is about, as jsonb; NULL for a table of anything else.';

-- One line for each rule that a row matches. Points are only evaluated where the whole condition holds.
CREATE FUNCTION leadscore_internal.explaining_clause(branch leadscore_internal.branch,
                                                     OUT from_clause text, OUT condition text, OUT measures text[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format(' CROSS JOIN (VALUES %s) AS leadscore_term(leadscore_number, leadscore_rule)', string_agg(format('(%s, %L)', t.id, t.rule), ', ' ORDER BY t.id)),
         format('CASE leadscore_term.leadscore_number %s END', string_agg(format('WHEN %s THEN %s', t.id, coalesce(t.filter, 'true')), ' ' ORDER BY t.id)),
         ARRAY[format('CASE leadscore_term.leadscore_number %s END', string_agg(format('WHEN %s THEN coalesce((%s)::pg_catalog.float8, 0)', t.id, t.points), ' ' ORDER BY t.id)),
               'leadscore_term.leadscore_rule::text', format('%L::text', (SELECT s.name FROM leadscore_internal.source AS s WHERE s.id = branch.source)),
               coalesce(leadscore_internal.recorded_key_expression(branch.relation), leadscore_internal.row_key_expression(branch.relation)), 'true']
  FROM leadscore_internal.term AS t WHERE t.branch = branch.id
$$;
COMMENT ON FUNCTION leadscore_internal.explaining_clause(leadscore_internal.branch) IS
  'What makes of the rows of a branch one line for each rule: what is joined to them, a condition, and points, rule, source, row key, and whether it is within a limit.';

-- The bounds are the years that the calendar of the core knows; the triggers apply the same ones.
CREATE FUNCTION leadscore_internal.first_instant() RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT $text$timestamptz '1400-01-02 00:00:00+00'$text$ $$;
COMMENT ON FUNCTION leadscore_internal.first_instant() IS 'The beginning of the calendar, as SQL: what counts always has this time.';

CREATE FUNCTION leadscore_internal.counts_from(branch leadscore_internal.branch) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT CASE WHEN c.ahead = interval '0' THEN format('greatest((%s), %s)', branch.occurred_at, leadscore_internal.first_instant())
                      ELSE format('greatest(greatest((%1$s), %3$s) - interval %2$L, %3$s)', branch.occurred_at, c.ahead, leadscore_internal.first_instant()) END
          FROM leadscore_internal.component AS c WHERE c.id = branch.component);
END
$$;
COMMENT ON FUNCTION leadscore_internal.counts_from(leadscore_internal.branch) IS 'From when on an activity counts: before it occurs, where its source says ahead.';

-- Where there are lookup tables, they are joined first and hidden from the links, whose names are of the activity.
CREATE FUNCTION leadscore_internal.branch_query(branch int, by_key boolean, has_from boolean, has_to boolean, explained boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b leadscore_internal.branch;
  key_type regtype;
  ahead interval;
  link record;
  lines record;
  rows text;
  own_conditions text;
  measures text[];
  query text;
BEGIN
  SELECT * INTO STRICT b FROM leadscore_internal.branch AS x WHERE x.id = branch_query.branch;
  SELECT e.key_type, c.ahead INTO STRICT key_type, ahead
  FROM leadscore_internal.component AS c JOIN leadscore_internal.entity AS e ON e.id = c.entity WHERE c.id = b.component;
  link := leadscore_internal.link_clause(b, leadscore_internal.equality_operator(key_type), by_key);
  IF explained THEN
    lines := leadscore_internal.explaining_clause(b);
  ELSE
    SELECT '' AS from_clause, leadscore_internal.any_of(array_agg(t.filter)) AS condition,
           ARRAY[format('(%s)::pg_catalog.float8', leadscore_internal.points_expression(b.id)), leadscore_internal.counts_expression(b)] AS measures
    INTO lines FROM leadscore_internal.term AS t WHERE t.branch = b.id;
  END IF;
  own_conditions := format('(%s) AND (%s) AND (%s) AND (%s) <= ''9998-12-31 00:00:00+00''', coalesce(b.filter, 'true'), link.own_condition,
                           lines.condition, b.occurred_at)
    || CASE WHEN has_from THEN format(' AND (%s) >= %s', b.occurred_at, leadscore_internal.numbered_from(b, format('$2 + interval %L', ahead))) ELSE '' END
    || CASE WHEN has_to THEN format(' AND (%s) <= $3 + interval %L', b.occurred_at, ahead) ELSE '' END;
  measures := leadscore_internal.counts_from(b) || lines.measures;
  rows := format('%s AS source', b.relation);
  IF cardinality(b.lookups) > 0 THEN
    rows := format('(SELECT source.*, %s FROM %s AS source%s%s WHERE %s) AS source',
                   (SELECT string_agg(format('%s AS leadscore_%s', m.expression, m.n), ', ' ORDER BY m.n) FROM unnest(measures) WITH ORDINALITY AS m(expression, n)),
                   b.relation, leadscore_internal.lookup_joins(b), lines.from_clause, own_conditions);
    measures := ARRAY(SELECT format('source.leadscore_%s', n) FROM generate_series(1, cardinality(measures)) AS n);
    own_conditions := 'true';
    lines.from_clause := '';
  END IF;
  query := format('SELECT %s::%s, %s FROM %s%s%s WHERE %s AND (%s) AND %s IS NOT NULL', link.key, leadscore_internal.type_name(key_type),
                  array_to_string(measures, ', '), rows, link.from_clause, lines.from_clause, own_conditions, link.condition, link.key);
  RETURN CASE WHEN b.at_most IS NULL THEN query ELSE leadscore_internal.limited_query(b, query, ahead, has_from, explained) END;
END
$$;
COMMENT ON FUNCTION leadscore_internal.branch_query(int, boolean, boolean, boolean, boolean) IS
  'The query for what the rows of one source give to a component: key, counts from, points, activities; explained: key, counts from, points, rule, source, row_key, within_limit. $1: keys, $2 and $3: bounds of the times.';

CREATE FUNCTION leadscore_internal.facts_call(component leadscore_internal.component, keys text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('leadscore_internal.facts(%s, %s::%s[], NULL, NULL) AS f(key %s, occurred_at timestamptz, points float8, activities int)',
                component.id, keys, leadscore_internal.type_name(e.key_type), leadscore_internal.type_name(e.key_type))
  FROM leadscore_internal.entity AS e WHERE e.id = component.entity
$$;
COMMENT ON FUNCTION leadscore_internal.facts_call(leadscore_internal.component, text) IS
  'FROM item for the facts of a component; keys: SQL for an array of keys, NULL for all.';
