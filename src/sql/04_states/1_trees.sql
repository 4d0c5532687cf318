-- Trees of tables: a partitioned table with its partitions, or a table with those that inherit from it. The triggers of a
-- source stand on every table of its tree, and see each row once: they fire for the table that a statement names, with the
-- rows of all that is below it.

CREATE FUNCTION leadscore_internal.members(relation regclass) RETURNS SETOF regclass
LANGUAGE sql STABLE ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE tree AS (
    SELECT c.oid FROM pg_class AS c WHERE c.oid = relation
    UNION
    SELECT i.inhrelid FROM tree JOIN pg_inherits AS i ON i.inhparent = tree.oid)
  SELECT tree.oid::regclass FROM tree
$$;
COMMENT ON FUNCTION leadscore_internal.members(regclass) IS 'A table, its partitions and children at all levels; nothing for a dropped table.';

CREATE FUNCTION leadscore_internal.check_tree(relation regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  member regclass;
  parent regclass;
  class pg_class;
BEGIN
  FOR member IN SELECT m FROM leadscore_internal.members(relation) AS m ORDER BY m LOOP
    SELECT * INTO STRICT class FROM pg_class AS c WHERE c.oid = member;
    IF class.relkind = 'f' THEN
      RAISE EXCEPTION 'table % has the foreign table % in it', relation, member USING ERRCODE = 'feature_not_supported',
        HINT = 'No trigger fires when its rows change elsewhere; use a table without it.';
    ELSIF class.relpersistence = 't' THEN
      RAISE EXCEPTION 'table % has the temporary table % in it', relation, member USING ERRCODE = 'feature_not_supported',
        HINT = 'Other sessions do not see its rows.';
    END IF;
    FOR parent IN SELECT i.inhparent FROM pg_inherits AS i WHERE i.inhrelid = member ORDER BY 1 LOOP
      IF NOT EXISTS (SELECT FROM leadscore_internal.members(relation) AS m WHERE m = parent) THEN
        RAISE EXCEPTION 'table % is a partition or child of %', member, parent USING ERRCODE = 'feature_not_supported',
          HINT = 'What is written by way of the table above would be missed: use the table at the top, with a filter.';
      ELSIF EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = member AND i.inhparent = parent AND i.inhdetachpending) THEN
        RAISE EXCEPTION 'table % is being detached from %', member, parent USING ERRCODE = 'object_not_in_prerequisite_state',
          HINT = format('ALTER TABLE %s DETACH PARTITION %s FINALIZE.', parent, member);
      END IF;
    END LOOP;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_tree(regclass) IS 'Refuses a table whose rows can change in ways that its triggers miss.';

CREATE FUNCTION leadscore_internal.component_tables(component int) RETURNS SETOF regclass
LANGUAGE plpgsql STABLE ROWS 2 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT b.relation FROM leadscore_internal.branch AS b WHERE b.component = component_tables.component
               UNION
               SELECT w.relation FROM leadscore_internal.watch AS w WHERE w.component = component_tables.component;
END
$$;
COMMENT ON FUNCTION leadscore_internal.component_tables(int) IS 'The tables that a component follows, without partitions and children.';

CREATE FUNCTION leadscore_internal.followed_tables() RETURNS SETOF regclass
LANGUAGE sql STABLE ROWS 10 SET search_path = pg_catalog, pg_temp AS $$
  SELECT DISTINCT r
  FROM leadscore_internal.component AS c JOIN leadscore_internal.score AS s ON s.id = c.score
  CROSS JOIN LATERAL leadscore_internal.component_tables(c.id) AS r
  WHERE s.state = 'live' OR c.building
$$;
COMMENT ON FUNCTION leadscore_internal.followed_tables() IS 'The tables that live scores follow, without partitions and children.';

CREATE FUNCTION leadscore_internal.remember_parts() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  WITH now AS (
    SELECT f AS root, m AS part FROM leadscore_internal.followed_tables() AS f CROSS JOIN LATERAL leadscore_internal.members(f) AS m WHERE m <> f
  ), gone AS (
    DELETE FROM leadscore_internal.part AS p WHERE NOT EXISTS (SELECT FROM now AS n WHERE n.root = p.root AND n.part = p.part)
  )
  INSERT INTO leadscore_internal.part (root, part)
  SELECT n.root, n.part FROM now AS n
  WHERE NOT EXISTS (SELECT FROM leadscore_internal.part AS p WHERE p.root = n.root AND p.part = n.part)
$$;
COMMENT ON FUNCTION leadscore_internal.remember_parts() IS 'Notes the partitions and children that the followed tables have now.';

-- What came or went (added) since it was noted, in the trees that commands on some tables may have changed; part is NULL
-- in one line for each of these trees.
CREATE FUNCTION leadscore_internal.changed_parts_in_snapshot(relations oid[], OUT root regclass, OUT part regclass, OUT added boolean)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE above AS (
    SELECT unnest(relations) AS oid
    UNION
    SELECT i.inhparent FROM above JOIN pg_inherits AS i ON i.inhrelid = above.oid
  ), concerned AS (
    SELECT f AS root FROM leadscore_internal.followed_tables() AS f
    WHERE f::oid IN (SELECT above.oid FROM above UNION ALL SELECT i.inhrelid FROM pg_inherits AS i WHERE i.inhparent = ANY (relations))
    UNION
    SELECT p.root FROM leadscore_internal.part AS p WHERE p.part = ANY (relations)
  )
  SELECT coalesce(n.root, p.root), coalesce(n.part, p.part), n.part IS NOT NULL
  FROM (SELECT c.root, m AS part FROM concerned AS c CROSS JOIN LATERAL leadscore_internal.members(c.root) AS m WHERE m <> c.root) AS n
  FULL JOIN (SELECT x.root, x.part FROM leadscore_internal.part AS x WHERE x.root IN (SELECT c.root FROM concerned AS c)) AS p
         ON p.root = n.root AND p.part = n.part
  WHERE n.part IS NULL OR p.part IS NULL
  UNION ALL
  SELECT c.root, NULL, NULL FROM concerned AS c
  ORDER BY 1, 2
$$;
COMMENT ON FUNCTION leadscore_internal.changed_parts_in_snapshot(oid[]) IS 'What commands on some tables did to trees that live scores follow.';

CREATE FUNCTION leadscore_internal.changed_parts(relations oid[], OUT root regclass, OUT part regclass, OUT added boolean)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'leadscore_changed_parts' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.changed_parts(oid[]) IS
  'The same as things are now: what a table consists of does not hang on the snapshot of a transaction.';

CREATE FUNCTION leadscore_internal.members_now(relation regclass) RETURNS oid[]
  AS 'MODULE_PATHNAME', 'leadscore_members_now' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.members_now(regclass) IS
  'A table, its partitions and children, sorted, as things are now whatever the snapshot.';

-- Partitions come and go for every transaction at once, also for one whose snapshot is older and has no mark that says so.
CREATE FUNCTION leadscore_internal.has_other_parts(component int) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(bool_or(leadscore_internal.members_now(r) <> ARRAY(
            SELECT r::oid UNION ALL SELECT p.part::oid FROM leadscore_internal.part AS p WHERE p.root = r ORDER BY 1)), false)
          FROM leadscore_internal.component_tables(component) AS r);
END
$$;
COMMENT ON FUNCTION leadscore_internal.has_other_parts(int) IS
  'Whether tables of a component consist of others than this snapshot knows of, so that its states and marks do not say what its rows do.';
