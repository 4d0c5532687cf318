-- The life of a published score: pause, resume, rebuild, retire.

CREATE FUNCTION leadscore_internal.check_state(score leadscore_internal.score, wanted text[], action text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT score.state = ANY (wanted) THEN
    RAISE EXCEPTION 'cannot % score "%.%": it is %', action, score.model, score.name, score.state
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('This is for scores that are %s.', array_to_string(wanted, ' or '));
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_state(leadscore_internal.score, text[], text) IS 'Refuses what a score in its state cannot do.';

CREATE FUNCTION leadscore_internal.set_state(score int, state text) RETURNS leadscore_internal.score
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE leadscore_internal.score AS s SET state = set_state.state WHERE s.id = set_state.score RETURNING s.*
$$;
COMMENT ON FUNCTION leadscore_internal.set_state(int, text) IS 'The score, in its new state.';

CREATE FUNCTION leadscore_internal.pause(score text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.open_score(named.model, named.name, 'pause');
BEGIN
  PERFORM leadscore_internal.check_state(of_score, '{live}', 'pause');
  PERFORM leadscore_internal.check_tables(of_score);
  PERFORM leadscore_internal.check_owners(of_score.id);
  PERFORM leadscore_internal.forget_programs(of_score.id);
  PERFORM leadscore_internal.make_views(leadscore_internal.set_state(of_score.id, 'paused'));
END
$$;
COMMENT ON FUNCTION leadscore_internal.pause(text) IS 'First phase of leadscore.pause; tidy() is the second.';

CREATE PROCEDURE leadscore.pause(score text) AS 'MODULE_PATHNAME', 'leadscore_pause' LANGUAGE C;
COMMENT ON PROCEDURE leadscore.pause(text) IS 'Stops keeping a live score: its views stay, points read NULL, writes cost nothing.';

-- Expressions have the rights of the owner for whom they were published, and writes break the score under another.
CREATE FUNCTION leadscore_internal.check_published_owners(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed regclass;
BEGIN
  SELECT b.relation INTO changed
  FROM leadscore_internal.component AS c JOIN leadscore_internal.branch AS b ON b.component = c.id JOIN pg_class AS t ON t.oid = b.relation
  WHERE c.score = score.id AND t.relowner <> b.owner LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'table % has another owner than when score "%.%" was published', changed, score.model, score.name
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'CALL leadscore.publish() for the score instead.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_published_owners(leadscore_internal.score) IS 'Refuses a score whose tables changed their owner after it was published.';

CREATE FUNCTION leadscore_internal.begin_resume(score text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.open_score(named.model, named.name, 'resume');
  c leadscore_internal.component;
  sources int[];
BEGIN
  PERFORM leadscore_internal.check_state(of_score, '{paused}', 'resume');
  PERFORM leadscore_internal.check_hands(of_score);
  PERFORM leadscore_internal.check_expressions(of_score, 'resume', true);
  PERFORM leadscore_internal.abandon_version(of_score);
  sources := leadscore_internal.lock_sources(of_score.id);
  PERFORM leadscore_internal.check_tables(of_score);
  PERFORM leadscore_internal.check_published_owners(of_score);
  PERFORM leadscore_internal.set_building(of_score.id, true);
  FOR c IN SELECT * FROM leadscore_internal.component AS x WHERE x.score = of_score.id LOOP
    PERFORM leadscore_internal.check_tree(r) FROM leadscore_internal.component_tables(c.id) AS r;
    EXECUTE format('DELETE FROM %s AS p WHERE p.component = $1', c.pending) USING c.id;
  END LOOP;
  PERFORM leadscore_internal.adjust_triggers(sources);
  PERFORM leadscore_internal.record_criteria(of_score.id);
END
$$;
COMMENT ON FUNCTION leadscore_internal.begin_resume(text) IS 'First phase of leadscore.resume: writers append to the version that was paused.';

CREATE FUNCTION leadscore_internal.finish_resume(score text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.open_score(named.model, named.name, 'resume');
BEGIN
  PERFORM leadscore_internal.switch_version(of_score);
  PERFORM leadscore_internal.make_views(leadscore_internal.find_score(named.model, named.name));
END
$$;
COMMENT ON FUNCTION leadscore_internal.finish_resume(text) IS 'Third phase of leadscore.resume: the score answers again.';

CREATE PROCEDURE leadscore.resume(score text) AS 'MODULE_PATHNAME', 'leadscore_resume' LANGUAGE C;
COMMENT ON PROCEDURE leadscore.resume(text) IS 'Keeps a paused score again, by the rules it was published with: catches up from the rows, in phases as publish does. A score that was broken is mended by it where the rows allow it.';

CREATE FUNCTION leadscore_internal.rebuild(score text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.open_score(named.model, named.name, 'rebuild');
  c leadscore_internal.component;
BEGIN
  PERFORM leadscore_internal.check_state(of_score, '{live}', 'rebuild');
  PERFORM leadscore_internal.check_unbroken(of_score);
  PERFORM leadscore_internal.check_owners(of_score.id);
  PERFORM leadscore_internal.check_not_in_use(of_score.id);
  PERFORM leadscore_internal.record_missing(of_score.id);
  FOR c IN SELECT * FROM leadscore_internal.component AS x WHERE x.score = of_score.id AND NOT x.building ORDER BY x.id LOOP
    PERFORM leadscore_internal.make_states(c);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.rebuild(text) IS 'Implementation of leadscore.rebuild.';

CREATE PROCEDURE leadscore.rebuild(score text) AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON PROCEDURE leadscore.rebuild(text) IS
  'Makes the states of a live score anew from the rows: after writes that fired no trigger. Writers and readers go on meanwhile.';

CREATE FUNCTION leadscore_internal.drop_score_views(score leadscore_internal.score, entities int[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  for_entity leadscore_internal.entity;
BEGIN
  FOR for_entity IN
    SELECT x.* FROM leadscore_internal.entity AS x WHERE x.id = ANY (entities) ORDER BY x.id
  LOOP
    PERFORM leadscore_internal.drop_made('VIEW', leadscore_internal.score_view(score, for_entity));
    PERFORM leadscore_internal.create_scores_view(for_entity);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_score_views(leadscore_internal.score, int[]) IS
  'Drops the views of a score for some entities; its column in <entity>_scores stays, NULL, until refresh_views().';

CREATE FUNCTION leadscore_internal.take_down(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  before leadscore_internal.component[];
  entities int[];
BEGIN
  PERFORM leadscore_internal.check_owners(score.id);
  PERFORM leadscore_internal.abandon_version(score);
  entities := leadscore_internal.published_entities(score.id);
  PERFORM leadscore_internal.forget_programs(score.id);
  before := leadscore_internal.withdraw(score.id, false);
  PERFORM leadscore_internal.drop_row_functions(score);
  PERFORM leadscore_internal.drop_score_views(leadscore_internal.set_state(score.id, 'retired'), entities);
  PERFORM leadscore_internal.drop_states(before);
END
$$;
COMMENT ON FUNCTION leadscore_internal.take_down(leadscore_internal.score) IS 'Removes all that publish made of a score, but triggers: tidy() does.';

CREATE FUNCTION leadscore_internal.retire(score text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.open_score(named.model, named.name, 'retire');
BEGIN
  PERFORM leadscore_internal.check_state(of_score, '{live,paused}', 'retire');
  PERFORM leadscore_internal.take_down(of_score);
END
$$;
COMMENT ON FUNCTION leadscore_internal.retire(text) IS 'First phase of leadscore.retire; tidy() is the second.';

CREATE PROCEDURE leadscore.retire(score text) AS 'MODULE_PATHNAME', 'leadscore_retire' LANGUAGE C;
COMMENT ON PROCEDURE leadscore.retire(text) IS
  'Ends a score: its view and states are dropped, its column in <entity>_scores reads NULL until refresh_views(). Its rules stay; publish brings it back.';

CREATE FUNCTION leadscore_internal.refresh_views(entity text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(entity, 'entity');
  for_entity leadscore_internal.entity := leadscore_internal.find_entity(named.model, named.name);
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  PERFORM leadscore_internal.drop_made('VIEW', leadscore_internal.scores_view(for_entity));
  PERFORM leadscore_internal.create_scores_view(for_entity);
END
$$;
COMMENT ON FUNCTION leadscore_internal.refresh_views(text) IS 'Implementation of leadscore.refresh_views.';

CREATE FUNCTION leadscore.refresh_views(entity text) RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.refresh_views(text) IS
  'Makes the view <entity>_scores anew, without the columns of scores that are retired or dropped; an error names what depends on it.';
