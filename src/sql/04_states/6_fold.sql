-- Folding: what writers appended is merged into the states. Only one fold of a model runs at a time, nobody waits for
-- it, and each statement of it takes what it consumes and what it makes of it from one snapshot.

-- By the number of the schema, which stays as it is when the schema is renamed; NULL where it is gone.
CREATE FUNCTION leadscore_internal.fold_lock_key(model name) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT hashtextextended('pg_leadscore fold ' || to_regnamespace(quote_ident(model))::oid, 0)
$$;
COMMENT ON FUNCTION leadscore_internal.fold_lock_key(name) IS 'The advisory lock that a fold of the model holds.';

CREATE FUNCTION leadscore_internal.quarantine_horizon() RETURNS xid8
  AS 'MODULE_PATHNAME', 'leadscore_quarantine_horizon' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.quarantine_horizon() IS
  'Every transaction before it is over, and no snapshot before it is in use.';

CREATE FUNCTION leadscore_internal.in_use(relation regclass) RETURNS boolean
  AS 'MODULE_PATHNAME', 'leadscore_in_use' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.in_use(regclass) IS
  'Whether a statement of this session that uses the table is still under way; NULL where another session keeps readers out.';

-- A mark may go when every transaction that could have missed its cause is over. Those that a fold wrote itself, for an
-- entity that it must recompute, carry stamp 0: their cause is in the rows that it saw.
CREATE FUNCTION leadscore_internal.stamp_marks(component leadscore_internal.component) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- A stamp ahead of us is from another cluster: stamp again. What this transaction did itself is missed by everyone who
  -- begins before it ends: only later ones stamp its marks.
  EXECUTE format('UPDATE %s AS p SET stamp = pg_snapshot_xmax(pg_current_snapshot())
                  WHERE p.component = $1 AND p.sign = 0 AND (p.stamp IS NULL OR p.stamp > pg_snapshot_xmax(pg_current_snapshot()))
                    AND age(p.xmin) > age(pg_current_xact_id()::xid)',
                 component.pending) USING component.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.stamp_marks(leadscore_internal.component) IS 'Starts the quarantine of new marks.';

CREATE FUNCTION leadscore_internal.fold_deltas(component int, at_most int) RETURNS bigint
  AS 'MODULE_PATHNAME', 'leadscore_fold_deltas' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.fold_deltas(int, int) IS
  'Merges pending changes of entities that are neither marked nor due into their states, at most so many or with NULL all; marks those that must be recomputed. Returns how many it took.';

CREATE FUNCTION leadscore_internal.recompute(component leadscore_internal.component, keys anyarray) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  equality text := leadscore_internal.equality_operator((SELECT e.key_type FROM leadscore_internal.entity AS e WHERE e.id = component.entity));
BEGIN
  EXECUTE format($recompute$
    WITH fresh AS MATERIALIZED (%1$s), consumed AS (
      DELETE FROM %2$s AS p
      WHERE p.component = $1 AND ($3 IS NULL OR p.key %4$s ANY ($3)) AND (p.sign <> 0 OR p.stamp <= $4)
    ), emptied AS (
      DELETE FROM %3$s AS s
      WHERE ($3 IS NULL OR s.key %4$s ANY ($3)) AND NOT EXISTS (SELECT FROM fresh AS f WHERE f.key %4$s s.key)
    )
    %5$s$recompute$,
    leadscore_internal.fresh_states(component, '$3', '$2'), component.pending, component.states, equality,
    leadscore_internal.store_states(component, 'SELECT * FROM fresh ORDER BY key'))
  USING component.id, leadscore_internal.folding_clock(), keys, leadscore_internal.quarantine_horizon();
END
$$;
COMMENT ON FUNCTION leadscore_internal.recompute(leadscore_internal.component, anyarray) IS
  'Makes the states of some entities, or with NULL of all, anew from the CRM''s rows, and drops what was pending for them.';

CREATE FUNCTION leadscore_internal.fold_marks(component leadscore_internal.component) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  key_type regtype := (SELECT e.key_type FROM leadscore_internal.entity AS e WHERE e.id = component.entity);
  all_marked boolean;
  all_ripe boolean;
  folded bigint;
