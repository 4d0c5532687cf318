-- What the CRM's tables, and what expressions name, are called: renames are followed, and what can no longer be kept is
-- broken at once.
--
-- Expressions are kept as text. Before a statement that renames something they are parsed, and after it the trees are
-- written as text again, with the names of then: so nothing but text is kept, which a dump takes along. Where the event
-- triggers do not fire, an expression that names what is no more breaks its score at the next write, as ever.

-- Every expression of the catalogue. through, row_name, may_be_set: as canonical_expression() wants them; element: its place where the column is an
-- array; scores: whose it is; kept: whether published scores go by it; component: whose states are made with it; building: whether that is
-- of a version that does not answer yet.
CREATE VIEW leadscore_internal.expression AS
SELECT e.model, 'entity'::name AS object, e.id, v.part::name AS part, NULL::int AS element, e.relation, NULL::regclass[] AS through, 'source' AS row_name,
       v.expression, v.type, false AS is_key, false AS may_be_set, format('%s of entity "%s"', v.part, e.name) AS role,
       ARRAY(SELECT se.score FROM leadscore_internal.score_entity AS se WHERE se.entity = e.id) AS scores,
       true AS set_up, true AS kept, NULL::int AS component, false AS building
FROM leadscore_internal.entity AS e
CROSS JOIN LATERAL (VALUES ('key', e.key, e.key_type), ('filter', e.filter, 'boolean'::regtype)) AS v(part, expression, type)
WHERE v.expression IS NOT NULL
UNION ALL
SELECT s.model, 'source', s.id, v.part, NULL, s.relation, s.through, 'source', v.expression, v.type, false, false, format('%s of %s', v.part, leadscore_internal.source_title(s)),
       ARRAY(SELECT DISTINCT r.score FROM leadscore_internal.rule AS r WHERE r.source = s.id), true, false, NULL, false
FROM leadscore_internal.source AS s
CROSS JOIN LATERAL (VALUES ('occurred_at', s.occurred_at, 'timestamptz'::regtype), ('filter', s.filter, 'boolean'), ('join_on', s.join_on, 'boolean')) AS v(part, expression, type)
WHERE v.expression IS NOT NULL
UNION ALL
SELECT s.model, 'link', l.id, v.part, NULL, s.relation, l.through, 'source', v.expression, v.type, v.part = 'key', v.part = 'key',
       format('%s of the link from %s to entity "%s"', v.part, leadscore_internal.source_title(s), e.name),
       ARRAY(SELECT DISTINCT r.score FROM leadscore_internal.rule AS r JOIN leadscore_internal.score_entity AS se ON se.score = r.score
             WHERE r.source = s.id AND se.entity = e.id), true, false, NULL, false
FROM leadscore_internal.link AS l
JOIN leadscore_internal.source AS s ON s.id = l.source
JOIN leadscore_internal.entity AS e ON e.id = l.entity
CROSS JOIN LATERAL (VALUES ('key', l.key, e.key_type), ('filter', l.filter, 'boolean'), ('join_on', l.join_on, 'boolean')) AS v(part, expression, type)
WHERE v.expression IS NOT NULL
UNION ALL
SELECT s.model, 'rule', r.id, v.part, NULL, src.relation, src.through, 'source', v.expression, v.type, false, false, format('%s of %s', v.part, leadscore_internal.rule_title(src, r.name)),
       ARRAY[s.id], true, false, NULL, false
FROM leadscore_internal.rule AS r
JOIN leadscore_internal.score AS s ON s.id = r.score
JOIN leadscore_internal.source AS src ON src.id = r.source
CROSS JOIN LATERAL (VALUES ('points', r.points, 'float8'::regtype), ('filter', r.filter, 'boolean')) AS v(part, expression, type)
WHERE v.expression IS NOT NULL
UNION ALL
SELECT s.model, x.object, x.id, v.part, NULL, m.relation, x.through, 'member', v.expression, v.type, v.part = 'key', false,
       format('%s of the roll-up of "%s" to "%s"', v.part, m.name, e.name), ARRAY[s.id], x.object = 'rollup', x.object = 'membership', NULL, x.building
