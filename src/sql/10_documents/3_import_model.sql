-- import_model(): a model as a document says it, in its own schema or copied to another. What differs is created and altered by the
-- functions that create_… and alter_… are made of, with the caller's rights; what is the same is not touched, so that no score is
-- marked as edited.

-- Comparing -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION leadscore_internal.listed(model name, object leadscore_internal.document_object) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_row jsonb;
BEGIN
  EXECUTE format('SELECT x.listed FROM (SELECT to_jsonb(v) AS listed FROM leadscore.%I AS v WHERE v.model = $1) AS x WHERE x.listed @> $2',
                 (SELECT k.section FROM leadscore_internal.document_kind AS k WHERE k.kind = object.kind))
  INTO found_row USING model::text, object.names;
  RETURN CASE WHEN found_row IS NOT NULL THEN leadscore_internal.document_attributes(object.kind, found_row) END;
END
$$;
COMMENT ON FUNCTION leadscore_internal.listed(name, leadscore_internal.document_object) IS 'The attributes that an object has now; NULL if there is none.';

-- By the functions that create_… and alter_… check with.
CREATE FUNCTION leadscore_internal.canonical_attributes(model name, object leadscore_internal.document_object) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  given jsonb := leadscore_internal.document_defaults(object.kind) || object.attributes;
  names jsonb := object.names;
  score leadscore_internal.score;
  rule leadscore_internal.rule;
  entity leadscore_internal.entity;
  grade leadscore_internal.grade;
  made jsonb;
BEGIN
  IF object.kind IN ('score', 'rule', 'criterion', 'rollup') THEN
    score := leadscore_internal.find_score(model, names ->> 'score');
  END IF;
  CASE object.kind
  WHEN 'entity' THEN
    made := to_jsonb(leadscore_internal.checked_entity(jsonb_populate_record(leadscore_internal.find_entity(model, names ->> 'entity'), given)));
  WHEN 'source' THEN
    made := to_jsonb(leadscore_internal.checked_source(jsonb_populate_record(leadscore_internal.find_source(model, names ->> 'source'), given)));
  WHEN 'link' THEN
    made := to_jsonb(leadscore_internal.checked_link(jsonb_populate_record(NULL::leadscore_internal.link, given || jsonb_build_object(
      'source', (leadscore_internal.find_source(model, names ->> 'source')).id, 'entity', (leadscore_internal.find_entity(model, names ->> 'entity')).id))));
  WHEN 'score' THEN
    made := to_jsonb(leadscore_internal.checked_score(jsonb_populate_record(score, given))) || jsonb_build_object('entities', given -> 'entities');
  WHEN 'rule' THEN
    made := to_jsonb(leadscore_internal.checked_rule(jsonb_populate_record(leadscore_internal.find_rule(score, names ->> 'rule'), given
              || jsonb_build_object('source', (leadscore_internal.find_source(model, given ->> 'source')).id)))) || jsonb_build_object('source', given -> 'source');
  WHEN 'criterion' THEN
    rule := jsonb_populate_record(leadscore_internal.find_criterion(score, names ->> 'criterion'), given);
    entity := leadscore_internal.find_entity(model, given ->> 'entity');
    -- Of another entity, it is made anew.
    IF NOT EXISTS (SELECT FROM leadscore_internal.source AS s WHERE s.id = rule.source AND s.criteria_of = entity.id) THEN
      RETURN object.attributes;
    END IF;
    rule.decay := coalesce(rule.decay, 'none');
    made := to_jsonb(leadscore_internal.checked_rule(rule)) || jsonb_build_object('entity', entity.name, 'occurred_at',
              leadscore_internal.checked_criterion_time(entity, given ->> 'occurred_at', format('occurred_at of criterion "%s"', rule.name)));
  WHEN 'rollup' THEN
    made := to_jsonb(leadscore_internal.checked_rollup(jsonb_populate_record(
              leadscore_internal.find_rollup(score, quote_ident(names ->> 'entity'), quote_ident(names ->> 'of')), given)));
  WHEN 'grade' THEN
    grade := jsonb_populate_record(leadscore_internal.find_grade(leadscore_internal.find_entity(model, names ->> 'entity'), names ->> 'grade'), given
               || jsonb_build_object('fit_score', (leadscore_internal.find_score(model, given ->> 'fit_score')).id,
                                     'engagement_score', (leadscore_internal.find_score(model, given ->> 'engagement_score')).id));
    PERFORM leadscore_internal.check_grade(grade);
    made := given;
  END CASE;
  RETURN leadscore_internal.document_attributes(object.kind, made);
