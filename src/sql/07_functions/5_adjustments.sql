-- Adjustments: points given by hand. They are few, so nothing is kept of them: readers add them up, by the decay of the
-- score itself. No row of the CRM says them, so they stand in a table of their own, which nothing but its functions
-- changes.

-- Readers have no right to the catalogue; leadscore.scores shows them the same.
CREATE FUNCTION leadscore_internal.score_name(score int) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.name FROM leadscore_internal.score AS s WHERE s.id = score_name.score
$$;
COMMENT ON FUNCTION leadscore_internal.score_name(int) IS 'The name of a score by its number.';

CREATE FUNCTION leadscore_internal.adjustments_view(entity leadscore_internal.entity) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%I.%I', entity.model, entity.name || '_adjustments')
$$;
COMMENT ON FUNCTION leadscore_internal.adjustments_view(leadscore_internal.entity) IS 'Name of the view of an entity''s adjustments.';

CREATE FUNCTION leadscore_internal.make_adjustments(entity leadscore_internal.entity) RETURNS regclass
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  adjusted text := format('%I.%I', entity.model, entity.name || '_adjusted');
  view_name text := leadscore_internal.adjustments_view(entity);
  id_column text := entity.name || '_id';
  comment record;
BEGIN
  EXECUTE format('CREATE TABLE %s (
      id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      score             int NOT NULL,
      key               %s NOT NULL,
      points            float8 NOT NULL,
      reason            text NOT NULL,
      occurred_at       timestamptz NOT NULL,
      author            text NOT NULL,
      made_at           timestamptz NOT NULL,
      withdrawn_at      timestamptz,
      withdrawn_by      text,
      withdrawn_because text)', adjusted, leadscore_internal.type_name(entity.key_type));
  -- Merging and forgetting look for a key in all scores.
  EXECUTE format('CREATE INDEX ON %s (key, score)', adjusted);
  EXECUTE format('COMMENT ON TABLE %s IS %L', adjusted,
                 'pg_leadscore: points given by hand, withdrawn ones included; kept nowhere else');
  PERFORM leadscore_internal.share_with_readers(adjusted::regclass, entity);
  EXECUTE format('CREATE VIEW %s WITH (%s) AS
    SELECT a.id, a.key AS %I, leadscore_internal.score_name(a.score) AS score, a.points, a.reason, a.occurred_at, a.author, a.made_at,
           a.withdrawn_at, a.withdrawn_by, a.withdrawn_because
    FROM %s AS a', view_name, leadscore_internal.view_options(false), id_column, adjusted);
  EXECUTE format('GRANT SELECT ON %s TO PUBLIC', view_name);
  EXECUTE format('COMMENT ON VIEW %s IS %L', view_name, 'Points given by hand, those that were withdrawn included');
  FOR comment IN
    SELECT * FROM (VALUES ('id', 'Number of the adjustment, by which it is withdrawn'),
                          (id_column, 'Whom they were given to'),
                          ('score', 'To which score the points were given'),
                          ('points', 'Points at occurred_at; they decay as the score does'),
                          ('reason', 'Why they were given'),
                          ('occurred_at', 'From when on they count'),
                          ('author', 'The role that gave them'),
                          ('made_at', 'When that was done'),
                          ('withdrawn_at', 'When they were withdrawn, so that they count at no time; NULL: they count'),
                          ('withdrawn_by', 'The role that withdrew them'),
                          ('withdrawn_because', 'Why, if that was said')) AS v(col, says)
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view_name, comment.col, comment.says);
  END LOOP;
  RETURN adjusted::regclass;
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_adjustments(leadscore_internal.entity) IS 'Makes the table of an entity''s adjustments, and the view that shows it.';

-- Reading ------------------------------------------------------------------------------------------------------------

