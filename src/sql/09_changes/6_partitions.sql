-- Partitions and children that come and go: their rows do so without firing a trigger of the table. Event triggers put our
-- triggers where they are wanted, and mark the entities that the rows of such a table lead to.

CREATE FUNCTION leadscore_internal.mark_rows(component int, owner oid, query text) RETURNS void
  AS 'MODULE_PATHNAME', 'leadscore_mark_rows' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.mark_rows(int, oid, text) IS
  'Marks the entities whose keys a query gives, run with the rights of a table''s owner; breaks the score where it fails.';

-- The rows are read by themselves, in a table that the owner of the tree has perhaps no right to by its own name.
CREATE FUNCTION leadscore_internal.readable_by(owner oid, relation regclass) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT has_table_privilege(owner, c.oid, 'SELECT') AND has_schema_privilege(owner, c.relnamespace, 'USAGE')
         AND (r.rolsuper OR r.rolbypassrls OR NOT c.relrowsecurity OR (pg_has_role(owner, c.relowner, 'USAGE') AND NOT c.relforcerowsecurity))
  FROM pg_class AS c, pg_roles AS r WHERE c.oid = relation AND r.oid = owner
$$;
COMMENT ON FUNCTION leadscore_internal.readable_by(oid, regclass) IS 'Whether a role sees all rows of a table.';

-- The queries that triggers run on added rows, here on the rows of one table: no other query finds all that two transactions
-- change together.
CREATE FUNCTION leadscore_internal.part_keys_queries(component int, root regclass, part regclass, OUT owner oid, OUT query text) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT x.owner, format('SELECT DISTINCT k.key FROM (%s) AS k', string_agg(format('SELECT q.key FROM (%s) AS q', x.query), ' UNION ALL '))
  FROM (
    SELECT w.owner::oid AS owner, replace(w.added, 'leadscore_added', 'ONLY ' || part) AS query FROM leadscore_internal.watch AS w
    WHERE w.component = part_keys_queries.component AND w.relation = root
    UNION ALL
    SELECT b.owner::oid, leadscore_internal.activity_keys_query(b, leadscore_internal.activity_rows(b, 'ONLY ' || part, '{}'), l.key, NULL, coalesce(l.filter, 'true'), true)
    FROM leadscore_internal.branch AS b CROSS JOIN LATERAL unnest(b.link_keys, b.link_filters) AS l(key, filter)
    WHERE b.component = part_keys_queries.component AND b.relation = root AND b.records IS NULL AND cardinality(b.lookups) = 0
      AND NOT EXISTS (SELECT FROM leadscore_internal.joined_link AS j WHERE j.branch = b.id)) AS x
  GROUP BY x.owner
$$;
COMMENT ON FUNCTION leadscore_internal.part_keys_queries(int, regclass, regclass) IS
  'The queries for the keys that all rows of a partition lead to.';

-- gone: a table that was dropped; nobody knows whom its rows led to.
CREATE FUNCTION leadscore_internal.mark_part(root regclass, part regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  gone boolean := NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = part);
  item record;
BEGIN
  FOR item IN
    SELECT c.id, c.pending, q.owner, q.query
    FROM leadscore_internal.component AS c JOIN leadscore_internal.score AS s ON s.id = c.score
    CROSS JOIN LATERAL leadscore_internal.part_keys_queries(c.id, root, part) AS q
    WHERE s.state = 'live' OR c.building ORDER BY c.id
  LOOP
    IF gone OR leadscore_internal.readable_by(item.owner, part) IS NOT TRUE THEN
      EXECUTE format('INSERT INTO %s (component, sign, activities) VALUES ($1, 0, 0)', item.pending) USING item.id;
    ELSE
      PERFORM leadscore_internal.mark_rows(item.id, item.owner, item.query);
    END IF;
  END LOOP;
  PERFORM leadscore_internal.record_unseen(b.id)
  FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component JOIN leadscore_internal.score AS s ON s.id = c.score
  WHERE b.relation = root AND b.records IS NOT NULL AND (s.state = 'live' OR c.building) ORDER BY b.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.mark_part(regclass, regclass) IS
  'Marks the entities that the rows of a partition lead to, or the components where that cannot be told.';

