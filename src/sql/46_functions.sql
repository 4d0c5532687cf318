-- The functions of an entity, typed with its key: thin ones in the model's schema that call these.

-- The published score, which must be readable, as seen by the query under way.
CREATE FUNCTION leadscore_internal.readable_score(model name, entity text, score text, OUT paused boolean, OUT view_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  s leadscore_internal.score := leadscore_internal.find_score(model, leadscore_internal.name_in_model(score, model, 'score'));
  e leadscore_internal.entity := leadscore_internal.find_entity(model, entity);
BEGIN
  IF s.state IN ('live', 'paused') AND NOT e.id = ANY (leadscore_internal.published_entities(s.id)) THEN
    RAISE EXCEPTION 'score "%.%" is not published for entity "%"', model, s.name, entity
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Name the entity in leadscore.alter_score(), then CALL leadscore.publish().';
  ELSIF NOT EXISTS (SELECT FROM leadscore_internal.score_entity AS se WHERE se.score = s.id AND se.entity = e.id) AND s.state NOT IN ('live', 'paused') THEN
    RAISE EXCEPTION 'score "%.%" is not kept for entity "%"', model, s.name, entity
      USING ERRCODE = 'invalid_parameter_value', HINT = 'leadscore.scores lists for which entities it is.';
  END IF;
  paused := s.state = 'paused';
  IF NOT paused THEN
    PERFORM leadscore_internal.check_readable(s.id);
  END IF;
  view_name := leadscore_internal.score_view(s, e);
END
$$;
COMMENT ON FUNCTION leadscore_internal.readable_score(name, text, text) IS 'The score and its view, or an error that says why it cannot be read.';

CREATE FUNCTION leadscore_internal.check_instant(instant timestamptz, what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF instant IS NULL THEN
    RAISE EXCEPTION '% must not be null', what USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT isfinite(instant) OR instant < '1400-01-02 00:00:00+00' OR instant > '9998-12-31 00:00:00+00' THEN
    RAISE EXCEPTION '% is out of range: %', what, instant
      USING ERRCODE = 'datetime_field_overflow', HINT = 'Give an instant of the years 1400 to 9998.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_instant(timestamptz, text) IS 'Refuses instants that the calendar of the core does not know.';

CREATE FUNCTION leadscore_internal.check_count(n bigint) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF n IS NULL OR n < 0 THEN
    RAISE EXCEPTION 'n must be 0 or more, not %', coalesce(n::text, 'null') USING ERRCODE = 'invalid_parameter_value';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_count(bigint) IS 'Refuses a number of rows that is null or negative.';

-- What rows give to an entity, its members' rows included, between $1 and $2; keys: SQL for the array of keys wanted, NULL
-- for all.
CREATE FUNCTION leadscore_internal.facts_query(score int, entity leadscore_internal.entity, keys text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parts text[];
  membership leadscore_internal.membership;
  member leadscore_internal.entity;
  equality text := leadscore_internal.equality_operator(entity.key_type);
BEGIN
  SELECT coalesce(array_agg(format('SELECT f.*, %L::leadscore.decay AS decay FROM leadscore_internal.facts(%s, %s::%s[], $1, $2)'
                                   ' AS f(key %s, occurred_at timestamptz, points float8, activities int)',
                                   c.decay, c.id, keys, leadscore_internal.type_name(entity.key_type), leadscore_internal.type_name(entity.key_type)) ORDER BY c.id), '{}')
  INTO parts
  FROM leadscore_internal.component AS c WHERE c.score = facts_query.score AND c.entity = facts_query.entity.id AND NOT c.building;

  FOR membership IN
    SELECT * FROM leadscore_internal.membership AS m
    WHERE m.score = facts_query.score AND m.entity = facts_query.entity.id AND NOT m.building ORDER BY m.id
  LOOP
    SELECT * INTO STRICT member FROM leadscore_internal.entity AS x WHERE x.id = membership.member;
    parts := parts || format('SELECT e.parent, f.occurred_at, f.points, f.activities, f.decay FROM (%s) AS f JOIN %s ON e.key %s f.key WHERE e.parent IS NOT NULL',
      leadscore_internal.facts_query(score, member,
        CASE WHEN keys = 'NULL' THEN keys
             ELSE format('ARRAY(SELECT e.key FROM %s WHERE e.parent %s ANY (%s))', leadscore_internal.entity_rows(member, membership.key), equality, keys) END),
      leadscore_internal.entity_rows(member, membership.key), leadscore_internal.equality_operator(member.key_type));
  END LOOP;
  RETURN CASE WHEN cardinality(parts) > 0 THEN array_to_string(parts, ' UNION ALL ')
              ELSE format('SELECT NULL::%s AS key, NULL::timestamptz AS occurred_at, NULL::float8 AS points, NULL::int AS activities, NULL::leadscore.decay AS decay WHERE $1 > $2', leadscore_internal.type_name(entity.key_type)) END;
END
$$;
COMMENT ON FUNCTION leadscore_internal.facts_query(int, leadscore_internal.entity, text) IS
  'The query for what rows give to an entity and its members: key, occurred_at, points, activities, decay.';

-- What an entity's points were or will be at $2, from the rows, each sum clamped where it has a cap; $1 is where to begin.
CREATE FUNCTION leadscore_internal.points_query(score int, entity leadscore_internal.entity, keys text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parts text[];
  membership leadscore_internal.membership;
  member leadscore_internal.entity;
  caps leadscore_internal.published_entity;
  key_type text := leadscore_internal.type_name(entity.key_type);
  equality text := leadscore_internal.equality_operator(entity.key_type);
BEGIN
  SELECT array_agg(format('SELECT f.key, %s AS points FROM leadscore_internal.facts(%s, %s::%s[], $1, $2)'
                          ' AS f(key %s, occurred_at timestamptz, points float8, activities int) GROUP BY f.key',
                          leadscore_internal.clamped(format('coalesce(leadscore.decayed_sum(f.points, f.occurred_at, %L, $2), 0)', c.decay), NULL, c.max_points),
                          c.id, keys, key_type, key_type) ORDER BY c.id)
  INTO parts
  FROM leadscore_internal.component AS c WHERE c.score = points_query.score AND c.entity = points_query.entity.id AND NOT c.building;

  FOR membership IN
    SELECT * FROM leadscore_internal.membership AS m
    WHERE m.score = points_query.score AND m.entity = points_query.entity.id AND NOT m.building ORDER BY m.id
  LOOP
    SELECT * INTO STRICT member FROM leadscore_internal.entity AS x WHERE x.id = membership.member;
    parts := parts || format('SELECT e.parent, p.points FROM (%s) AS p JOIN %s ON e.key %s p.key WHERE e.parent IS NOT NULL',
      leadscore_internal.points_query(score, member,
        CASE WHEN keys = 'NULL' THEN keys
             ELSE format('ARRAY(SELECT e.key FROM %s WHERE e.parent %s ANY (%s))', leadscore_internal.entity_rows(member, membership.key), equality, keys) END),
      leadscore_internal.entity_rows(member, membership.key), leadscore_internal.equality_operator(member.key_type));
  END LOOP;

  SELECT * INTO caps FROM leadscore_internal.published_entity AS p
  WHERE p.score = points_query.score AND p.entity = points_query.entity.id AND NOT p.building;
  RETURN format('SELECT e.key, %s AS points FROM %s LEFT JOIN (%s) AS p(key, points) ON p.key %s e.key%s GROUP BY e.key',
                leadscore_internal.clamped('coalesce(sum(p.points), 0)', caps.min_points, caps.max_points),
                leadscore_internal.entity_rows(entity),
                coalesce(array_to_string(parts, ' UNION ALL '), format('SELECT NULL::%s, NULL::float8 WHERE $1 > $2', key_type)), equality,
                CASE WHEN keys <> 'NULL' THEN format(' WHERE e.key %s ANY (%s)', equality, keys) END);
END
$$;
COMMENT ON FUNCTION leadscore_internal.points_query(int, leadscore_internal.entity, text) IS
  'The query for the points of entities at an instant, from the rows: key, points, a line for each entity.';

CREATE FUNCTION leadscore_internal.published_points(model name, entity text, score text, keys text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.points_query((leadscore_internal.find_score(model, leadscore_internal.name_in_model(score, model, 'score'))).id,
                                         leadscore_internal.find_entity(model, entity), keys)
$$;
COMMENT ON FUNCTION leadscore_internal.published_points(name, text, text, text) IS 'points_query() for readers, who have no right to the catalogue.';

CREATE FUNCTION leadscore_internal.published_facts(model name, entity text, score text, keys text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.facts_query((leadscore_internal.find_score(model, leadscore_internal.name_in_model(score, model, 'score'))).id,
                                        leadscore_internal.find_entity(model, entity), keys)
$$;
COMMENT ON FUNCTION leadscore_internal.published_facts(name, text, text, text) IS 'facts_query() for readers, who have no right to the catalogue.';

CREATE FUNCTION leadscore_internal.entity_from(model name, entity text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.entity_rows(e) FROM leadscore_internal.entity AS e WHERE e.model = entity_from.model AND e.name = entity_from.entity
$$;
COMMENT ON FUNCTION leadscore_internal.entity_from(name, text) IS 'FROM item for the rows of an entity, as e.';

CREATE FUNCTION leadscore_internal.entity_equality(model name, entity text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.equality_operator(e.key_type) FROM leadscore_internal.entity AS e
  WHERE e.model = entity_equality.model AND e.name = entity_equality.entity
$$;
COMMENT ON FUNCTION leadscore_internal.entity_equality(name, text) IS 'The equality of an entity''s keys, qualified.';

-- Undecayed points in [as_of - within, as_of]; the calendar is UTC's. $1 and $2 are the bounds, $3 the limit.
CREATE FUNCTION leadscore_internal.window_query(model name, entity text, score text, condition text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT e.key, coalesce(w.points, 0), coalesce(w.activities, 0)::bigint, w.last_activity_at
                 FROM %s LEFT JOIN (SELECT f.key, sum(f.points) AS points, sum(f.activities) AS activities, max(f.occurred_at) AS last_activity_at
                                    FROM (%s) AS f GROUP BY f.key) AS w ON w.key %s e.key
                 WHERE coalesce(w.points, 0) %s $3',
                leadscore_internal.entity_from(model, entity), leadscore_internal.published_facts(model, entity, score, 'NULL'),
                leadscore_internal.entity_equality(model, entity), condition)
$$;
COMMENT ON FUNCTION leadscore_internal.window_query(name, text, text, text) IS 'The query behind lead_hot and lead_cold.';

CREATE FUNCTION leadscore_internal.window_start(as_of timestamptz, within interval) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM leadscore_internal.check_instant(as_of, 'as_of');
  IF within IS NULL THEN
    RAISE EXCEPTION 'within must not be null' USING ERRCODE = 'null_value_not_allowed';
  ELSIF within < interval '0' THEN
    RAISE EXCEPTION 'within must not be negative: %', within
      USING ERRCODE = 'invalid_parameter_value', HINT = 'It is the length of the window that ends at as_of.';
  END IF;
  -- Longer than the calendar, and perhaps than what a timestamp can hold.
  IF within > interval '10000 years' THEN
    RETURN '-infinity';
  END IF;
  RETURN ((as_of AT TIME ZONE 'UTC') - within) AT TIME ZONE 'UTC';
END
$$;
COMMENT ON FUNCTION leadscore_internal.window_start(timestamptz, interval) IS 'as_of - within by the calendar in UTC.';

CREATE FUNCTION leadscore_internal.entity_functions() RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '{score,hottest,coldest,hot,cold}'::text[]
$$;
COMMENT ON FUNCTION leadscore_internal.entity_functions() IS 'What the names of the functions of an entity end in.';

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
  WHERE x.taken IN (SELECT entity.name || '_' || suffix FROM unnest('{pending,scores}' || leadscore_internal.entity_functions()) AS suffix);
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
  EXECUTE format('CREATE INDEX ON %s (component, key)', pending_table);
  -- A fold asks of every change whether its entity is marked: not by a look at all that is pending for it.
  EXECUTE format('CREATE INDEX ON %s (component, key) WHERE sign = 0', pending_table);
  EXECUTE format('COMMENT ON TABLE %s IS %L', pending_table,
                 'pg_leadscore: changes (sign 1 and -1) and marks (sign 0) that are not folded into the states yet');
  PERFORM leadscore_internal.share_with_readers(pending_table::regclass, entity);
  UPDATE leadscore_internal.entity AS e SET pending = pending_table::regclass WHERE e.id = entity.id;
  PERFORM leadscore_internal.make_entity_functions(entity);
  PERFORM leadscore_internal.create_scores_view(entity);
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_entity_objects(leadscore_internal.entity) IS
  'Makes the pending table, the typed functions and the view of all scores of an entity.';

CREATE FUNCTION leadscore_internal.make_entity_functions(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  id text := quote_ident(entity.name || '_id');
  key_type text := leadscore_internal.type_name(entity.key_type);
  made record;
BEGIN
  FOR made IN
    SELECT * FROM (VALUES
      ('score', format('(score text, id %s, as_of timestamptz DEFAULT leadscore.clock()) RETURNS float8', key_type),
       format('leadscore_internal.score_at(%L, %L, score, id, as_of)', entity.model, entity.name),
       'Points of one at an instant; 0 if never active, NULL for what is none'),
      ('hottest', format('(score text, n int DEFAULT 10) RETURNS TABLE (rank bigint, %s %s, points float8)', id, key_type),
       format('SELECT * FROM leadscore_internal.ranked(%L, %L, score, n, ''DESC'') AS r(rank bigint, key %s, points float8)', entity.model, entity.name, key_type),
       'The n with the most points now, ties by key'),
      ('coldest', format('(score text, n int DEFAULT 10) RETURNS TABLE (rank bigint, %s %s, points float8)', id, key_type),
       format('SELECT * FROM leadscore_internal.ranked(%L, %L, score, n, ''ASC'') AS r(rank bigint, key %s, points float8)', entity.model, entity.name, key_type),
       'The n with the fewest points now, ties by key'),
      ('hot', format('(score text, more_than float8, within interval, as_of timestamptz DEFAULT leadscore.clock()) RETURNS TABLE (%s %s, points float8, activities bigint, last_activity_at timestamptz)', id, key_type),
       format('SELECT * FROM leadscore_internal.in_window(%L, %L, score, ''>'', more_than, within, as_of) AS r(key %s, points float8, activities bigint, last_activity_at timestamptz)', entity.model, entity.name, key_type),
       'Those that earned more than so many undecayed points in [as_of - within, as_of]'),
      ('cold', format('(score text, fewer_than float8, within interval, as_of timestamptz DEFAULT leadscore.clock()) RETURNS TABLE (%s %s, points float8, activities bigint, last_activity_at timestamptz)', id, key_type),
       format('SELECT * FROM leadscore_internal.in_window(%L, %L, score, ''<'', fewer_than, within, as_of) AS r(key %s, points float8, activities bigint, last_activity_at timestamptz)', entity.model, entity.name, key_type),
       'Those that earned fewer than so many undecayed points in [as_of - within, as_of], the inactive included')
    ) AS v(suffix, signature, body, says)
  LOOP
    EXECUTE format('CREATE FUNCTION %I.%I%s LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS %L',
                   entity.model, entity.name || '_' || made.suffix, made.signature,
                   CASE WHEN made.suffix = 'score' THEN format('BEGIN RETURN %s; END', made.body)
                        ELSE format('#variable_conflict use_variable
BEGIN RETURN QUERY %s; END', made.body) END);
    EXECUTE format('COMMENT ON FUNCTION %I.%I IS %L', entity.model, entity.name || '_' || made.suffix, made.says);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.make_entity_functions(leadscore_internal.entity) IS 'Makes the functions of an entity, typed with its key.';

CREATE FUNCTION leadscore_internal.score_at(model name, entity text, score text, id anyelement, as_of timestamptz) RETURNS float8
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
  result float8;
BEGIN
  PERFORM leadscore_internal.check_instant(as_of, 'as_of');
  IF readable.paused THEN
    RETURN NULL;
  ELSIF as_of = leadscore.clock() THEN
    EXECUTE format('SELECT v.points FROM %s AS v WHERE v.%I %s $1', readable.view_name, entity || '_id',
                   leadscore_internal.entity_equality(model, entity)) INTO result USING id;
    RETURN result;
  END IF;
  EXECUTE format('SELECT p.points FROM (%s) AS p', leadscore_internal.published_points(model, entity, score, 'ARRAY[$3]'))
  INTO result USING NULL::timestamptz, as_of, id;
  RETURN result;
END
$$;
COMMENT ON FUNCTION leadscore_internal.score_at(name, text, text, anyelement, timestamptz) IS 'Implementation of <entity>_score.';

CREATE FUNCTION leadscore_internal.ranked(model name, entity text, score text, n int, direction text) RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
BEGIN
  PERFORM leadscore_internal.check_count(n);
  IF readable.paused THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format('SELECT row_number() OVER (ORDER BY v.points %1$s, v.%2$I), v.%2$I, v.points FROM %3$s AS v ORDER BY v.points %1$s, v.%2$I LIMIT $1',
                              direction, entity || '_id', readable.view_name) USING n;
END
$$;
COMMENT ON FUNCTION leadscore_internal.ranked(name, text, text, int, text) IS 'Implementation of <entity>_hottest and <entity>_coldest.';

CREATE FUNCTION leadscore_internal.in_window(model name, entity text, score text, condition text, points float8, within interval, as_of timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
BEGIN
  IF points IS NULL OR points = 'NaN' THEN
    RAISE EXCEPTION 'the number of points must not be null or NaN' USING ERRCODE = 'invalid_parameter_value';
  ELSIF readable.paused THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE leadscore_internal.window_query(model, entity, score, condition)
               USING leadscore_internal.window_start(as_of, within), as_of, points;
END
$$;
COMMENT ON FUNCTION leadscore_internal.in_window(name, text, text, text, float8, interval, timestamptz) IS 'Implementation of <entity>_hot and <entity>_cold.';
