-- rename_…: names are looked up, so all of a rename holds at once. What others made of our views follows.

CREATE FUNCTION leadscore_internal.rename_column(view_name text, column_name text, new_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = to_regclass(view_name) AND a.attname = column_name AND a.attnum > 0) THEN
    EXECUTE format('ALTER VIEW %s RENAME COLUMN %I TO %I', view_name, column_name, new_name);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.rename_column(text, text, text) IS 'Renames a column of a view, if it is there.';

-- Who may execute the functions of an entity stays as users have changed it.
CREATE FUNCTION leadscore_internal.restrict_function(model name, name text, rights aclitem[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made regprocedure := (SELECT p.oid FROM pg_proc AS p WHERE p.pronamespace = quote_ident(model)::regnamespace AND p.proname = name);
  granted record;
BEGIN
  EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
  FOR granted IN SELECT a.grantee, a.is_grantable FROM aclexplode(rights) AS a LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s%s', made,
                   CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END,
                   CASE WHEN granted.is_grantable AND granted.grantee <> 0 THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.restrict_function(name, text, aclitem[]) IS 'Gives a function the rights that another one had.';

CREATE FUNCTION leadscore_internal.rename_entity_functions(before leadscore_internal.entity, renamed leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rights jsonb;
BEGIN
  SELECT jsonb_object_agg(x.suffix, p.proacl::text[]) INTO rights
  FROM leadscore_internal.entity_functions(before) AS x
  JOIN pg_proc AS p ON p.pronamespace = quote_ident(before.model)::regnamespace AND p.proname = before.name || '_' || x.suffix
  WHERE p.proacl IS NOT NULL;
  -- Their columns are named after the entity, so they are made anew: an error names what depends on them.
  PERFORM leadscore_internal.drop_entity_functions(before);
  PERFORM leadscore_internal.make_entity_functions(renamed);
  PERFORM leadscore_internal.restrict_function(renamed.model, renamed.name || '_' || x.key,
                                               ARRAY(SELECT jsonb_array_elements_text(x.value))::aclitem[])
  FROM jsonb_each(rights) AS x;
END
$$;
COMMENT ON FUNCTION leadscore_internal.rename_entity_functions(leadscore_internal.entity, leadscore_internal.entity) IS 'Makes the functions of an entity anew under its new name.';

CREATE FUNCTION leadscore_internal.rename_entity(entity text, new_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(entity, 'entity');
  name_after text := leadscore_internal.name_in_model(new_name, named.model, 'entity');
  before leadscore_internal.entity;
  renamed leadscore_internal.entity;
  s leadscore_internal.score;
  suffix text;
  item record;
BEGIN
  PERFORM leadscore_internal.open_model(named.model, 'rename_entity');
  before := leadscore_internal.find_entity(named.model, named.name);
  PERFORM leadscore_internal.check_owner(before.relation);
  IF EXISTS (SELECT FROM leadscore_internal.entity AS e WHERE e.model = named.model AND e.name = name_after) THEN
    PERFORM leadscore_internal.existing(format('entity "%s.%s"', named.model, name_after), false);
  END IF;
  renamed := before;
  renamed.name := name_after;
  PERFORM leadscore_internal.check_entity_names(renamed);
  PERFORM leadscore_internal.check_grade_name(g.name, renamed) FROM leadscore_internal.grade AS g WHERE g.entity = before.id;
  -- Views that stand, and those that a publish would make.
  FOR s IN
    SELECT x.* FROM leadscore_internal.score AS x
    WHERE before.id IN (SELECT se.entity FROM leadscore_internal.score_entity AS se WHERE se.score = x.id
                        UNION ALL SELECT p.entity FROM leadscore_internal.published_entity AS p WHERE p.score = x.id) ORDER BY x.id
  LOOP
    PERFORM leadscore_internal.check_view_name(leadscore_internal.score_view(s, renamed));
    IF before.id = ANY (leadscore_internal.published_entities(s.id)) THEN
      PERFORM leadscore_internal.rename_column(leadscore_internal.score_view(s, before), before.name || '_id', renamed.name || '_id');
      EXECUTE format('ALTER VIEW IF EXISTS %s RENAME TO %I', leadscore_internal.score_view(s, before), renamed.name || '_' || s.name);
    END IF;
  END LOOP;
  FOREACH suffix IN ARRAY ARRAY['_scores', '_adjustments'] LOOP
    PERFORM leadscore_internal.rename_column(format('%I.%I', before.model, before.name || suffix), before.name || '_id', renamed.name || '_id');
    EXECUTE format('ALTER VIEW IF EXISTS %I.%I RENAME TO %I', before.model, before.name || suffix, renamed.name || suffix);
  END LOOP;
  FOR item IN
    SELECT x.own, x.new_name
    FROM (SELECT before.pending AS own, renamed.name || '_pending' AS new_name
          UNION ALL
          SELECT before.once, renamed.name || '_once'
          UNION ALL
          SELECT before.adjusted, renamed.name || '_adjusted'
          UNION ALL
          SELECT c.states, format('%s_states_%s', renamed.name, c.id) FROM leadscore_internal.component AS c WHERE c.entity = before.id) AS x
    JOIN pg_class AS c ON c.oid = x.own
  LOOP
    EXECUTE format('ALTER TABLE %s RENAME TO %I', item.own, item.new_name);
  END LOOP;
  UPDATE leadscore_internal.entity AS e SET name = renamed.name WHERE e.id = before.id;
  PERFORM leadscore_internal.rename_entity_functions(before, renamed);
  PERFORM leadscore_internal.remake_entity(renamed);
END
$$;
COMMENT ON FUNCTION leadscore_internal.rename_entity(text, text) IS 'Implementation of leadscore.rename_entity.';

CREATE FUNCTION leadscore.rename_entity(entity text, new_name text) RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.rename_entity(text, text) IS
  'Renames an entity with its views, their key column, its functions and tables. What was made of the views follows; what was made of the functions must be dropped first.';

CREATE FUNCTION leadscore_internal.rename_source(source text, new_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(source, 'source');
  name_after text := leadscore_internal.name_in_model(new_name, named.model, 'source');
  renamed leadscore_internal.source;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  renamed := leadscore_internal.find_source(named.model, named.name);
  PERFORM leadscore_internal.check_owner(renamed.relation);
  IF EXISTS (SELECT FROM leadscore_internal.source AS s WHERE s.model = named.model AND s.name = name_after) THEN
    PERFORM leadscore_internal.existing(format('source "%s.%s"', named.model, name_after), false);
  END IF;
  UPDATE leadscore_internal.source AS s SET name = name_after WHERE s.id = renamed.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.rename_source(text, text) IS 'Implementation of leadscore.rename_source.';

CREATE FUNCTION leadscore.rename_source(source text, new_name text) RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.rename_source(text, text) IS 'Renames a source.';

CREATE FUNCTION leadscore_internal.rename_score(score text, new_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
  name_after text := leadscore_internal.name_in_model(new_name, named.model, 'score');
  before leadscore_internal.score;
  renamed leadscore_internal.score;
  e leadscore_internal.entity;
BEGIN
  PERFORM leadscore_internal.check_score_name(name_after);
  before := leadscore_internal.open_score(named.model, named.name, 'rename_score');
  IF EXISTS (SELECT FROM leadscore_internal.score AS s WHERE s.model = named.model AND s.name = name_after) THEN
    PERFORM leadscore_internal.existing(format('score "%s.%s"', named.model, name_after), false);
  END IF;
  renamed := before;
  renamed.name := name_after;
  FOR e IN
    SELECT x.* FROM leadscore_internal.entity AS x
    WHERE before.id IN (SELECT se.score FROM leadscore_internal.score_entity AS se WHERE se.entity = x.id
                        UNION ALL SELECT p.score FROM leadscore_internal.published_entity AS p WHERE p.entity = x.id) ORDER BY x.id
  LOOP
    PERFORM leadscore_internal.check_view_name(leadscore_internal.score_view(renamed, e));
    PERFORM leadscore_internal.check_no_grade(renamed.name, e);
    IF e.id = ANY (leadscore_internal.published_entities(before.id)) THEN
      EXECUTE format('ALTER VIEW IF EXISTS %s RENAME TO %I', leadscore_internal.score_view(before, e), e.name || '_' || renamed.name);
    END IF;
    -- A retired score still has its column.
    PERFORM leadscore_internal.rename_column(leadscore_internal.scores_view(e), before.name, renamed.name);
  END LOOP;
  PERFORM leadscore_internal.rename_row_functions(before, renamed.name);
  UPDATE leadscore_internal.score AS s SET name = renamed.name WHERE s.id = before.id;
  IF renamed.state IN ('live', 'paused') AND leadscore_internal.missing_table(renamed) IS NULL THEN
    PERFORM leadscore_internal.make_views(renamed);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.rename_score(text, text) IS 'Implementation of leadscore.rename_score.';

CREATE FUNCTION leadscore.rename_score(score text, new_name text) RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.rename_score(text, text) IS 'Renames a score with its views and its column in <entity>_scores; what was made of them follows.';

CREATE FUNCTION leadscore_internal.give_rule_name(score leadscore_internal.score, rule leadscore_internal.rule, new_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.is_taken(score, new_name, '', false);
  UPDATE leadscore_internal.rule AS r SET name = new_name WHERE r.id = rule.id;
  -- What is published of it is only called otherwise.
  UPDATE leadscore_internal.term AS t SET rule = new_name
  FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
  WHERE t.branch = b.id AND c.score = give_rule_name.score.id AND t.rule = give_rule_name.rule.name;
  PERFORM leadscore_internal.forget_program(t)
  FROM leadscore_internal.source AS s CROSS JOIN LATERAL leadscore_internal.tables_of_source(s) AS t WHERE s.id = rule.source;
END
$$;
COMMENT ON FUNCTION leadscore_internal.give_rule_name(leadscore_internal.score, leadscore_internal.rule, text) IS 'Renames a rule or criterion, also as it is published.';

CREATE FUNCTION leadscore_internal.rename_rule(score text, rule text, new_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_score leadscore_internal.score := leadscore_internal.permitted_score(score);
BEGIN
  PERFORM leadscore_internal.check_name(new_name, 'rule');
  PERFORM leadscore_internal.give_rule_name(of_score, leadscore_internal.find_rule(of_score, rule), new_name);
END
$$;
COMMENT ON FUNCTION leadscore_internal.rename_rule(text, text, text) IS 'Implementation of leadscore.rename_rule.';

CREATE FUNCTION leadscore.rename_rule(score text, rule text, new_name text) RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.rename_rule(text, text, text) IS 'Renames a rule, also as it is published.';
