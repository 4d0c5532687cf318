-- drop_…: one object of what was set up. What is published goes on until the next publish.

CREATE FUNCTION leadscore_internal.in_use_by(what text, name text, users text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF cardinality(users) > 0 THEN
    RAISE EXCEPTION 'cannot drop % "%" because other objects use it', what, name
      USING ERRCODE = 'dependent_objects_still_exist', DETAIL = 'Used by ' || (SELECT string_agg(u, ', ' ORDER BY u COLLATE "C") FROM unnest(users) AS u) || '.',
            HINT = 'Drop these first; a live score uses what it was published with until it is published again or retired.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.in_use_by(text, text, text[]) IS 'Refuses to drop what others use.';

CREATE FUNCTION leadscore_internal.delete_rule(rule leadscore_internal.rule) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.check_owner(s.relation) FROM leadscore_internal.source AS s WHERE s.id = rule.source;
  DELETE FROM leadscore_internal.rule AS r WHERE r.id = delete_rule.rule.id;
  PERFORM leadscore_internal.mark_edited(ARRAY[rule.score]);
END
$$;
COMMENT ON FUNCTION leadscore_internal.delete_rule(leadscore_internal.rule) IS 'Drops a rule or criterion, for the owner of the table that it reads.';

CREATE FUNCTION leadscore_internal.drop_rule(score text, rule text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_score leadscore_internal.score := leadscore_internal.permitted_score(score, if_exists);
BEGIN
  IF of_score.id IS NOT NULL THEN
    PERFORM leadscore_internal.delete_rule(leadscore_internal.find_rule(of_score, rule, if_exists));
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_rule(text, text, boolean) IS 'Implementation of leadscore.drop_rule.';

CREATE FUNCTION leadscore.drop_rule(score text, rule text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_rule(text, text, boolean) IS 'Drops a rule; a live score has it until it is published again.';

CREATE FUNCTION leadscore_internal.drop_rollup(score text, entity text, "of" text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_score leadscore_internal.score := leadscore_internal.permitted_score(score, if_exists);
  dropped leadscore_internal.rollup;
BEGIN
  IF of_score.id IS NOT NULL THEN
    dropped := leadscore_internal.find_rollup(of_score, entity, "of", if_exists);
    PERFORM leadscore_internal.check_owner(e.relation) FROM leadscore_internal.entity AS e WHERE e.id = dropped.member;
    DELETE FROM leadscore_internal.rollup AS r WHERE r.id = dropped.id;
    PERFORM leadscore_internal.mark_edited(ARRAY[dropped.score]);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_rollup(text, text, text, boolean) IS 'Implementation of leadscore.drop_rollup.';

CREATE FUNCTION leadscore.drop_rollup(score text, entity text, "of" text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_rollup(text, text, text, boolean) IS 'Drops a roll-up; a live score has it until it is published again.';

CREATE FUNCTION leadscore_internal.drop_link(source text, entity text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(source, 'source');
  of_source leadscore_internal.source;
  to_entity leadscore_internal.entity;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  of_source := leadscore_internal.find_source(named.model, named.name, if_exists);
  to_entity := leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity'), if_exists);
  IF of_source.id IS NULL OR to_entity.id IS NULL THEN
    RETURN;
  END IF;
  PERFORM leadscore_internal.check_owner(of_source.relation);
  DELETE FROM leadscore_internal.link AS l WHERE l.source = of_source.id AND l.entity = to_entity.id;
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing(format('a link from source "%s.%s" to entity "%s"', of_source.model, of_source.name, to_entity.name),
                                       'leadscore.links lists what there is.', if_exists);
    RETURN;
  END IF;
  PERFORM leadscore_internal.mark_edited(leadscore_internal.scores_on_source(of_source.id));
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_link(text, text, boolean) IS 'Implementation of leadscore.drop_link.';

CREATE FUNCTION leadscore.drop_link(source text, entity text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_link(text, text, boolean) IS
  'Drops all links from a source to an entity; a live score has them until it is published again.';

CREATE FUNCTION leadscore_internal.drop_score(score text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score;
  seen leadscore_internal.entity;
BEGIN
  IF (leadscore_internal.find_score(named.model, named.name, if_exists)).id IS NULL THEN
    RETURN;
  END IF;
  of_score := leadscore_internal.open_score(named.model, named.name, 'drop_score');
  PERFORM leadscore_internal.in_use_by('score', score, ARRAY(
    SELECT format('grade "%s" of entity "%s"', g.name, e.name) FROM leadscore_internal.grade AS g JOIN leadscore_internal.entity AS e ON e.id = g.entity
    WHERE of_score.id IN (g.fit_score, g.engagement_score)));
  PERFORM leadscore_internal.abandon_version(of_score);
  IF of_score.state IN ('live', 'paused') THEN
    PERFORM leadscore_internal.take_down(of_score);
    PERFORM leadscore_internal.tidy(score);
  END IF;
  DELETE FROM leadscore_internal.score AS s WHERE s.id = of_score.id;
  PERFORM leadscore_internal.drop_unused_criteria_sources(of_score.model);
  FOR seen IN SELECT e.* FROM leadscore_internal.entity AS e JOIN pg_class AS c ON c.oid = e.adjusted WHERE e.model = of_score.model ORDER BY e.id LOOP
    EXECUTE format('DELETE FROM %s AS a WHERE a.score = $1', seen.adjusted) USING of_score.id;
  END LOOP;
  -- Its columns go, too, wherever it ever was published.
  FOR seen IN
    SELECT e.* FROM leadscore_internal.entity AS e
    WHERE e.model = of_score.model AND leadscore_internal.has_scores_column(e, of_score.name)
      AND NOT EXISTS (SELECT FROM leadscore_internal.grade AS g WHERE g.entity = e.id AND g.name = of_score.name) ORDER BY e.id
  LOOP
    PERFORM leadscore_internal.refresh_views(format('%I.%I', seen.model, seen.name));
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_score(text, boolean) IS 'Implementation of leadscore.drop_score.';

CREATE FUNCTION leadscore.drop_score(score text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_score(text, boolean) IS 'Drops a score with its rules, roll-ups, states and views, in any state; refused while a grade uses it.';

CREATE FUNCTION leadscore_internal.drop_source(source text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(source, 'source');
  dropped leadscore_internal.source;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  dropped := leadscore_internal.find_source(named.model, named.name, if_exists);
  PERFORM leadscore_internal.check_owner(dropped.relation);
  PERFORM leadscore_internal.in_use_by('source', source, ARRAY(
    SELECT format('rule "%s" of score "%s"', r.name, s.name)
    FROM leadscore_internal.rule AS r JOIN leadscore_internal.score AS s ON s.id = r.score WHERE r.source = dropped.id
    UNION
    SELECT format('the published score "%s"', s.name)
    FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
    JOIN leadscore_internal.score AS s ON s.id = c.score WHERE b.source = dropped.id));
  DELETE FROM leadscore_internal.link AS l WHERE l.source = dropped.id;
  DELETE FROM leadscore_internal.source AS s WHERE s.id = dropped.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_source(text, boolean) IS 'Implementation of leadscore.drop_source.';

CREATE FUNCTION leadscore.drop_source(source text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_source(text, boolean) IS 'Drops a source and its links; refused while a rule or a published score uses it.';

CREATE FUNCTION leadscore_internal.drop_entity(entity text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(entity, 'entity');
  dropped leadscore_internal.entity;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  dropped := leadscore_internal.find_entity(named.model, named.name, if_exists);
  IF dropped.id IS NULL THEN
    RETURN;
  END IF;
  PERFORM leadscore_internal.check_owner(dropped.relation);
  PERFORM leadscore_internal.in_use_by('entity', entity, ARRAY(
    SELECT format('score "%s"', s.name) FROM leadscore_internal.score_entity AS se JOIN leadscore_internal.score AS s ON s.id = se.score
    WHERE se.entity = dropped.id
    UNION
    SELECT format('the published score "%s"', s.name)
    FROM leadscore_internal.published_entity AS p JOIN leadscore_internal.score AS s ON s.id = p.score
    WHERE p.entity = dropped.id
      AND NOT EXISTS (SELECT FROM leadscore_internal.score_entity AS se WHERE se.score = p.score AND se.entity = p.entity)));
  DELETE FROM leadscore_internal.link AS l WHERE l.entity = dropped.id;
  DELETE FROM leadscore_internal.source AS s WHERE s.criteria_of = dropped.id;
  DELETE FROM leadscore_internal.entity AS e WHERE e.id = dropped.id;
  PERFORM leadscore_internal.drop_entity_objects(dropped);
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_entity(text, boolean) IS 'Implementation of leadscore.drop_entity.';

CREATE FUNCTION leadscore.drop_entity(entity text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_entity(text, boolean) IS 'Drops an entity with its functions and links; refused while a score is kept for it.';