FROM (SELECT 'rollup' AS object, r.id, r.score, r.entity, r.member, r.key, r.through, r.join_on, false AS building FROM leadscore_internal.rollup AS r
      UNION ALL
      SELECT 'membership', p.id, p.score, p.entity, p.member, p.key, p.through, p.join_on, p.building FROM leadscore_internal.membership AS p) AS x
JOIN leadscore_internal.score AS s ON s.id = x.score
JOIN leadscore_internal.entity AS e ON e.id = x.entity
JOIN leadscore_internal.entity AS m ON m.id = x.member
CROSS JOIN LATERAL (VALUES ('key', x.key, e.key_type), ('join_on', x.join_on, 'boolean')) AS v(part, expression, type)
WHERE v.expression IS NOT NULL
UNION ALL
SELECT s.model, v.object, v.id, v.part, v.element, b.relation, v.through, 'source', v.expression, v.type, v.is_key, v.object = 'joined_link' AND v.is_key, v.role,
       ARRAY[s.id], false, true, c.id, c.building
FROM leadscore_internal.branch AS b
JOIN leadscore_internal.component AS c ON c.id = b.component
JOIN leadscore_internal.score AS s ON s.id = c.score
JOIN leadscore_internal.entity AS e ON e.id = c.entity
JOIN leadscore_internal.source AS src ON src.id = b.source
CROSS JOIN LATERAL (SELECT CASE WHEN cardinality(b.lookups) > 0 THEN b.lookups END AS tables) AS lookup
CROSS JOIN LATERAL (
  SELECT 'branch' AS object, b.id, x.part, NULL::int AS element, lookup.tables AS through, x.expression, x.type, false AS is_key,
         format('%s of %s', x.part, leadscore_internal.source_title(src)) AS role
  FROM (VALUES ('occurred_at', b.occurred_at, 'timestamptz'::regtype), ('filter', b.filter, 'boolean')) AS x(part, expression, type)
  UNION ALL
  SELECT 'branch', b.id, 'lookup_conditions', i, lookup.tables, b.lookup_conditions[i], 'boolean', false, format('join_on of source "%s"', src.name)
  FROM generate_subscripts(b.lookup_conditions, 1) AS i
  UNION ALL
  SELECT 'branch', b.id, x.part, i, NULL, x.expression, x.type, x.part = 'link_keys',
         format('%s of the link from %s to entity "%s"', CASE x.part WHEN 'link_keys' THEN 'key' ELSE 'filter' END, leadscore_internal.source_title(src), e.name)
  FROM generate_subscripts(b.link_keys, 1) AS i
  CROSS JOIN LATERAL (VALUES ('link_keys', b.link_keys[i], e.key_type), ('link_filters', b.link_filters[i], 'boolean')) AS x(part, expression, type)
  UNION ALL
  SELECT 'joined_link', j.id, x.part, x.i, j.through, x.expression, x.type, x.part = 'key',
         format('%s of the link from source "%s" to entity "%s"', CASE x.part WHEN 'key' THEN 'key' ELSE 'condition' END, src.name, e.name)
  FROM leadscore_internal.joined_link AS j
  CROSS JOIN LATERAL (SELECT 'key' AS part, NULL::int AS i, j.key AS expression, e.key_type AS type
                      UNION ALL
                      SELECT 'conditions', i, j.conditions[i], 'boolean' FROM generate_subscripts(j.conditions, 1) AS i) AS x
  WHERE j.branch = b.id
  UNION ALL
  SELECT 'term', t.id, x.part, NULL, lookup.tables, x.expression, x.type, false, format('%s of %s', x.part, leadscore_internal.rule_title(src, t.rule))
  FROM leadscore_internal.term AS t
  CROSS JOIN LATERAL (VALUES ('points', t.points, 'float8'::regtype), ('filter', t.filter, 'boolean')) AS x(part, expression, type)
  WHERE t.branch = b.id) AS v
