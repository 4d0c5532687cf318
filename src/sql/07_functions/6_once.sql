-- Criteria that hold once and for all: since when, and with how many points, stands in a table of ours beside the entity's
-- other tables. It is the user's data, which nothing can rebuild: the rows of the CRM only say what they are now.
--
-- A trigger on the entity's table appends a record when a row that has none makes the condition true. The points come from the
-- records, as from the rows of any source, by a trigger on that table.

CREATE FUNCTION leadscore_internal.make_once_table(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  records text := format('%I.%I', entity.model, entity.name || '_once');
  records_source int;
BEGIN
  -- Two that make it at once make one.
  IF (SELECT e.once FROM leadscore_internal.entity AS e WHERE e.id = entity.id FOR NO KEY UPDATE) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM leadscore_internal.check_view_name(records);
  EXECUTE format('CREATE TABLE %s (key %s, criterion int, since timestamptz NOT NULL, points float8 NOT NULL, PRIMARY KEY (key, criterion))',
                 records, leadscore_internal.type_name(entity.key_type));
  EXECUTE format('COMMENT ON TABLE %s IS %L', records, 'pg_leadscore: since when criteria with once => true have held, and their points; cannot be rebuilt');
  PERFORM leadscore_internal.share_with_readers(records::regclass, entity);
  UPDATE leadscore_internal.entity AS e SET once = records::regclass WHERE e.id = entity.id;
  INSERT INTO leadscore_internal.source (model, relation, occurred_at, criteria_of)
  VALUES (entity.model, records::regclass, 'since', entity.id) RETURNING id INTO records_source;
  INSERT INTO leadscore_internal.link (source, entity, key) VALUES (records_source, entity.id, 'key');
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_once_table(leadscore_internal.entity) IS
  'Makes the table of what criteria of an entity once were, with its source, if it is not there yet.';

-- Those of criteria that are neither set up nor published any more; the table goes with the last.
CREATE FUNCTION leadscore_internal.drop_unused_records(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  used int[] := ARRAY(
    SELECT r.id FROM leadscore_internal.rule AS r JOIN leadscore_internal.source AS s ON s.id = r.source WHERE r.once AND s.criteria_of = entity.id
    UNION
    SELECT b.criterion FROM leadscore_internal.branch AS b WHERE b.records = entity.once);
BEGIN
  IF NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = entity.once) THEN
    RETURN;
  ELSIF cardinality(used) > 0 THEN
    EXECUTE format('DELETE FROM %s AS o WHERE o.criterion <> ALL ($1)', entity.once) USING used;
    RETURN;
  END IF;
  PERFORM leadscore_internal.drop_own_table(entity.once);
  UPDATE leadscore_internal.entity AS e SET once = NULL WHERE e.id = entity.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_unused_records(leadscore_internal.entity) IS 'Drops what is recorded of criteria that are there no more.';

-- Publishes what is to be evaluated on the entity's own rows.
CREATE FUNCTION leadscore_internal.copy_criteria_to_record(score int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  item record;
  new_branch int;
BEGIN
  FOR item IN
    SELECT c.id AS component, s.id AS source, s.relation, s.occurred_at, s.filter, l.key, e.once AS records, r.id AS criterion, r.name, r.points, r.filter AS condition
    FROM leadscore_internal.component AS c
    JOIN leadscore_internal.entity AS e ON e.id = c.entity
    JOIN leadscore_internal.source AS records ON records.criteria_of = e.id AND records.relation = e.once
    CROSS JOIN LATERAL leadscore_internal.rules_of_component(c, records.id) AS r
    JOIN leadscore_internal.source AS s ON s.id = r.source
    JOIN leadscore_internal.link AS l ON l.source = s.id
    WHERE c.score = copy_criteria_to_record.score AND c.building ORDER BY c.id, r.id
  LOOP
    PERFORM leadscore_internal.check_tree(item.relation);
    INSERT INTO leadscore_internal.branch (component, source, relation, owner, occurred_at, filter, link_keys, link_filters, records, criterion)
    VALUES (item.component, item.source, item.relation, (leadscore_internal.owners_of(ARRAY[item.relation]))[1], item.occurred_at, item.filter,
            ARRAY[item.key], ARRAY[NULL::text], item.records, item.criterion)
    RETURNING id INTO new_branch;
    INSERT INTO leadscore_internal.term (branch, rule, points, filter) VALUES (new_branch, item.name, item.points, item.condition);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.copy_criteria_to_record(int) IS 'Copies the criteria of a score that are recorded when they first hold.';

CREATE FUNCTION leadscore_internal.branch_facts(branch int) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'leadscore_branch_facts' LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION leadscore_internal.branch_facts(int) IS
  'What the rows of one branch give (key, occurred_at, points, activities), read as the owner of their table.';

-- For whom a criterion holds and is not recorded; since: by the row, or now where the criterion has no time.
CREATE FUNCTION leadscore_internal.unrecorded_query(branch leadscore_internal.branch) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT DISTINCT ON (f.key) f.key, %1$s::int AS criterion, %2$s AS since, f.points
                 FROM leadscore_internal.branch_facts(%3$s) AS f(key %4$s, occurred_at timestamptz, points float8, activities int)
                 WHERE leadscore_internal.check_points(f.points, %5$L)
                   AND NOT EXISTS (SELECT FROM %6$s AS o WHERE o.criterion = %1$s AND o.key %7$s f.key) ORDER BY f.key',
                branch.criterion, CASE branch.occurred_at WHEN leadscore_internal.ever() THEN 'leadscore.clock()' ELSE 'f.occurred_at' END, branch.id,
                leadscore_internal.type_name(e.key_type), t.rule, branch.records, leadscore_internal.equality_operator(e.key_type))
  FROM leadscore_internal.component AS c JOIN leadscore_internal.entity AS e ON e.id = c.entity
  JOIN leadscore_internal.term AS t ON t.branch = unrecorded_query.branch.id
  WHERE c.id = branch.component
$$;
COMMENT ON FUNCTION leadscore_internal.unrecorded_query(leadscore_internal.branch) IS 'The query for the records that a criterion lacks.';

CREATE FUNCTION leadscore_internal.record_criterion(branch leadscore_internal.branch) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('INSERT INTO %s (key, criterion, since, points) %s ON CONFLICT DO NOTHING', branch.records, leadscore_internal.unrecorded_query(branch));
END
$$;
COMMENT ON FUNCTION leadscore_internal.record_criterion(leadscore_internal.branch) IS 'Records a criterion for all rows for which it holds now.';

CREATE FUNCTION leadscore_internal.record_criteria(score int) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.record_criterion(b)
  FROM leadscore_internal.branch AS b JOIN leadscore_internal.component AS c ON c.id = b.component
  WHERE c.score = record_criteria.score AND c.building AND b.records IS NOT NULL ORDER BY b.id
$$;
COMMENT ON FUNCTION leadscore_internal.record_criteria(int) IS 'Records the criteria of a version that is being built for all rows for which they hold now; with writers kept out.';

CREATE FUNCTION leadscore_internal.keep_writers_out(relation regclass) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.lock_tables(ARRAY(SELECT m FROM leadscore_internal.members(relation) AS m ORDER BY m), 'SHARE ROW EXCLUSIVE')
$$;
COMMENT ON FUNCTION leadscore_internal.keep_writers_out(regclass) IS 'Locks a table against writers: who records what they do in another order would wait for them, and they for it.';

CREATE FUNCTION leadscore_internal.record_missing(score int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b leadscore_internal.branch;
  is_missing boolean;
BEGIN
  FOR b IN
    SELECT x.* FROM leadscore_internal.branch AS x JOIN leadscore_internal.component AS c ON c.id = x.component
    WHERE c.score = record_missing.score AND NOT c.building AND x.records IS NOT NULL ORDER BY x.id
  LOOP
    EXECUTE format('SELECT EXISTS (%s)', leadscore_internal.unrecorded_query(b)) INTO is_missing;
    IF is_missing THEN
      PERFORM leadscore_internal.keep_writers_out(b.relation);
      PERFORM leadscore_internal.record_criterion(b);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.record_missing(int) IS 'The same for the version that answers, where triggers should have done it: writers are kept out only where they did not.';

-- What no trigger saw: rows of a partition that came, or moved by MERGE, or that are entities now. The command goes on where it fails.
CREATE FUNCTION leadscore_internal.record_unseen(branch int) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  b leadscore_internal.branch;
BEGIN
  SELECT * INTO b FROM leadscore_internal.branch AS x WHERE x.id = record_unseen.branch;
  PERFORM leadscore_internal.record_criterion(b);
EXCEPTION WHEN OTHERS THEN
  IF SQLSTATE LIKE '40%' OR SQLSTATE = '55P03' THEN
    RAISE;
  END IF;
  PERFORM leadscore_internal.break_score(c.score, c.building, SQLSTATE, SQLERRM) FROM leadscore_internal.component AS c WHERE c.id = b.component;
END
$$;
COMMENT ON FUNCTION leadscore_internal.record_unseen(int) IS 'The same for one branch, in the middle of a command; breaks its score where it fails.';

-- What was true of either is true of both together, since when it first was of one.
CREATE FUNCTION leadscore_internal.move_records(entity leadscore_internal.entity, from_id anyelement, into_id anyelement) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  equality text := leadscore_internal.equality_operator(entity.key_type);
BEGIN
  EXECUTE format('INSERT INTO %1$s AS r (key, criterion, since, points) SELECT $2, x.criterion, x.since, x.points FROM %1$s AS x WHERE x.key %2$s $1
                  ON CONFLICT (key, criterion) DO UPDATE SET since = excluded.since, points = excluded.points WHERE excluded.since < r.since',
                 entity.once, equality) USING from_id, into_id;
  PERFORM leadscore_internal.erase_records(entity, from_id);
END
$$;
COMMENT ON FUNCTION leadscore_internal.move_records(leadscore_internal.entity, anyelement, anyelement) IS 'What is recorded of one entity becomes another''s.';

CREATE FUNCTION leadscore_internal.erase_records(entity leadscore_internal.entity, id anyelement) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('DELETE FROM %s AS r WHERE r.key %s $1', entity.once, leadscore_internal.equality_operator(entity.key_type)) USING id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.erase_records(leadscore_internal.entity, anyelement) IS 'Erases what is recorded of an entity.';
