-- A document's objects over the tables and functions of another schema: for import_model().

CREATE FUNCTION leadscore_internal.qualified_names(expression text, OUT kind text, OUT schema text, OUT name text, OUT at int, OUT length int)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'leadscore_qualified_names' LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 3;
COMMENT ON FUNCTION leadscore_internal.qualified_names(text) IS
  'The functions, types, operators, collations and columns that an expression names with their schema, and where in it that stands, in characters from 0; and the literals that name an object.';

CREATE FUNCTION leadscore_internal.is_of_extension(kind text, schema text, name text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM pg_depend AS d
    JOIN (SELECT 'function', 'pg_proc'::regclass, p.oid, p.pronamespace FROM pg_proc AS p WHERE p.proname = is_of_extension.name
          UNION ALL SELECT 'type', 'pg_type', t.oid, t.typnamespace FROM pg_type AS t WHERE t.typname = is_of_extension.name
          UNION ALL SELECT 'operator', 'pg_operator', o.oid, o.oprnamespace FROM pg_operator AS o WHERE o.oprname = is_of_extension.name
          UNION ALL SELECT 'collation', 'pg_collation', c.oid, c.collnamespace FROM pg_collation AS c WHERE c.collname = is_of_extension.name)
      AS x(kind, class, oid, namespace) ON d.classid = x.class AND d.objid = x.oid
    WHERE d.deptype = 'e' AND x.kind = is_of_extension.kind AND x.namespace = to_regnamespace(quote_ident(is_of_extension.schema)))
$$;
COMMENT ON FUNCTION leadscore_internal.is_of_extension(text, text, text) IS 'Whether an object is part of an extension: there is one for all models.';

