-- The functions of an entity, typed with its key: thin ones in the model's schema that call what does the work.

-- One row for each: its name behind the entity's, arguments, what it returns (NULL: a table), the columns of the table
-- (NULL: one value), the call, how many rows a planner may expect, and a comment; signature: the types of the arguments of
-- those that write, which are not for PUBLIC.
CREATE FUNCTION leadscore_internal.entity_functions(entity leadscore_internal.entity)
RETURNS TABLE (suffix text, arguments text, returns text, columns text, call text, row_count bigint, says text, signature text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  key_type text := leadscore_internal.type_name(entity.key_type);
  key_column text := format('%I %s', entity.name || '_id', key_type);
  as_of text := 'as_of timestamptz DEFAULT leadscore.clock()';
  ranked text := format('rank bigint, %s, points float8', key_column);
  in_window text := format('%s, points float8, activities bigint, last_activity_at timestamptz', key_column);
  -- As many as there are now; a table that was never analyzed does not say.
  everybody bigint := (SELECT CASE WHEN c.reltuples > 0 THEN c.reltuples ELSE 1000 END FROM pg_class AS c WHERE c.oid = entity.relation);
  -- Those who stand out are few.
  few bigint := least(greatest(everybody / 1000, 10), 1000);
BEGIN
  RETURN QUERY SELECT v.*, NULL::text FROM (VALUES
    ('score', format('score text, id %s, %s', key_type, as_of), 'float8', NULL,
     'score_at(%1$L, %2$L, score, id, as_of)', NULL,
     'Points of one at an instant; 0 if never active, NULL for what is none'),
    ('scores_at', 'score text, as_of timestamptz', NULL, format('%s, points float8', key_column),
     'scores_at(%1$L, %2$L, score, as_of)', everybody,
     'Points of every one at an instant, past or future, from the rows'),
    ('hottest', 'score text, n int DEFAULT 10', NULL, ranked,
     'hottest(%1$L, %2$L, score, n)', 10,
     'The n with the most points now, ties by key'),
    ('coldest', 'score text, n int DEFAULT 10', NULL, ranked,
     'coldest(%1$L, %2$L, score, n)', 10,
     'The n with the fewest points now, ties by key'),
    ('hot', 'score text, more_than float8, within interval, ' || as_of, NULL, in_window,
     'in_window(%1$L, %2$L, score, ''>'', more_than, within, as_of)', few,
     'Those that earned more than so many undecayed points in [as_of - within, as_of]'),
    ('cold', 'score text, fewer_than float8, within interval, ' || as_of, NULL, in_window,
     'in_window(%1$L, %2$L, score, ''<'', fewer_than, within, as_of)', everybody,
     'Those that earned fewer than so many undecayed points in [as_of - within, as_of], the inactive included'),
    -- drop is an argument and a column, so the columns stand among the arguments.
    ('falling', format('score text, OUT %s, OUT points_before float8, OUT points float8, INOUT drop float8, within interval, %s', key_column, as_of),
     'SETOF record', format('%s, points_before float8, points float8, drop float8', key_column),
     'falling(%1$L, %2$L, score, drop, within, as_of)', few,
     'Those that earned less undecayed points in [as_of - within, as_of] than in the interval before it, by this part of those or more'),
    ('explain', format('score text, id %s, %s', key_type, as_of), NULL,
     'rule text, source text, row_key jsonb, member text, occurred_at timestamptz, points float8, weight float8, contribution float8',
     'explain(%1$L, %2$L, score, id, as_of)', 100,
     'What the points of one are made of at an instant: a line for each activity and rule; contributions add up to the points'),
    ('timeline', format('score text, id %s, from_time timestamptz, to_time timestamptz, step interval', key_type), NULL, 'at timestamptz, points float8',
     'timeline(%1$L, %2$L, score, id, from_time, to_time, step)', 100,
     'Points of one at from_time, from_time + step, … until to_time, by the calendar in UTC'),
    ('cools_at', format('score text, id %s, threshold float8', key_type), 'timestamptz', NULL,
     'cools_at(%1$L, %2$L, score, id, threshold)', NULL,
     'When the points of one will first be at or below the threshold if nothing more happens; now if they are, NULL for never')
  ) AS v;
  RETURN QUERY SELECT v.suffix, v.arguments, v.returns, NULL::text, v.call, NULL::bigint, v.says, v.signature FROM (VALUES
    ('adjust', format('score text, id %s, points float8, reason text, occurred_at timestamptz DEFAULT leadscore.clock()', key_type), 'bigint',
     'adjust(%1$L, %2$L, score, id, points, reason, occurred_at)',
     'Gives points to one by hand, which count from occurred_at on and decay as the score does. Returns the number by which they are withdrawn',
     format('text, %s, float8, text, timestamptz', key_type)),
    ('withdraw', 'adjustment bigint, reason text DEFAULT NULL', 'timestamptz',
     'withdraw_adjustment(%1$L, %2$L, adjustment, reason)',
     'Takes an adjustment back: it counts at no time, and stays for the record. Returns when that was done', 'bigint, text'),
    ('merge', format('from_id %1$s, into_id %1$s', key_type), 'bigint',
     'merge_entity(%1$L, %2$L, from_id, into_id)',
     'What was given to one by hand becomes another''s, in all scores; the first may be gone already. Returns the number of adjustments',
     format('%1$s, %1$s', key_type)),
    ('forget', format('id %s', key_type), 'bigint',
     'forget_entity(%1$L, %2$L, id)',
     'Erases what was given to one by hand, in all scores; it may be gone already. Returns the number of adjustments', key_type)
  ) AS v(suffix, arguments, returns, call, says, signature);
END
$$;
COMMENT ON FUNCTION leadscore_internal.entity_functions(leadscore_internal.entity) IS 'The typed functions that an entity has.';

CREATE FUNCTION leadscore_internal.written_signature(entity leadscore_internal.entity, suffix text, signature text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$ SELECT format('%I.%I(%s)', entity.model, entity.name || '_' || suffix, signature) $$;
COMMENT ON FUNCTION leadscore_internal.written_signature(leadscore_internal.entity, text, text) IS 'A typed function with the types of its arguments; NULL where those are not given.';

-- Also anew, when the model has another name: what is granted on them, and what uses them, stays.
CREATE FUNCTION leadscore_internal.make_entity_functions(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made record;
  function_name text;
  call text;
  is_new boolean;
BEGIN
  FOR made IN SELECT f.*, leadscore_internal.written_signature(entity, f.suffix, f.signature) AS granted FROM leadscore_internal.entity_functions(entity) AS f LOOP
    function_name := format('%I.%I', entity.model, entity.name || '_' || made.suffix);
    is_new := to_regprocedure(made.granted) IS NULL;
    call := 'leadscore_internal.' || format(made.call, entity.model, entity.name);
    EXECUTE format('CREATE OR REPLACE FUNCTION %s(%s) RETURNS %s LANGUAGE plpgsql %s SET search_path = pg_catalog, pg_temp SET jit = off%s AS %L',
                   function_name, made.arguments, coalesce(made.returns, format('TABLE (%s)', made.columns)),
                   CASE WHEN made.granted IS NULL THEN 'STABLE' ELSE 'VOLATILE' END, ' ROWS ' || made.row_count,
                   CASE WHEN made.columns IS NULL THEN format('BEGIN RETURN %s; END', call)
                        ELSE format(E'#variable_conflict use_variable\nBEGIN RETURN QUERY SELECT * FROM %s AS r(%s); END', call, made.columns) END);
    EXECUTE format('COMMENT ON FUNCTION %s IS %L', function_name, made.says);
    IF made.granted IS NOT NULL AND is_new THEN
      EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made.granted);
      EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s WITH GRANT OPTION', made.granted,
                     (SELECT c.relowner::regrole FROM pg_class AS c WHERE c.oid = entity.relation));
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_entity_functions(leadscore_internal.entity) IS 'Makes the typed functions of an entity.';

-- Tables grow: what a planner may expect is said anew with each publish.
CREATE FUNCTION leadscore_internal.adjust_row_estimates(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  changed record;
BEGIN
  FOR changed IN
    SELECT p.oid::regprocedure AS function_name, f.row_count
    FROM pg_proc AS p JOIN leadscore_internal.entity_functions(entity) AS f ON p.proname = entity.name || '_' || f.suffix
    WHERE p.pronamespace = quote_ident(entity.model)::regnamespace AND p.proargtypes[0] = 'text'::regtype AND p.proretset AND p.prorows <> f.row_count
  LOOP
    EXECUTE format('ALTER FUNCTION %s ROWS %s', changed.function_name, changed.row_count);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.adjust_row_estimates(leadscore_internal.entity) IS 'Brings the row estimates of an entity''s functions up to the size that its table has now.';

CREATE FUNCTION leadscore_internal.drop_entity_functions(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made regprocedure;
BEGIN
  -- Those that read begin with the name of a score; a row function of the same name takes a row.
  FOR made IN
    SELECT p.oid FROM pg_proc AS p JOIN leadscore_internal.entity_functions(entity) AS f ON p.proname = entity.name || '_' || f.suffix
    WHERE p.pronamespace = quote_ident(entity.model)::regnamespace
      AND CASE WHEN f.signature IS NULL THEN p.proargtypes[0] = 'text'::regtype
               ELSE p.oid = to_regprocedure(leadscore_internal.written_signature(entity, f.suffix, f.signature)) END
  LOOP
    PERFORM leadscore_internal.drop_made('FUNCTION', made::text);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_entity_functions(leadscore_internal.entity) IS 'Drops what make_entity_functions() made.';

CREATE FUNCTION leadscore_internal.check_entity_names(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  clash text;
BEGIN
  -- What is there already is somebody else's: not replaced, and not hidden by an overloaded name.
  SELECT x.taken INTO clash
  FROM (SELECT c.relname::text AS taken FROM pg_class AS c WHERE c.relnamespace = quote_ident(entity.model)::regnamespace
        UNION ALL
        SELECT p.proname::text FROM pg_proc AS p WHERE p.pronamespace = quote_ident(entity.model)::regnamespace) AS x
  WHERE x.taken IN (SELECT entity.name || '_' || f.suffix FROM leadscore_internal.entity_functions(entity) AS f
                    UNION ALL
                    SELECT entity.name || '_' || suffix FROM unnest('{pending,scores,once,adjusted,adjustments}'::text[]) AS suffix);
  IF FOUND THEN
    RAISE EXCEPTION '"%.%" already exists', entity.model, clash
      USING ERRCODE = 'duplicate_object', HINT = 'The entity needs this name for an object of its own: give it another name.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_entity_names(leadscore_internal.entity) IS 'Refuses an entity whose objects would have names that are taken.';

CREATE FUNCTION leadscore_internal.make_entity_objects(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  pending_table text := format('%I.%I', entity.model, entity.name || '_pending');
  key_type text := leadscore_internal.type_name(entity.key_type);
BEGIN
  PERFORM leadscore_internal.check_entity_names(entity);
  EXECUTE format('CREATE TABLE %s (component int NOT NULL, sign int2 NOT NULL, activities int2 NOT NULL, occurred_at timestamptz,
                                   points float8, stamp xid8, key %s)
                  WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                        autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_threshold = 5000)', pending_table, key_type);
  -- Else nothing could be deleted from it where a publication has all tables of the database, or of its schema.
  EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', pending_table);
  EXECUTE format('CREATE INDEX ON %s (component, key)', pending_table);
  -- A fold asks of every change whether its entity is marked: not by a look at all that is pending for it.
  EXECUTE format('CREATE INDEX ON %s (component, key) WHERE sign = 0', pending_table);
  EXECUTE format('COMMENT ON TABLE %s IS %L', pending_table,
                 'pg_leadscore: changes (sign 1 and -1) and marks (sign 0) that are not folded into the states yet');
  PERFORM leadscore_internal.share_with_readers(pending_table::regclass, entity);
  UPDATE leadscore_internal.entity AS e SET pending = pending_table::regclass, adjusted = leadscore_internal.make_adjustments(entity) WHERE e.id = entity.id;
  PERFORM leadscore_internal.make_entity_functions(entity);
  PERFORM leadscore_internal.create_scores_view(entity);
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_entity_objects(leadscore_internal.entity) IS
  'Makes the own tables, the typed functions and the view of all scores of an entity.';
