-- A model as a document: export_model() writes what is set up as jsonb, with the names that the arguments of the create_…
-- functions have; import_model() (76) makes a model what a document says. Both go by document_kind and by the declarations of
-- those functions, so that a new argument needs no line here where the view of its objects has a column of its name.

-- How an object stands in a document. section: the key under which all of a kind are, and the view that lists them; in_score: within
-- their score; names: what tells one from another; is_named: whether the last of these is a key of the section, which is a list
-- otherwise.
CREATE VIEW leadscore_internal.document_kind AS
SELECT * FROM (VALUES
  (1, 'entity', 'entities', false, '{entity}'::text[], true),
  (2, 'source', 'sources', false, '{source}', true),
  (3, 'link', 'links', false, '{source,entity}', false),
  (4, 'score', 'scores', false, '{score}', true),
  (5, 'rule', 'rules', true, '{score,rule}', true),
  (6, 'criterion', 'criteria', true, '{score,criterion}', true),
  (7, 'rollup', 'rollups', true, '{score,entity,of}', false),
  (8, 'grade', 'grades', false, '{grade,entity}', false)) AS k(step, kind, section, in_score, names, is_named);
COMMENT ON VIEW leadscore_internal.document_kind IS 'What a model consists of, in the order in which it is made.';

CREATE TYPE leadscore_internal.document_object AS (step int, kind text, names jsonb, attributes jsonb, place text);
COMMENT ON TYPE leadscore_internal.document_object IS 'A part of a model in a document: what it is called, its attributes without the defaults, and where it stands.';

CREATE FUNCTION leadscore_internal.set_place(place text) RETURNS void
  AS 'MODULE_PATHNAME', 'leadscore_set_place' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.set_place(text) IS 'Where in a document a set-up function has got to, or NULL: errors begin with it.';

-- Others may have been allowed to create functions in leadscore, but not these.
CREATE FUNCTION leadscore_internal.setup_function(name text) RETURNS pg_proc
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT p FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
  WHERE p.proname = setup_function.name::name AND p.pronamespace = 'leadscore'::regnamespace AND p.prosrc = 'leadscore_setup' AND l.lanname = 'c'
$$;
COMMENT ON FUNCTION leadscore_internal.setup_function(text) IS 'A public set-up function of ours.';