-- As text: the objects that are meant are those of the other schema, whether or not there are any in the first one.
CREATE FUNCTION leadscore_internal.mapped_expression(expression text, schemas jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  n record;
  given text := expression;
BEGIN
  FOR n IN SELECT * FROM leadscore_internal.qualified_names(given) AS q ORDER BY q.at DESC LOOP
    IF n.kind = 'literal' THEN
      IF EXISTS (SELECT FROM jsonb_object_keys(schemas) AS s WHERE position(quote_ident(s) || '.' IN n.name) > 0) THEN
        RAISE EXCEPTION 'a literal names an object of a schema that is to be replaced: %', given
          USING ERRCODE = 'feature_not_supported', HINT = 'Names in literals are not changed: write the expression for each model.';
      END IF;
    ELSIF schemas ? n.schema AND NOT leadscore_internal.is_of_extension(n.kind, n.schema, n.name) THEN
      expression := overlay(expression PLACING quote_ident(schemas ->> n.schema) FROM n.at + 1 FOR n.length);
    END IF;
  END LOOP;
  RETURN expression;
END
$$;
COMMENT ON FUNCTION leadscore_internal.mapped_expression(text, jsonb) IS 'An expression with objects of other schemas instead.';

CREATE FUNCTION leadscore_internal.schema_of_table(qualified text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parts text[] := parse_ident(qualified);
BEGIN
  IF cardinality(parts) <> 2 THEN
    RAISE EXCEPTION 'table % must be named with its schema', qualified USING ERRCODE = 'invalid_name', HINT = 'A document means the same under every search_path.';
  END IF;
  RETURN parts[1];
END
$$;
COMMENT ON FUNCTION leadscore_internal.schema_of_table(text) IS 'The schema of a table that a document names.';

CREATE FUNCTION leadscore_internal.mapped_table(qualified text, schemas jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  schema text := leadscore_internal.schema_of_table(qualified);
BEGIN
  qualified := format('%I.%I', coalesce(schemas ->> schema, schema), (parse_ident(qualified))[2]);
  IF to_regclass(qualified) IS NULL THEN
    RAISE EXCEPTION 'table % does not exist', qualified USING ERRCODE = 'undefined_table';
  END IF;
  RETURN qualified;
END
$$;
COMMENT ON FUNCTION leadscore_internal.mapped_table(text, jsonb) IS 'A table, perhaps in another schema instead.';

CREATE FUNCTION leadscore_internal.mapped_object(object leadscore_internal.document_object, schemas jsonb) RETURNS leadscore_internal.document_object
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  k text;
BEGIN
  PERFORM leadscore_internal.set_place(object.place);
  IF object.kind <> 'bands' THEN
    FOR k IN SELECT jsonb_object_keys(object.attributes) LOOP
      IF k = 'relation' THEN
        object.attributes := object.attributes || jsonb_build_object(k, leadscore_internal.mapped_table(object.attributes ->> k, schemas));
      ELSIF k = 'through' THEN
        object.attributes := object.attributes || jsonb_build_object(k, ARRAY(
          SELECT leadscore_internal.mapped_table(t, schemas) FROM jsonb_array_elements_text(object.attributes -> k) WITH ORDINALITY AS x(t, n) ORDER BY n));
      ELSIF k IN ('key', 'filter', 'occurred_at', 'join_on', 'points') THEN
        object.attributes := object.attributes || jsonb_build_object(k, leadscore_internal.mapped_expression(object.attributes ->> k, schemas));
      END IF;
    END LOOP;
  END IF;
  RETURN object;
END
$$;
COMMENT ON FUNCTION leadscore_internal.mapped_object(leadscore_internal.document_object, jsonb) IS 'An object of a document over tables of other schemas.';

-- The model's own schema becomes that of the copy; that of the extension holds no tables of a CRM.
CREATE FUNCTION leadscore_internal.checked_schemas(from_model text, model text, tables jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s record;
BEGIN
  PERFORM leadscore_internal.check_json('tables', coalesce(tables, '{}'), 'object');
  FOR s IN SELECT * FROM jsonb_each(tables) AS e ORDER BY e.key COLLATE "C" LOOP
    PERFORM leadscore_internal.check_json(format('the schema instead of "%s"', s.key), s.value, 'string');
    IF s.key IN ('pg_catalog', 'information_schema', 'leadscore', 'leadscore_internal') THEN
      RAISE EXCEPTION 'schema "%" has no tables of a model', s.key USING ERRCODE = 'invalid_parameter_value';
    ELSIF to_regnamespace(quote_ident(s.value #>> '{}')) IS NULL THEN
      RAISE EXCEPTION 'schema "%" does not exist', s.value #>> '{}' USING ERRCODE = 'invalid_schema_name';
    END IF;
  END LOOP;
  RETURN CASE WHEN from_model <> model AND from_model <> 'leadscore' AND model <> 'leadscore' THEN jsonb_build_object(from_model, model) ELSE '{}' END
         || coalesce(tables, '{}');
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_schemas(text, text, jsonb) IS 'Which schemas stand for which.';

CREATE FUNCTION leadscore_internal.check_schemas_used(objects leadscore_internal.document_object[], tables jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  unused text;
BEGIN
  SELECT min(s COLLATE "C") INTO unused FROM jsonb_object_keys(coalesce(tables, '{}')) AS s
  WHERE s <> ALL (ARRAY(
    SELECT leadscore_internal.schema_of_table(t)
    FROM unnest(objects) AS o CROSS JOIN LATERAL jsonb_array_elements_text(jsonb_build_array(o.attributes -> 'relation') || coalesce(o.attributes -> 'through', '[]')) AS t
    WHERE o.kind <> 'bands' AND t IS NOT NULL));
  IF unused IS NOT NULL THEN
    RAISE EXCEPTION 'the document has no table in schema "%"', unused
      USING ERRCODE = 'invalid_parameter_value', HINT = 'tables maps schemas that the document names to others: {"crm": "acme_crm"}.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_schemas_used(leadscore_internal.document_object[], jsonb) IS 'Refuses a map of schemas with a typing error.';
