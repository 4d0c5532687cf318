-- create_entity: which tables are scored.

CREATE FUNCTION leadscore_internal.primary_key_column(relation regclass) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT quote_ident(a.attname)
  FROM pg_index AS i
  JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = relation AND i.indisprimary AND i.indnkeyatts = 1
$$;
COMMENT ON FUNCTION leadscore_internal.primary_key_column(regclass) IS 'The column of a primary key of one column, quoted; else NULL.';

CREATE FUNCTION leadscore_internal.canonical_filter(relation regclass, filter text, role text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.canonical_expression(relation, filter, 'boolean', role)
$$;
COMMENT ON FUNCTION leadscore_internal.canonical_filter(regclass, text, text) IS 'A checked condition on a row; NULL for none.';

CREATE FUNCTION leadscore_internal.create_entity(entity text, relation regclass, key text, filter text, if_not_exists boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(entity, 'entity');
  role text := format('of entity "%s"', named.name);
  key_expression text;
  type_of_key regtype;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  PERFORM leadscore_internal.check_table(relation, 'entity');
  PERFORM leadscore_internal.check_owner(relation);
  IF EXISTS (SELECT FROM leadscore_internal.entity AS e WHERE e.model = named.model AND e.name = named.name) THEN
    IF if_not_exists THEN
      RAISE NOTICE 'entity "%.%" already exists, skipping', named.model, named.name;
      RETURN;
    END IF;
    RAISE EXCEPTION 'entity "%.%" already exists', named.model, named.name USING ERRCODE = 'duplicate_object';
  END IF;

  key_expression := coalesce(key, leadscore_internal.primary_key_column(relation));
  IF key_expression IS NULL THEN
    RAISE EXCEPTION 'table % has no primary key of one column', relation
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the argument key: a column or expression that is unique among the entities.';
  END IF;
  type_of_key := leadscore_internal.expression_type(relation, key_expression, 'key ' || role);
  IF leadscore_internal.equality_operator(type_of_key) IS NULL
     OR (SELECT t.typcategory IN ('A', 'P') FROM pg_type AS t WHERE t.oid = type_of_key) THEN
    RAISE EXCEPTION 'type % cannot be the key of entity "%"', type_of_key, named.name
      USING ERRCODE = 'datatype_mismatch', HINT = 'Give one value of a type that can be compared and sorted.';
  END IF;

  INSERT INTO leadscore_internal.entity (model, name, relation, key, key_type, filter)
  VALUES (named.model, named.name, relation,
          leadscore_internal.canonical_expression(relation, key_expression, type_of_key, 'key ' || role), type_of_key,
          leadscore_internal.canonical_filter(relation, filter, 'filter ' || role));
  PERFORM leadscore_internal.make_entity_objects(leadscore_internal.find_entity(named.model, named.name));
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_entity(text, regclass, text, text, boolean) IS 'Implementation of leadscore.create_entity.';

CREATE FUNCTION leadscore.create_entity(entity text, relation regclass, key text DEFAULT NULL, filter text DEFAULT NULL,
                                        if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_entity(text, regclass, text, text, boolean) IS
  'Makes the rows of a table scorable. key: a unique expression on the row, the primary key by default; filter: which rows are entities of this kind. The caller must own the table.';
