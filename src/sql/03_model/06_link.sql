-- create_link: for whom an activity counts.

-- What a set gives stands in no CASE. Not inlined, as it has a setting.
CREATE FUNCTION leadscore_internal.number_or_null(given bigint, key_type regtype) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN given BETWEEN CASE key_type WHEN 'int4'::regtype THEN -2147483648 ELSE -32768 END
                             AND CASE key_type WHEN 'int4'::regtype THEN 2147483647 ELSE 32767 END THEN given END
$$;
COMMENT ON FUNCTION leadscore_internal.number_or_null(bigint, regtype) IS 'A number that fits the type of a key; NULL for one that does not.';

CREATE FUNCTION leadscore_internal.canonical_link_key(relation regclass, key text, key_type regtype, role text, through regclass[] DEFAULT NULL,
                                                      row_name text DEFAULT 'source', may_be_set boolean DEFAULT false) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  given regtype := leadscore_internal.expression_type(relation, key, role, through, row_name, may_be_set);
  canonical text;
BEGIN
  -- char(n) sees no blanks at the end, other text does: what such a key is compared as must stand in the expression.
  IF given = 'unknown'::regtype OR given = key_type OR (leadscore_internal.casts_implicitly(given, key_type) AND key_type <> 'bpchar'::regtype) THEN
    RETURN leadscore_internal.canonical_expression(relation, key, key_type, role, through, row_name, may_be_set);
  END IF;
  canonical := leadscore_internal.canonical_expression(relation, key, given, role, through, row_name, may_be_set);
  IF given IN ('int8'::regtype, 'int4'::regtype) AND key_type IN ('int4'::regtype, 'int2'::regtype) THEN
    -- A number that the entity's key cannot hold is nobody's, not an error.
    canonical := format(CASE WHEN may_be_set AND (SELECT bool_or(c.is_set) FROM leadscore_internal.conjuncts(relation, through, canonical, 0, role, row_name) AS c)
                             THEN 'leadscore_internal.number_or_null(%1$s, %4$L)::%4$s'
                             ELSE 'CASE WHEN (%1$s) BETWEEN %2$s AND %3$s THEN (%1$s)::%4$s END' END, canonical,
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
  RETURN leadscore_internal.canonical_expression(relation, canonical, key_type, role, through, row_name, may_be_set);
END
$$;
COMMENT ON FUNCTION leadscore_internal.canonical_link_key(regclass, text, regtype, text, regclass[], text, boolean) IS
  'A checked expression for whom an activity counts, as a value, or a set of values, of the entity''s key type.';

-- What an activity's row alone decides; all others are kept by marks.
CREATE FUNCTION leadscore_internal.is_local(link leadscore_internal.link) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT link.through IS NULL AND NOT (
    SELECT bool_or(c.is_set) FROM leadscore_internal.source AS s CROSS JOIN LATERAL leadscore_internal.conjuncts(s.relation, '{}', link.key, 0, 'key of a link') AS c
    WHERE s.id = link.source)
$$;
COMMENT ON FUNCTION leadscore_internal.is_local(leadscore_internal.link) IS 'Whether a link goes through no other table and gives one key.';

CREATE FUNCTION leadscore_internal.checked_link(link leadscore_internal.link) RETURNS leadscore_internal.link
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  source leadscore_internal.source;
  entity leadscore_internal.entity;
  role text;
BEGIN
  SELECT * INTO STRICT source FROM leadscore_internal.source AS s WHERE s.id = link.source;
  SELECT * INTO STRICT entity FROM leadscore_internal.entity AS e WHERE e.id = link.entity;
  role := format('of the link from source "%s" to entity "%s"', source.name, entity.name);
  PERFORM leadscore_internal.check_owner(source.relation);
  IF link.key IS NULL THEN
    RAISE EXCEPTION '% must not be null', 'key ' || role USING ERRCODE = 'null_value_not_allowed';
  END IF;
  link.through := leadscore_internal.checked_through(link.through, link.join_on, 'a link', $example$through => '{crm.attendee}', join_on => 'through.activity_id = source.id'$example$);
  link.key := leadscore_internal.canonical_link_key(source.relation, link.key, entity.key_type, 'key ' || role, coalesce(link.through, '{}'),
                                                    may_be_set => true);
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
  'Says for which entity an activity counts. key: an expression on the activity''s row, compared with the entity''s key, or a set such as unnest(contact_ids); filter: for which rows it holds; through, join_on: tables on the way, called through (or through1, through2, …), and how they join the activity, called source. An entity that several links or rows reach counts the activity once. The caller must own all these tables.';
