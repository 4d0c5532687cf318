-- create_score and create_rule.

CREATE FUNCTION leadscore_internal.check_score_name(name text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF name IN ('scores', 'pending', 'once', 'adjusted', 'adjustments') OR name ~ '^states_\d+$' THEN
    RAISE EXCEPTION 'a score cannot be called "%"', name
      USING ERRCODE = 'reserved_name', HINT = 'Its view would have the name of another object of the entity.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_score_name(text) IS 'Refuses names whose views would clash with other objects.';

CREATE FUNCTION leadscore_internal.checked_score(score leadscore_internal.score) RETURNS leadscore_internal.score
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF score.decay IS NULL THEN
    RAISE EXCEPTION 'the decay of score "%" must not be null', score.name
      USING ERRCODE = 'null_value_not_allowed', HINT = 'Leave it out, or write none, for points that do not fade.';
  ELSIF score.on_error IS NULL OR score.on_error NOT IN ('break', 'fail') THEN
    RAISE EXCEPTION 'on_error must be ''break'' or ''fail'', not %', coalesce(quote_literal(score.on_error), 'null')
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'break: a rule that fails stops the score; fail: it stops the write.';
  END IF;
  PERFORM leadscore_internal.check_cap('min_points', score.min_points);
  PERFORM leadscore_internal.check_cap('max_points', score.max_points);
  IF score.min_points > score.max_points THEN
    RAISE EXCEPTION 'min_points % is more than max_points %', score.min_points, score.max_points
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Points are raised to min_points and cut at max_points.';
  END IF;
  RETURN score;
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_score(leadscore_internal.score) IS 'A score as it is given, checked.';

CREATE FUNCTION leadscore_internal.check_cap(what text, points float8) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF points IN ('NaN', 'Infinity', '-Infinity') THEN
    RAISE EXCEPTION '% must be a finite number, not %', what, points
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave it out for no limit.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_cap(text, float8) IS 'Refuses limits of points that are not finite.';

-- Roll-ups need both their ends among the entities, criteria their own.
CREATE FUNCTION leadscore_internal.check_score_entities(score int) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_score leadscore_internal.score;
  missing record;
BEGIN
  SELECT * INTO STRICT of_score FROM leadscore_internal.score AS s WHERE s.id = check_score_entities.score;
  -- Refuses names that are too long together.
  PERFORM leadscore_internal.score_view(of_score, e), leadscore_internal.check_no_grade(of_score.name, e)
  FROM leadscore_internal.score_entity AS se JOIN leadscore_internal.entity AS e ON e.id = se.entity WHERE se.score = of_score.id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'score "%" needs at least one entity', of_score.name
      USING ERRCODE = 'invalid_parameter_value', HINT = 'For example entities => ''{lead}''.';
  END IF;
  SELECT e.name AS entity, used.what, used.dropped_with INTO missing
  FROM (SELECT 1 AS place, r.id, unnest(ARRAY[r.entity, r.member]) AS entity, format('the roll-up of "%s" to "%s"', m.name, w.name) AS what,
               'the roll-up with leadscore.drop_rollup()' AS dropped_with
        FROM leadscore_internal.rollup AS r
        JOIN leadscore_internal.entity AS w ON w.id = r.entity JOIN leadscore_internal.entity AS m ON m.id = r.member
        WHERE r.score = of_score.id
        UNION ALL
        SELECT 2, r.id, s.criteria_of, format('criterion "%s"', r.name), 'the criterion with leadscore.drop_criterion()'
        FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS s ON s.id = r.source
        WHERE r.score = of_score.id AND s.criteria_of IS NOT NULL) AS used
  JOIN leadscore_internal.entity AS e ON e.id = used.entity
  WHERE NOT EXISTS (SELECT FROM leadscore_internal.score_entity AS se WHERE se.score = of_score.id AND se.entity = e.id)
  ORDER BY used.place, used.id, e.id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'score "%" must be kept for entity "%", which % uses', of_score.name, missing.entity, missing.what
      USING ERRCODE = 'invalid_parameter_value', HINT = format('Name it among the entities, or drop %s.', missing.dropped_with);
  END IF;
  PERFORM leadscore_internal.check_grades_kept(of_score);
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_score_entities(int) IS 'Refuses a score without entities, or without those that its roll-ups, criteria and grades use.';

CREATE FUNCTION leadscore_internal.set_score_entities(score leadscore_internal.score, entities text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF array_position(entities, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'an entity of score "%" is null', score.name USING ERRCODE = 'null_value_not_allowed';
  END IF;
  DELETE FROM leadscore_internal.score_entity AS se WHERE se.score = score.id;
  INSERT INTO leadscore_internal.score_entity (score, entity)
  SELECT DISTINCT score.id, (leadscore_internal.find_entity(score.model, leadscore_internal.name_in_model(e, score.model, 'entity'))).id
  FROM unnest(entities) AS e;
END
$$;
COMMENT ON FUNCTION leadscore_internal.set_score_entities(leadscore_internal.score, text[]) IS 'Says for which entities a score is to be kept.';

-- What a score is made of besides its own attributes.
CREATE FUNCTION leadscore_internal.copy_score_parts(from_score int, to_score int) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO leadscore_internal.rule (score, name, source, points, filter, decay, max_points, once, at_most, per)
  SELECT to_score, r.name, r.source, r.points, r.filter, r.decay, r.max_points, r.once, r.at_most, r.per FROM leadscore_internal.rule AS r WHERE r.score = from_score ORDER BY r.id;
  INSERT INTO leadscore_internal.rollup (score, entity, member, key, through, join_on)
  SELECT to_score, r.entity, r.member, r.key, r.through, r.join_on FROM leadscore_internal.rollup AS r WHERE r.score = from_score ORDER BY r.id;
$$;
COMMENT ON FUNCTION leadscore_internal.copy_score_parts(int, int) IS 'Copies the rules, criteria and roll-ups of a score to another.';

CREATE FUNCTION leadscore_internal.create_score(score text, entities text[], decay leadscore.decay, min_points float8, max_points float8,
                                                on_error text, based_on text, description text, if_not_exists boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  made leadscore_internal.score;
  base leadscore_internal.score;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  IF EXISTS (SELECT FROM leadscore_internal.score AS s WHERE s.model = named.model AND s.name = named.name) THEN
    PERFORM leadscore_internal.existing(format('score "%s.%s"', named.model, named.name), if_not_exists);
    RETURN;
  END IF;
  PERFORM leadscore_internal.check_score_name(named.name);
  made.model := named.model;
  made.name := named.name;
  made.decay := decay;
  made.min_points := min_points;
  made.max_points := max_points;
  made.on_error := on_error;
  made.description := description;
  made := leadscore_internal.checked_score(made);
  INSERT INTO leadscore_internal.score (model, name, decay, min_points, max_points, on_error, description)
  VALUES (made.model, made.name, made.decay, made.min_points, made.max_points, made.on_error, made.description) RETURNING id INTO made.id;
  PERFORM leadscore_internal.set_score_entities(made, entities);
  IF based_on IS NOT NULL THEN
    base := leadscore_internal.find_score(named.model, leadscore_internal.name_in_model(based_on, named.model, 'score'));
    -- Its rules are evaluated with the rights of the owners of the tables: whoever copies them sets them up.
    PERFORM leadscore_internal.check_owner(s.relation)
    FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS s ON s.id = r.source WHERE r.score = base.id;
    PERFORM leadscore_internal.check_owner(e.relation)
    FROM leadscore_internal.rollup AS r JOIN leadscore_internal.entity AS e ON e.id = r.member WHERE r.score = base.id;
    PERFORM leadscore_internal.copy_score_parts(base.id, made.id);
    INSERT INTO leadscore_internal.score_entity (score, entity)
    SELECT made.id, x.entity
    FROM (SELECT se.entity FROM leadscore_internal.score_entity AS se WHERE se.score = base.id AND entities IS NULL
          UNION
          SELECT r.entity FROM leadscore_internal.rollup AS r WHERE r.score = base.id
          UNION
          SELECT s.criteria_of FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS s ON s.id = r.source
          WHERE r.score = base.id AND s.criteria_of IS NOT NULL) AS x
    ON CONFLICT DO NOTHING;
  END IF;
  PERFORM leadscore_internal.check_score_entities(made.id);
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_score(text, text[], leadscore.decay, float8, float8, text, text, text, boolean) IS 'Implementation of leadscore.create_score.';

CREATE FUNCTION leadscore.create_score(score text, entities text[] DEFAULT NULL, decay leadscore.decay DEFAULT 'none',
                                       min_points float8 DEFAULT NULL, max_points float8 DEFAULT NULL, on_error text DEFAULT 'break',
                                       based_on text DEFAULT NULL, description text DEFAULT NULL, if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_score(text, text[], leadscore.decay, float8, float8, text, text, text, boolean) IS
  'Creates a score as a draft, for one or more entities. min_points, max_points: what clamps its points; on_error: break (a rule that fails stops the score, the write goes on) or fail (it stops the write); based_on: copies the rules, criteria and roll-ups of another score as they are now, and its entities where none are given. leadscore.publish() makes it live.';

CREATE FUNCTION leadscore_internal.rule_title(source leadscore_internal.source, name text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s "%s"', CASE WHEN source.criteria_of IS NULL THEN 'rule' ELSE 'criterion' END, name)
$$;
COMMENT ON FUNCTION leadscore_internal.rule_title(leadscore_internal.source, text) IS 'How messages call a rule or criterion on the source.';

CREATE FUNCTION leadscore_internal.checked_rule(rule leadscore_internal.rule) RETURNS leadscore_internal.rule
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  source leadscore_internal.source;
  role text;
BEGIN
  SELECT * INTO STRICT source FROM leadscore_internal.source AS s WHERE s.id = rule.source;
  role := format('of %s', leadscore_internal.rule_title(source, rule.name));
  PERFORM leadscore_internal.check_owner(source.relation);
  IF rule.points IS NULL THEN
    RAISE EXCEPTION '% must not be null', 'points ' || role
      USING ERRCODE = 'null_value_not_allowed', HINT = 'Give a number or an expression on the row, for example points => ''5''.';
  END IF;
  rule.points := leadscore_internal.canonical_expression(source.relation, rule.points, 'float8', 'points ' || role, source.through);
  rule.filter := leadscore_internal.canonical_expression(source.relation, rule.filter, 'boolean', 'filter ' || role, source.through);
  PERFORM leadscore_internal.check_cap('max_points ' || role, rule.max_points);
  -- Who has no activity that the rule matches has 0 of it.
  IF rule.max_points < 0 THEN
    RAISE EXCEPTION '% must not be negative: %', 'max_points ' || role, rule.max_points
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give negative points, or the score''s max_points.';
  END IF;
  RETURN leadscore_internal.checked_limit(rule);
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_rule(leadscore_internal.rule) IS 'A rule or criterion as it is given, checked; its expressions canonical.';

CREATE FUNCTION leadscore_internal.create_rule(score text, rule text, source text, points text, filter text,
                                               decay leadscore.decay, max_points float8, at_most int, per interval, if_not_exists boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.find_score(named.model, named.name);
  made leadscore_internal.rule;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  PERFORM leadscore_internal.check_name(rule, 'rule');
  made.source := (leadscore_internal.find_source(named.model, leadscore_internal.name_in_model(source, named.model, 'source'))).id;
  IF leadscore_internal.is_taken(of_score, rule, 'rule', if_not_exists) THEN
    RETURN;
  END IF;
  made.name := rule;
  made.points := points;
  made.filter := filter;
  made.max_points := max_points;
  made.at_most := at_most;
  made.per := per;
  made := leadscore_internal.checked_rule(made);
  INSERT INTO leadscore_internal.rule (score, name, source, points, filter, decay, max_points, at_most, per)
  VALUES (of_score.id, made.name, made.source, made.points, made.filter, decay, made.max_points, made.at_most, made.per);
  PERFORM leadscore_internal.mark_edited(ARRAY[of_score.id]);
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_rule(text, text, text, text, text, leadscore.decay, float8, int, interval, boolean) IS 'Implementation of leadscore.create_rule.';

CREATE FUNCTION leadscore.create_rule(score text, rule text, source text, points text, filter text DEFAULT NULL,
                                      decay leadscore.decay DEFAULT NULL, max_points float8 DEFAULT NULL,
                                      at_most int DEFAULT NULL, per interval DEFAULT NULL, if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_rule(text, text, text, text, text, leadscore.decay, float8, int, interval, boolean) IS
  'Gives points to the activities of a source. points: a number or an expression on the row, NULL counts as 0; filter: which rows; decay: the rule''s own instead of the score''s; max_points: what its decayed sum is clamped at; at_most, per: how many activities of an entity count in each span of time, 1 day unless it is given, the earliest first. An activity that two rules match gets both.';
