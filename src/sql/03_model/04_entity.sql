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

-- What create_ and alter_ both do: the row as it is given, checked, and its expressions canonical. Canonical ones stay as they are.
CREATE FUNCTION leadscore_internal.checked_entity(entity leadscore_internal.entity) RETURNS leadscore_internal.entity
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  role text := format('of entity "%s"', entity.name);
BEGIN
  PERFORM leadscore_internal.check_table(entity.relation, 'entity');
  PERFORM leadscore_internal.check_owner(entity.relation);
  entity.key := coalesce(entity.key, leadscore_internal.primary_key_column(entity.relation));
  IF entity.key IS NULL THEN
    RAISE EXCEPTION 'table % has no primary key of one column', entity.relation
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give the argument key: a column or expression that is unique among the entities.';
  END IF;
  entity.key_type := leadscore_internal.expression_type(entity.relation, entity.key, 'key ' || role);
  IF leadscore_internal.equality_operator(entity.key_type) IS NULL
     OR (SELECT t.typtype = 'c' OR t.typcategory IN ('A', 'P') FROM pg_type AS t WHERE t.oid = entity.key_type) THEN
    RAISE EXCEPTION 'type % cannot be the key of entity "%"', entity.key_type, entity.name
      USING ERRCODE = 'datatype_mismatch', HINT = 'Give one value of a type that can be compared and sorted.';
  END IF;
  entity.key := leadscore_internal.canonical_expression(entity.relation, entity.key, entity.key_type, 'key ' || role);
  entity.filter := leadscore_internal.canonical_filter(entity.relation, entity.filter, 'filter ' || role);
  RETURN entity;
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_entity(leadscore_internal.entity) IS 'An entity as it is given, checked; its expressions canonical.';

CREATE FUNCTION leadscore_internal.create_entity(entity text, relation regclass, key text, filter text, if_not_exists boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(entity, 'entity');
  made leadscore_internal.entity;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  IF EXISTS (SELECT FROM leadscore_internal.entity AS e WHERE e.model = named.model AND e.name = named.name) THEN
    PERFORM leadscore_internal.existing(format('entity "%s.%s"', named.model, named.name), if_not_exists);
    RETURN;
  END IF;
  made.model := named.model;
  made.name := named.name;
  made.relation := relation;
  made.key := key;
  made.filter := filter;
  made := leadscore_internal.checked_entity(made);
  INSERT INTO leadscore_internal.entity (model, name, relation, key, key_type, filter)
  VALUES (made.model, made.name, made.relation, made.key, made.key_type, made.filter);
  PERFORM leadscore_internal.make_entity_objects(leadscore_internal.find_entity(named.model, named.name));
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_entity(text, regclass, text, text, boolean) IS 'Implementation of leadscore.create_entity.';

CREATE FUNCTION leadscore.create_entity(entity text, relation regclass, key text DEFAULT NULL, filter text DEFAULT NULL,
                                        if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_entity(text, regclass, text, text, boolean) IS
  'Makes the rows of a table scorable. key: a unique expression on the row, the primary key by default; filter: which rows are entities of this kind. The caller must own the table.';