-- based_on and if_not_exists say how something is made, not what it is.
CREATE FUNCTION leadscore_internal.document_keys(kind text) RETURNS TABLE (key text, type regtype, fallback text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.name, p.proargtypes[a.n - 1]::regtype, pg_get_function_arg_default(p.oid, a.n::int)
  FROM leadscore_internal.document_kind AS k CROSS JOIN leadscore_internal.setup_function('create_' || k.kind) AS p
  CROSS JOIN LATERAL unnest(p.proargnames) WITH ORDINALITY AS a(name, n)
  WHERE k.kind = document_keys.kind AND a.name <> ALL (k.names || '{based_on,if_not_exists}') ORDER BY a.n
$$;
COMMENT ON FUNCTION leadscore_internal.document_keys(text) IS
  'The attributes of a kind of object: the arguments of its create_… function, with their defaults; NULL where there is none.';

CREATE FUNCTION leadscore_internal.document_defaults(kind text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  defaults jsonb;
BEGIN
  EXECUTE (SELECT format('SELECT jsonb_build_object(%s)', string_agg(format('%L, %s', k.key, coalesce(k.fallback, 'NULL')), ', '))
           FROM leadscore_internal.document_keys(kind) AS k) INTO defaults;
  RETURN defaults;
END
$$;
COMMENT ON FUNCTION leadscore_internal.document_defaults(text) IS 'All attributes of a kind of object, with what they are where nothing is said.';

-- Export -------------------------------------------------------------------------------------------------------------

-- A time without a zone is kept with its zone written into it.
CREATE FUNCTION leadscore_internal.without_zone(listed jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  occurred_at text := listed ->> 'occurred_at';
  zone text := ' AT TIME ZONE ' || quote_literal(listed ->> 'time_zone') || '::text)';
BEGIN
  IF starts_with(occurred_at, '(') AND right(occurred_at, length(zone)) = zone THEN
    RETURN listed || jsonb_build_object('occurred_at', substr(occurred_at, 2, length(occurred_at) - length(zone) - 1));
  END IF;
  RETURN listed - 'time_zone';
END
$$;
COMMENT ON FUNCTION leadscore_internal.without_zone(jsonb) IS 'The time of a source as it was given with time_zone.';

-- A wider number is kept with what makes it one of the entity's type: another model's may be of another.
CREATE FUNCTION leadscore_internal.without_cast(listed jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT listed || coalesce(
    (SELECT jsonb_build_object('key', coalesce(m[1], m[3]))
     FROM regexp_match(listed ->> 'key',
       '^CASE WHEN \(\((.+) >= ''-\d+''::integer\) AND \(\1 <= \d+\)\) THEN \(\1\)::(integer|smallint) ELSE NULL::\2 END$'
       '|^\(leadscore_internal\.number_or_null\((.+), ''(integer|smallint)''::regtype\)\)::\4$') AS m
     WHERE m IS NOT NULL), '{}')
$$;
COMMENT ON FUNCTION leadscore_internal.without_cast(jsonb) IS 'The key of a link or a roll-up as it was given.';

-- listed: a row of the view, or of the catalogue where that has the names of the arguments.
CREATE FUNCTION leadscore_internal.document_attributes(kind text, listed jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tables text[] := ARRAY(SELECT jsonb_array_elements_text(jsonb_build_array(listed -> 'relation') || coalesce(nullif(listed -> 'through', 'null'), '[]')));
  attributes jsonb;
BEGIN
  IF tables && ARRAY(SELECT t FROM unnest(tables) AS t WHERE t ~ '^\d+$') THEN
    RAISE EXCEPTION 'a table of % does not exist any more', concat_ws(' ', kind, leadscore_internal.document_name(kind, listed))
      USING ERRCODE = 'undefined_table', HINT = 'Drop what is set up for it, or alter it to another table.';
  END IF;
  IF kind = 'source' THEN
    listed := leadscore_internal.without_zone(listed);
  ELSIF kind IN ('link', 'rollup') THEN
    listed := leadscore_internal.without_cast(listed);
  ELSIF kind = 'entity' AND listed ->> 'key' = leadscore_internal.primary_key_column((listed ->> 'relation')::regclass) THEN
    listed := listed - 'key';
  ELSIF kind = 'criterion' AND listed ->> 'decay' = 'none' THEN
    listed := listed - 'decay';
  ELSIF kind = 'score' THEN
    listed := listed || jsonb_build_object('entities', (SELECT jsonb_agg(e ORDER BY e #>> '{}' COLLATE "C") FROM jsonb_array_elements(listed -> 'entities') AS e));
  END IF;
  SELECT coalesce(jsonb_object_agg(d.key, listed -> d.key), '{}') INTO attributes
  FROM jsonb_each(leadscore_internal.document_defaults(kind)) AS d WHERE listed -> d.key <> 'null' AND listed -> d.key <> d.value;
  RETURN attributes;
END
$$;
COMMENT ON FUNCTION leadscore_internal.document_attributes(text, jsonb) IS 'The attributes of an object that are not the default.';

CREATE FUNCTION leadscore_internal.document_name(kind text, names jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE kind WHEN 'link' THEN format('%I to %I', names ->> 'source', names ->> 'entity')
                   WHEN 'rollup' THEN format('%I: %I to %I', names ->> 'score', names ->> 'of', names ->> 'entity')
                   WHEN 'grade' THEN format('%I of %I', names ->> 'grade', names ->> 'entity')
                   WHEN 'bands' THEN quote_ident(names ->> 'score')
                   ELSE concat_ws('.', CASE WHEN kind <> 'score' THEN quote_ident(names ->> 'score') END, quote_ident(names ->> kind)) END
$$;
COMMENT ON FUNCTION leadscore_internal.document_name(text, jsonb) IS 'What messages call an object of a model.';

CREATE FUNCTION leadscore_internal.model_objects(model name) RETURNS SETOF leadscore_internal.document_object
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  k record;
BEGIN
  FOR k IN SELECT * FROM leadscore_internal.document_kind LOOP
    RETURN QUERY EXECUTE format(
      'SELECT DISTINCT $1, $2, (SELECT jsonb_object_agg(n, x.listed -> n) FROM unnest($3) AS n), leadscore_internal.document_attributes($2, x.listed), NULL::text
       FROM (SELECT to_jsonb(v) AS listed FROM leadscore.%I AS v WHERE v.model = $4) AS x', k.section)
    USING k.step, k.kind, k.names, model::text;
  END LOOP;
  RETURN QUERY SELECT 9, 'bands', jsonb_build_object('score', s.name), s.bands, NULL::text FROM leadscore_internal.score AS s
               WHERE s.model = model_objects.model AND s.bands IS NOT NULL;
END
$$;
COMMENT ON FUNCTION leadscore_internal.model_objects(name) IS 'All that is set up in a model.';

-- What a model, or a score, holds of some kinds: a section for each that is not empty.
CREATE FUNCTION leadscore_internal.document_sections(objects leadscore_internal.document_object[], score text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_object_agg(s.section, s.content), '{}')
  FROM (SELECT k.section,
               CASE WHEN k.is_named THEN jsonb_object_agg(o.names ->> k.names[cardinality(k.names)], o.attributes || o.inner_parts)
                    ELSE jsonb_agg((o.names - 'score') || o.attributes ORDER BY o.names, o.attributes) END AS content
        FROM leadscore_internal.document_kind AS k
        JOIN (SELECT x.*, CASE x.kind WHEN 'score' THEN leadscore_internal.document_sections(objects, x.names ->> 'score') ELSE '{}' END AS inner_parts
              FROM unnest(objects) AS x) AS o ON o.kind = k.kind
        WHERE CASE WHEN document_sections.score IS NULL THEN NOT k.in_score ELSE k.in_score AND o.names ->> 'score' = document_sections.score END
        GROUP BY k.section, k.is_named
        UNION ALL
        SELECT 'bands', x.attributes FROM unnest(objects) AS x WHERE x.kind = 'bands' AND x.names ->> 'score' = document_sections.score) AS s
$$;
COMMENT ON FUNCTION leadscore_internal.document_sections(leadscore_internal.document_object[], text) IS 'The sections of a document, or of one score in it.';

CREATE FUNCTION leadscore_internal.is_retired(model name, object leadscore_internal.document_object) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM leadscore_internal.score AS s
                 WHERE s.model = is_retired.model AND s.state = 'retired'
                   AND s.name IN (object.names ->> 'score', object.attributes ->> 'fit_score', object.attributes ->> 'engagement_score'))
$$;
COMMENT ON FUNCTION leadscore_internal.is_retired(name, leadscore_internal.document_object) IS 'Whether an object is of a retired score, or needs one.';

-- The document is the same whatever the session's settings are.
CREATE FUNCTION leadscore.export_model(model text DEFAULT 'leadscore') RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET intervalstyle = postgres SET extra_float_digits = 1 SET quote_all_identifiers = off AS $$
DECLARE
  objects leadscore_internal.document_object[];
BEGIN
  objects := ARRAY(SELECT o FROM leadscore_internal.model_objects(model) AS o WHERE NOT leadscore_internal.is_retired(model, o));
  IF cardinality(objects) = 0 THEN
    RAISE EXCEPTION 'nothing is set up in model "%"', model
      USING ERRCODE = 'undefined_object', HINT = 'The name of its schema, as it is: leadscore.entities lists what there is.';
  END IF;
  RETURN jsonb_build_object('pg_leadscore', 1, 'model', model) || leadscore_internal.document_sections(objects, NULL);
END
$$;
COMMENT ON FUNCTION leadscore.export_model(text) IS
  'What is set up in a model, published or not, as a document for import_model(): entities, sources, links, scores with their rules, criteria, roll-ups and bands, and grades, keyed as the arguments of the create_ functions, defaults left out. Without retired scores, states, and anything read from the CRM.';

-- Reading a document -------------------------------------------------------------------------------------------------

CREATE FUNCTION leadscore_internal.check_json(what text, given jsonb, wanted text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF given IS NULL THEN
    RAISE EXCEPTION '% is missing', what USING ERRCODE = 'invalid_parameter_value';
  ELSIF jsonb_typeof(given) <> wanted THEN
    RAISE EXCEPTION '% must be %, not %', what, CASE WHEN wanted ~ '^[ao]' THEN 'an ' ELSE 'a ' END || wanted, left(given::text, 60)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_json(text, jsonb, text) IS 'Refuses another type of JSON, or nothing.';

CREATE FUNCTION leadscore_internal.check_known(given jsonb, known text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unknown text := (SELECT min(k COLLATE "C") FROM jsonb_object_keys(given) AS k WHERE k <> ALL (known));
BEGIN
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'there is no "%"', unknown
      USING ERRCODE = 'invalid_parameter_value', HINT = format('What may stand here: %s.', array_to_string(known, ', '));
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_known(jsonb, text[]) IS 'Refuses keys that mean nothing, which are typing errors.';

-- null is the default, as in a call.
CREATE FUNCTION leadscore_internal.read_object(kind leadscore_internal.document_kind, given jsonb, names jsonb, place text) RETURNS leadscore_internal.document_object
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  k record;
  attributes jsonb := '{}';
BEGIN
  PERFORM leadscore_internal.set_place(place);
  PERFORM leadscore_internal.check_json(kind.kind, given, 'object');
  PERFORM leadscore_internal.check_known(given, ARRAY(
    SELECT n FROM unnest(kind.names) AS n WHERE NOT names ? n
    UNION ALL SELECT a.key FROM leadscore_internal.document_keys(kind.kind) AS a
    UNION ALL SELECT x.section FROM leadscore_internal.document_kind AS x WHERE kind.kind = 'score' AND x.in_score
    UNION ALL SELECT 'bands' WHERE kind.kind = 'score'));
  FOR k IN SELECT n AS name FROM unnest(kind.names) AS n WHERE NOT names ? n LOOP
    PERFORM leadscore_internal.check_json(k.name, given -> k.name, 'string');
    names := names || jsonb_build_object(k.name, given -> k.name);
  END LOOP;
  FOR k IN SELECT * FROM leadscore_internal.document_keys(kind.kind) LOOP
    CONTINUE WHEN k.fallback IS NOT NULL AND coalesce(given -> k.key, 'null') = 'null';
    PERFORM leadscore_internal.check_json(k.key, given -> k.key, (
      SELECT CASE WHEN t.oid = 'jsonb'::regtype THEN 'object' WHEN t.typcategory = 'A' THEN 'array' WHEN t.typcategory = 'B' THEN 'boolean'
                  WHEN t.typcategory = 'N' AND t.oid <> 'regclass'::regtype THEN 'number' ELSE 'string' END
      FROM pg_type AS t WHERE t.oid = k.type));
    PERFORM leadscore_internal.check_json(format('%s[%s]', k.key, e.n - 1), e.value, 'string')
    FROM jsonb_array_elements(CASE jsonb_typeof(given -> k.key) WHEN 'array' THEN given -> k.key ELSE '[]' END) WITH ORDINALITY AS e(value, n);
    attributes := attributes || jsonb_build_object(k.key, given -> k.key);
  END LOOP;
  RETURN (kind.step, kind.kind, names, attributes, place)::leadscore_internal.document_object;
END
$$;
COMMENT ON FUNCTION leadscore_internal.read_object(leadscore_internal.document_kind, jsonb, jsonb, text) IS 'An object as a document gives it; its keys and their types checked.';

CREATE FUNCTION leadscore_internal.read_section(kind leadscore_internal.document_kind, section jsonb, names jsonb, place text) RETURNS SETOF leadscore_internal.document_object
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  item record;
BEGIN
  IF section IS NULL THEN
    RETURN;
  END IF;
  PERFORM leadscore_internal.set_place('scores.' || quote_ident(names ->> 'score'));
  PERFORM leadscore_internal.check_json(kind.section, section, CASE WHEN kind.is_named THEN 'object' ELSE 'array' END);
  IF kind.is_named THEN
    FOR item IN SELECT * FROM jsonb_each(section) AS e ORDER BY e.key COLLATE "C" LOOP
      PERFORM leadscore_internal.check_name(item.key, kind.kind);
      RETURN NEXT leadscore_internal.read_object(kind, item.value, names || jsonb_build_object(kind.names[cardinality(kind.names)], item.key),
                                                 format('%s.%I', place, item.key));
    END LOOP;
  ELSE
    FOR item IN SELECT * FROM jsonb_array_elements(section) WITH ORDINALITY AS e(value, n) LOOP
      RETURN NEXT leadscore_internal.read_object(kind, item.value, names, format('%s[%s]', place, item.n - 1));
    END LOOP;
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.read_section(leadscore_internal.document_kind, jsonb, jsonb, text) IS 'The objects of a section of a document.';

CREATE FUNCTION leadscore_internal.read_document(document jsonb) RETURNS SETOF leadscore_internal.document_object
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  k leadscore_internal.document_kind;
  score record;
  place text;
BEGIN
  PERFORM leadscore_internal.check_json('the document', coalesce(document, 'null'), 'object');
  IF document -> 'pg_leadscore' IS DISTINCT FROM '1' THEN
    RAISE EXCEPTION 'the document is not one of version 1'
      USING ERRCODE = 'feature_not_supported', HINT = 'It must say "pg_leadscore": 1, as what export_model() writes.';
  END IF;
  PERFORM leadscore_internal.check_known(document, '{pg_leadscore,model}' || ARRAY(SELECT x.section FROM leadscore_internal.document_kind AS x WHERE NOT x.in_score));
  PERFORM leadscore_internal.check_json('model', coalesce(document -> 'model', '""'), 'string');
  FOR k IN SELECT * FROM leadscore_internal.document_kind AS x WHERE NOT x.in_score ORDER BY x.step LOOP
    RETURN QUERY SELECT * FROM leadscore_internal.read_section(k, document -> k.section, '{}', k.section);
  END LOOP;
  FOR score IN SELECT * FROM jsonb_each(coalesce(document -> 'scores', '{}')) AS s ORDER BY s.key COLLATE "C" LOOP
    FOR k IN SELECT * FROM leadscore_internal.document_kind AS x WHERE x.in_score ORDER BY x.step LOOP
      place := format('scores.%I', score.key);
      RETURN QUERY SELECT * FROM leadscore_internal.read_section(k, score.value -> k.section, jsonb_build_object('score', score.key), place || '.' || k.section);
    END LOOP;
    -- Checked as what set_bands() is given; none is null, or nothing.
    IF coalesce(score.value -> 'bands', 'null') NOT IN ('null', '{}') THEN
      RETURN NEXT (9, 'bands', jsonb_build_object('score', score.key), score.value -> 'bands', format('scores.%I.bands', score.key))::leadscore_internal.document_object;
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.read_document(jsonb) IS 'All objects of a document; an error names the place.';