BEGIN
  EXECUTE format('SELECT count(*) > 0, bool_and(p.stamp IS NOT NULL AND p.stamp <= $2) FROM %s AS p WHERE p.component = $1 AND p.key IS NULL',
                 component.pending)
  INTO all_marked, all_ripe USING component.id, leadscore_internal.quarantine_horizon();
  IF all_marked THEN
    IF NOT all_ripe THEN
      RETURN 0;
    END IF;
    EXECUTE format('SELECT leadscore_internal.recompute($1, NULL::%s[])', leadscore_internal.type_name(key_type)) USING component;
    RETURN 1;
  END IF;

  EXECUTE format($marks$
    SELECT count(*), CASE WHEN count(*) > 0 THEN leadscore_internal.recompute($1, array_agg(w.key)) END
    FROM (SELECT p.key FROM %1$s AS p
          WHERE p.component = $2 AND p.sign = 0
          GROUP BY p.key HAVING bool_and(p.stamp IS NOT NULL AND p.stamp <= $3)) AS w$marks$, component.pending)
  INTO folded USING component, component.id, leadscore_internal.quarantine_horizon();
  RETURN folded;
END
$$;
COMMENT ON FUNCTION leadscore_internal.fold_marks(leadscore_internal.component) IS
  'Recomputes the entities that are marked, past their quarantine. Returns how many.';

-- Rows whose triggers have not fired yet would be in the new state, and their changes added to it later. What another
-- session keeps readers out of is left to the next fold, which waits for nobody.
CREATE FUNCTION leadscore_internal.rows_at_rest(component leadscore_internal.component) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT NOT EXISTS (
    SELECT FROM leadscore_internal.branch AS b WHERE b.component = component.id AND leadscore_internal.in_use(b.relation) IS NOT FALSE
    UNION ALL
    SELECT FROM leadscore_internal.watch AS w WHERE w.component = component.id AND leadscore_internal.in_use(w.relation) IS NOT FALSE)
$$;
COMMENT ON FUNCTION leadscore_internal.rows_at_rest(leadscore_internal.component) IS 'Whether the rows of a component can be read into states now.';

-- A reader whose clock is before cannot go by the ranks of states. Called when all is folded: the present comes last.
CREATE FUNCTION leadscore_internal.note_fold(component int) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO leadscore_internal.folded (component, until) VALUES (component, leadscore_internal.folding_clock())
$$;
COMMENT ON FUNCTION leadscore_internal.note_fold(int) IS 'Notes that states are of the present.';

-- A component's whole fold, as tick does it. False where another fold of the model is under way.
CREATE FUNCTION leadscore_internal.fold_component(component int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c leadscore_internal.component;
  at_rest boolean;
  folded bigint := 0;
BEGIN
  SELECT * INTO c FROM leadscore_internal.component AS x WHERE x.id = fold_component.component AND NOT x.building;
  IF NOT FOUND OR pg_try_advisory_xact_lock(leadscore_internal.fold_lock_key(
       (SELECT s.model FROM leadscore_internal.score AS s WHERE s.id = c.score))) IS NOT TRUE THEN
    RETURN false;
  END IF;
  -- As the fold before left it.
  SELECT * INTO c FROM leadscore_internal.component AS x WHERE x.id = fold_component.component AND NOT x.building;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  at_rest := leadscore_internal.rows_at_rest(c);
  PERFORM leadscore_internal.stamp_marks(c);
  IF at_rest THEN
    folded := leadscore_internal.correct_due(c.id);
  END IF;
  folded := folded + leadscore_internal.fold_deltas(c.id, NULL);
  IF at_rest THEN
    folded := folded + leadscore_internal.fold_marks(c);
  END IF;
  DELETE FROM leadscore_internal.folded AS f WHERE f.component = c.id AND f.until <= leadscore_internal.folding_clock();
  PERFORM leadscore_internal.note_fold(c.id);
  INSERT INTO leadscore_internal.fold AS f (component, last_fold, changes) VALUES (c.id, leadscore.clock(), folded)
  ON CONFLICT ON CONSTRAINT fold_pkey DO UPDATE SET last_fold = excluded.last_fold, ticked_at = excluded.ticked_at, changes = f.changes + excluded.changes;
  PERFORM leadscore_internal.review_ranks(c);
  RETURN true;
END
$$;
COMMENT ON FUNCTION leadscore_internal.fold_component(int) IS 'Folds all that is pending, marked past quarantine, or due.';

-- While somebody calls tick every few seconds, writers leave all folding to it.
CREATE FUNCTION leadscore_internal.ticked_lately(component int) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM leadscore_internal.fold AS f
                 WHERE f.component = ticked_lately.component AND f.ticked_at BETWEEN clock_timestamp() - interval '10 seconds' AND clock_timestamp())