-- Joined to e, as alias; an entity without any has no row.
CREATE FUNCTION leadscore_internal.adjustments_reading(score int, entity leadscore_internal.entity, decay leadscore.decay,
                                                       OUT joins text, OUT points text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format($join$
  LEFT JOIN (
    SELECT a.key, leadscore.decayed_sum(a.points, a.occurred_at, %L, leadscore.clock()) AS points
    FROM %s AS a WHERE a.score = %s AND a.withdrawn_at IS NULL GROUP BY a.key
  ) AS a%3$s ON a%3$s.key %4$s e.key$join$, decay, entity.adjusted, score, leadscore_internal.equality_operator(entity.key_type)),
         format('coalesce(a%s.points, 0)', score)
$$;
COMMENT ON FUNCTION leadscore_internal.adjustments_reading(int, leadscore_internal.entity, leadscore.decay) IS
  'How views read the adjustments of a score: a join to e, and an expression over it.';

CREATE FUNCTION leadscore_internal.adjustments_query(score int, entity int) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT a.key, a.occurred_at, a.points, jsonb_build_object(''id'', a.id, ''reason'', a.reason, ''author'', a.author)
                 FROM %s AS a WHERE a.score = %s AND a.withdrawn_at IS NULL AND ($1 IS NULL OR a.key %s ANY ($1))',
                e.adjusted, score, leadscore_internal.equality_operator(e.key_type))
  FROM leadscore_internal.entity AS e WHERE e.id = adjustments_query.entity
$$;
COMMENT ON FUNCTION leadscore_internal.adjustments_query(int, int) IS 'The query behind adjustments(); $1: keys, NULL for all.';

CREATE FUNCTION leadscore_internal.adjustments(score int, entity int, keys anyarray) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'leadscore_adjustments' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION leadscore_internal.adjustments(int, int, anyarray) IS
  'The adjustments that count for the entities of a score that the reader may know about (key, occurred_at, points, row_key).';

