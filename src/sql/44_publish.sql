-- publish: from what is set up to what is kept.

CREATE FUNCTION leadscore_internal.forget_program(relation regclass) RETURNS void
  AS 'MODULE_PATHNAME', 'leadscore_forget_program' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.forget_program(regclass) IS 'At commit, every session compiles the rules on the table anew.';

-- Names sort before those of the CRM's own triggers, so that what those do comes after.
CREATE FUNCTION leadscore_internal.trigger_prefix(source int) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT format('!leadscore_%s_', source) $$;
COMMENT ON FUNCTION leadscore_internal.trigger_prefix(int) IS 'How the names of the triggers of a source begin; the event follows.';

CREATE FUNCTION leadscore_internal.install_triggers(relation regclass, prefix text, call text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  kind record;
BEGIN
  FOR kind IN
    SELECT * FROM (VALUES ('insert', 'REFERENCING NEW TABLE AS leadscore_added'),
                          ('update', 'REFERENCING OLD TABLE AS leadscore_removed NEW TABLE AS leadscore_added'),
                          ('delete', 'REFERENCING OLD TABLE AS leadscore_removed'),
                          ('truncate', '')) AS v(event, tables)
  LOOP
    IF NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = relation AND t.tgname = prefix || kind.event) THEN
      EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION %s',
                     prefix || kind.event, kind.event, relation, kind.tables, call);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.install_triggers(regclass, text, text) IS 'Makes the triggers that capture what happens to a table.';

CREATE FUNCTION leadscore_internal.remove_triggers(relation regclass, prefix text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  event text;
BEGIN
  FOREACH event IN ARRAY '{insert,update,delete,truncate}'::text[] LOOP
    IF EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = relation AND t.tgname = prefix || event) THEN
      EXECUTE format('DROP TRIGGER %I ON %s', prefix || event, relation);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.remove_triggers(regclass, text) IS 'Drops the triggers that capture what happens to a table.';