$$;
COMMENT ON FUNCTION leadscore_internal.ticked_lately(int) IS 'Whether tick folded the component within 10 seconds.';

-- A small fold in a writer's transaction. What is large is left to tick, and so are marks: within a statement, rows can
-- be seen whose triggers have not fired.
CREATE FUNCTION leadscore_internal.fold_some(component int, at_most int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c leadscore_internal.component;
  folded bigint;
BEGIN
  IF leadscore_internal.ticked_lately(component) THEN
    RETURN false;
  END IF;
  SELECT * INTO c FROM leadscore_internal.component AS x WHERE x.id = fold_some.component AND NOT x.building;
  IF FOUND AND pg_try_advisory_xact_lock(leadscore_internal.fold_lock_key(
       (SELECT s.model FROM leadscore_internal.score AS s WHERE s.id = c.score))) THEN
    folded := leadscore_internal.fold_deltas(c.id, at_most);
    PERFORM leadscore_internal.note_fold(c.id);
    UPDATE leadscore_internal.fold AS f SET changes = f.changes + folded WHERE f.component = c.id;
  END IF;
  RETURN true;
END
$$;
COMMENT ON FUNCTION leadscore_internal.fold_some(int, int) IS 'Folds at most so many pending changes, if no other fold is under way; false where tick sees to it.';

-- What a statement appended by rules that were replaced or dropped while it ran.
CREATE FUNCTION leadscore_internal.purge_pending(pending regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format($purge$
    WITH RECURSIVE present AS (
      SELECT min(p.component) AS component FROM %1$s AS p
      UNION ALL
      SELECT (SELECT min(p.component) FROM %1$s AS p WHERE p.component > x.component) FROM present AS x WHERE x.component IS NOT NULL
    )
    DELETE FROM %1$s AS p USING present AS x
    WHERE p.component = x.component AND NOT EXISTS (SELECT FROM leadscore_internal.component AS c WHERE c.id = x.component)$purge$, pending);
END
$$;
COMMENT ON FUNCTION leadscore_internal.purge_pending(regclass) IS 'Drops what is pending for components that are not there any more.';

CREATE PROCEDURE leadscore.tick()
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  component int;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'tick needs a READ COMMITTED transaction' USING ERRCODE = 'invalid_transaction_state',
      HINT = 'A fold must see what was committed when it runs.';
  END IF;
  PERFORM leadscore_internal.abandon_version(s) FROM leadscore_internal.score AS s
  WHERE EXISTS (SELECT FROM leadscore_internal.component AS c WHERE c.score = s.id AND c.building)
    AND pg_try_advisory_xact_lock(leadscore_internal.life_lock_key(s.model, s.name));
  PERFORM leadscore_internal.purge_pending(e.pending) FROM leadscore_internal.entity AS e;
  FOR component IN
    SELECT c.id FROM leadscore_internal.component AS c JOIN leadscore_internal.score AS s ON s.id = c.score
    WHERE s.state = 'live' AND NOT c.building
      AND NOT EXISTS (SELECT FROM leadscore_internal.incident AS i WHERE i.score = s.id AND NOT i.building) ORDER BY c.id
  LOOP
    BEGIN
      PERFORM leadscore_internal.fold_component(component);
    EXCEPTION WHEN OTHERS THEN
      -- What one score cannot fold must not keep the others from it.
      RAISE WARNING 'could not fold score "%": %',
        (SELECT format('%s.%s', s.model, s.name) FROM leadscore_internal.score AS s
         JOIN leadscore_internal.component AS c ON c.score = s.id WHERE c.id = component), SQLERRM
        USING ERRCODE = SQLSTATE;
    END;
  END LOOP;
END
$$;
COMMENT ON PROCEDURE leadscore.tick() IS
  'Folds what is pending, marked and due into the states, at a cost of what there is to fold. Reads are exact without it; it keeps them cheap. Call it every few seconds from any scheduler.';
