-- What the functions of an entity are made of, and the shortest of them: lead_score.

-- The published score, which must be readable, as seen by the query under way. lookup: the query for the points of one, $1.
CREATE FUNCTION leadscore_internal.readable_score(model name, entity text, score text, OUT paused boolean, OUT view_name text, OUT lookup text,
                                                  OUT score_id int, OUT entity_id int)
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
  score_id := s.id;
  entity_id := e.id;
  IF NOT paused THEN
    PERFORM leadscore_internal.check_readable(s.id);
  END IF;
  view_name := leadscore_internal.score_view(s, e);
  lookup := format('SELECT v.points FROM %s AS v WHERE v.%I %s $1', view_name, entity || '_id', leadscore_internal.equality_operator(e.key_type));
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

-- Members are looked for as the owner of their table, for those that the reader sees.
CREATE FUNCTION leadscore_internal.member_pairs(membership leadscore_internal.membership, parents text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('leadscore_internal.members(%s, %s::%s[]) AS e(key %s, parent %s)', membership.id, parents, leadscore_internal.type_name(w.key_type),
                leadscore_internal.type_name(m.key_type), leadscore_internal.type_name(w.key_type))
  FROM leadscore_internal.entity AS m, leadscore_internal.entity AS w WHERE m.id = membership.member AND w.id = membership.entity
$$;
COMMENT ON FUNCTION leadscore_internal.member_pairs(leadscore_internal.membership, text) IS
  'FROM item for the members of a roll-up and whom they count for, as e; parents: SQL for an array of keys, NULL for all.';

-- What rows give to an entity, its members' rows included; keys: SQL for the array of keys wanted, NULL for all. Facts are
-- key, occurred_at, points, activities, decay, ahead, for what occurred between $1 and $2 or is as far ahead of $2 as its
-- source says; explained, key, occurred_at, points, decay, ahead, rule, source, row_key, within_limit, member, whenever they occur.
-- occurred_at is as a component keeps it: earlier by ahead, which its decay begins later by. With a beginning, $1, what an
-- entity always was is left out: it was not earned at any time. Adjustments are among them, as no activity.
CREATE FUNCTION leadscore_internal.facts_query(score int, entity leadscore_internal.entity, keys text, explained boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parts text[];
  decay leadscore.decay;
  membership leadscore_internal.membership;
  member leadscore_internal.entity;
  equality text := leadscore_internal.equality_operator(entity.key_type);
  own text := CASE WHEN explained
    THEN 'SELECT f.key, f.occurred_at, f.points, %1$L::leadscore.decay AS decay, interval %5$L AS ahead, f.rule, f.source, f.row_key, f.within_limit, NULL::text AS member'
         ' FROM leadscore_internal.explained_facts(%2$s, %3$s::%4$s[])'
         ' AS f(key %4$s, occurred_at timestamptz, points float8, rule text, source text, row_key jsonb, within_limit boolean)'
    ELSE 'SELECT f.*, %1$L::leadscore.decay AS decay, interval %5$L AS ahead FROM leadscore_internal.facts(%2$s, %3$s::%4$s[], $1 - interval %5$L, $2)'
         ' AS f(key %4$s, occurred_at timestamptz, points float8, activities int)%6$s' END;
BEGIN
  SELECT coalesce(array_agg(format(own, c.decay, c.id, keys, leadscore_internal.type_name(entity.key_type), c.ahead,
                                   CASE WHEN NOT c.counted THEN format(' WHERE $1 IS NULL OR f.occurred_at > %s', leadscore_internal.first_instant()) END)
                            ORDER BY c.id), '{}')
  INTO parts
  FROM leadscore_internal.component AS c WHERE c.score = facts_query.score AND c.entity = facts_query.entity.id AND NOT c.building;
  SELECT p.decay INTO decay FROM leadscore_internal.published_entity AS p
  WHERE p.score = facts_query.score AND p.entity = facts_query.entity.id AND NOT p.building;
  parts := parts || format(CASE WHEN explained
    THEN 'SELECT f.key, f.occurred_at, f.points, %L::leadscore.decay AS decay, interval ''0'' AS ahead, ''adjustment'' AS rule, NULL::text AS source, f.row_key,'
         ' true AS within_limit, NULL::text AS member FROM %s'
    ELSE 'SELECT f.key, f.occurred_at, f.points, 0 AS activities, %L::leadscore.decay AS decay, interval ''0'' AS ahead FROM %s'
         ' WHERE f.occurred_at >= coalesce($1, ''-infinity'') AND f.occurred_at <= coalesce($2, ''infinity'')' END,
    decay, leadscore_internal.adjustments_call(score, entity, keys));

  FOR membership IN
    SELECT * FROM leadscore_internal.membership AS m
    WHERE m.score = facts_query.score AND m.entity = facts_query.entity.id AND NOT m.building ORDER BY m.id
  LOOP
    SELECT * INTO STRICT member FROM leadscore_internal.entity AS x WHERE x.id = membership.member;
    parts := parts || format('SELECT e.parent AS key, f.occurred_at, f.points, %s FROM (%s) AS f JOIN %s ON e.key %s f.key WHERE e.parent IS NOT NULL%s',
      CASE WHEN explained THEN format('f.decay, f.ahead, f.rule, f.source, f.row_key, f.within_limit, concat_ws('', '', %L || e.key::text, f.member) AS member', member.name || ' ')
           ELSE 'f.activities, f.decay, f.ahead' END,
      leadscore_internal.facts_query(score, member,
        CASE WHEN keys = 'NULL' THEN keys
             ELSE format('ARRAY(SELECT e.key FROM %s WHERE e.parent %s ANY (%s))', leadscore_internal.member_pairs(membership, keys), equality, keys) END, explained),
      leadscore_internal.member_pairs(membership, keys), leadscore_internal.equality_operator(member.key_type),
      -- A member may count for others, too.
      CASE WHEN keys = 'NULL' THEN '' ELSE format(' AND e.parent %s ANY (%s)', equality, keys) END);
  END LOOP;
  RETURN array_to_string(parts, ' UNION ALL ');
END
$$;
COMMENT ON FUNCTION leadscore_internal.facts_query(int, leadscore_internal.entity, text, boolean) IS
  'The query for what rows give to an entity and its members.';

-- What an entity's points were or will be at $2, from the rows, each sum clamped where it has a cap; $1 is where to begin.
-- rows: FROM item for which entities, as e.
CREATE FUNCTION leadscore_internal.points_query(score int, entity leadscore_internal.entity, keys text, rows text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  parts text[];
  membership leadscore_internal.membership;
  member leadscore_internal.entity;
  published leadscore_internal.published_entity;
  key_type text := leadscore_internal.type_name(entity.key_type);
  equality text := leadscore_internal.equality_operator(entity.key_type);
BEGIN
  SELECT array_agg(format('SELECT f.key, %s AS points FROM leadscore_internal.facts(%s, %s::%s[], $1, $2)'
                          ' AS f(key %s, occurred_at timestamptz, points float8, activities int) GROUP BY f.key',
                          leadscore_internal.clamped(format('coalesce(leadscore.decayed_sum(f.points, f.occurred_at, %L, $2), 0)', c.decay), NULL, c.max_points),
                          c.id, keys, key_type, key_type) ORDER BY c.id)
  INTO parts
  FROM leadscore_internal.component AS c WHERE c.score = points_query.score AND c.entity = points_query.entity.id AND NOT c.building;
  SELECT * INTO published FROM leadscore_internal.published_entity AS p
  WHERE p.score = points_query.score AND p.entity = points_query.entity.id AND NOT p.building;
  parts := parts || format('SELECT f.key, leadscore.decayed_sum(f.points, f.occurred_at, %L, $2) AS points FROM %s GROUP BY f.key',
                           published.decay, leadscore_internal.adjustments_call(score, entity, keys));

  FOR membership IN
    SELECT * FROM leadscore_internal.membership AS m
    WHERE m.score = points_query.score AND m.entity = points_query.entity.id AND NOT m.building ORDER BY m.id
  LOOP
    SELECT * INTO STRICT member FROM leadscore_internal.entity AS x WHERE x.id = membership.member;
    parts := parts || format('SELECT e.parent AS key, p.points FROM (%s) AS p JOIN %s ON e.key %s p.key WHERE e.parent IS NOT NULL%s',
      leadscore_internal.points_query(score, member,
        CASE WHEN keys = 'NULL' THEN keys
             ELSE format('ARRAY(SELECT e.key FROM %s WHERE e.parent %s ANY (%s))', leadscore_internal.member_pairs(membership, keys), equality, keys) END,
        format('(SELECT DISTINCT e.key FROM %s) AS e', leadscore_internal.member_pairs(membership, keys))),
      leadscore_internal.member_pairs(membership, keys), leadscore_internal.equality_operator(member.key_type),
      -- A member may count for others, too.
      CASE WHEN keys = 'NULL' THEN '' ELSE format(' AND e.parent %s ANY (%s)', equality, keys) END);
  END LOOP;

  RETURN format('SELECT e.key, %s AS points FROM %s LEFT JOIN (%s) AS p(key, points) ON p.key %s e.key%s GROUP BY e.key',
                -- Rounded once, whatever the order.
                leadscore_internal.clamped('coalesce(leadscore.decayed_sum(p.points, $2, ''none'', $2), 0)', published.min_points, published.max_points),
                rows,
                array_to_string(parts, ' UNION ALL '), equality,
                CASE WHEN keys <> 'NULL' THEN format(' WHERE e.key %s ANY (%s)', equality, keys) END);
END
$$;
COMMENT ON FUNCTION leadscore_internal.points_query(int, leadscore_internal.entity, text, text) IS
  'The query for the points of entities at an instant, from the rows: key, points, a line for each entity.';

CREATE FUNCTION leadscore_internal.published_points(model name, entity text, score text, keys text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.points_query((leadscore_internal.find_score(model, leadscore_internal.name_in_model(score, model, 'score'))).id,
                                         e, keys, leadscore_internal.entity_rows(e))
  FROM leadscore_internal.find_entity(model, entity) AS e
$$;
COMMENT ON FUNCTION leadscore_internal.published_points(name, text, text, text) IS 'points_query() for readers, who have no right to the catalogue.';

CREATE FUNCTION leadscore_internal.published_facts(model name, entity text, score text, keys text, explained boolean DEFAULT false) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT leadscore_internal.facts_query((leadscore_internal.find_score(model, leadscore_internal.name_in_model(score, model, 'score'))).id,
                                        leadscore_internal.find_entity(model, entity), keys, explained)
$$;
COMMENT ON FUNCTION leadscore_internal.published_facts(name, text, text, text, boolean) IS 'facts_query() for readers, who have no right to the catalogue.';

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

CREATE FUNCTION leadscore_internal.is_entity(model name, entity text, id anyelement) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE e.key %s $1)', leadscore_internal.entity_from(model, entity),
                 leadscore_internal.entity_equality(model, entity)) INTO found USING id;
  RETURN found;
END
$$;
COMMENT ON FUNCTION leadscore_internal.is_entity(name, text, anyelement) IS 'Whether a key is that of an entity that the caller may see.';

CREATE FUNCTION leadscore_internal.look_up(query text, key anyelement) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_look_up' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.look_up(text, anyelement) IS
  'The number that a query gives for $1, run as the caller, who keeps its plan; NULL for no row.';

CREATE FUNCTION leadscore_internal.score_then(model name, entity text, score text, id anyelement, as_of timestamptz) RETURNS float8
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
  result float8;
BEGIN
  PERFORM leadscore_internal.check_instant(as_of, 'as_of');
  IF readable.paused THEN
    RETURN NULL;
  ELSIF as_of = leadscore.clock() THEN
    RETURN leadscore_internal.look_up(readable.lookup, id);
  END IF;
  EXECUTE format('SELECT p.points FROM (%s) AS p', leadscore_internal.published_points(model, entity, score, 'ARRAY[$3]'))
  INTO result USING NULL::timestamptz, as_of, id;
  RETURN result;
END
$$;
COMMENT ON FUNCTION leadscore_internal.score_then(name, text, text, anyelement, timestamptz) IS 'The points of one at any instant.';

-- Now, most often: then what it asks of the catalogue is kept for the other rows of a query.
CREATE FUNCTION leadscore_internal.score_at(model name, entity text, score text, id anyelement, as_of timestamptz) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_score_at' LANGUAGE C STABLE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION leadscore_internal.score_at(name, text, text, anyelement, timestamptz) IS 'Implementation of <entity>_score.';
