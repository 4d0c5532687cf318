-- Names of objects: [model.]name, as SQL names are written.

CREATE FUNCTION leadscore_internal.split_name(qualified text, what text, OUT model name, OUT name text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parts text[];
BEGIN
  IF qualified IS NULL THEN
    RAISE EXCEPTION 'the name of the % must not be null', what USING ERRCODE = 'null_value_not_allowed';
  END IF;
  parts := parse_ident(qualified);
  IF cardinality(parts) > 2 THEN
    RAISE EXCEPTION 'the name of the % has too many parts: %', what, qualified
      USING ERRCODE = 'invalid_name', HINT = 'Write a name, or the schema of its model and a name: acme.lead.';
  END IF;
  model := CASE cardinality(parts) WHEN 2 THEN parts[1] ELSE 'leadscore' END;
  name := parts[cardinality(parts)];
  PERFORM leadscore_internal.check_name(name, what);
END
$$;
COMMENT ON FUNCTION leadscore_internal.split_name(text, text) IS 'Model and name of an object; the model is leadscore unless written.';

CREATE FUNCTION leadscore_internal.check_name(name text, what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF name IS NULL OR name = '' THEN
    RAISE EXCEPTION 'the name of the % must not be null or empty', what USING ERRCODE = 'invalid_name';
  ELSIF octet_length(name) > 40 THEN
    RAISE EXCEPTION 'the name of the % is longer than 40 bytes: %', what, name
      USING ERRCODE = 'name_too_long', HINT = 'Names of views and functions are made from it.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_name(text, text) IS 'Refuses names that objects cannot be made from.';

CREATE FUNCTION leadscore_internal.name_in_model(given text, model name, what text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parts record;
BEGIN
  parts := leadscore_internal.split_name(given, what);
  IF cardinality(parse_ident(given)) = 2 AND parts.model <> model THEN
    RAISE EXCEPTION '% "%" is not of the model "%"', what, given, model
      USING ERRCODE = 'invalid_parameter_value', HINT = 'A model uses its own objects only; create one of this name in it.';
  END IF;
  RETURN parts.name;
END
$$;
COMMENT ON FUNCTION leadscore_internal.name_in_model(text, name, text) IS
  'The name of an object that must be of the model given; unqualified names are.';

-- character and bit alone would be of length 1.
CREATE FUNCTION leadscore_internal.type_name(type regtype) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN CASE type WHEN 'pg_catalog.bpchar'::regtype THEN 'pg_catalog.bpchar' WHEN 'pg_catalog."bit"'::regtype THEN 'pg_catalog."bit"' ELSE type::text END;
END
$$;
COMMENT ON FUNCTION leadscore_internal.type_name(regtype) IS 'A type for generated SQL, without a limit of its length.';

CREATE FUNCTION leadscore_internal.existing(what text, if_not_exists boolean) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF if_not_exists IS NOT TRUE THEN
    RAISE EXCEPTION '% already exists', what USING ERRCODE = 'duplicate_object';
  END IF;
  RAISE NOTICE '% already exists, skipping', what;
END
$$;
COMMENT ON FUNCTION leadscore_internal.existing(text, boolean) IS 'Says that an object is there already: an error, or a notice with if_not_exists.';

-- Until it is published again, a score answers as it was published.
CREATE FUNCTION leadscore_internal.mark_edited(scores int[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE leadscore_internal.score AS s SET edited = true WHERE s.id = ANY (scores)
$$;
COMMENT ON FUNCTION leadscore_internal.mark_edited(int[]) IS 'Notes that what is set up differs from what is published.';

CREATE FUNCTION leadscore_internal.scores_on_source(source int) RETURNS int[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ARRAY(SELECT DISTINCT r.score FROM leadscore_internal.rule AS r WHERE r.source = scores_on_source.source)
$$;
COMMENT ON FUNCTION leadscore_internal.scores_on_source(int) IS 'The scores that have a rule on a source.';

CREATE FUNCTION leadscore_internal.missing(what text, hint text, if_exists boolean) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF if_exists IS NOT TRUE THEN
    RAISE EXCEPTION '% does not exist', what USING ERRCODE = 'undefined_object', HINT = hint;
  END IF;
  RAISE NOTICE '% does not exist, skipping', what;
END
$$;
COMMENT ON FUNCTION leadscore_internal.missing(text, text, boolean) IS 'Says that an object is not there: an error, or a notice with if_exists.';

-- Lookups: the row, or an error that names what is missing; with if_exists a notice, and a row of nulls.

CREATE FUNCTION leadscore_internal.find_entity(model name, name text, if_exists boolean DEFAULT false) RETURNS leadscore_internal.entity
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_entity leadscore_internal.entity;
BEGIN
  SELECT * INTO found_entity FROM leadscore_internal.entity AS x WHERE x.model = find_entity.model AND x.name = find_entity.name;
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing(format('entity "%s.%s"', model, name),
                                       'Create it with leadscore.create_entity(); leadscore.entities lists what there is.', if_exists);
  END IF;
  RETURN found_entity;
END
$$;
COMMENT ON FUNCTION leadscore_internal.find_entity(name, text, boolean) IS 'The entity, or SQLSTATE 42704.';

CREATE FUNCTION leadscore_internal.find_source(model name, name text, if_exists boolean DEFAULT false) RETURNS leadscore_internal.source
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_source leadscore_internal.source;
BEGIN
  SELECT * INTO found_source FROM leadscore_internal.source AS x WHERE x.model = find_source.model AND x.name = find_source.name;
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing(format('source "%s.%s"', model, name),
                                       'Create it with leadscore.create_source(); leadscore.sources lists what there is.', if_exists);
  END IF;
  RETURN found_source;
END
$$;
COMMENT ON FUNCTION leadscore_internal.find_source(name, text, boolean) IS 'The source, or SQLSTATE 42704.';

CREATE FUNCTION leadscore_internal.find_score(model name, name text, if_exists boolean DEFAULT false) RETURNS leadscore_internal.score
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_score leadscore_internal.score;
BEGIN
  SELECT * INTO found_score FROM leadscore_internal.score AS x WHERE x.model = find_score.model AND x.name = find_score.name;
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing(format('score "%s.%s"', model, name),
                                       'Create it with leadscore.create_score(); leadscore.scores lists what there is.', if_exists);
  END IF;
  RETURN found_score;
END
$$;
COMMENT ON FUNCTION leadscore_internal.find_score(name, text, boolean) IS 'The score, or SQLSTATE 42704.';

CREATE FUNCTION leadscore_internal.find_rule(score leadscore_internal.score, name text, if_exists boolean DEFAULT false) RETURNS leadscore_internal.rule
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_rule leadscore_internal.rule;
BEGIN
  SELECT r.* INTO found_rule FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS s ON s.id = r.source
  WHERE r.score = score.id AND r.name = find_rule.name AND s.criteria_of IS NULL;
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing(format('rule "%s" of score "%s.%s"', name, score.model, score.name),
                                       'Create it with leadscore.create_rule(); leadscore.rules lists what there is.', if_exists);
  END IF;
  RETURN found_rule;
END
$$;
COMMENT ON FUNCTION leadscore_internal.find_rule(leadscore_internal.score, text, boolean) IS 'The rule, or SQLSTATE 42704.';

CREATE FUNCTION leadscore_internal.find_criterion(score leadscore_internal.score, name text, if_exists boolean DEFAULT false) RETURNS leadscore_internal.rule
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_criterion leadscore_internal.rule;
BEGIN
  SELECT r.* INTO found_criterion FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS s ON s.id = r.source
  WHERE r.score = score.id AND r.name = find_criterion.name AND s.criteria_of IS NOT NULL;
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing(format('criterion "%s" of score "%s.%s"', name, score.model, score.name),
                                       'Create it with leadscore.create_criterion(); leadscore.criteria lists what there is.', if_exists);
  END IF;
  RETURN found_criterion;
END
$$;
COMMENT ON FUNCTION leadscore_internal.find_criterion(leadscore_internal.score, text, boolean) IS 'The criterion, or SQLSTATE 42704.';

-- Rules and criteria of a score have names of one space: explanations tell them apart by nothing else.
CREATE FUNCTION leadscore_internal.is_taken(score leadscore_internal.score, name text, what text, if_not_exists boolean) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  taken_by text;
BEGIN
  SELECT CASE WHEN s.criteria_of IS NULL THEN 'rule' ELSE 'criterion' END INTO taken_by
  FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS s ON s.id = r.source WHERE r.score = score.id AND r.name = is_taken.name;
  IF FOUND THEN
    PERFORM leadscore_internal.existing(format('%s "%s" of score "%s.%s"', taken_by, name, score.model, score.name), if_not_exists AND taken_by = what);
  END IF;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION leadscore_internal.is_taken(leadscore_internal.score, text, text, boolean) IS
  'Whether a rule or criterion of the score has the name: an error, or a notice with if_not_exists where it is what is to be made.';

CREATE FUNCTION leadscore_internal.find_rollup(score leadscore_internal.score, entity text, member text, if_exists boolean DEFAULT false)
RETURNS leadscore_internal.rollup
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_rollup leadscore_internal.rollup;
BEGIN
  SELECT r.* INTO found_rollup
  FROM leadscore_internal.rollup AS r
  JOIN leadscore_internal.entity AS w ON w.id = r.entity JOIN leadscore_internal.entity AS m ON m.id = r.member
  WHERE r.score = score.id AND w.name = leadscore_internal.name_in_model(find_rollup.entity, score.model, 'entity')
    AND m.name = leadscore_internal.name_in_model(find_rollup.member, score.model, 'entity');
  IF NOT FOUND THEN
    PERFORM leadscore_internal.missing(format('the roll-up of "%s" to "%s" in score "%s.%s"', member, entity, score.model, score.name),
                                       'Create it with leadscore.create_rollup(); leadscore.rollups lists what there is.', if_exists);
  END IF;
  RETURN found_rollup;
END
$$;
COMMENT ON FUNCTION leadscore_internal.find_rollup(leadscore_internal.score, text, text, boolean) IS 'The roll-up, or SQLSTATE 42704.';

CREATE FUNCTION leadscore_internal.check_model(model name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF to_regnamespace(quote_ident(model)) IS NULL THEN
    RAISE EXCEPTION 'schema "%" does not exist', model
      USING ERRCODE = 'invalid_schema_name', HINT = 'A model lives in a schema: create it first.';
  ELSIF model <> 'leadscore' AND (model LIKE 'pg\_%' OR model IN ('information_schema', 'leadscore_internal')) THEN
    RAISE EXCEPTION 'schema "%" cannot hold a model', model USING ERRCODE = 'invalid_schema_name';
  END IF;
  IF NOT has_schema_privilege(leadscore_internal.caller(), quote_ident(model)::regnamespace, 'CREATE') THEN
    RAISE EXCEPTION 'permission denied for schema %', model
      USING ERRCODE = 'insufficient_privilege',
            HINT = format('Setting up a model needs GRANT CREATE ON SCHEMA %I.', model);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_model(name) IS 'Refuses a schema that is not there, or where the caller may create nothing.';

CREATE FUNCTION leadscore_internal.permitted_score(score text, if_exists boolean DEFAULT false) RETURNS leadscore_internal.score
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(score, 'score');
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  RETURN leadscore_internal.find_score(named.model, named.name, if_exists);
END
$$;
COMMENT ON FUNCTION leadscore_internal.permitted_score(text, boolean) IS 'The score of that name, for who may set up its model; or an error, see find_score and check_model.';

CREATE FUNCTION leadscore_internal.check_owner(relation regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT pg_has_role(leadscore_internal.caller(), (SELECT c.relowner FROM pg_class AS c WHERE c.oid = relation), 'USAGE') THEN
    RAISE EXCEPTION 'must be owner of table %', relation
      USING ERRCODE = 'insufficient_privilege',
            HINT = 'Rules are evaluated with the rights of the owner of the table, so only the owner sets them up.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_owner(regclass) IS 'Refuses a caller who does not own the table.';

CREATE FUNCTION leadscore_internal.check_table(relation regclass, what text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  class pg_class;
BEGIN
  IF relation IS NULL THEN
    RAISE EXCEPTION 'the table of the % must not be null', what USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT * INTO STRICT class FROM pg_class AS c WHERE c.oid = relation;
  IF class.relkind NOT IN ('r', 'p') THEN
    RAISE EXCEPTION '% is not a table', relation
      USING ERRCODE = 'wrong_object_type',
            HINT = 'Views and foreign tables fire no triggers when what they show changes: use the tables behind them.';
  ELSIF class.relpersistence = 't' THEN
    RAISE EXCEPTION 'table % is temporary', relation USING ERRCODE = 'feature_not_supported',
      HINT = 'Scores outlive the session; use a permanent table.';
  ELSIF class.relrowsecurity AND class.relforcerowsecurity THEN
    RAISE EXCEPTION 'table % has FORCE ROW LEVEL SECURITY', relation USING ERRCODE = 'feature_not_supported',
      HINT = 'Its owner must see every row for a score to be right: ALTER TABLE … NO FORCE ROW LEVEL SECURITY.';
  END IF;
  IF what = 'source' THEN
    PERFORM leadscore_internal.check_tree(relation);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_table(regclass, text) IS 'Refuses what triggers cannot watch.';
