-- create_link: for whom an activity counts.

CREATE FUNCTION leadscore_internal.canonical_link_key(relation regclass, key text, key_type regtype, role text, through regclass[] DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  given regtype := leadscore_internal.expression_type(relation, key, role, through);
  canonical text;
BEGIN
  IF given = 'unknown'::regtype OR given = key_type OR leadscore_internal.casts_implicitly(given, key_type) THEN
    RETURN leadscore_internal.canonical_expression(relation, key, key_type, role, through);
  END IF;
  canonical := leadscore_internal.canonical_expression(relation, key, given, role, through);
  IF given IN ('int8'::regtype, 'int4'::regtype) AND key_type IN ('int4'::regtype, 'int2'::regtype) THEN
    -- A number that the entity's key cannot hold is nobody's, not an error.
    canonical := format('CASE WHEN (%1$s) BETWEEN %2$s AND %3$s THEN (%1$s)::%4$s END', canonical,
                        CASE key_type WHEN 'int4'::regtype THEN '(-2147483648)' ELSE '(-32768)' END,
                        CASE key_type WHEN 'int4'::regtype THEN '2147483647' ELSE '32767' END, key_type);
  ELSIF (SELECT t.typcategory FROM pg_type AS t WHERE t.oid = given) = 'S' AND
        (SELECT t.typcategory FROM pg_type AS t WHERE t.oid = key_type) = 'S' AND
        leadscore_internal.casts_implicitly(key_type, given) THEN
    canonical := format('(%s)::%s', canonical, leadscore_internal.type_name(key_type));
  ELSE
    RAISE EXCEPTION '% cannot be compared with the key of the entity: % is %, the key is %', role, key, given, key_type
      USING ERRCODE = 'datatype_mismatch', HINT = 'Give a key of the same type, or a cast in the expression.';
  END IF;
  RETURN leadscore_internal.canonical_expression(relation, canonical, key_type, role, through);
END
$$;
COMMENT ON FUNCTION leadscore_internal.canonical_link_key(regclass, text, regtype, text, regclass[]) IS
  'A checked expression for whom an activity counts, as a value of the entity''s key type.';

CREATE FUNCTION leadscore_internal.checked_link(link leadscore_internal.link) RETURNS leadscore_internal.link
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  source leadscore_internal.source;
  entity leadscore_internal.entity;
  role text;
  joined regclass;
  given_key text := link.key;
BEGIN
  SELECT * INTO STRICT source FROM leadscore_internal.source AS s WHERE s.id = link.source;
  SELECT * INTO STRICT entity FROM leadscore_internal.entity AS e WHERE e.id = link.entity;
  role := format('of the link from source "%s" to entity "%s"', source.name, entity.name);
  PERFORM leadscore_internal.check_owner(source.relation);
  IF link.key IS NULL THEN
    RAISE EXCEPTION '% must not be null', 'key ' || role USING ERRCODE = 'null_value_not_allowed';
  ELSIF (coalesce(cardinality(link.through), 0) = 0) <> (link.join_on IS NULL) THEN
    RAISE EXCEPTION 'through and join_on belong together' USING ERRCODE = 'invalid_parameter_value',
      HINT = 'For example through => ''{crm.attendee}'', join_on => ''through.activity_id = source.id''.';
  ELSIF cardinality(link.through) > 8 THEN
    RAISE EXCEPTION 'a link goes through 8 tables at most, not %', cardinality(link.through) USING ERRCODE = 'program_limit_exceeded';
  END IF;
  FOREACH joined IN ARRAY coalesce(link.through, '{}') LOOP
    PERFORM leadscore_internal.check_table(joined, 'source');
    PERFORM leadscore_internal.check_owner(joined);
  END LOOP;
  link.through := CASE WHEN cardinality(link.through) > 0 THEN link.through END;
  link.key := leadscore_internal.canonical_link_key(source.relation, link.key, entity.key_type, 'key ' || role, coalesce(link.through, '{}'));
  -- Marks rest on this: the row that holds the key marks its entity without a look at other tables. Were the key made of two
  -- rows, transactions that each write one of them could both miss it.
  IF (SELECT bit_count(bit_or(c.tables)::bit(32)) FROM leadscore_internal.conjuncts(source.relation, coalesce(link.through, '{}'), link.key, 0, 'key ' || role) AS c) > 1 THEN
    RAISE EXCEPTION '% uses columns of several tables: %', 'key ' || role, given_key USING ERRCODE = 'feature_not_supported',
      HINT = 'Make a link for each table that can hold the key, and say by filter for which rows it holds.';
  END IF;
  link.filter := leadscore_internal.canonical_expression(source.relation, link.filter, 'boolean', 'filter ' || role, coalesce(link.through, '{}'));
  link.join_on := leadscore_internal.canonical_expression(source.relation, link.join_on, 'boolean', 'join_on ' || role, link.through);
  RETURN link;
END
$$;
COMMENT ON FUNCTION leadscore_internal.checked_link(leadscore_internal.link) IS 'A link as it is given, checked; its expressions canonical.';

CREATE FUNCTION leadscore_internal.create_link(source text, entity text, key text, filter text, through regclass[], join_on text, if_not_exists boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  named record := leadscore_internal.split_name(source, 'source');
  of_source leadscore_internal.source := leadscore_internal.find_source(named.model, named.name);
  to_entity leadscore_internal.entity :=
    leadscore_internal.find_entity(named.model, leadscore_internal.name_in_model(entity, named.model, 'entity'));
  made leadscore_internal.link;
BEGIN
  PERFORM leadscore_internal.check_model(named.model);
  made.source := of_source.id;
  made.entity := to_entity.id;
  made.key := key;
  made.filter := filter;
  made.through := through;
  made.join_on := join_on;
  made := leadscore_internal.checked_link(made);
  IF if_not_exists AND EXISTS (
    SELECT FROM leadscore_internal.link AS l
    WHERE (l.source, l.entity, l.key) = (made.source, made.entity, made.key) AND l.filter IS NOT DISTINCT FROM made.filter
      AND l.through::oid[] IS NOT DISTINCT FROM made.through::oid[] AND l.join_on IS NOT DISTINCT FROM made.join_on)
  THEN
    PERFORM leadscore_internal.existing(format('this link from source "%s" to entity "%s"', of_source.name, to_entity.name), if_not_exists);
    RETURN;
  END IF;
  INSERT INTO leadscore_internal.link (source, entity, key, filter, through, join_on)
  VALUES (made.source, made.entity, made.key, made.filter, made.through, made.join_on);
  PERFORM leadscore_internal.mark_edited(leadscore_internal.scores_on_source(made.source));
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_link(text, text, text, text, regclass[], text, boolean) IS 'Implementation of leadscore.create_link.';

CREATE FUNCTION leadscore.create_link(source text, entity text, key text, filter text DEFAULT NULL, through regclass[] DEFAULT NULL,
                                      join_on text DEFAULT NULL, if_not_exists boolean DEFAULT false)
  RETURNS void AS 'MODULE_PATHNAME', 'leadscore_setup' LANGUAGE C;
COMMENT ON FUNCTION leadscore.create_link(text, text, text, text, regclass[], text, boolean) IS
  'Says for which entity an activity counts. key: an expression on the activity''s row, compared with the entity''s key; filter: for which rows it holds; through, join_on: tables on the way, called through (or through1, through2, …), and how they join the activity, called source. An entity that several links or rows reach counts the activity once. The caller must own all these tables.';
