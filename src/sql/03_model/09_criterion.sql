-- create_criterion: points for what an entity is, by its own row.
--
-- A criterion is a rule on a source that no user made: the rows of the entity's own table, linked by the entity's key. So it
-- is kept, read, explained and verified as any rule is. Its facts are no activities: they are of components of their own,
-- which are not counted.

-- From when on what has no time of its own counts: always.
CREATE FUNCTION leadscore_internal.ever() RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT $text$'-infinity'::timestamp with time zone$text$ $$;
COMMENT ON FUNCTION leadscore_internal.ever() IS 'The canonical expression for the time of criteria that have none.';

CREATE FUNCTION leadscore_internal.source_title(source leadscore_internal.source) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN source.criteria_of IS NULL THEN format('source "%s"', source.name)
              ELSE format('the criteria of "%s"', (SELECT e.name FROM leadscore_internal.entity AS e WHERE e.id = source.criteria_of)) END
$$;
COMMENT ON FUNCTION leadscore_internal.source_title(leadscore_internal.source) IS 'How messages call a source.';

CREATE FUNCTION leadscore_internal.checked_criterion_time(entity leadscore_internal.entity, occurred_at text, role text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  type_of_time regtype := leadscore_internal.expression_type(entity.relation, occurred_at, role);
BEGIN
  IF type_of_time <> 'timestamptz'::regtype THEN
    RAISE EXCEPTION '% must be of type timestamp with time zone, not %: %', role, type_of_time, occurred_at
      USING ERRCODE = 'datatype_mismatch', HINT = 'Say in which zone a time or date is meant: (signed_on::timestamp AT TIME ZONE ''UTC'').';
  END IF;
  RETURN leadscore_internal.canonical_expression(entity.relation, occurred_at, 'timestamptz', role);
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_criterion_time(leadscore_internal.entity, text, text) IS 'A checked expression for when a criterion begins to count.';

-- The source whose rows are those of the entity's own table, occurring at a time (canonical): one for all criteria.
CREATE FUNCTION leadscore_internal.criteria_source(entity leadscore_internal.entity, occurred_at text) RETURNS int
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_source int;
BEGIN
  -- Two that make it at once make one.
  PERFORM FROM leadscore_internal.entity AS e WHERE e.id = entity.id FOR NO KEY UPDATE;
  SELECT min(s.id) INTO found_source FROM leadscore_internal.source AS s
  WHERE s.criteria_of = entity.id AND s.relation = entity.relation AND s.occurred_at = criteria_source.occurred_at;
  IF found_source IS NULL THEN
    INSERT INTO leadscore_internal.source (model, relation, occurred_at, filter, criteria_of)
    VALUES (entity.model, entity.relation, criteria_source.occurred_at, entity.filter, entity.id) RETURNING id INTO found_source;
    INSERT INTO leadscore_internal.link (source, entity, key) VALUES (found_source, entity.id, entity.key);
  END IF;
  RETURN found_source;
END
$$;
COMMENT ON FUNCTION leadscore_internal.criteria_source(leadscore_internal.entity, text) IS 'The source of criteria with this time, made where there is none.';

-- What is recorded of a criterion that holds once and for all gives its points.
CREATE FUNCTION leadscore_internal.points_source(rule leadscore_internal.rule) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN rule.once THEN (
    SELECT s.id
    FROM leadscore_internal.source AS own JOIN leadscore_internal.entity AS e ON e.id = own.criteria_of
    JOIN leadscore_internal.source AS s ON s.criteria_of = e.id AND s.relation = e.once WHERE own.id = rule.source)
  ELSE rule.source END
$$;
COMMENT ON FUNCTION leadscore_internal.points_source(leadscore_internal.rule) IS 'The source whose rows give the points of a rule or criterion.';

-- Those that no criterion uses any more, set up or published, and that have no triggers left.
CREATE FUNCTION leadscore_internal.drop_unused_criteria_sources(model name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e leadscore_internal.entity;
BEGIN
  FOR e IN
    SELECT x.* FROM leadscore_internal.entity AS x WHERE x.model = drop_unused_criteria_sources.model AND x.once IS NOT NULL ORDER BY x.id
  LOOP
    PERFORM leadscore_internal.drop_unused_records(e);
  END LOOP;
  WITH unused AS (
    SELECT s.id FROM leadscore_internal.source AS s
    WHERE s.model = drop_unused_criteria_sources.model AND s.criteria_of IS NOT NULL
      AND NOT EXISTS (SELECT FROM leadscore_internal.rule AS r WHERE s.id IN (r.source, leadscore_internal.points_source(r)))
      AND NOT EXISTS (SELECT FROM leadscore_internal.branch AS b WHERE b.source = s.id)
      AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgfoid = 'leadscore_internal.capture'::regproc
                                                    AND starts_with(t.tgname::text, leadscore_internal.trigger_prefix(s.id)))
  ), unlinked AS (
    DELETE FROM leadscore_internal.link AS l USING unused AS u WHERE l.source = u.id
  )
  DELETE FROM leadscore_internal.source AS s USING unused AS u WHERE s.id = u.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_unused_criteria_sources(name) IS 'Drops what was made for criteria and none needs any more.';

CREATE FUNCTION leadscore_internal.checked_criterion(criterion leadscore_internal.rule) RETURNS leadscore_internal.rule
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  source leadscore_internal.source;
BEGIN
  criterion := leadscore_internal.checked_rule(criterion);
  SELECT * INTO STRICT source FROM leadscore_internal.source AS s WHERE s.id = criterion.source;
  IF source.occurred_at = leadscore_internal.ever() AND NOT criterion.once AND criterion.decay OPERATOR(leadscore.<>) 'none' THEN
    RAISE EXCEPTION 'criterion "%" has a decay but no time', criterion.name
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Say since when its points are to decay: occurred_at => ''signed_at'', or once => true for since it first held.';
  END IF;
  RETURN criterion;
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_criterion(leadscore_internal.rule) IS 'A criterion as it is given, checked; its expressions canonical.';

CREATE FUNCTION leadscore_internal.create_criterion(score text, criterion text, entity text, points text, filter text, decay leadscore.decay,
                                                    occurred_at text, once boolean, max_points float8, if_not_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  of_score leadscore_internal.score := leadscore_internal.find_score(named.model, named.name);
  of_entity leadscore_internal.entity :=
    leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity'));
  made leadscore_internal.rule;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  PERFORM leadscore_internal.check_name(criterion, 'criterion');
  IF leadscore_internal.is_taken(of_score, criterion, 'criterion', if_not_exists) THEN
    RETURN;
  ELSIF NOT EXISTS (SELECT FROM leadscore_internal.score_entity AS se WHERE se.score = of_score.id AND se.entity = of_entity.id) THEN
    RAISE EXCEPTION 'score "%.%" is not kept for entity "%"', named.model, named.name, of_entity.name
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Name it among its entities in leadscore.alter_score().';
  END IF;
  -- Triggers will stand on its table.
  PERFORM leadscore_internal.check_table(of_entity.relation, 'source');
  PERFORM leadscore_internal.check_owner(of_entity.relation);
  made.source := leadscore_internal.criteria_source(of_entity, coalesce(
    leadscore_internal.checked_criterion_time(of_entity, occurred_at, format('occurred_at of criterion "%s"', criterion)), leadscore_internal.ever()));
  made.name := criterion;
  made.points := points;
  made.filter := filter;
  made.decay := coalesce(decay, 'none');
  made.once := coalesce(once, false);
  made.max_points := max_points;
  made := leadscore_internal.checked_criterion(made);
  INSERT INTO leadscore_internal.rule (score, name, source, points, filter, decay, max_points, once)
  VALUES (of_score.id, made.name, made.source, made.points, made.filter, made.decay, made.max_points, made.once);
  IF made.once THEN
    PERFORM leadscore_internal.make_once_table(of_entity);
  END IF;
  PERFORM leadscore_internal.mark_edited(ARRAY[of_score.id]);
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_criterion(text, text, text, text, text, leadscore.decay, text, boolean, float8, boolean) IS 'Implementation of leadscore.create_criterion.';

CREATE FUNCTION leadscore.create_criterion(score text, criterion text, entity text, points text, filter text DEFAULT NULL,
                                           decay leadscore.decay DEFAULT NULL, occurred_at text DEFAULT NULL,
                                           once boolean DEFAULT false, max_points float8 DEFAULT NULL, if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_criterion(text, text, text, text, text, leadscore.decay, text, boolean, float8, boolean) IS
  'Gives points to an entity for what it is: a condition on its own row, kept by triggers on its table. points: a number or an expression on the row, NULL counts as 0; filter: any condition on the row. It counts always, for as long as the condition holds; occurred_at: an expression on the row for since when; decay: by its age since then, none by default; once: the points, as they are when the condition first holds, stay from then on; max_points: what clamps its decayed sum.';
