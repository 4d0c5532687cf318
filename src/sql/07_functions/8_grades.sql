-- Grades: two bands side by side, the letter by the points of a fit score, the digit by those of an engagement score. Like
-- bands they change no points, so they take effect without publishing. A grade is a column of <entity>_scores.

CREATE FUNCTION leadscore_internal.find_grade(entity leadscore_internal.entity, name text, if_exists boolean DEFAULT false) RETURNS leadscore_internal.grade
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_grade leadscore_internal.grade;
BEGIN
  SELECT * INTO found_grade FROM leadscore_internal.grade AS g WHERE g.entity = find_grade.entity.id AND g.name = find_grade.name;
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing(format('grade "%s" of entity "%s.%s"', name, entity.model, entity.name),
                                       'Create it with leadscore.create_grade(); leadscore.grades lists what there is.', if_exists);
  END IF;
  RETURN found_grade;
END
$$;
COMMENT ON FUNCTION leadscore_internal.find_grade(leadscore_internal.entity, text, boolean) IS 'The grade, or SQLSTATE 42704.';

-- Scores and grades are columns of one view.
CREATE FUNCTION leadscore_internal.check_no_grade(name text, entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM leadscore_internal.grade AS g WHERE g.entity = check_no_grade.entity.id AND g.name = check_no_grade.name) THEN
    RAISE EXCEPTION 'entity "%" has a grade called "%"', entity.name, name
      USING ERRCODE = 'duplicate_object', HINT = 'The view of all scores has a column for each: give one of them another name.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_no_grade(text, leadscore_internal.entity) IS 'Refuses a name for a score that a grade has.';

