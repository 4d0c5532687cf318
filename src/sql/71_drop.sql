-- drop_…: one object of what was set up. What is published goes on until the next publish.

CREATE FUNCTION leadscore_internal.missing(what text, name text, if_exists boolean) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT if_exists THEN
    RAISE EXCEPTION '% "%" does not exist', what, name USING ERRCODE = 'undefined_object';
  END IF;
  RAISE NOTICE '% "%" does not exist, skipping', what, name;
END
$$;
COMMENT ON FUNCTION leadscore_internal.missing(text, text, boolean) IS 'Says that an object is not there: an error, or a notice with if_exists.';

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

CREATE FUNCTION leadscore_internal.drop_rule(score text, rule text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  DELETE FROM leadscore_internal.rule AS r USING leadscore_internal.score AS s
  WHERE s.id = r.score AND s.model = named.model AND s.name = named.name AND r.name = rule;
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing('rule', format('%s: %s', score, rule), if_exists);
    RETURN;
  END IF;
  UPDATE leadscore_internal.score AS s SET edited = true WHERE s.model = named.model AND s.name = named.name;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_rule(text, text, boolean) IS 'Implementation of leadscore.drop_rule.';

CREATE FUNCTION leadscore.drop_rule(score text, rule text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_rule(text, text, boolean) IS 'Drops a rule; a live score has it until it is published again.';

CREATE FUNCTION leadscore_internal.drop_rollup(score text, entity text, "of" text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  DELETE FROM leadscore_internal.rollup AS r
  USING leadscore_internal.score AS s, leadscore_internal.entity AS e, leadscore_internal.entity AS m
  WHERE s.id = r.score AND s.model = named.model AND s.name = named.name AND e.id = r.entity AND m.id = r.member
    AND e.name = leadscore_internal.name_in_model(drop_rollup.entity, named.model, 'entity')
    AND m.name = leadscore_internal.name_in_model("of", named.model, 'entity');
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing('roll-up', format('%s: %s to %s', score, "of", entity), if_exists);
    RETURN;
  END IF;
  UPDATE leadscore_internal.score AS s SET edited = true WHERE s.model = named.model AND s.name = named.name;
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
  dropped int;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  DELETE FROM leadscore_internal.link AS l USING leadscore_internal.source AS s, leadscore_internal.entity AS e
  WHERE s.id = l.source AND s.model = named.model AND s.name = named.name AND e.id = l.entity
    AND e.name = leadscore_internal.name_in_model(drop_link.entity, named.model, 'entity');
  GET DIAGNOSTICS dropped = ROW_COUNT;
  IF dropped = 0 THEN
    PERFORM leadscore_internal.missing('link', format('%s to %s', source, entity), if_exists);
    RETURN;
  END IF;
  UPDATE leadscore_internal.score AS s SET edited = true
  FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS x ON x.id = r.source
  WHERE r.score = s.id AND x.model = named.model AND x.name = named.name;
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
  entities text[];
  entity text;
BEGIN
  IF NOT EXISTS (SELECT FROM leadscore_internal.score AS s WHERE s.model = named.model AND s.name = named.name) THEN
    PERFORM leadscore_internal.missing('score', format('%s.%s', named.model, named.name), if_exists);
    RETURN;
  END IF;
  of_score := leadscore_internal.open_score(named.model, named.name, 'drop_score');
  SELECT array_agg(format('%I.%I', e.model, e.name)) INTO entities
  FROM leadscore_internal.score_entity AS se JOIN leadscore_internal.entity AS e ON e.id = se.entity WHERE se.score = of_score.id;
  PERFORM leadscore_internal.abandon_version(of_score);
  IF of_score.state IN ('live', 'paused') THEN
    PERFORM leadscore_internal.take_down(of_score);
    PERFORM leadscore_internal.tidy(score);
  END IF;
  DELETE FROM leadscore_internal.score AS s WHERE s.id = of_score.id;
  -- A draft has no column anywhere.
  FOREACH entity IN ARRAY CASE WHEN of_score.state = 'draft' THEN '{}' ELSE coalesce(entities, '{}') END LOOP
    PERFORM leadscore_internal.refresh_views(entity);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_score(text, boolean) IS 'Implementation of leadscore.drop_score.';

CREATE FUNCTION leadscore.drop_score(score text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_score(text, boolean) IS 'Drops a score with its rules, roll-ups, states and views, in any state.';

CREATE FUNCTION leadscore_internal.drop_source(source text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(source, 'source');
  dropped leadscore_internal.source;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  SELECT * INTO dropped FROM leadscore_internal.source AS s WHERE s.model = named.model AND s.name = named.name;
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing('source', format('%s.%s', named.model, named.name), if_exists);
    RETURN;
  END IF;
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
  SELECT * INTO dropped FROM leadscore_internal.entity AS e WHERE e.model = named.model AND e.name = named.name;
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing('entity', format('%s.%s', named.model, named.name), if_exists);
    RETURN;
  END IF;
  PERFORM leadscore_internal.in_use_by('entity', entity, ARRAY(
    SELECT format('score "%s"', s.name) FROM leadscore_internal.score_entity AS se JOIN leadscore_internal.score AS s ON s.id = se.score
    WHERE se.entity = dropped.id));
  DELETE FROM leadscore_internal.link AS l WHERE l.entity = dropped.id;
  DELETE FROM leadscore_internal.entity AS e WHERE e.id = dropped.id;
  PERFORM leadscore_internal.drop_entity_objects(dropped);
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_entity(text, boolean) IS 'Implementation of leadscore.drop_entity.';

CREATE FUNCTION leadscore.drop_entity(entity text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_entity(text, boolean) IS 'Drops an entity with its functions and links; refused while a score is kept for it.';
