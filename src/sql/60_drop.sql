-- drop_all: leaves nothing behind.

CREATE FUNCTION leadscore_internal.drop_all() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  src leadscore_internal.source;
  e leadscore_internal.entity;
  s leadscore_internal.score;
  made text;
BEGIN
  FOR src IN SELECT * FROM leadscore_internal.source ORDER BY relation, id LOOP
    PERFORM leadscore_internal.remove_triggers(src.id, src.relation);
  END LOOP;
  FOR e IN SELECT * FROM leadscore_internal.entity ORDER BY id LOOP
    EXECUTE format('DROP VIEW IF EXISTS %I.%I', e.model, e.name || '_scores');
    FOR s IN SELECT x.* FROM leadscore_internal.score AS x JOIN leadscore_internal.score_entity AS se ON se.score = x.id
             WHERE se.entity = e.id LOOP
      EXECUTE format('DROP VIEW IF EXISTS %s', leadscore_internal.score_view(s, e));
    END LOOP;
    FOREACH made IN ARRAY '{score,hottest,coldest,hot,cold}'::text[] LOOP
      EXECUTE format('DROP FUNCTION IF EXISTS %I.%I', e.model, e.name || '_' || made);
    END LOOP;
  END LOOP;
  FOR s IN SELECT * FROM leadscore_internal.score LOOP
    PERFORM leadscore_internal.drop_states(leadscore_internal.withdraw(s.id));
  END LOOP;
  FOR e IN SELECT * FROM leadscore_internal.entity LOOP
    EXECUTE format('DROP TABLE IF EXISTS %s', e.pending);
  END LOOP;
  DELETE FROM leadscore_internal.incident;
  DELETE FROM leadscore_internal.rollup;
  DELETE FROM leadscore_internal.rule;
  DELETE FROM leadscore_internal.score;
  DELETE FROM leadscore_internal.link;
  DELETE FROM leadscore_internal.source;
  DELETE FROM leadscore_internal.entity;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_all() IS 'Implementation of leadscore.drop_all.';

CREATE FUNCTION leadscore.drop_all() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.drop_all();
END
$$;
COMMENT ON FUNCTION leadscore.drop_all() IS
  'Removes every object that was made in any model: views, functions, states, triggers and all that was set up, so that DROP EXTENSION goes through.';