END
$$;
COMMENT ON FUNCTION leadscore_internal.canonical_attributes(name, leadscore_internal.document_object) IS
  'The attributes that an object would be kept with; checked as when it is created.';

-- What was exported is canonical already.
CREATE FUNCTION leadscore_internal.kept_attributes(model name, object leadscore_internal.document_object, present jsonb) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN object.attributes = present THEN present ELSE leadscore_internal.canonical_attributes(model, object) END
$$;
COMMENT ON FUNCTION leadscore_internal.kept_attributes(name, leadscore_internal.document_object, jsonb) IS
  'The attributes that an object is to be kept with, where it has these now.';

-- Carrying it out ------------------------------------------------------------------------------------------------------

-- The first argument says of which model an object is; names of others are written as in SQL.
CREATE FUNCTION leadscore_internal.setup_argument(model name, given jsonb, argument text, number int, type regtype) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%L::%s',
    CASE WHEN number = 1 THEN format('%I.%I', model, given ->> argument)
         WHEN argument = 'entities' THEN ARRAY(SELECT quote_ident(e) FROM jsonb_array_elements_text(given -> argument) AS e)::text
         WHEN jsonb_typeof(given -> argument) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(given -> argument))::text
         WHEN argument IN ('entity', 'source', 'of', 'fit_score', 'engagement_score') THEN quote_ident(given ->> argument)
         ELSE given ->> argument END, type)
$$;
COMMENT ON FUNCTION leadscore_internal.setup_argument(name, jsonb, text, int, regtype) IS 'An argument of a set-up function as SQL.';

-- All attributes are given; those that are the default are reset.
CREATE FUNCTION leadscore_internal.call_setup(verb text, model name, object leadscore_internal.document_object) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  given jsonb := object.names || object.attributes;
  function_name text := format('%s_%s', verb, object.kind);
BEGIN
  EXECUTE (
    SELECT format('SELECT leadscore_internal.%I(%s)', function_name, string_agg(
      CASE WHEN given ? a.name THEN leadscore_internal.setup_argument(model, given, a.name, a.n::int, p.proargtypes[a.n - 1])
           WHEN a.name = 'reset' THEN format('%L::text[]', ARRAY(
             SELECT k.key FROM leadscore_internal.document_keys(object.kind) AS k WHERE k.fallback IS NOT NULL AND NOT given ? k.key))
           ELSE coalesce(pg_get_function_arg_default(p.oid, a.n::int), 'NULL') END, ', ' ORDER BY a.n))
    FROM leadscore_internal.setup_function(function_name) AS p CROSS JOIN LATERAL unnest(p.proargnames) WITH ORDINALITY AS a(name, n));
END
$$;
COMMENT ON FUNCTION leadscore_internal.call_setup(text, name, leadscore_internal.document_object) IS
  'Calls the implementation of create_…, alter_… or drop_… for an object of a document.';

CREATE FUNCTION leadscore_internal.import_object(model name, object leadscore_internal.document_object) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  present jsonb := leadscore_internal.listed(model, object);
  wanted jsonb;
BEGIN
  PERFORM leadscore_internal.set_place(object.place);
  IF present IS NULL THEN
    PERFORM leadscore_internal.call_setup('create', model, object);
    RETURN;
  END IF;
  wanted := leadscore_internal.kept_attributes(model, object, present);
  IF wanted = present THEN
    RETURN;
  ELSIF EXISTS (SELECT FROM leadscore_internal.document_keys(object.kind) AS k
                WHERE wanted -> k.key IS DISTINCT FROM present -> k.key
                  AND k.key <> ALL ((leadscore_internal.setup_function('alter_' || object.kind)).proargnames)) THEN
    -- What it stands on cannot be altered.
    PERFORM leadscore_internal.call_setup('drop', model, object);
    PERFORM leadscore_internal.call_setup('create', model, object);
  ELSE
    PERFORM leadscore_internal.call_setup('alter', model, object);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.import_object(name, leadscore_internal.document_object) IS 'Creates an object, or alters it if it differs.';