CREATE FUNCTION leadscore_internal.break_followers(root regclass, sqlstate text, message text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  broken record;
BEGIN
  FOR broken IN
    SELECT DISTINCT s.id, c.building, s.on_error
    FROM leadscore_internal.score AS s JOIN leadscore_internal.component AS c ON c.score = s.id
    WHERE (s.state = 'live' OR c.building) AND root IN (SELECT leadscore_internal.component_tables(c.id))
      AND NOT EXISTS (SELECT FROM leadscore_internal.incident AS i WHERE i.score = s.id AND i.building = c.building) ORDER BY 1, 2
  LOOP
    IF broken.on_error = 'fail' AND NOT broken.building THEN
      RAISE EXCEPTION '%', message USING ERRCODE = sqlstate, DETAIL = 'A score was created with on_error => ''fail''.';
    END IF;
    INSERT INTO leadscore_internal.incident (score, building, sqlstate, message)
    VALUES (broken.id, broken.building, break_followers.sqlstate, break_followers.message);
    IF NOT broken.building THEN
      RAISE WARNING 'a score is broken: %', message
        USING ERRCODE = sqlstate, DETAIL = 'The command was carried out; the score cannot be read until it is mended.',
              HINT = 'Undo it or set the source up on another table, then CALL leadscore.publish() for the score that leadscore.status shows as broken.';
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.break_followers(regclass, text, text) IS 'Breaks the live scores that follow a table.';

-- Brings in step what commands on some tables did to the trees that live scores follow. The commands' locks keep writers
-- and other such commands out until they are committed.
CREATE FUNCTION leadscore_internal.follow_parts(relations oid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tree record;
  changed regclass;
BEGIN
  IF NOT EXISTS (SELECT FROM leadscore_internal.component) THEN
    RETURN;
  END IF;
  FOR tree IN
    SELECT c.root, array_agg(c.part ORDER BY c.part) FILTER (WHERE c.part IS NOT NULL) AS parts
    FROM leadscore_internal.changed_parts(relations) AS c GROUP BY c.root ORDER BY c.root
  LOOP
    BEGIN
      PERFORM leadscore_internal.check_tree(tree.root);
      CONTINUE WHEN tree.parts IS NULL;
      PERFORM leadscore_internal.adjust_triggers(ARRAY(SELECT s.id FROM leadscore_internal.source AS s WHERE s.relation = tree.root
        OR EXISTS (SELECT FROM leadscore_internal.branch AS b WHERE b.source = s.id AND b.relation = tree.root)));
      FOREACH changed IN ARRAY tree.parts LOOP
        PERFORM leadscore_internal.mark_part(tree.root, changed);
      END LOOP;
    EXCEPTION WHEN OTHERS THEN
      -- What says nothing of the tables fails the command, which may succeed when it is run again.
      IF SQLSTATE LIKE '40%' OR SQLSTATE = '55P03' THEN
        RAISE;
      END IF;
      PERFORM leadscore_internal.break_followers(tree.root, SQLSTATE, SQLERRM);
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.follow_parts(oid[]) IS
  'Puts triggers on tables that came to a tree, removes them from those that left, and marks the entities of their rows.';

CREATE FUNCTION leadscore_internal.follow_commands() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'leadscore_follow_commands' LANGUAGE C;
COMMENT ON FUNCTION leadscore_internal.follow_commands() IS 'Event trigger: partitions and children that come or leave.';

CREATE FUNCTION leadscore_internal.follow_drops() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.follow_parts(ARRAY(
    SELECT d.objid FROM pg_event_trigger_dropped_objects() AS d
    WHERE d.classid = 'pg_class'::regclass AND d.objsubid = 0 AND d.object_type IN ('table', 'foreign table')));
END
$$;
COMMENT ON FUNCTION leadscore_internal.follow_drops() IS 'Event trigger: partitions and children that were dropped.';

CREATE FUNCTION leadscore_internal.before_command() RETURNS event_trigger
  AS 'MODULE_PATHNAME', 'leadscore_before_command' LANGUAGE C;
COMMENT ON FUNCTION leadscore_internal.before_command() IS
  'Event trigger: refuses DETACH PARTITION … CONCURRENTLY for tables that a live score follows.';

CREATE EVENT TRIGGER leadscore_before_parts ON ddl_command_start WHEN TAG IN ('ALTER TABLE')
  EXECUTE FUNCTION leadscore_internal.before_command();
COMMENT ON EVENT TRIGGER leadscore_before_parts IS 'pg_leadscore: refuses what cannot be followed';
CREATE EVENT TRIGGER leadscore_parts ON ddl_command_end
  WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE', 'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE', 'CREATE SCHEMA')
  EXECUTE FUNCTION leadscore_internal.follow_commands();
COMMENT ON EVENT TRIGGER leadscore_parts IS 'pg_leadscore: follows partitions and children that come or leave';
CREATE EVENT TRIGGER leadscore_parts_dropped ON sql_drop
  WHEN TAG IN ('DROP TABLE', 'DROP FOREIGN TABLE', 'DROP SCHEMA', 'DROP OWNED', 'DROP TYPE', 'DROP EXTENSION')
  EXECUTE FUNCTION leadscore_internal.follow_drops();
COMMENT ON EVENT TRIGGER leadscore_parts_dropped IS 'pg_leadscore: follows partitions and children that are dropped';