WHERE v.expression IS NOT NULL;
COMMENT ON VIEW leadscore_internal.expression IS 'Every expression that is set up or published, with the tables that it may use and what it must give.';

CREATE FUNCTION leadscore_internal.uses(relation regclass, through regclass[], tables oid[]) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN relation::oid = ANY (tables) OR coalesce(through::oid[] && tables, false);
COMMENT ON FUNCTION leadscore_internal.uses(regclass, regclass[], oid[]) IS 'Whether an expression on these tables may use columns of one of the others.';

-- As text may hold a name: with a quote doubled. A label with what needs escaping in a literal may stand anywhere.
CREATE FUNCTION leadscore_internal.mentions(expression text, name text) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN name IS NULL OR name ~ '[''\\]' OR position(replace(name, '"', '""') IN expression) > 0;
COMMENT ON FUNCTION leadscore_internal.mentions(text, text) IS 'Whether an expression may name something that is called so.';

-- The common case of a table that no expression is about must cost next to nothing.
CREATE FUNCTION leadscore_internal.are_known(tables oid[]) RETURNS boolean
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM leadscore_internal.entity AS e WHERE e.relation = ANY (tables))
      OR EXISTS (SELECT FROM leadscore_internal.source AS s WHERE s.relation = ANY (tables))
      OR EXISTS (SELECT FROM leadscore_internal.link AS l WHERE l.through::oid[] && tables)
      OR EXISTS (SELECT FROM leadscore_internal.joined_link AS j WHERE j.through::oid[] && tables)
      OR EXISTS (SELECT FROM leadscore_internal.source AS s WHERE s.through::oid[] && tables)
      OR EXISTS (SELECT FROM leadscore_internal.branch AS b WHERE b.lookups::oid[] && tables)
      OR EXISTS (SELECT FROM leadscore_internal.rollup AS r WHERE r.through::oid[] && tables)
      OR EXISTS (SELECT FROM leadscore_internal.membership AS m WHERE m.through::oid[] && tables)
$$;
COMMENT ON FUNCTION leadscore_internal.are_known(oid[]) IS 'Whether any of the tables is one that expressions of the catalogue may use.';

CREATE FUNCTION leadscore_internal.canonical_again(expression leadscore_internal.expression) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN expression.is_key
              THEN leadscore_internal.canonical_link_key(expression.relation, expression.expression, expression.type,
                                                         replace(expression.role, '%', '%%'), expression.through,
                                                         expression.row_name, expression.may_be_set)
              ELSE leadscore_internal.canonical_expression(expression.relation, expression.expression, expression.type,
                                                           expression.role, expression.through, expression.row_name) END
$$;
COMMENT ON FUNCTION leadscore_internal.canonical_again(leadscore_internal.expression) IS
  'The text of an expression by what its tables are now; an error where it does not give what it must.';