CREATE FUNCTION leadscore_internal.adjustments_call(score int, entity leadscore_internal.entity, keys text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('leadscore_internal.adjustments(%s, %s, %s::%s[]) AS f(key %4$s, occurred_at timestamptz, points float8, row_key jsonb)',
                score, entity.id, keys, leadscore_internal.type_name(entity.key_type))
$$;
COMMENT ON FUNCTION leadscore_internal.adjustments_call(int, leadscore_internal.entity, text) IS
  'FROM item for adjustments, as f; keys: SQL for an array of keys, NULL for all.';

-- Changing -----------------------------------------------------------------------------------------------------------
--
-- The functions of an entity run with the rights of who calls them and end in a C function that anybody may call, which
-- remembers the caller and calls what has the same name after granted_, as the extension's owner.

CREATE FUNCTION leadscore_internal.check_granted(entity leadscore_internal.entity, suffix text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  function_name text := (SELECT leadscore_internal.written_signature(entity, f.suffix, f.signature) FROM leadscore_internal.entity_functions(entity) AS f
                         WHERE f.suffix = check_granted.suffix);
BEGIN
  IF has_function_privilege(leadscore_internal.caller(), to_regprocedure(function_name), 'EXECUTE') IS NOT TRUE THEN
    RAISE EXCEPTION 'permission denied for function %', function_name
      USING ERRCODE = 'insufficient_privilege', HINT = format('The owner of table %s may GRANT EXECUTE on it.', entity.relation);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_granted(leadscore_internal.entity, text) IS 'Refuses a caller who may not execute the function of an entity.';

CREATE FUNCTION leadscore_internal.caller_sees(entity int, key anyelement) RETURNS boolean
  AS 'MODULE_PATHNAME', 'leadscore_caller_sees' LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.caller_sees(int, anyelement) IS
  'Whether the caller may see an entity: an error without the right to its table. Who sees all sees also what is gone.';

-- The filter is looked at for an entity that must stay, not for one that may be gone.
CREATE FUNCTION leadscore_internal.locking_query(entity int, exclusively boolean, OUT owner oid, OUT query text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relowner, format('SELECT FROM (SELECT (%s)::%s AS key FROM %s WHERE %s) AS e WHERE e.key %s $1 FOR %s', e.key, leadscore_internal.type_name(e.key_type),
                            e.relation, CASE WHEN exclusively THEN 'true' ELSE coalesce(e.filter, 'true') END,
                            leadscore_internal.equality_operator(e.key_type), CASE WHEN exclusively THEN 'UPDATE' ELSE 'KEY SHARE' END)
  FROM leadscore_internal.entity AS e JOIN pg_class AS c ON c.oid = e.relation WHERE e.id = locking_query.entity
$$;
COMMENT ON FUNCTION leadscore_internal.locking_query(int, boolean) IS 'How to lock the row of an entity, and who may.';

CREATE FUNCTION leadscore_internal.lock_entity(entity int, key anyelement, exclusively boolean) RETURNS boolean
  AS 'MODULE_PATHNAME', 'leadscore_lock_entity' LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.lock_entity(int, anyelement, boolean) IS
  'Locks the row of an entity in the CRM, as a foreign key would or exclusively. Whether there is one.';

-- One error for what is not there and what the caller must not know of. As a foreign key would, it keeps the row from
-- being deleted until the transaction ends.
CREATE FUNCTION leadscore_internal.hold_entity(entity leadscore_internal.entity, id anyelement) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT coalesce(leadscore_internal.caller_sees(entity.id, id) AND leadscore_internal.lock_entity(entity.id, id, false), false) THEN
    RAISE EXCEPTION 'there is no % with the key %', entity.name, coalesce(id::text, 'NULL')
      USING ERRCODE = 'no_data_found', HINT = format('Give the key of a row of %s that is a %s and that you may see.', entity.relation, entity.name);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.hold_entity(leadscore_internal.entity, anyelement) IS 'Refuses a key that is not that of an entity which the caller may see; keeps it until the transaction ends.';

-- An entity that is about to go, or is gone already. Who gives it anything waits until the transaction ends.
CREATE FUNCTION leadscore_internal.let_go_of_entity(entity leadscore_internal.entity, id anyelement, argument text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF id IS NULL THEN
    RAISE EXCEPTION '% must not be null', argument USING ERRCODE = 'null_value_not_allowed';
  ELSIF leadscore_internal.lock_entity(entity.id, id, true) AND NOT leadscore_internal.caller_sees(entity.id, id) THEN
    RAISE EXCEPTION 'permission denied for % %', entity.name, id
      USING ERRCODE = 'insufficient_privilege', HINT = format('Row-level security of table %s hides it from you.', entity.relation);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.let_go_of_entity(leadscore_internal.entity, anyelement, text) IS 'Refuses an entity that the caller may not see; locks it where it is still there.';

CREATE FUNCTION leadscore_internal.granted_adjust(model name, entity text, score text, id anyelement, points float8, reason text, occurred_at timestamptz)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_entity leadscore_internal.entity := leadscore_internal.find_entity(model, entity);
  of_score leadscore_internal.score;
  adjustment bigint;
BEGIN
  PERFORM leadscore_internal.check_granted(of_entity, 'adjust');
  of_score := leadscore_internal.find_score(model, leadscore_internal.name_in_model(score, model, 'score'));
  -- Against being dropped meanwhile.
  PERFORM FROM leadscore_internal.score AS s WHERE s.id = of_score.id FOR KEY SHARE;
  of_score := leadscore_internal.find_score(model, of_score.name);
  PERFORM leadscore_internal.check_state(of_score, '{draft,live,paused}', 'adjust');
  IF NOT EXISTS (SELECT FROM leadscore_internal.score_entity AS se WHERE se.score = of_score.id AND se.entity = of_entity.id)
     AND NOT of_entity.id = ANY (leadscore_internal.published_entities(of_score.id)) THEN
    RAISE EXCEPTION 'score "%.%" is not kept for entity "%"', model, of_score.name, entity
      USING ERRCODE = 'invalid_parameter_value', HINT = 'leadscore.scores lists for which entities it is.';
  ELSIF points IS NULL OR abs(points) > 1e290 THEN
    RAISE EXCEPTION 'points must be a number up to 1e290, not %', coalesce(points::text, 'null') USING ERRCODE = 'numeric_value_out_of_range';
  ELSIF reason IS NULL OR btrim(reason) = '' THEN
    RAISE EXCEPTION 'an adjustment needs a reason'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Whoever reads the score is told it; for example ''met at the fair''.';
  END IF;
  PERFORM leadscore_internal.check_instant(occurred_at, 'occurred_at');
  PERFORM leadscore_internal.hold_entity(of_entity, id);
  EXECUTE format('INSERT INTO %s (score, key, points, reason, occurred_at, author, made_at)
                  VALUES ($1, $2, $3, $4, $5, pg_get_userbyid(leadscore_internal.caller()), leadscore.clock()) RETURNING id', of_entity.adjusted)
  INTO adjustment USING of_score.id, id, points, reason, occurred_at;
  RETURN adjustment;
END
$$;
COMMENT ON FUNCTION leadscore_internal.granted_adjust(name, text, text, anyelement, float8, text, timestamptz) IS 'What adjust() calls as the extension''s owner.';

CREATE FUNCTION leadscore_internal.adjust(model name, entity text, score text, id anyelement, points float8, reason text, occurred_at timestamptz)
  RETURNS bigint AS 'MODULE_PATHNAME', 'leadscore_granted' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.adjust(name, text, text, anyelement, float8, text, timestamptz) IS 'Implementation of <entity>_adjust.';

CREATE FUNCTION leadscore_internal.granted_withdraw_adjustment(model name, entity text, adjustment bigint, reason text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_entity leadscore_internal.entity := leadscore_internal.find_entity(model, entity);
  before record;
BEGIN
  PERFORM leadscore_internal.check_granted(of_entity, 'withdraw');
  -- Of two who withdraw it, the later one waits for the other.
  EXECUTE format('SELECT a.withdrawn_at, a.withdrawn_by, leadscore_internal.caller_sees(%s, a.key) AS seen FROM %s AS a WHERE a.id = $1 FOR UPDATE',
                 of_entity.id, of_entity.adjusted) INTO before USING adjustment;
  IF before.seen IS NOT TRUE THEN
    RAISE EXCEPTION 'there is no adjustment % of a %', coalesce(adjustment::text, 'NULL'), entity
      USING ERRCODE = 'no_data_found', HINT = format('The view %s lists those that you may see.', leadscore_internal.adjustments_view(of_entity));
  ELSIF before.withdrawn_at IS NOT NULL THEN
    RAISE EXCEPTION 'adjustment % is withdrawn already', adjustment
      USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('By %s, %s.', before.withdrawn_by, before.withdrawn_at);
  END IF;
  EXECUTE format('UPDATE %s AS a SET withdrawn_at = leadscore.clock(), withdrawn_by = pg_get_userbyid(leadscore_internal.caller()), withdrawn_because = nullif(btrim($2), '''')
                  WHERE a.id = $1', of_entity.adjusted) USING adjustment, reason;
  RETURN leadscore.clock();
END
$$;
COMMENT ON FUNCTION leadscore_internal.granted_withdraw_adjustment(name, text, bigint, text) IS 'What withdraw_adjustment() calls as the extension''s owner.';

CREATE FUNCTION leadscore_internal.withdraw_adjustment(model name, entity text, adjustment bigint, reason text)
  RETURNS timestamptz AS 'MODULE_PATHNAME', 'leadscore_granted' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.withdraw_adjustment(name, text, bigint, text) IS 'Implementation of <entity>_withdraw.';

-- Own data by key, which the CRM's rows do not say: each kind of it with a statement in these two.

CREATE FUNCTION leadscore_internal.move_own_data(entity leadscore_internal.entity, from_id anyelement, into_id anyelement) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  moved bigint;
BEGIN
  EXECUTE format('UPDATE %s AS a SET key = $2 WHERE a.key %s $1', entity.adjusted, leadscore_internal.equality_operator(entity.key_type))
  USING from_id, into_id;
  GET DIAGNOSTICS moved = ROW_COUNT;
  IF entity.once IS NOT NULL THEN
    PERFORM leadscore_internal.move_records(entity, from_id, into_id);
  END IF;
  RETURN moved;
END
$$;
COMMENT ON FUNCTION leadscore_internal.move_own_data(leadscore_internal.entity, anyelement, anyelement) IS 'What is kept of an entity beside the CRM''s rows becomes another''s. Returns the number of adjustments.';

CREATE FUNCTION leadscore_internal.erase_own_data(entity leadscore_internal.entity, id anyelement) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  erased bigint;
BEGIN
  EXECUTE format('DELETE FROM %s AS a WHERE a.key %s $1', entity.adjusted, leadscore_internal.equality_operator(entity.key_type)) USING id;
  GET DIAGNOSTICS erased = ROW_COUNT;
  IF entity.once IS NOT NULL THEN
    PERFORM leadscore_internal.erase_records(entity, id);
  END IF;
  RETURN erased;
END
$$;
COMMENT ON FUNCTION leadscore_internal.erase_own_data(leadscore_internal.entity, anyelement) IS 'Erases what is kept of an entity beside the CRM''s rows. Returns the number of adjustments.';

CREATE FUNCTION leadscore_internal.granted_merge_entity(model name, entity text, from_id anyelement, into_id anyelement) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_entity leadscore_internal.entity := leadscore_internal.find_entity(model, entity);
  same boolean;
BEGIN
  PERFORM leadscore_internal.check_granted(of_entity, 'merge');
  EXECUTE format('SELECT $1 %s $2', leadscore_internal.equality_operator(of_entity.key_type)) INTO same USING from_id, into_id;
  IF same THEN
    RAISE EXCEPTION 'cannot merge % % into itself', entity, from_id USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM leadscore_internal.let_go_of_entity(of_entity, from_id, 'from_id');
  PERFORM leadscore_internal.hold_entity(of_entity, into_id);
  RETURN leadscore_internal.move_own_data(of_entity, from_id, into_id);
END
$$;
COMMENT ON FUNCTION leadscore_internal.granted_merge_entity(name, text, anyelement, anyelement) IS 'What merge_entity() calls as the extension''s owner.';

CREATE FUNCTION leadscore_internal.merge_entity(model name, entity text, from_id anyelement, into_id anyelement)
  RETURNS bigint AS 'MODULE_PATHNAME', 'leadscore_granted' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.merge_entity(name, text, anyelement, anyelement) IS 'Implementation of <entity>_merge.';

CREATE FUNCTION leadscore_internal.granted_forget_entity(model name, entity text, id anyelement) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  of_entity leadscore_internal.entity := leadscore_internal.find_entity(model, entity);
BEGIN
  PERFORM leadscore_internal.check_granted(of_entity, 'forget');
  PERFORM leadscore_internal.let_go_of_entity(of_entity, id, 'id');
  RETURN leadscore_internal.erase_own_data(of_entity, id);
END
$$;
COMMENT ON FUNCTION leadscore_internal.granted_forget_entity(name, text, anyelement) IS 'What forget_entity() calls as the extension''s owner.';

CREATE FUNCTION leadscore_internal.forget_entity(model name, entity text, id anyelement)
  RETURNS bigint AS 'MODULE_PATHNAME', 'leadscore_granted' LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.forget_entity(name, text, anyelement) IS 'Implementation of <entity>_forget.';
