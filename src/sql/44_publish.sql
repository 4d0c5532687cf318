-- publish: from what is set up to what is kept.

CREATE FUNCTION leadscore_internal.forget_program(relation regclass) RETURNS void
  AS 'MODULE_PATHNAME', 'leadscore_forget_program' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.forget_program(regclass) IS 'At commit, every session compiles the rules on the table anew.';

-- Names sort before those of the CRM's own triggers, so that what those do comes after.
CREATE FUNCTION leadscore_internal.trigger_name(source int, event text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT format('!leadscore_%s_%s', source, event) $$;
COMMENT ON FUNCTION leadscore_internal.trigger_name(int, text) IS 'Name of a trigger on the table of a source.';

CREATE FUNCTION leadscore_internal.install_triggers(source int, relation regclass) RETURNS void
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
    IF NOT EXISTS (SELECT FROM pg_trigger AS t
                   WHERE t.tgrelid = relation AND t.tgname = leadscore_internal.trigger_name(source, kind.event)) THEN
      EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(%s)',
                     leadscore_internal.trigger_name(source, kind.event), kind.event, relation, kind.tables, source);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.install_triggers(int, regclass) IS 'Makes the triggers that capture what happens to the table of a source.';

CREATE FUNCTION leadscore_internal.remove_triggers(source int, relation regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  event text;
BEGIN
  FOREACH event IN ARRAY '{insert,update,delete,truncate}'::text[] LOOP
    IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = relation) THEN
      EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', leadscore_internal.trigger_name(source, event), relation);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.remove_triggers(int, regclass) IS 'Drops the triggers of a source.';

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
           array_agg(l.key ORDER BY l.id) AS link_keys, array_agg(l.filter ORDER BY l.id) AS link_filters
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
  END LOOP;
  INSERT INTO leadscore_internal.membership (score, entity, member, key)
  SELECT r.score, r.entity, r.member, r.key FROM leadscore_internal.rollup AS r WHERE r.score = copy_rules.score.id ORDER BY r.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.copy_rules(leadscore_internal.score) IS 'Makes the components of a score and copies its rules to them.';

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
      PERFORM leadscore_internal.install_triggers(src.id, src.relation);
      PERFORM leadscore_internal.forget_program(src.relation);
    ELSE
      PERFORM leadscore_internal.remove_triggers(src.id, src.relation);
    END IF;
  END LOOP;
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
  FOR relation IN SELECT DISTINCT s.relation FROM leadscore_internal.source AS s WHERE s.id = ANY (sources) ORDER BY 1 LOOP
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
  PERFORM leadscore_internal.make_views(of_score);
  PERFORM leadscore_internal.drop_states(before);
  PERFORM leadscore_internal.adjust_triggers(sources);
END
$$;
COMMENT ON FUNCTION leadscore_internal.publish(text) IS 'Implementation of leadscore.publish.';

CREATE PROCEDURE leadscore.publish(score text) AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON PROCEDURE leadscore.publish(text) IS
  'Makes a score live: builds the states from the rows that exist, installs the triggers, makes the views. Again after an edit; mends a broken score. Locks the tables of its sources against writers (SHARE ROW EXCLUSIVE) until the end of the transaction.';