CREATE FUNCTION leadscore_internal.check_grade_name(name text, entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF name = entity.name || '_id' THEN
    RAISE EXCEPTION 'a grade of entity "%" cannot be called "%"', entity.name, name
      USING ERRCODE = 'reserved_name', HINT = 'The view of all scores has a column of this name, for the key.';
  ELSIF EXISTS (SELECT FROM leadscore_internal.score AS s
                WHERE s.model = entity.model AND s.name = check_grade_name.name
                  AND entity.id IN (SELECT se.entity FROM leadscore_internal.score_entity AS se WHERE se.score = s.id
                                    UNION ALL SELECT p.entity FROM leadscore_internal.published_entity AS p WHERE p.score = s.id)) THEN
    RAISE EXCEPTION 'entity "%" has a score called "%"', entity.name, name
      USING ERRCODE = 'duplicate_object', HINT = 'The view of all scores has a column for each: give one of them another name.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_grade_name(text, leadscore_internal.entity) IS 'Refuses a name for a grade that the key or a score has.';

CREATE FUNCTION leadscore_internal.check_new_grade_name(name text, entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.check_name(name, 'grade');
  PERFORM leadscore_internal.check_grade_name(name, entity);
  IF leadscore_internal.has_scores_column(entity, name) THEN
    RAISE EXCEPTION 'the view of all scores of entity "%" still has a column called "%"', entity.name, name
      USING ERRCODE = 'duplicate_column', HINT = format('leadscore.refresh_views(%L) takes columns of former scores away.', format('%I.%I', entity.model, entity.name));
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_new_grade_name(text, leadscore_internal.entity) IS 'Refuses a name that a new column of the view of all scores cannot have.';

-- Also when the score is altered: it stays one that the entity has.
CREATE FUNCTION leadscore_internal.check_grades_kept(score leadscore_internal.score) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  missing record;
BEGIN
  SELECT g.name AS grade, e.name AS entity INTO missing
  FROM leadscore_internal.grade AS g JOIN leadscore_internal.entity AS e ON e.id = g.entity
  WHERE score.id IN (g.fit_score, g.engagement_score)
    AND NOT EXISTS (SELECT FROM leadscore_internal.score_entity AS se WHERE se.score = check_grades_kept.score.id AND se.entity = g.entity)
  ORDER BY e.name COLLATE "C", g.name COLLATE "C" LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'score "%" must be kept for entity "%", whose grade "%" uses it', score.name, missing.entity, missing.grade
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Name it among the entities of the score, or drop the grade with leadscore.drop_grade().';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_grades_kept(leadscore_internal.score) IS 'Refuses a score that is not kept for an entity one of whose grades uses it.';

CREATE FUNCTION leadscore_internal.check_grade_bands(bands jsonb, what text, example text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.check_bands(bands, what, example);
  IF bands IS NULL OR bands = '{}' THEN
    RAISE EXCEPTION 'a grade needs %s', what
      USING ERRCODE = 'invalid_parameter_value', HINT = format('For example %s.', example);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_grade_bands(jsonb, text, text) IS 'Refuses letters or digits of a grade that do not tell points apart, or are none.';

CREATE FUNCTION leadscore_internal.check_grade(grade leadscore_internal.grade) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.check_grade_bands(grade.letters, 'letter', '{"A": 50, "B": 25, "C": 0, "D": null}');
  PERFORM leadscore_internal.check_grade_bands(grade.digits, 'digit', '{"1": 60, "2": 30, "3": null}');
  PERFORM leadscore_internal.check_grades_kept(s) FROM leadscore_internal.score AS s WHERE s.id IN (grade.fit_score, grade.engagement_score) ORDER BY s.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_grade(leadscore_internal.grade) IS 'Refuses a grade whose letters, digits or scores cannot be used.';

CREATE FUNCTION leadscore_internal.create_grade(grade text, entity text, fit_score text, engagement_score text, letters jsonb, digits jsonb,
                                                if_not_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(grade, 'grade');
  of_entity leadscore_internal.entity;
  made leadscore_internal.grade;
BEGIN
  PERFORM leadscore_internal.open_model(named.model, 'create_grade');
  of_entity := leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity'));
  IF EXISTS (SELECT FROM leadscore_internal.grade AS g WHERE g.entity = of_entity.id AND g.name = named.name) THEN
    PERFORM leadscore_internal.existing(format('grade "%s" of entity "%s.%s"', named.name, named.model, of_entity.name), if_not_exists);
    RETURN;
  END IF;
  PERFORM leadscore_internal.check_new_grade_name(named.name, of_entity);
  INSERT INTO leadscore_internal.grade (entity, name, fit_score, engagement_score, letters, digits)
  VALUES (of_entity.id, named.name,
          (leadscore_internal.find_score(named.model, leadscore_internal.name_in_model(fit_score, named.model, 'score'))).id,
          (leadscore_internal.find_score(named.model, leadscore_internal.name_in_model(engagement_score, named.model, 'score'))).id,
          coalesce(letters, '{}'), coalesce(digits, '{}'))
  RETURNING * INTO made;
  PERFORM leadscore_internal.check_grade(made);
  PERFORM leadscore_internal.create_scores_view(of_entity);
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_grade(text, text, text, text, jsonb, jsonb, boolean) IS 'Implementation of leadscore.create_grade.';

CREATE FUNCTION leadscore.create_grade(grade text, entity text, fit_score text, engagement_score text, letters jsonb, digits jsonb,
                                       if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_grade(text, text, text, text, jsonb, jsonb, boolean) IS
  'Adds a column such as B2 to <entity>_scores: the letter by the points of fit_score, the digit by those of engagement_score. letters, digits: the least points of each, {"A": 50, "B": 25, "C": null}, null: no lower bound. NULL where the points of either are NULL or below all. There at once when both scores are live, else when they are.';

CREATE FUNCTION leadscore_internal.alter_grade(grade text, entity text, fit_score text, engagement_score text, letters jsonb, digits jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(grade, 'grade');
  of_entity leadscore_internal.entity;
  changed leadscore_internal.grade;
BEGIN
  PERFORM leadscore_internal.open_model(named.model, 'alter_grade');
  of_entity := leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity'));
  changed := leadscore_internal.find_grade(of_entity, named.name);
  IF fit_score IS NOT NULL THEN
    changed.fit_score := (leadscore_internal.find_score(named.model, leadscore_internal.name_in_model(fit_score, named.model, 'score'))).id;
  END IF;
  IF engagement_score IS NOT NULL THEN
    changed.engagement_score := (leadscore_internal.find_score(named.model, leadscore_internal.name_in_model(engagement_score, named.model, 'score'))).id;
  END IF;
  UPDATE leadscore_internal.grade AS g
  SET fit_score = changed.fit_score, engagement_score = changed.engagement_score,
      letters = coalesce(alter_grade.letters, g.letters), digits = coalesce(alter_grade.digits, g.digits)
  WHERE g.id = changed.id RETURNING g.* INTO changed;
  PERFORM leadscore_internal.check_grade(changed);
  PERFORM leadscore_internal.create_scores_view(of_entity);
END
$$;
COMMENT ON FUNCTION leadscore_internal.alter_grade(text, text, text, text, jsonb, jsonb) IS 'Implementation of leadscore.alter_grade.';

CREATE FUNCTION leadscore.alter_grade(grade text, entity text, fit_score text DEFAULT NULL, engagement_score text DEFAULT NULL,
                                      letters jsonb DEFAULT NULL, digits jsonb DEFAULT NULL)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.alter_grade(text, text, text, text, jsonb, jsonb) IS 'Changes what is given, at once.';

CREATE FUNCTION leadscore_internal.rename_grade(grade text, entity text, new_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(grade, 'grade');
  name_after text := leadscore_internal.name_in_model(new_name, named.model, 'grade');
  of_entity leadscore_internal.entity;
  renamed leadscore_internal.grade;
BEGIN
  PERFORM leadscore_internal.open_model(named.model, 'rename_grade');
  of_entity := leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity'));
  renamed := leadscore_internal.find_grade(of_entity, named.name);
  PERFORM leadscore_internal.check_no_grade(name_after, of_entity);
  PERFORM leadscore_internal.check_new_grade_name(name_after, of_entity);
  PERFORM leadscore_internal.rename_column(leadscore_internal.scores_view(of_entity), renamed.name, name_after);
  UPDATE leadscore_internal.grade AS g SET name = name_after WHERE g.id = renamed.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.rename_grade(text, text, text) IS 'Implementation of leadscore.rename_grade.';

CREATE FUNCTION leadscore.rename_grade(grade text, entity text, new_name text) RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.rename_grade(text, text, text) IS 'Renames a grade with its column in <entity>_scores; what was made of it follows.';

CREATE FUNCTION leadscore_internal.drop_grade(grade text, entity text, if_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(grade, 'grade');
  of_entity leadscore_internal.entity;
  dropped leadscore_internal.grade;
BEGIN
  PERFORM leadscore_internal.open_model(named.model, 'drop_grade');
  of_entity := leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity'), if_exists);
  IF of_entity.id IS NULL THEN
    RETURN;
  END IF;
  dropped := leadscore_internal.find_grade(of_entity, named.name, if_exists);
  DELETE FROM leadscore_internal.grade AS g WHERE g.id = dropped.id;
  IF leadscore_internal.has_scores_column(of_entity, dropped.name) THEN
    PERFORM leadscore_internal.refresh_views(format('%I.%I', of_entity.model, of_entity.name));
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_grade(text, text, boolean) IS 'Implementation of leadscore.drop_grade.';

CREATE FUNCTION leadscore.drop_grade(grade text, entity text, if_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.drop_grade(text, text, boolean) IS 'Drops a grade and its column in <entity>_scores; an error names what depends on it.';