-- Copies what is set up into what is published: components, and for each of them one branch per source.
CREATE FUNCTION leadscore_internal.copy_rules(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  item record;
  new_branch int;
BEGIN
  FOR item IN
    SELECT DISTINCT se.entity, coalesce(r.decay, score.decay) AS decay
    FROM leadscore_internal.score_entity AS se
    JOIN leadscore_internal.link AS l ON l.entity = se.entity
    JOIN leadscore_internal.rule AS r ON r.score = se.score AND r.source = l.source
    WHERE se.score = score.id ORDER BY 1, 2
  LOOP
    PERFORM leadscore_internal.create_component(score, item.entity, item.decay);
  END LOOP;

  FOR item IN
    SELECT c.id AS component, c.decay, src.id AS source, src.relation, src.occurred_at, src.filter,
           coalesce(array_agg(l.key ORDER BY l.id) FILTER (WHERE l.through IS NULL), '{}') AS link_keys,
           coalesce(array_agg(l.filter ORDER BY l.id) FILTER (WHERE l.through IS NULL), '{}') AS link_filters,
           array_agg(l.id) AS links
    FROM leadscore_internal.component AS c
    JOIN leadscore_internal.link AS l ON l.entity = c.entity
    JOIN leadscore_internal.source AS src ON src.id = l.source
    WHERE c.score = score.id
      AND EXISTS (SELECT FROM leadscore_internal.rule AS r
                  WHERE r.score = score.id AND r.source = src.id AND coalesce(r.decay, score.decay) OPERATOR(leadscore.=) c.decay)
    GROUP BY c.id, src.id ORDER BY c.id, src.id
  LOOP
    INSERT INTO leadscore_internal.branch (component, source, relation, owner, occurred_at, filter, link_keys, link_filters)
    VALUES (item.component, item.source, item.relation,
            (SELECT cl.relowner::regrole FROM pg_class AS cl WHERE cl.oid = item.relation),
            item.occurred_at, item.filter, item.link_keys, item.link_filters)
    RETURNING id INTO new_branch;
    INSERT INTO leadscore_internal.term (branch, rule, points, filter)
    SELECT new_branch, r.name, r.points, r.filter FROM leadscore_internal.rule AS r
    WHERE r.score = score.id AND r.source = item.source AND coalesce(r.decay, score.decay) OPERATOR(leadscore.=) item.decay ORDER BY r.id;
    PERFORM leadscore_internal.copy_joined_links(new_branch, item.links);
  END LOOP;
  INSERT INTO leadscore_internal.membership (score, entity, member, key)
  SELECT r.score, r.entity, r.member, r.key FROM leadscore_internal.rollup AS r WHERE r.score = copy_rules.score.id ORDER BY r.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.copy_rules(leadscore_internal.score) IS 'Makes the components of a score and copies its rules to them.';

CREATE FUNCTION leadscore_internal.copy_joined_links(branch int, links int[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_branch leadscore_internal.branch;
BEGIN
  SELECT * INTO STRICT of_branch FROM leadscore_internal.branch AS b WHERE b.id = copy_joined_links.branch;
  INSERT INTO leadscore_internal.joined_link (branch, key, key_tables, through, conditions, condition_tables, columns)
  SELECT of_branch.id, l.key, k.tables, l.through, c.conditions, c.tables, c.columns || k.columns
  FROM leadscore_internal.link AS l
  CROSS JOIN LATERAL leadscore_internal.conjuncts(of_branch.relation, l.through, l.key, 0, 'key of a link') AS k
  CROSS JOIN LATERAL (
    SELECT array_agg(x.condition) AS conditions, array_agg(x.tables) AS tables,
           '{}'::text[] AS columns
    FROM (SELECT j.* FROM leadscore_internal.conjuncts(of_branch.relation, l.through, l.join_on, 'boolean', 'join_on of a link') AS j
          UNION ALL
          SELECT j.* FROM leadscore_internal.conjuncts(of_branch.relation, l.through, l.filter, 'boolean', 'filter of a link') AS j) AS x) AS c
  WHERE l.id = ANY (links) AND l.through IS NOT NULL ORDER BY l.id;
  UPDATE leadscore_internal.joined_link AS j SET columns = j.columns || x.columns
  FROM (SELECT p.id, array_agg(column_name) AS columns
        FROM leadscore_internal.joined_link AS p
        CROSS JOIN LATERAL unnest(p.conditions) AS condition
        CROSS JOIN LATERAL leadscore_internal.conjuncts(of_branch.relation, p.through, condition, 'boolean', 'condition of a link') AS q
        CROSS JOIN LATERAL unnest(q.columns) AS column_name
        WHERE p.branch = of_branch.id GROUP BY p.id) AS x
  WHERE x.id = j.id;
  PERFORM leadscore_internal.watch_tables(of_branch);
END
$$;
COMMENT ON FUNCTION leadscore_internal.copy_joined_links(int, int[]) IS 'Copies the links of a branch that go through other tables, taken apart.';

CREATE FUNCTION leadscore_internal.create_component(score leadscore_internal.score, entity int, decay leadscore.decay) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_entity leadscore_internal.entity;
  new_id int := nextval(pg_get_serial_sequence('leadscore_internal.component', 'id'));
BEGIN
  SELECT * INTO STRICT of_entity FROM leadscore_internal.entity AS e WHERE e.id = create_component.entity;
  INSERT INTO leadscore_internal.component (id, score, entity, decay, pending, states)
  VALUES (new_id, score.id, of_entity.id, decay, of_entity.pending,
          leadscore_internal.create_states(new_id, score.model, of_entity));
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_component(leadscore_internal.score, int, leadscore.decay) IS 'Makes a component with its state table.';

-- What is published of a score leaves the catalogue; its tables stand until the views have let go of them.
CREATE FUNCTION leadscore_internal.withdraw(score int) RETURNS leadscore_internal.component[]
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM leadscore_internal.membership AS m WHERE m.score = withdraw.score;
  WITH withdrawn AS (DELETE FROM leadscore_internal.component AS c WHERE c.score = withdraw.score RETURNING c.*)
  SELECT coalesce(array_agg(w::leadscore_internal.component), '{}') FROM withdrawn AS w
$$;
COMMENT ON FUNCTION leadscore_internal.withdraw(int) IS 'Takes the components of a score out of the catalogue.';

CREATE FUNCTION leadscore_internal.drop_states(components leadscore_internal.component[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c leadscore_internal.component;
BEGIN
  FOREACH c IN ARRAY components LOOP
    EXECUTE format('DELETE FROM %s AS p WHERE p.component = $1', c.pending) USING c.id;
    EXECUTE format('DROP TABLE %s', c.states);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_states(leadscore_internal.component[]) IS 'Drops the states of components and what is pending for them.';

CREATE FUNCTION leadscore_internal.backfill(component leadscore_internal.component) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  not_finite text;
BEGIN
  EXECUTE format('INSERT INTO %s (%s) %s', component.states, leadscore_internal.state_columns(),
                 leadscore_internal.fresh_states(component, 'NULL', '$1'))
  USING leadscore_internal.folding_clock();
  EXECUTE format('SELECT s.key::text FROM %s AS s WHERE s.points = ''NaN'' OR s.magnitude > 1e290 LIMIT 1', component.states) INTO not_finite;
  IF not_finite IS NOT NULL THEN
    RAISE EXCEPTION 'a rule gives points that are not a finite number, or beyond 1e290, to entity %', not_finite
      USING ERRCODE = 'numeric_value_out_of_range', HINT = 'Mend the rule or the data, then publish again.';
  END IF;
  EXECUTE format('ANALYZE %s', component.states);
END
$$;
COMMENT ON FUNCTION leadscore_internal.backfill(leadscore_internal.component) IS 'Makes all states of a new component from the rows that exist.';

-- Sources that no live score reads need no triggers.
CREATE FUNCTION leadscore_internal.adjust_triggers(sources int[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  src leadscore_internal.source;
BEGIN
  FOR src IN SELECT * FROM leadscore_internal.source AS s WHERE s.id = ANY (sources) ORDER BY s.id LOOP
    IF EXISTS (SELECT FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
               JOIN leadscore_internal.score AS s ON s.id = c.score WHERE b.source = src.id AND s.state = 'live') THEN
      PERFORM leadscore_internal.install_triggers(src.relation, leadscore_internal.trigger_prefix(src.id),
                                                  format('leadscore_internal.capture(%s)', src.id));
      PERFORM leadscore_internal.forget_program(src.relation);
    ELSE
      PERFORM leadscore_internal.remove_triggers(src.relation, leadscore_internal.trigger_prefix(src.id));
    END IF;
  END LOOP;
  PERFORM leadscore_internal.adjust_mark_triggers();
END
$$;
COMMENT ON FUNCTION leadscore_internal.adjust_triggers(int[]) IS 'Installs or removes the triggers of sources as what is published needs them.';

CREATE FUNCTION leadscore_internal.lock_sources(score int) RETURNS int[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relation regclass;
  sources int[];
BEGIN
  SELECT array_agg(DISTINCT x.source) INTO sources
  FROM (SELECT r.source FROM leadscore_internal.rule AS r WHERE r.score = lock_sources.score
        UNION ALL
        SELECT b.source FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
        WHERE c.score = lock_sources.score) AS x;
  PERFORM leadscore_internal.check_owner(src.relation) FROM leadscore_internal.source AS src WHERE src.id = ANY (sources);
  -- Rows whose triggers have not fired yet would be in the new states, and their changes added to them later.
  SELECT s.relation INTO relation FROM leadscore_internal.source AS s
  WHERE s.id = ANY (sources) AND leadscore_internal.in_use(s.relation) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'table % is being used by a statement of this session', relation
      USING ERRCODE = 'object_in_use', HINT = 'Publish when it has come to its end, not from a trigger or beside an open cursor.';
  END IF;
  -- Always in the same order; writers are waited for and kept out until the end, readers are not.
  FOR relation IN
    SELECT s.relation FROM leadscore_internal.source AS s WHERE s.id = ANY (sources)
    UNION
    SELECT unnest(l.through) FROM leadscore_internal.link AS l WHERE l.source = ANY (sources)
    UNION
    SELECT w.relation FROM leadscore_internal.watch AS w JOIN leadscore_internal.component AS c ON c.id = w.component
    WHERE c.score = lock_sources.score
    ORDER BY 1
  LOOP
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', relation);
  END LOOP;
  RETURN sources;
END
$$;
COMMENT ON FUNCTION leadscore_internal.lock_sources(int) IS
  'The sources of a score, set up or published; keeps writers out of their tables until the end of the transaction.';

CREATE FUNCTION leadscore_internal.check_committed_view(what text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION '% needs a READ COMMITTED transaction', what USING ERRCODE = 'invalid_transaction_state',
      HINT = 'It must see what was committed up to when it holds its locks.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_committed_view(text) IS 'Refuses a transaction whose snapshot is older than its locks.';

-- The score that a function is about to change the life of: no fold runs on its model until the end of the transaction.
CREATE FUNCTION leadscore_internal.open_score(model name, name text, action text) RETURNS leadscore_internal.score
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.check_model(model);
  PERFORM leadscore_internal.check_committed_view(action);
  -- Before any table lock: a writer that holds it may be about to write to the tables.
  PERFORM pg_advisory_xact_lock(leadscore_internal.fold_lock_key(model));
  RETURN leadscore_internal.find_score(model, name);
END
$$;
COMMENT ON FUNCTION leadscore_internal.open_score(name, text, text) IS 'The score, with folds of its model kept out.';

CREATE FUNCTION leadscore_internal.make_views(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  for_entity leadscore_internal.entity;
BEGIN
  FOR for_entity IN
    SELECT x.* FROM leadscore_internal.entity AS x JOIN leadscore_internal.score_entity AS se ON se.entity = x.id
    WHERE se.score = score.id ORDER BY x.id
  LOOP
    PERFORM leadscore_internal.create_score_view(score, for_entity);
    PERFORM leadscore_internal.create_scores_view(for_entity);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_views(leadscore_internal.score) IS 'Makes the views of a score for all its entities.';

CREATE FUNCTION leadscore_internal.publish(score text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score;
  new_component leadscore_internal.component;
  before leadscore_internal.component[];
  sources int[];
BEGIN
  of_score := leadscore_internal.open_score(named.model, named.name, 'publish');
  IF NOT EXISTS (SELECT FROM leadscore_internal.rule AS r WHERE r.score = of_score.id) THEN
    RAISE EXCEPTION 'score "%.%" has no rules', of_score.model, of_score.name
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Give it one with leadscore.create_rule().';
  END IF;
  PERFORM leadscore_internal.check_tables(of_score);
  sources := leadscore_internal.lock_sources(of_score.id);

  before := leadscore_internal.withdraw(of_score.id);
  PERFORM leadscore_internal.copy_rules(of_score);
  FOR new_component IN SELECT * FROM leadscore_internal.component AS x WHERE x.score = of_score.id ORDER BY x.id LOOP
    PERFORM leadscore_internal.backfill(new_component);
  END LOOP;
  UPDATE leadscore_internal.score AS x SET state = 'live', edited = false, published_at = leadscore.clock() WHERE x.id = of_score.id;
  DELETE FROM leadscore_internal.incident AS i WHERE i.score = of_score.id;
  -- A retired score has no view either: one of that name is somebody else's. A paused one's is filled again.
  of_score.state := CASE WHEN of_score.state IN ('draft', 'retired') THEN 'draft' ELSE 'live' END;
  PERFORM leadscore_internal.make_views(of_score);
  PERFORM leadscore_internal.drop_states(before);
  PERFORM leadscore_internal.adjust_triggers(sources);
END
$$;
COMMENT ON FUNCTION leadscore_internal.publish(text) IS 'Implementation of leadscore.publish.';

CREATE PROCEDURE leadscore.publish(score text) AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON PROCEDURE leadscore.publish(text) IS
  'Makes a score live: builds the states from the rows that exist, installs the triggers, makes the views. Again after an edit; mends a broken score. Locks the tables of its sources against writers (SHARE ROW EXCLUSIVE) until the end of the transaction.';
