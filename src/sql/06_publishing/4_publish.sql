-- publish: from what is set up to what is kept.

-- The sources of a score, set up or published.
CREATE FUNCTION leadscore_internal.sources_of(score int) RETURNS int[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(DISTINCT x.source), '{}')
  FROM (SELECT unnest(ARRAY[r.source, leadscore_internal.points_source(r)]) AS source FROM leadscore_internal.rule AS r WHERE r.score = sources_of.score
        UNION ALL
        SELECT b.source FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
        WHERE c.score = sources_of.score) AS x
$$;
COMMENT ON FUNCTION leadscore_internal.sources_of(int) IS 'The sources of a score, set up or published.';

-- All tables of the CRM whose rows decide what activities give to whom, those that were dropped left out.
CREATE FUNCTION leadscore_internal.tables_of(score int) RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT x.relation
  FROM (SELECT s.relation FROM leadscore_internal.source AS s WHERE s.id = ANY (leadscore_internal.sources_of(tables_of.score))
        UNION
        SELECT b.relation FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
        WHERE c.score = tables_of.score
        UNION
        SELECT unnest(s.through) FROM leadscore_internal.source AS s WHERE s.id = ANY (leadscore_internal.sources_of(tables_of.score))
        UNION
        SELECT unnest(l.through) FROM leadscore_internal.link AS l WHERE l.source = ANY (leadscore_internal.sources_of(tables_of.score))
        UNION
        SELECT w.relation FROM leadscore_internal.watch AS w JOIN leadscore_internal.component AS c ON c.id = w.component
        WHERE c.score = tables_of.score) AS x
  WHERE EXISTS (SELECT FROM pg_class AS c WHERE c.oid = x.relation) ORDER BY 1
$$;
COMMENT ON FUNCTION leadscore_internal.tables_of(int) IS 'The tables that triggers of a score are on, or will be; always in the same order.';

CREATE FUNCTION leadscore_internal.is_own_table(relation regclass) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT EXISTS (SELECT FROM leadscore_internal.entity AS e WHERE e.once = is_own_table.relation) $$;
COMMENT ON FUNCTION leadscore_internal.is_own_table(regclass) IS 'Whether a table that triggers are on is ours, not the CRM''s.';

CREATE FUNCTION leadscore_internal.check_owners(score int) RETURNS void
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.check_owner(t.relation) FROM leadscore_internal.tables_of(score) AS t(relation) WHERE NOT leadscore_internal.is_own_table(t.relation)
$$;
COMMENT ON FUNCTION leadscore_internal.check_owners(int) IS 'Refuses a caller who does not own all tables of a score.';

