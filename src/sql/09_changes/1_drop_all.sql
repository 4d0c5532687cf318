-- drop_all, and what goes with the schema of a model: nothing is left behind.

CREATE FUNCTION leadscore_internal.drop_entity_objects(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
BEGIN
  PERFORM leadscore_internal.drop_made('VIEW', v) FROM unnest(ARRAY[leadscore_internal.scores_view(entity), leadscore_internal.adjustments_view(entity)]) AS v;
  PERFORM leadscore_internal.drop_entity_functions(entity);
  PERFORM leadscore_internal.drop_own_table(own) FROM leadscore_internal.own_tables(entity) AS own;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_entity_objects(leadscore_internal.entity) IS 'Drops what make_entity_objects() made.';

CREATE FUNCTION leadscore.drop_all() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  e leadscore_internal.entity;
  s leadscore_internal.score;
BEGIN
  -- No fold may run, and none be waited for with a table locked.
  PERFORM pg_advisory_xact_lock(leadscore_internal.fold_lock_key(m.model))
  FROM (SELECT DISTINCT x.model FROM leadscore_internal.entity AS x ORDER BY x.model) AS m;
  PERFORM leadscore_internal.remove_triggers(x.relation, leadscore_internal.trigger_prefix(x.id))
  FROM (SELECT t.relation, src.id FROM leadscore_internal.source AS src
        CROSS JOIN LATERAL leadscore_internal.tables_of_source(src) AS t(relation) ORDER BY 1, 2) AS x;
  FOR e IN SELECT * FROM leadscore_internal.entity ORDER BY id LOOP
    PERFORM leadscore_internal.drop_made('VIEW', leadscore_internal.scores_view(e));
    FOR s IN SELECT x.* FROM leadscore_internal.score AS x JOIN leadscore_internal.published_entity AS p ON p.score = x.id
             WHERE p.entity = e.id LOOP
      PERFORM leadscore_internal.drop_made('VIEW', leadscore_internal.score_view(s, e));
    END LOOP;
  END LOOP;
  FOR s IN SELECT * FROM leadscore_internal.score LOOP
    PERFORM leadscore_internal.drop_row_functions(s);
    PERFORM leadscore_internal.drop_states(leadscore_internal.withdraw(s.id, true) || leadscore_internal.withdraw(s.id, false));
  END LOOP;
  PERFORM leadscore_internal.adjust_mark_triggers();
  DELETE FROM leadscore_internal.incident;
  DELETE FROM leadscore_internal.score;
  DELETE FROM leadscore_internal.link;
  DELETE FROM leadscore_internal.source;
  FOR e IN DELETE FROM leadscore_internal.entity RETURNING * LOOP
    PERFORM leadscore_internal.drop_entity_objects(e);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore.drop_all() IS
  'Removes every object that was made in any model: views, functions, states, triggers and all that was set up, so that DROP EXTENSION goes through.';

-- Dropping the schema of a model drops its views, functions and states; what the catalogue says of it goes with them.

CREATE FUNCTION leadscore_internal.forget_model(model name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.remove_triggers(x.relation, leadscore_internal.trigger_prefix(x.id))
  FROM (SELECT t.relation, src.id FROM leadscore_internal.source AS src
        CROSS JOIN LATERAL leadscore_internal.tables_of_source(src) AS t(relation) WHERE src.model = forget_model.model ORDER BY 1, 2) AS x;
  DELETE FROM leadscore_internal.incident AS i USING leadscore_internal.score AS s WHERE s.id = i.score AND s.model = forget_model.model;
  DELETE FROM leadscore_internal.component AS c USING leadscore_internal.score AS s WHERE s.id = c.score AND s.model = forget_model.model;
  PERFORM leadscore_internal.adjust_mark_triggers();
  DELETE FROM leadscore_internal.score AS s WHERE s.model = forget_model.model;
  DELETE FROM leadscore_internal.link AS l USING leadscore_internal.source AS s WHERE s.id = l.source AND s.model = forget_model.model;
  DELETE FROM leadscore_internal.source AS s WHERE s.model = forget_model.model;
  DELETE FROM leadscore_internal.entity AS e WHERE e.model = forget_model.model;
END
$$;
COMMENT ON FUNCTION leadscore_internal.forget_model(name) IS 'Removes what the catalogue says of a model, and its triggers.';

CREATE FUNCTION leadscore_internal.forget_dropped_models() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  dropped name;
BEGIN
  FOR dropped IN SELECT d.object_name FROM pg_event_trigger_dropped_objects() AS d WHERE d.object_type = 'schema' LOOP
    PERFORM leadscore_internal.forget_model(dropped);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.forget_dropped_models() IS 'Event trigger: a dropped schema takes its model along.';

CREATE EVENT TRIGGER leadscore_drop ON sql_drop WHEN TAG IN ('DROP SCHEMA', 'DROP OWNED')
  EXECUTE FUNCTION leadscore_internal.forget_dropped_models();
COMMENT ON EVENT TRIGGER leadscore_drop IS 'pg_leadscore: a dropped schema takes its model along';
