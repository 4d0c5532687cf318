-- create_score and create_rule.

CREATE FUNCTION leadscore_internal.create_score(score text, entities text[], decay leadscore.decay, on_error text,
                                                description text, if_not_exists boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  new_score int;
  entity text;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  IF EXISTS (SELECT FROM leadscore_internal.score AS s WHERE s.model = named.model AND s.name = named.name) THEN
    IF if_not_exists THEN
      RAISE NOTICE 'score "%.%" already exists, skipping', named.model, named.name;
      RETURN;
    END IF;
    RAISE EXCEPTION 'score "%.%" already exists', named.model, named.name USING ERRCODE = 'duplicate_object';
  END IF;
  IF decay IS NULL THEN
    RAISE EXCEPTION 'the decay of score "%" must not be null', named.name
      USING ERRCODE = 'null_value_not_allowed', HINT = 'Leave it out, or write none, for points that do not fade.';
  ELSIF coalesce(cardinality(entities), 0) = 0 OR array_position(entities, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'score "%" needs at least one entity', named.name
      USING ERRCODE = 'invalid_parameter_value', HINT = 'For example entities => ''{lead}''.';
  ELSIF on_error IS NULL OR on_error NOT IN ('break', 'fail') THEN
    RAISE EXCEPTION 'on_error must be ''break'' or ''fail'', not %', coalesce(quote_literal(on_error), 'null')
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'break: a rule that fails stops the score; fail: it stops the write.';
  END IF;
  IF named.name IN ('scores', 'pending') OR named.name ~ '^states_\d+$' THEN
    RAISE EXCEPTION 'a score cannot be called "%"', named.name
      USING ERRCODE = 'reserved_name', HINT = 'Its view would have the name of another object of the entity.';
  END IF;

  INSERT INTO leadscore_internal.score (model, name, decay, on_error, description)
  VALUES (named.model, named.name, decay, on_error, description) RETURNING id INTO new_score;
  FOREACH entity IN ARRAY entities LOOP
    INSERT INTO leadscore_internal.score_entity (score, entity)
    SELECT new_score, e.id
    FROM leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity')) AS e
    ON CONFLICT DO NOTHING;
  END LOOP;
  -- Refuses names that are too long together.
  PERFORM leadscore_internal.score_view(s, e)
  FROM leadscore_internal.score AS s
  JOIN leadscore_internal.score_entity AS se ON se.score = s.id
  JOIN leadscore_internal.entity AS e ON e.id = se.entity
  WHERE s.id = new_score;
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_score(text, text[], leadscore.decay, text, text, boolean) IS 'Implementation of leadscore.create_score.';

CREATE FUNCTION leadscore.create_score(score text, entities text[], decay leadscore.decay DEFAULT 'none',
                                       on_error text DEFAULT 'break', description text DEFAULT NULL,
                                       if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_score(text, text[], leadscore.decay, text, text, boolean) IS
  'Creates a score as a draft, for one or more entities. on_error: break (a rule that fails stops the score, the write goes on) or fail (it stops the write). leadscore.publish() makes it live.';

CREATE FUNCTION leadscore_internal.create_rule(score text, rule text, source text, points text, filter text,
                                               decay leadscore.decay, if_not_exists boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.find_score(named.model, named.name);
  on_source leadscore_internal.source :=
    leadscore_internal.find_source(named.model, leadscore_internal.name_in_model(source, named.model, 'source'));
  role text := format('of rule "%s"', rule);
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  PERFORM leadscore_internal.check_name(rule, 'rule');
  PERFORM leadscore_internal.check_owner(on_source.relation);
  IF EXISTS (SELECT FROM leadscore_internal.rule AS r WHERE r.score = of_score.id AND r.name = rule) THEN
    IF if_not_exists THEN
      RAISE NOTICE 'rule "%" of score "%.%" already exists, skipping', rule, named.model, named.name;
      RETURN;
    END IF;
    RAISE EXCEPTION 'rule "%" of score "%.%" already exists', rule, named.model, named.name USING ERRCODE = 'duplicate_object';
  END IF;
  IF points IS NULL THEN
    RAISE EXCEPTION '% must not be null', 'points ' || role
      USING ERRCODE = 'null_value_not_allowed', HINT = 'Give a number or an expression on the row, for example points => ''5''.';
  END IF;
  INSERT INTO leadscore_internal.rule (score, name, source, points, filter, decay)
  VALUES (of_score.id, rule, on_source.id,
          leadscore_internal.canonical_expression(on_source.relation, points, 'float8', 'points ' || role, on_source.through),
          leadscore_internal.canonical_expression(on_source.relation, filter, 'boolean', 'filter ' || role, on_source.through), decay);
  UPDATE leadscore_internal.score AS s SET edited = true WHERE s.id = of_score.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_rule(text, text, text, text, text, leadscore.decay, boolean) IS 'Implementation of leadscore.create_rule.';

CREATE FUNCTION leadscore.create_rule(score text, rule text, source text, points text, filter text DEFAULT NULL,
                                      decay leadscore.decay DEFAULT NULL, if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_rule(text, text, text, text, text, leadscore.decay, boolean) IS
  'Gives points to the activities of a source. points: a number or an expression on the row, NULL counts as 0; filter: which rows; decay: the rule''s own instead of the score''s. An activity that two rules match gets both.';
