-- publish: from what is set up to what is kept.

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
  PERFORM leadscore_internal.check_owner(joined)
  FROM (SELECT l.source, l.through FROM leadscore_internal.link AS l UNION ALL SELECT s.id, s.through FROM leadscore_internal.source AS s) AS x
  CROSS JOIN LATERAL unnest(x.through) AS joined WHERE x.source = ANY (sources);
  -- Rows whose triggers have not fired yet would be in the new states, and their changes added to them later.
  SELECT s.relation INTO relation FROM leadscore_internal.source AS s
  WHERE s.id = ANY (sources) AND leadscore_internal.in_use(s.relation) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'table % is being used by a statement of this session', relation
      USING ERRCODE = 'object_in_use', HINT = 'Publish when it has come to its end, not from a trigger or beside an open cursor.';
  END IF;
  -- Always in the same order; writers are waited for and kept out until the end, readers are not.
  FOR relation IN
    SELECT x.relation
    FROM (SELECT s.relation FROM leadscore_internal.source AS s WHERE s.id = ANY (sources)
          UNION
          SELECT unnest(s.through) FROM leadscore_internal.source AS s WHERE s.id = ANY (sources)
          UNION
          SELECT unnest(l.through) FROM leadscore_internal.link AS l WHERE l.source = ANY (sources)
          UNION
          SELECT w.relation FROM leadscore_internal.watch AS w JOIN leadscore_internal.component AS c ON c.id = w.component
          WHERE c.score = lock_sources.score) AS x
    WHERE EXISTS (SELECT FROM pg_class AS c WHERE c.oid = x.relation) ORDER BY 1
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
  -- A draft and a retired score have no view: one of that name is somebody else's. A paused one's is filled again.
  of_score.state := CASE WHEN of_score.state = 'paused' THEN 'live' ELSE of_score.state END;
  PERFORM leadscore_internal.make_views(of_score);
  PERFORM leadscore_internal.drop_states(before);
  PERFORM leadscore_internal.adjust_triggers(sources);
END
$$;
COMMENT ON FUNCTION leadscore_internal.publish(text) IS 'Implementation of leadscore.publish.';

CREATE PROCEDURE leadscore.publish(score text) AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON PROCEDURE leadscore.publish(text) IS
  'Makes a score live: builds the states from the rows that exist, installs the triggers, makes the views. Again after an edit; mends a broken score. Locks the tables of its sources against writers (SHARE ROW EXCLUSIVE) until the end of the transaction.';