CREATE FUNCTION leadscore_internal.complaint(role text, message text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN starts_with(message, role) THEN message ELSE role || ': ' || message END
$$;
COMMENT ON FUNCTION leadscore_internal.complaint(text, text) IS 'An error about an expression that says about which.';

CREATE FUNCTION leadscore_internal.store_expression(expression leadscore_internal.expression, new_text text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('UPDATE leadscore_internal.%I AS x SET %I%s = $1 WHERE x.id = $2', expression.object, expression.part, '[' || expression.element || ']')
  USING new_text, expression.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.store_expression(leadscore_internal.expression, text) IS 'Writes the text of an expression to its place in the catalogue.';

-- Before and after a statement --------------------------------------------------------------------------------------

CREATE FUNCTION leadscore_internal.remember_expression(relation regclass, through regclass[], row_name text, expression text) RETURNS void
  AS 'MODULE_PATHNAME', 'leadscore_remember_expression' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.remember_expression(regclass, regclass[], text, text) IS
  'Keeps what an expression means until the statement under way has ended.';

CREATE FUNCTION leadscore_internal.remembered_expressions(OUT relation regclass, OUT through regclass[], OUT row_name text, OUT before text, OUT now text)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'leadscore_remembered_expressions' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.remembered_expressions() IS 'What was kept of expressions, as text before the statement and now.';

CREATE FUNCTION leadscore_internal.break_score(score int, building boolean, sqlstate text, message text) RETURNS void
  AS 'MODULE_PATHNAME', 'leadscore_break_score' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.break_score(int, boolean, text, text) IS 'Notes that a change of a table broke a score, with a WARNING.';

-- relations: what the statement names, NULL for anything; renames: whether expressions may have to follow it.
CREATE FUNCTION leadscore_internal.prepare_for_change(relations oid[], mention text, renames boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
BEGIN
  IF (relations IS NULL AND NOT renames) OR NOT coalesce(leadscore_internal.are_known(relations), true) THEN
    RETURN;
  END IF;
  -- Before the statement locks a table, as publish does: so what is published stays what it is until the end.
  PERFORM pg_advisory_xact_lock(leadscore_internal.fold_lock_key(m.model))
  FROM (SELECT DISTINCT x.model FROM leadscore_internal.expression AS x
        WHERE CASE WHEN relations IS NULL THEN leadscore_internal.mentions(x.expression, mention) ELSE leadscore_internal.uses(x.relation, x.through, relations) END
        ORDER BY x.model) AS m;
  IF renames THEN
    PERFORM leadscore_internal.remember_expression(e.relation, e.through, e.row_name, e.expression)
    FROM (SELECT DISTINCT x.relation, x.through, x.row_name, x.expression FROM leadscore_internal.expression AS x
          WHERE (relations IS NULL OR leadscore_internal.uses(x.relation, x.through, relations)) AND leadscore_internal.mentions(x.expression, mention)) AS e;
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.prepare_for_change(oid[], text, boolean) IS 'Remembers what a statement may rename.';

CREATE FUNCTION leadscore_internal.with_children(relations oid[]) RETURNS oid[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE family AS (
    SELECT unnest(relations) AS relation
    UNION
    SELECT i.inhrelid FROM pg_inherits AS i JOIN family AS f ON f.relation = i.inhparent
  )
  SELECT coalesce(array_agg(f.relation), '{}') FROM family AS f
$$;
COMMENT ON FUNCTION leadscore_internal.with_children(oid[]) IS 'Tables with all that inherit from them.';

CREATE FUNCTION leadscore_internal.rename_model(model name, new_model name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE leadscore_internal.source AS s SET model = new_model WHERE s.model = rename_model.model;
  UPDATE leadscore_internal.score AS s SET model = new_model WHERE s.model = rename_model.model;
  UPDATE leadscore_internal.entity AS e SET model = new_model WHERE e.model = rename_model.model;
  PERFORM leadscore_internal.make_entity_functions(e) FROM leadscore_internal.entity AS e WHERE e.model = new_model;
  PERFORM leadscore_internal.row_functions_again(ARRAY(SELECT e.relation::oid FROM leadscore_internal.entity AS e WHERE e.model = new_model));
END
$$;
COMMENT ON FUNCTION leadscore_internal.rename_model(name, name) IS 'Follows a schema that was renamed; the functions of its entities hold its name.';

-- Those that do not give what they must any more break their scores; those that do are written as the tables are now.
CREATE FUNCTION leadscore_internal.check_changed(changed oid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  x leadscore_internal.expression;
  canonical text;
BEGIN
  FOR x IN SELECT e.* FROM leadscore_internal.expression AS e WHERE leadscore_internal.uses(e.relation, e.through, changed) ORDER BY e.object, e.id, e.part, e.element LOOP
    -- A table that was dropped has an error of its own.
    CONTINUE WHEN EXISTS (SELECT FROM unnest(x.relation::oid || x.through::oid[]) AS t WHERE NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = t));
    BEGIN
      canonical := leadscore_internal.canonical_again(x);
      IF canonical <> x.expression THEN
        PERFORM leadscore_internal.store_expression(x, canonical);
      END IF;
    EXCEPTION WHEN OTHERS THEN
      IF SQLSTATE LIKE '40%' OR SQLSTATE = '55P03' THEN
        RAISE;
      ELSIF x.kept THEN
        PERFORM leadscore_internal.break_score(s.id, x.building, SQLSTATE, leadscore_internal.complaint(x.role, SQLERRM))
        FROM leadscore_internal.score AS s WHERE s.id = ANY (x.scores) AND (s.state IN ('live', 'paused') OR x.building) ORDER BY s.id;
      END IF;
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_changed(oid[]) IS 'Looks at every expression that uses columns of tables that were changed.';

-- changed: NULL for any.
CREATE FUNCTION leadscore_internal.break_foreign(changed oid[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.break_score(s.id, u.building, '42501', u.message)
  FROM leadscore_internal.used_table AS u JOIN leadscore_internal.score AS s ON s.id = u.score
  WHERE u.changed_hands AND (changed IS NULL OR u.relation = ANY (changed)) AND (s.state IN ('live', 'paused') OR u.building) ORDER BY s.id, u.message
$$;
COMMENT ON FUNCTION leadscore_internal.break_foreign(oid[]) IS 'Breaks scores that are made of a table that has another owner now.';

-- What ALTER TABLE makes of the values of a column fires no trigger.
CREATE FUNCTION leadscore_internal.mark_rewritten(changed oid[], columns text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c leadscore_internal.component;
BEGIN
  FOR c IN
    SELECT p.* FROM leadscore_internal.component AS p JOIN leadscore_internal.score AS s ON s.id = p.score
    WHERE (s.state = 'live' OR p.building) AND p.id IN (
      SELECT x.component FROM leadscore_internal.expression AS x CROSS JOIN unnest(columns) AS rewritten
      WHERE leadscore_internal.uses(x.relation, x.through, changed) AND leadscore_internal.mentions(x.expression, rewritten))
  LOOP
    EXECUTE format('INSERT INTO %s (component, sign, activities) VALUES ($1, 0, 0)', c.pending) USING c.id;
    PERFORM leadscore_internal.record_unseen(b.id) FROM leadscore_internal.branch AS b WHERE b.component = c.id AND b.records IS NOT NULL ORDER BY b.id;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.mark_rewritten(oid[], text[]) IS 'Marks the components that use columns whose values may have changed.';

-- The queries that mark hold the names of tables and columns.
CREATE FUNCTION leadscore_internal.watch_again(changed oid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_component int;
BEGIN
  FOR of_component IN
    SELECT DISTINCT b.component
    FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
    CROSS JOIN LATERAL (SELECT b.lookups::oid[] || ARRAY(SELECT unnest(j.through::oid[]) FROM leadscore_internal.joined_link AS j WHERE j.branch = b.id) AS joined) AS t
    WHERE (cardinality(b.lookups) > 0 OR EXISTS (SELECT FROM leadscore_internal.joined_link AS j WHERE j.branch = b.id))
      AND b.relation::oid || t.joined && changed
      AND NOT EXISTS (SELECT FROM leadscore_internal.incident AS i WHERE i.score = c.score AND i.building = c.building)
      AND NOT EXISTS (SELECT FROM unnest(b.relation::oid || t.joined) AS x WHERE NOT EXISTS (SELECT FROM pg_class AS cl WHERE cl.oid = x))
  LOOP
    UPDATE leadscore_internal.joined_link AS j
    SET columns = ARRAY(SELECT unnest(u.columns) FROM leadscore_internal.conjuncts(b.relation, j.through, j.key, 0, 'key of a link') AS u)
               || ARRAY(SELECT unnest(u.columns) FROM unnest(j.conditions) AS condition
                        CROSS JOIN LATERAL leadscore_internal.conjuncts(b.relation, j.through, condition, 'boolean', 'condition of a link') AS u)
    FROM leadscore_internal.branch AS b WHERE b.id = j.branch AND b.component = of_component;
    DELETE FROM leadscore_internal.watch AS w WHERE w.component = of_component;
    PERFORM leadscore_internal.watch_tables(b) FROM leadscore_internal.branch AS b WHERE b.component = of_component ORDER BY b.id;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.watch_again(oid[]) IS 'Makes the queries that mark anew where they use tables that were changed.';

-- The body of a row function is text, too.
CREATE FUNCTION leadscore_internal.row_functions_again(changed oid[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.make_row_functions(s) FROM leadscore_internal.score AS s
  WHERE EXISTS (SELECT FROM leadscore_internal.row_functions(s))
    AND NOT EXISTS (SELECT FROM leadscore_internal.incident AS i WHERE i.score = s.id AND NOT i.building) AND EXISTS (
    SELECT FROM leadscore_internal.entity AS e WHERE e.id = ANY (leadscore_internal.published_entities(s.id)) AND e.relation::oid = ANY (changed))
    -- They read the views; where one was dropped by hand, publish makes both.
    AND NOT EXISTS (SELECT FROM leadscore_internal.entity AS e WHERE e.id = ANY (leadscore_internal.published_entities(s.id))
                    AND to_regclass(leadscore_internal.score_view(s, e)) IS NULL)
  ORDER BY s.id
$$;
COMMENT ON FUNCTION leadscore_internal.row_functions_again(oid[]) IS 'Makes the row functions of entities anew whose tables were changed.';

-- model, new_model: a schema that was renamed; rewritten: columns whose values may have changed; any_owner: whether
-- tables that the statement does not name may have another owner now.
CREATE FUNCTION leadscore_internal.follow_change(model text, new_model text, rewritten text[], any_owner boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  item record;
  changed oid[];
BEGIN
  IF model IS NOT NULL THEN
    PERFORM leadscore_internal.rename_model(model, new_model);
  END IF;
  SELECT array_agg(d.objid) FILTER (WHERE d.classid = 'pg_class'::regclass) INTO changed FROM pg_event_trigger_ddl_commands() AS d;
  changed := leadscore_internal.with_children(changed)
          || ARRAY(SELECT c.oid FROM pg_class AS c WHERE c.relnamespace = to_regnamespace(quote_ident(new_model)) AND c.relkind IN ('r', 'p'));
  -- Mostly nothing was renamed, and planning the rest takes longer than many a statement.
  IF NOT any_owner AND NOT EXISTS (SELECT FROM leadscore_internal.remembered_expressions() AS m WHERE m.now <> m.before)
     AND NOT leadscore_internal.are_known(changed) THEN
    RETURN;
  END IF;
  FOR item IN
    SELECT x::leadscore_internal.expression AS expression, r.now
    FROM (SELECT * FROM leadscore_internal.remembered_expressions() AS m WHERE m.now <> m.before) AS r
    JOIN leadscore_internal.expression AS x
      ON x.relation = r.relation AND x.through::oid[] IS NOT DISTINCT FROM r.through::oid[] AND x.row_name = r.row_name AND x.expression = r.before
  LOOP
    PERFORM leadscore_internal.store_expression(item.expression, item.now);
    changed := changed || (item.expression).relation::oid;
  END LOOP;
  IF any_owner THEN
    PERFORM leadscore_internal.break_foreign(NULL);
  ELSIF leadscore_internal.are_known(changed) THEN
    PERFORM leadscore_internal.break_foreign(changed);
    PERFORM leadscore_internal.check_changed(changed);
    PERFORM leadscore_internal.mark_rewritten(changed, rewritten);
    PERFORM leadscore_internal.watch_again(changed);
    PERFORM leadscore_internal.row_functions_again(changed);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.follow_change(text, text, text[], boolean) IS 'Brings the catalogue up to date with a statement that has ended.';

CREATE FUNCTION leadscore_internal.before_change() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'leadscore_before_change' LANGUAGE C;
COMMENT ON FUNCTION leadscore_internal.before_change() IS 'Event trigger: remembers what a statement may rename.';

CREATE FUNCTION leadscore_internal.after_change() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'leadscore_after_change' LANGUAGE C;
COMMENT ON FUNCTION leadscore_internal.after_change() IS 'Event trigger: follows what a statement did to tables of the CRM.';

-- DROP … CASCADE of a type takes columns of tables along.
CREATE FUNCTION leadscore_internal.check_dropped_columns() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  changed oid[];
BEGIN
  SELECT array_agg(DISTINCT d.objid) INTO changed FROM pg_event_trigger_dropped_objects() AS d WHERE d.classid = 'pg_class'::regclass AND d.objsubid > 0;
  IF changed IS NOT NULL THEN
    PERFORM leadscore_internal.check_changed(leadscore_internal.with_children(changed));
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_dropped_columns() IS 'Event trigger: a column that went with something else breaks what needs it.';

CREATE EVENT TRIGGER leadscore_before_change ON ddl_command_start
  WHEN TAG IN ('ALTER COLLATION', 'ALTER DOMAIN', 'ALTER EXTENSION', 'ALTER FUNCTION', 'ALTER INDEX', 'ALTER OPERATOR', 'ALTER ROUTINE',
               'ALTER SCHEMA', 'ALTER TABLE', 'ALTER TYPE', 'ALTER VIEW')
  EXECUTE FUNCTION leadscore_internal.before_change();
COMMENT ON EVENT TRIGGER leadscore_before_change IS 'pg_leadscore: remembers what a statement may rename';

CREATE EVENT TRIGGER leadscore_after_change ON ddl_command_end
  WHEN TAG IN ('ALTER COLLATION', 'ALTER DOMAIN', 'ALTER EXTENSION', 'ALTER FUNCTION', 'ALTER INDEX', 'ALTER OPERATOR', 'ALTER ROUTINE',
               'ALTER SCHEMA', 'ALTER TABLE', 'ALTER TYPE', 'ALTER VIEW')
  EXECUTE FUNCTION leadscore_internal.after_change();
COMMENT ON EVENT TRIGGER leadscore_after_change IS 'pg_leadscore: renames of the CRM are followed, what cannot be kept any more is broken at once';

-- Not every PostgreSQL knows this one; without it the owner is looked at when the score is read and the table written.
DO $$
BEGIN
  CREATE EVENT TRIGGER leadscore_after_reassign ON ddl_command_end WHEN TAG IN ('REASSIGN OWNED')
    EXECUTE FUNCTION leadscore_internal.after_change();
  COMMENT ON EVENT TRIGGER leadscore_after_reassign IS 'pg_leadscore: tables of another owner break their scores at once';
EXCEPTION WHEN feature_not_supported THEN
  NULL;
END
$$;

CREATE EVENT TRIGGER leadscore_dropped_columns ON sql_drop
  WHEN TAG IN ('ALTER TYPE', 'DROP DOMAIN', 'DROP EXTENSION', 'DROP OWNED', 'DROP SCHEMA', 'DROP TYPE')
  EXECUTE FUNCTION leadscore_internal.check_dropped_columns();
COMMENT ON EVENT TRIGGER leadscore_dropped_columns IS 'pg_leadscore: a column that is dropped with its type breaks what needs it';

-- Also where a session replicates: names are what they are.
ALTER EVENT TRIGGER leadscore_before_change ENABLE ALWAYS;
ALTER EVENT TRIGGER leadscore_after_change ENABLE ALWAYS;
ALTER EVENT TRIGGER leadscore_dropped_columns ENABLE ALWAYS;
