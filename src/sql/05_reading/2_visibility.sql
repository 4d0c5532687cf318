-- What a reader sees. Rights and row-level security of an entity's own table decide which entities are listed; who sees an
-- entity sees all that counts for it, as the owners of the tables do: its activities and, with a roll-up, its members'.

CREATE FUNCTION leadscore_internal.visible_keys_query(entity leadscore_internal.entity, by_key boolean) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT coalesce(array_agg(e.key::%1$s ORDER BY e.key::%1$s), ''{}'') AS keys FROM (SELECT %2$s AS key FROM %3$s) AS e%4$s',
                leadscore_internal.type_name(entity.key_type), entity.key, entity.relation,
                CASE WHEN by_key THEN format(' WHERE e.key %s ANY ($1)', leadscore_internal.equality_operator(entity.key_type)) ELSE '' END)
$$;
COMMENT ON FUNCTION leadscore_internal.visible_keys_query(leadscore_internal.entity, boolean) IS
  'Which keys, of all or of those in $1, the one who runs it may see.';

CREATE FUNCTION leadscore_internal.visible_entity(entity int, OUT relation oid, OUT owner oid, OUT key_type oid, OUT all_keys text, OUT some_keys text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.relation::oid, c.relowner, e.key_type::oid, leadscore_internal.visible_keys_query(e, false), leadscore_internal.visible_keys_query(e, true)
  FROM leadscore_internal.entity AS e LEFT JOIN pg_class AS c ON c.oid = e.relation WHERE e.id = visible_entity.entity
$$;
COMMENT ON FUNCTION leadscore_internal.visible_entity(int) IS 'How to find which entities a reader sees.';

-- parents: of the members with the keys in $1; members: of those keys, or with NULL of any, with a parent in $2, or with NULL any.
CREATE FUNCTION leadscore_internal.ways_up(score int, member int) RETURNS TABLE (entity int, owner oid, parents text, members text)
LANGUAGE sql STABLE ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.id, c.relowner,
         format('SELECT coalesce(array_agg(DISTINCT e.parent::%s), ''{}'') FROM %s WHERE e.key %s ANY ($1) AND e.parent IS NOT NULL',
                leadscore_internal.type_name(w.key_type), rows, member_equality),
         format('SELECT coalesce(array_agg(DISTINCT e.key), ''{}'') FROM %s WHERE ($1 IS NULL OR e.key %s ANY ($1)) AND ($2 IS NULL OR e.parent %s ANY ($2))',
                rows, member_equality, leadscore_internal.equality_operator(w.key_type))
  FROM leadscore_internal.membership AS m
  JOIN leadscore_internal.entity AS e ON e.id = m.member
  JOIN leadscore_internal.entity AS w ON w.id = m.entity
  JOIN pg_class AS c ON c.oid = e.relation
  CROSS JOIN leadscore_internal.member_rows(e, m) AS rows CROSS JOIN leadscore_internal.equality_operator(e.key_type) AS member_equality
  WHERE m.score = ways_up.score AND m.member = ways_up.member AND NOT m.building ORDER BY m.id
$$;
COMMENT ON FUNCTION leadscore_internal.ways_up(int, int) IS 'For whom the members of an entity count in a score, and how to find both.';

CREATE FUNCTION leadscore_internal.sees(entity int, key anyelement) RETURNS boolean
  AS 'MODULE_PATHNAME', 'leadscore_sees' LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 10;
COMMENT ON FUNCTION leadscore_internal.sees(int, anyelement) IS
  'Whether the reader may see an entity: an error without the right to its table.';

CREATE FUNCTION leadscore_internal.members_query(membership int, by_parent boolean, OUT score int, OUT entity int, OUT owner oid, OUT query text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.score, m.entity, c.relowner,
         format('SELECT e.key, e.parent::%s FROM %s WHERE e.parent IS NOT NULL%s', leadscore_internal.type_name(w.key_type), leadscore_internal.member_rows(e, m),
                CASE WHEN by_parent THEN format(' AND e.parent %s ANY ($1)', leadscore_internal.equality_operator(w.key_type)) ELSE '' END)
  FROM leadscore_internal.membership AS m
  JOIN leadscore_internal.entity AS e ON e.id = m.member
  JOIN leadscore_internal.entity AS w ON w.id = m.entity
  JOIN pg_class AS c ON c.oid = e.relation
  WHERE m.id = members_query.membership
$$;
COMMENT ON FUNCTION leadscore_internal.members_query(int, boolean) IS 'The query for the members of a roll-up and whom they count for; $1: which of those.';

CREATE FUNCTION leadscore_internal.members(membership int, parents anyarray) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'leadscore_members' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION leadscore_internal.members(int, anyarray) IS
  'The members of a roll-up (key, parent), as the owner of their table sees them, for those parents that the reader sees; NULL for all.';