-- Rows whose triggers have not fired yet would be in the new states, and their changes added to them later.
CREATE FUNCTION leadscore_internal.check_not_in_use(score int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relation regclass;
BEGIN
  SELECT t.relation INTO relation FROM leadscore_internal.tables_of(score) AS t(relation) WHERE leadscore_internal.in_use(t.relation) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'table % is being used by a statement of this session', relation
      USING ERRCODE = 'object_in_use', HINT = 'Publish when it has come to its end, not from a trigger or beside an open cursor.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_not_in_use(int) IS 'Refuses to read rows in the middle of a statement that writes them.';

-- Whoever waits for a table with others in hand may meet a writer that took them the other way round, and the server would
-- end the one or the other. So only the first is waited for; for the rest less than a writer waits until it looks for a
-- deadlock, then all are let go, and the one that was missing is the first. At last they are waited for as LOCK TABLE does.
CREATE FUNCTION leadscore_internal.lock_tables(relations regclass[], mode text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  patience text := current_setting('lock_timeout');
  limited text := format('%sms', greatest(1, extract(epoch FROM current_setting('deadlock_timeout')::interval) * 500 / nullif(cardinality(relations), 0))::int);
  first regclass := relations[1];
  relation regclass;
  waiting boolean;
BEGIN
  IF first IS NULL THEN
    RETURN;
  END IF;
  FOR attempt IN 1 .. 20 LOOP
    BEGIN
      waiting := true;
      EXECUTE format('LOCK TABLE ONLY %s IN %s MODE', first, mode);
      waiting := false;
      PERFORM set_config('lock_timeout', limited, true);
      FOREACH relation IN ARRAY relations LOOP
        EXECUTE format('LOCK TABLE ONLY %s IN %s MODE', relation, mode);
      END LOOP;
      PERFORM set_config('lock_timeout', patience, true);
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      IF waiting THEN
        RAISE;
      END IF;
      first := relation;
    END;
  END LOOP;
  FOREACH relation IN ARRAY relations LOOP
    EXECUTE format('LOCK TABLE ONLY %s IN %s MODE', relation, mode);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.lock_tables(regclass[], text) IS 'Locks tables so that a deadlock with writers does not come about.';

CREATE FUNCTION leadscore_internal.lock_sources(score int) RETURNS int[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relation regclass;
BEGIN
  PERFORM leadscore_internal.check_owners(score);
  PERFORM leadscore_internal.check_not_in_use(score);
  -- Writers are waited for and kept out until the end of the transaction, readers are not.
  PERFORM leadscore_internal.lock_tables(ARRAY(
    SELECT DISTINCT m FROM leadscore_internal.tables_of(score) AS t(relation) CROSS JOIN LATERAL leadscore_internal.members(t.relation) AS m ORDER BY m),
    'SHARE ROW EXCLUSIVE');
  -- With partitions that came meanwhile.
  FOR relation IN SELECT * FROM leadscore_internal.tables_of(score) LOOP
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', relation);
  END LOOP;
  RETURN leadscore_internal.sources_of(score);
END
$$;
COMMENT ON FUNCTION leadscore_internal.lock_sources(int) IS
  'Keeps writers out of the tables of a score until the end of the transaction. Returns its sources.';

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

-- Held from the first phase to the last, by the transaction or, where each phase is one, by the session.
CREATE FUNCTION leadscore_internal.life_lock_key(model name, name text) RETURNS bigint
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT hashtextextended(format('pg_leadscore life %I.%I', model, name), 0) $$;
COMMENT ON FUNCTION leadscore_internal.life_lock_key(name, text) IS 'The advisory lock of whoever publishes, pauses, resumes, rebuilds, retires or drops the score.';

CREATE FUNCTION leadscore_internal.life_lock_key(score text) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.life_lock_key(n.model, n.name) FROM leadscore_internal.split_name(score, 'score') AS n
$$;
COMMENT ON FUNCTION leadscore_internal.life_lock_key(text) IS 'The same by the name that a user gives.';

CREATE FUNCTION leadscore_internal.open_model(model name, action text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.check_model(model);
  PERFORM leadscore_internal.check_committed_view(action);
  -- Before any table lock: a writer that holds it may be about to write to the tables.
  PERFORM pg_advisory_xact_lock(leadscore_internal.fold_lock_key(model));
END
$$;
COMMENT ON FUNCTION leadscore_internal.open_model(name, text) IS 'Keeps folds of a model out until the end of the transaction.';

-- The score that a function is about to change the life of: no fold runs on its model until the end of the transaction.
CREATE FUNCTION leadscore_internal.open_score(model name, name text, action text) RETURNS leadscore_internal.score
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.check_model(model);
  PERFORM pg_advisory_xact_lock(leadscore_internal.life_lock_key(model, name));
  PERFORM leadscore_internal.open_model(model, action);
  -- An edit that is not committed yet is waited for, and published with the rest.
  PERFORM FROM leadscore_internal.score AS s WHERE s.model = open_score.model AND s.name = open_score.name FOR NO KEY UPDATE;
  RETURN leadscore_internal.find_score(model, name);
END
$$;
COMMENT ON FUNCTION leadscore_internal.open_score(name, text, text) IS 'The score, with folds of its model kept out.';

-- A paused score that is being resumed has no version that answers.
CREATE FUNCTION leadscore_internal.published_entities(score int) RETURNS int[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT DISTINCT p.entity FROM leadscore_internal.published_entity AS p JOIN leadscore_internal.score AS s ON s.id = p.score
               WHERE s.id = published_entities.score AND (NOT p.building OR s.state = 'paused'));
END
$$;
COMMENT ON FUNCTION leadscore_internal.published_entities(int) IS 'For which entities a score is published.';

CREATE FUNCTION leadscore_internal.make_views(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  for_entity leadscore_internal.entity;
BEGIN
  FOR for_entity IN
    SELECT x.* FROM leadscore_internal.entity AS x WHERE x.id = ANY (leadscore_internal.published_entities(score.id)) ORDER BY x.id
  LOOP
    PERFORM leadscore_internal.create_score_view(score, for_entity);
    PERFORM leadscore_internal.create_scores_view(for_entity);
    PERFORM leadscore_internal.adjust_row_estimates(for_entity);
  END LOOP;
  PERFORM leadscore_internal.make_row_functions(score);
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_views(leadscore_internal.score) IS 'Makes the views and row functions of a score for all its entities.';

-- Tables may have changed since. published: what is kept, instead of what is set up.
CREATE FUNCTION leadscore_internal.check_expressions(score leadscore_internal.score, action text, published boolean) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  x leadscore_internal.expression;
BEGIN
  FOR x IN
    SELECT e.* FROM leadscore_internal.expression AS e
    WHERE score.id = ANY (e.scores) AND CASE WHEN published THEN e.kept ELSE e.set_up END ORDER BY e.object, e.id, e.part, e.element
  LOOP
    BEGIN
      PERFORM leadscore_internal.canonical_again(x);
    EXCEPTION WHEN OTHERS THEN
      IF SQLSTATE LIKE '40%' OR SQLSTATE = '55P03' THEN
        RAISE;
      END IF;
      RAISE EXCEPTION 'cannot % score "%.%": %', action, score.model, score.name, leadscore_internal.complaint(x.role, SQLERRM)
        USING ERRCODE = SQLSTATE, HINT = 'The table was changed after this was set up. Set it up as the table is now, or change the table back; then publish.';
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_expressions(leadscore_internal.score, text, boolean) IS 'Refuses a score of which something does not fit its tables any more.';

-- How publish works: a version of the score is built beside the one that answers, in phases. Each is a transaction of its
-- own where CALL is a statement of its own, so that writers are kept out for a moment only:
--
--   begin      what is set up is copied, triggers are installed; for this, writers are waited for and kept out. From now on
--              they append for both versions
--   backfill   the states are made from the rows, in one snapshot, while writers go on
--   finish     the views read the new version, the one before is dropped
--   tidy       triggers that nothing needs any more are dropped
--
-- A version whose session ended in between is removed by tick, or the next publish.

CREATE FUNCTION leadscore_internal.begin_publish(score text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.open_score(named.model, named.name, 'publish');
  sources int[];
BEGIN
  IF NOT EXISTS (SELECT FROM leadscore_internal.rule AS r WHERE r.score = of_score.id) THEN
    RAISE EXCEPTION 'score "%.%" has no rules', of_score.model, of_score.name
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Give it one with leadscore.create_rule() or leadscore.create_criterion().';
  END IF;
  PERFORM leadscore_internal.check_tables(of_score);
  PERFORM leadscore_internal.abandon_version(of_score);
  sources := leadscore_internal.lock_sources(of_score.id);
  PERFORM leadscore_internal.check_expressions(of_score, 'publish', false);
  -- DROP COLUMN … CASCADE of a key that is there again took the policy along.
  PERFORM leadscore_internal.share_with_readers(own, e)
  FROM leadscore_internal.score_entity AS se JOIN leadscore_internal.entity AS e ON e.id = se.entity CROSS JOIN LATERAL leadscore_internal.own_tables(e) AS own
  WHERE se.score = of_score.id AND NOT EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = own);
  PERFORM leadscore_internal.copy_rules(of_score);
  UPDATE leadscore_internal.score AS s SET edited = false WHERE s.id = of_score.id;
  PERFORM leadscore_internal.adjust_triggers(sources);
  -- Writers are kept out: two that record the same in another order than they do would wait for each other.
  PERFORM leadscore_internal.record_criteria(of_score.id);
END
$$;
COMMENT ON FUNCTION leadscore_internal.begin_publish(text) IS 'First phase of publish: what is set up becomes a version that writers append to.';

CREATE FUNCTION leadscore_internal.backfill(score text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.find_score(named.model, named.name);
  c leadscore_internal.component;
BEGIN
  PERFORM leadscore_internal.check_committed_view('publish');
  FOR c IN SELECT * FROM leadscore_internal.component AS x WHERE x.score = of_score.id AND x.building ORDER BY x.id LOOP
    PERFORM leadscore_internal.make_states(c);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.backfill(text) IS 'Second phase of publish and resume: the states of the version that is being built, from the rows.';

-- The only version of a score that there is.
CREATE FUNCTION leadscore_internal.set_building(score int, building boolean) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE leadscore_internal.component AS c SET building = set_building.building WHERE c.score = set_building.score;
  UPDATE leadscore_internal.membership AS m SET building = set_building.building WHERE m.score = set_building.score;
  UPDATE leadscore_internal.published_entity AS p SET building = set_building.building WHERE p.score = set_building.score
$$;
COMMENT ON FUNCTION leadscore_internal.set_building(int, boolean) IS 'Makes the version of a score one that is being built, or the one that answers.';

-- The version that is being built becomes the one that answers; returns what the one before consisted of.
CREATE FUNCTION leadscore_internal.switch_version(of_score leadscore_internal.score) RETURNS leadscore_internal.component[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  failed leadscore_internal.incident;
  before leadscore_internal.component[];
BEGIN
  SELECT * INTO failed FROM leadscore_internal.incident AS i WHERE i.score = of_score.id AND i.building ORDER BY i.id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '%', failed.message USING ERRCODE = failed.sqlstate,
      DETAIL = 'It failed on a row that was written meanwhile.', HINT = 'Mend the rule or the data, then publish again.';
  END IF;
  PERFORM leadscore_internal.forget_programs(of_score.id);
  before := leadscore_internal.withdraw(of_score.id, false);
  PERFORM leadscore_internal.set_building(of_score.id, false);
  UPDATE leadscore_internal.score AS s SET state = 'live' WHERE s.id = of_score.id;
  RETURN before;
END
$$;
COMMENT ON FUNCTION leadscore_internal.switch_version(leadscore_internal.score) IS 'Makes a score live by the version that was built.';

CREATE FUNCTION leadscore_internal.finish_publish(score text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.open_score(named.model, named.name, 'publish');
  entities_before int[] := ARRAY(SELECT p.entity FROM leadscore_internal.published_entity AS p WHERE p.score = of_score.id AND NOT p.building);
  before leadscore_internal.component[] := leadscore_internal.switch_version(of_score);
BEGIN
  UPDATE leadscore_internal.score AS s SET published_at = leadscore.clock() WHERE s.id = of_score.id;
  -- A draft and a retired score have no view: one of that name is somebody else's. A paused one's is filled again.
  of_score.state := CASE WHEN of_score.state = 'paused' THEN 'live' ELSE of_score.state END;
  PERFORM leadscore_internal.make_views(of_score);
  PERFORM leadscore_internal.drop_score_views(of_score, ARRAY(
    SELECT unnest(entities_before) EXCEPT SELECT unnest(leadscore_internal.published_entities(of_score.id))));
  PERFORM leadscore_internal.drop_states(before);
END
$$;
COMMENT ON FUNCTION leadscore_internal.finish_publish(text) IS 'Third phase of publish: the new version answers.';

-- DROP TRIGGER keeps readers out, too.
CREATE FUNCTION leadscore_internal.tables_to_leave(model name) RETURNS SETOF regclass
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT t.tgrelid::regclass
  FROM leadscore_internal.source AS s JOIN pg_trigger AS t ON starts_with(t.tgname::text, leadscore_internal.trigger_prefix(s.id))
  WHERE s.model = tables_to_leave.model AND t.tgfoid = 'leadscore_internal.capture'::regproc AND NOT leadscore_internal.is_followed(s.id, t.tgrelid)
  UNION
  SELECT t.tgrelid FROM pg_trigger AS t
  WHERE t.tgfoid = 'leadscore_internal.capture_marks'::regproc AND t.tgrelid NOT IN (
    SELECT leadscore_internal.members(w.relation) FROM leadscore_internal.watch AS w
    JOIN leadscore_internal.component AS c ON c.id = w.component JOIN leadscore_internal.score AS s ON s.id = c.score
    WHERE s.state = 'live' OR c.building)
  ORDER BY 1
$$;
COMMENT ON FUNCTION leadscore_internal.tables_to_leave(name) IS 'The tables with triggers that nothing needs any more.';

CREATE FUNCTION leadscore_internal.tidy(score text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
BEGIN
  PERFORM leadscore_internal.lock_tables(ARRAY(SELECT leadscore_internal.tables_to_leave(named.model)), 'ACCESS EXCLUSIVE');
  PERFORM leadscore_internal.adjust_triggers(ARRAY(
    SELECT s.id FROM leadscore_internal.source AS s
    WHERE s.model = named.model
      AND EXISTS (SELECT FROM leadscore_internal.tables_of_source(s) AS t(relation)
                  WHERE NOT leadscore_internal.is_followed(s.id, t.relation))));
  PERFORM leadscore_internal.drop_unused_criteria_sources(named.model);
END
$$;
COMMENT ON FUNCTION leadscore_internal.tidy(text) IS 'Last phase of publish and its like: drops triggers that nothing needs any more.';

-- Writers may have what was published before until their statement ends; what they append then is purged by tick.
CREATE FUNCTION leadscore_internal.forget_programs(score int) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.forget_program(m)
  FROM leadscore_internal.component AS c CROSS JOIN LATERAL leadscore_internal.component_tables(c.id) AS t
  CROSS JOIN LATERAL leadscore_internal.members(t) AS m
  WHERE c.score = forget_programs.score
$$;
COMMENT ON FUNCTION leadscore_internal.forget_programs(int) IS 'At commit, every session compiles the rules of the score anew.';

-- A paused score whose only version is being built was about to be resumed: it keeps it, and stays paused.
CREATE FUNCTION leadscore_internal.abandon_version(of_score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM leadscore_internal.component AS c WHERE c.score = of_score.id AND c.building) THEN
    RETURN;
  END IF;
  PERFORM leadscore_internal.forget_programs(of_score.id);
  IF of_score.state = 'paused' AND NOT EXISTS (SELECT FROM leadscore_internal.component AS c WHERE c.score = of_score.id AND NOT c.building) THEN
    PERFORM leadscore_internal.set_building(of_score.id, false);
    DELETE FROM leadscore_internal.incident AS i WHERE i.score = of_score.id AND i.building;
  ELSE
    PERFORM leadscore_internal.drop_states(leadscore_internal.withdraw(of_score.id, true));
    UPDATE leadscore_internal.score AS s SET edited = true WHERE s.id = of_score.id;
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.abandon_version(leadscore_internal.score) IS 'Removes a version of a score that was not built to its end.';

CREATE FUNCTION leadscore_internal.abandon(score text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
BEGIN
  PERFORM leadscore_internal.abandon_version(leadscore_internal.find_score(named.model, named.name));
END
$$;
COMMENT ON FUNCTION leadscore_internal.abandon(text) IS 'What takes back the phases of publish or resume after one of them has failed.';

CREATE PROCEDURE leadscore.publish(score text) AS 'MODULE_PATHNAME', 'leadscore_publish' LANGUAGE C;
COMMENT ON PROCEDURE leadscore.publish(text) IS
  'Makes a score live: builds the states from the rows that exist, installs the triggers, makes the views. Again after an edit, when the version before answers until the new one is complete; mends a broken score. Called as a statement of its own, it commits between its phases, and locks the tables of the sources against writers (SHARE ROW EXCLUSIVE) for a moment only; in a transaction block, until the end of the transaction.';