CREATE FUNCTION leadscore_internal.drop_one_link(link int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  dropped leadscore_internal.link;
BEGIN
  DELETE FROM leadscore_internal.link AS l WHERE l.id = drop_one_link.link RETURNING l.* INTO STRICT dropped;
  PERFORM leadscore_internal.check_owner(s.relation) FROM leadscore_internal.source AS s WHERE s.id = dropped.source;
  PERFORM leadscore_internal.mark_edited(leadscore_internal.scores_on_source(dropped.source));
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_one_link(int) IS 'Drops one of the links from a source to an entity.';

-- Links have no names: those from a source to an entity are replaced together, but what is the same stays.
CREATE FUNCTION leadscore_internal.import_links(model name, links leadscore_internal.document_object[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  o leadscore_internal.document_object;
  wanted jsonb[] := '{}';
  present jsonb[];
BEGIN
  PERFORM leadscore_internal.set_place(links[1].place);
  present := ARRAY(
    SELECT leadscore_internal.document_attributes('link', to_jsonb(x)) FROM leadscore_internal.link AS x
    WHERE x.source = (leadscore_internal.find_source(model, links[1].names ->> 'source')).id
      AND x.entity = (leadscore_internal.find_entity(model, links[1].names ->> 'entity')).id);
  FOREACH o IN ARRAY links LOOP
    PERFORM leadscore_internal.set_place(o.place);
    wanted := wanted || CASE WHEN o.attributes = ANY (present) THEN o.attributes ELSE leadscore_internal.canonical_attributes(model, o) END;
  END LOOP;
  PERFORM leadscore_internal.drop_one_link(x.id) FROM leadscore_internal.link AS x
  WHERE x.source = (leadscore_internal.find_source(model, o.names ->> 'source')).id
    AND x.entity = (leadscore_internal.find_entity(model, o.names ->> 'entity')).id
    AND leadscore_internal.document_attributes('link', to_jsonb(x)) <> ALL (wanted);
  FOR o.attributes IN SELECT DISTINCT w FROM unnest(wanted) AS w WHERE w <> ALL (present) LOOP
    PERFORM leadscore_internal.call_setup('create', model, o);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.import_links(name, leadscore_internal.document_object[]) IS 'Makes the links from a source to an entity those of a document.';

-- A document is meant as a whole: what stands on a table that is about to change, and changes with it, must not be in its way.
-- Criteria of the same entity stay: what is recorded of them would be lost.
CREATE FUNCTION leadscore_internal.make_way(model name, wanted leadscore_internal.document_object[], present leadscore_internal.document_object[], drop_missing boolean)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed jsonb := '[]';
  attributes jsonb;
  o leadscore_internal.document_object;
BEGIN
  FOREACH o IN ARRAY wanted LOOP
    IF o.kind IN ('entity', 'source') THEN
      PERFORM leadscore_internal.set_place(o.place);
      attributes := leadscore_internal.listed(model, o);
      IF attributes IS NOT NULL AND leadscore_internal.kept_attributes(model, o, attributes) <> attributes THEN
        changed := changed || jsonb_build_array(o.names);
      END IF;
    END IF;
  END LOOP;
  PERFORM leadscore_internal.set_place(NULL);
  FOR o IN
    SELECT DISTINCT ON (p.step, p.kind, p.names) p.* FROM unnest(present) AS p
    WHERE p.kind IN ('link', 'rule', 'criterion', 'rollup')
      AND CASE WHEN NOT EXISTS (SELECT FROM unnest(wanted) AS w WHERE (w.kind, w.names) = (p.kind, p.names))
               THEN drop_missing AND (p.kind = 'link' OR EXISTS (SELECT FROM unnest(wanted) AS w WHERE w.kind = 'score' AND p.names @> w.names))
               WHEN p.kind = 'criterion'
               THEN EXISTS (SELECT FROM unnest(wanted) AS w WHERE (w.kind, w.names) = (p.kind, p.names) AND w.attributes -> 'entity' <> p.attributes -> 'entity')
               ELSE changed @> jsonb_build_array(CASE p.kind WHEN 'rollup' THEN jsonb_build_object('entity', p.names -> 'of')
                                                 ELSE jsonb_build_object('source', (p.names || p.attributes) -> 'source') END)
                    AND NOT EXISTS (SELECT FROM unnest(wanted) AS w WHERE (w.kind, w.names, w.attributes) = (p.kind, p.names, p.attributes)) END
    ORDER BY p.step DESC, p.kind, p.names
  LOOP
    PERFORM leadscore_internal.call_setup('drop', model, o);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_way(name, leadscore_internal.document_object[], leadscore_internal.document_object[], boolean) IS
  'Drops links, rules, criteria and roll-ups that the document does not have, and those that will be made anew for another table.';

-- Roll-ups bring their entities along, in the document and where they stay.
CREATE FUNCTION leadscore_internal.with_rollup_entities(objects leadscore_internal.document_object[], kept leadscore_internal.document_object[])
RETURNS leadscore_internal.document_object[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ARRAY(
    SELECT (o.step, o.kind, o.names, CASE o.kind WHEN 'score' THEN o.attributes || jsonb_build_object('entities', ARRAY(
              SELECT e FROM jsonb_array_elements_text(coalesce(o.attributes -> 'entities', '[]')) AS e
              UNION SELECT r.names ->> 'entity' FROM unnest(objects || kept) AS r WHERE r.kind = 'rollup' AND r.names @> o.names
              UNION SELECT r.names ->> 'of' FROM unnest(kept) AS r WHERE r.kind = 'rollup' AND r.names @> o.names))
            ELSE o.attributes END, o.place)::leadscore_internal.document_object
    FROM unnest(objects) AS o)
$$;
COMMENT ON FUNCTION leadscore_internal.with_rollup_entities(leadscore_internal.document_object[], leadscore_internal.document_object[]) IS
  'Objects of a document, whose scores name all their entities.';

CREATE FUNCTION leadscore_internal.drop_unused(model name, wanted leadscore_internal.document_object[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  o leadscore_internal.document_object;
BEGIN
  FOR o IN
    SELECT p.* FROM leadscore_internal.model_objects(model) AS p
    WHERE p.kind IN ('source', 'entity') AND NOT EXISTS (SELECT FROM unnest(wanted) AS w WHERE (w.kind, w.names) = (p.kind, p.names))
    ORDER BY p.step DESC, p.names
  LOOP
    BEGIN
      PERFORM leadscore_internal.call_setup('drop', model, o);
    EXCEPTION WHEN dependent_objects_still_exist THEN
      -- A published score needs it until it is published again.
      NULL;
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_unused(name, leadscore_internal.document_object[]) IS 'Drops sources and entities that the document does not have.';

CREATE FUNCTION leadscore_internal.carry_out_import(model name, wanted leadscore_internal.document_object[], drop_missing boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  present leadscore_internal.document_object[] := ARRAY(SELECT p FROM leadscore_internal.model_objects(model) AS p);
  o leadscore_internal.document_object;
  item record;
BEGIN
  IF drop_missing THEN
    -- Those that stay may be of a score that does not.
    PERFORM leadscore_internal.call_setup('drop', model, p) FROM unnest(present) AS p
    WHERE p.kind = 'grade' AND NOT leadscore_internal.is_retired(model, p)
      AND (NOT EXISTS (SELECT FROM unnest(wanted) AS w WHERE (w.kind, w.names) = (p.kind, p.names))
           OR (SELECT count(*) FROM unnest(wanted) AS w WHERE w.kind = 'score' AND w.names ->> 'score' IN (p.attributes ->> 'fit_score', p.attributes ->> 'engagement_score'))
              < (SELECT count(DISTINCT s) FROM unnest(ARRAY[p.attributes ->> 'fit_score', p.attributes ->> 'engagement_score']) AS s));
    PERFORM leadscore_internal.drop_score(format('%I.%I', s.model, s.name), false) FROM leadscore_internal.score AS s
    WHERE s.model = carry_out_import.model AND s.state <> 'retired'
      AND NOT EXISTS (SELECT FROM unnest(wanted) AS w WHERE w.kind = 'score' AND w.names ->> 'score' = s.name);
  END IF;
  PERFORM leadscore_internal.make_way(model, wanted, present, drop_missing);
  wanted := leadscore_internal.with_rollup_entities(wanted, ARRAY(
    SELECT p FROM unnest(present) AS p
    WHERE NOT drop_missing AND p.kind = 'rollup' AND NOT EXISTS (SELECT FROM unnest(wanted) AS w WHERE (w.kind, w.names) = (p.kind, p.names))));
  FOR o IN SELECT w.* FROM unnest(wanted) AS w WHERE w.kind IN ('entity', 'source') ORDER BY w.step, w.place COLLATE "C" LOOP
    PERFORM leadscore_internal.import_object(model, o);
  END LOOP;
  FOR item IN SELECT array_agg(w ORDER BY w.place COLLATE "C") AS links FROM unnest(wanted) AS w WHERE w.kind = 'link' GROUP BY w.names ORDER BY w.names LOOP
    PERFORM leadscore_internal.import_links(model, item.links);
  END LOOP;
  FOR o IN SELECT w.* FROM unnest(wanted) AS w WHERE w.kind NOT IN ('entity', 'source', 'link', 'bands') ORDER BY w.step, w.place COLLATE "C" LOOP
    PERFORM leadscore_internal.import_object(model, o);
  END LOOP;
  FOR item IN
    SELECT format('%I.%I', s.model, s.name) AS score, w.place || '.bands' AS place, b.attributes AS bands
    FROM unnest(wanted) AS w
    JOIN leadscore_internal.score AS s ON s.model = carry_out_import.model AND s.name = w.names ->> 'score'
    LEFT JOIN unnest(wanted) AS b ON b.kind = 'bands' AND b.names = w.names
    WHERE w.kind = 'score' AND b.attributes IS DISTINCT FROM s.bands ORDER BY w.place COLLATE "C"
  LOOP
    PERFORM leadscore_internal.set_place(item.place);
    PERFORM leadscore_internal.set_bands(item.score, item.bands);
  END LOOP;
  PERFORM leadscore_internal.set_place(NULL);
  IF drop_missing THEN
    PERFORM leadscore_internal.drop_unused(model, wanted);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.carry_out_import(name, leadscore_internal.document_object[], boolean) IS 'Makes a model what a document says.';

-- By what there was and is, not by what was done.
CREATE FUNCTION leadscore_internal.import_report(model name, wanted leadscore_internal.document_object[],
                                                 before leadscore_internal.document_object[], after leadscore_internal.document_object[])
RETURNS TABLE (action text, kind text, object text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH was AS (
    SELECT o.step, o.kind, o.names, jsonb_agg(o.attributes ORDER BY o.attributes) AS attributes FROM unnest(before) AS o GROUP BY o.step, o.kind, o.names
  ), is_now AS (
    SELECT o.step, o.kind, o.names, jsonb_agg(o.attributes ORDER BY o.attributes) AS attributes FROM unnest(after) AS o GROUP BY o.step, o.kind, o.names
  ), changes AS (
    SELECT coalesce(w.step, n.step) AS step, CASE WHEN w.step IS NULL THEN 'created' WHEN n.step IS NULL THEN 'dropped' ELSE 'altered' END AS action,
           coalesce(w.kind, n.kind) AS kind, coalesce(w.names, n.names) AS names
    FROM was AS w FULL JOIN is_now AS n ON (n.kind, n.names) = (w.kind, w.names) WHERE w.attributes IS DISTINCT FROM n.attributes
  ), lines AS (
    SELECT c.step, c.action, c.kind, leadscore_internal.document_name(c.kind, c.names) AS object FROM changes AS c
    UNION ALL
    SELECT DISTINCT 10, 'extra', n.kind, leadscore_internal.document_name(n.kind, n.names) FROM unnest(after) AS n
    WHERE n.kind <> 'bands' AND NOT EXISTS (SELECT FROM unnest(wanted) AS w WHERE (w.kind, w.names) = (n.kind, n.names))
      AND (n.kind IN ('link', 'score') OR NOT n.names ? 'score' OR EXISTS (SELECT FROM unnest(wanted) AS w WHERE w.kind = 'score' AND n.names @> w.names))
      AND NOT leadscore_internal.is_retired(model, n)
    UNION ALL
    SELECT 11, 'publish', 'score', format('%I.%I', s.model, s.name) FROM leadscore_internal.score AS s
    WHERE s.model = import_report.model AND s.edited AND EXISTS (SELECT FROM changes)
      AND (s.state = 'live' OR s.state <> 'paused' AND EXISTS (SELECT FROM unnest(wanted) AS w WHERE w.kind = 'score' AND w.names ->> 'score' = s.name))
  )
  SELECT l.action, l.kind, l.object FROM lines AS l ORDER BY l.step, l.kind COLLATE "C", l.object COLLATE "C"
$$;
COMMENT ON FUNCTION leadscore_internal.import_report(name, leadscore_internal.document_object[], leadscore_internal.document_object[], leadscore_internal.document_object[]) IS
  'What an import changed, what the document does not have, and what is to be published.';

CREATE FUNCTION leadscore_internal.import_model(document jsonb, model text, tables jsonb, drop_missing boolean, dry_run boolean)
RETURNS TABLE (action text, kind text, object text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET intervalstyle = postgres SET extra_float_digits = 1 SET quote_all_identifiers = off AS $$
#variable_conflict use_column
DECLARE
  -- Checked first: what follows takes it apart.
  wanted leadscore_internal.document_object[] := ARRAY(SELECT o FROM leadscore_internal.read_document(document) AS o);
  from_model text := coalesce(document ->> 'model', 'leadscore');
  of_model name := coalesce(import_model.model, from_model);
  schemas jsonb;
  before leadscore_internal.document_object[];
  after leadscore_internal.document_object[];
BEGIN
  PERFORM leadscore_internal.set_place(NULL);
  PERFORM leadscore_internal.check_model(of_model);
  schemas := leadscore_internal.checked_schemas(from_model, of_model, tables);
  PERFORM leadscore_internal.check_schemas_used(wanted, tables);
  wanted := ARRAY(SELECT leadscore_internal.mapped_object(w, schemas) FROM unnest(wanted) AS w);
  PERFORM leadscore_internal.set_place(NULL);
  -- As for each of its scores: no publish is under way, and none begins.
  PERFORM pg_advisory_xact_lock(leadscore_internal.life_lock_key(of_model, s.name))
  FROM (SELECT x.name FROM leadscore_internal.score AS x WHERE x.model = of_model
        UNION SELECT w.names ->> 'score' FROM unnest(wanted) AS w WHERE w.kind = 'score' ORDER BY 1) AS s;
  PERFORM leadscore_internal.open_model(of_model, 'import_model');
  before := ARRAY(SELECT o FROM leadscore_internal.model_objects(of_model) AS o);
  BEGIN
    PERFORM leadscore_internal.carry_out_import(of_model, wanted, drop_missing IS TRUE);
    after := ARRAY(SELECT o FROM leadscore_internal.model_objects(of_model) AS o);
    RETURN QUERY SELECT * FROM leadscore_internal.import_report(of_model, wanted, before, after);
    IF dry_run THEN
      RAISE EXCEPTION 'dry run' USING ERRCODE = 'LSDRY';
    END IF;
  EXCEPTION WHEN SQLSTATE 'LSDRY' THEN
    NULL;
  END;
END
$$;
COMMENT ON FUNCTION leadscore_internal.import_model(jsonb, text, jsonb, boolean, boolean) IS 'Implementation of leadscore.import_model.';

CREATE FUNCTION leadscore.import_model(document jsonb, "into" text DEFAULT NULL, tables jsonb DEFAULT NULL, drop_missing boolean DEFAULT false,
                                       dry_run boolean DEFAULT false)
  RETURNS TABLE (action text, kind text, object text) AS 'MODULE_PATHNAME', 'leadscore_setup_from_document' LANGUAGE C;
COMMENT ON FUNCTION leadscore.import_model(jsonb, text, jsonb, boolean, boolean) IS
  'Makes a model what a document of export_model() says, all or nothing; what is the same is not touched. into (in double quotes, as it is a word of SQL): another schema to hold it, the document''s by default, whose tables and functions then stand for those in the schema of the document''s model; tables: other schemas for those of tables, {"crm": "acme_crm"}; drop_missing: also drops what the document does not have; dry_run: changes nothing. Lines: what was created, altered or dropped, what is extra in the model, and which scores CALL leadscore.publish() makes live. The caller must own the tables.';
