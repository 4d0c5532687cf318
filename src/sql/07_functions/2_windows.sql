-- What was earned in a window of time, without decay: lead_hot, lead_cold, lead_falling.

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
  -- Before all activities, and perhaps before what a timestamp can hold.
  IF within > as_of - timestamptz '1400-01-02 00:00:00+00' THEN
    RETURN '-infinity';
  END IF;
  RETURN ((as_of AT TIME ZONE 'UTC') - within) AT TIME ZONE 'UTC';
END
$$;
COMMENT ON FUNCTION leadscore_internal.window_start(timestamptz, interval) IS 'as_of - within by the calendar in UTC.';

-- Who can have more than so many points in the window that a score itself is about, its states know: the query for their keys;
-- NULL where the score is about something else. Within what rounding may have made of it, a sum is looked at again, but not
-- where it is the number itself, as those of whole points often are.
CREATE FUNCTION leadscore_internal.earners_query(score int, entity int, since timestamptz, as_of timestamptz, more_than float8,
                                                 OUT relation oid, OUT query text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
  -- Beyond so many, reading everybody takes no longer.
  most_keys constant int := 5000;
  c leadscore_internal.component;
BEGIN
  SELECT e.relation INTO relation FROM leadscore_internal.entity AS e WHERE e.id = earners_query.entity;
  SELECT * INTO c FROM leadscore_internal.component AS x WHERE x.score = earners_query.score AND x.entity = earners_query.entity AND NOT x.building LIMIT 1;
  IF NOT FOUND OR NOT leadscore_internal.tables_stand(ARRAY[c.states::oid], NULL) OR NOT c.counted OR c.ahead <> interval '0'
     OR as_of <> leadscore.clock() OR NOT isfinite(since) OR since >= as_of OR more_than <= 0
     OR EXISTS (SELECT FROM leadscore_internal.component AS x WHERE x.score = c.score AND x.entity = c.entity AND NOT x.building AND x.id <> c.id)
     OR EXISTS (SELECT FROM leadscore_internal.membership AS m WHERE m.score = c.score AND m.entity = c.entity AND NOT m.building)
     OR NOT c.decay OPERATOR(leadscore.=) format('window(%s seconds)', extract(epoch FROM as_of - since))::leadscore.decay THEN
    RETURN;
  END IF;
  query := format('SELECT CASE WHEN %8$s <= %4$s AND NOT leadscore_internal.must_read_rows(%2$s) THEN (
                     SELECT CASE WHEN cardinality(found.keys) < %1$s THEN found.keys END
                     FROM (SELECT ARRAY(SELECT x.key FROM (SELECT s.key FROM %3$s AS s
                                                           WHERE s.rank >= %4$s AND s.points <> %9$L AND s.points + 2 * %10$s > %9$L
                                                           UNION ALL %5$s UNION ALL %7$s UNION ALL %6$s) AS x LIMIT %1$s) AS keys OFFSET 0) AS found) END',
                  most_keys, c.id, c.states, leadscore_internal.rank_above(more_than),
                  leadscore_internal.pending_keys(c), leadscore_internal.due_keys(c, 'leadscore.clock()'), leadscore_internal.adjusted_keys(c.score, c.entity),
                  leadscore_internal.least_rank_query(c.id), more_than, (leadscore_internal.state_row(c.decay, 's')).error);
END
$$;
COMMENT ON FUNCTION leadscore_internal.earners_query(int, int, timestamptz, timestamptz, float8) IS 'How the states of a score find who can be hot.';

CREATE FUNCTION leadscore_internal.earners(score int, entity int, since timestamptz, as_of timestamptz, more_than float8, keys anyarray) RETURNS anyarray
  AS 'MODULE_PATHNAME', 'leadscore_earners' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.earners(int, int, timestamptz, timestamptz, float8, anyarray) IS
  'Keys of all that can have earned more than so many points in a window; NULL for everybody. keys: of their type, NULL.';

-- One for each table, and one for adjustments. $1: keys; $2 and $3: bounds, of which the first is from_time. Times are as a
-- component keeps them, ahead microseconds earlier.
CREATE FUNCTION leadscore_internal.earned_queries(score int, entity int, since timestamptz, by_key boolean)
RETURNS TABLE (owner oid, query text, from_time timestamptz, ahead bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY
  SELECT b.owner::oid,
         -- What an entity always was, it did not earn at any time.
         CASE WHEN c.counted THEN q.query
              ELSE format('SELECT * FROM (%s) AS f(key, occurred_at, points, activities) WHERE f.occurred_at > %s', q.query, leadscore_internal.first_instant()) END,
         since - c.ahead, (extract(epoch FROM c.ahead) * 1000000)::bigint
  FROM leadscore_internal.component AS c JOIN leadscore_internal.branch AS b ON b.component = c.id
  CROSS JOIN LATERAL leadscore_internal.branch_query(b.id, by_key, true, true, false) AS q(query)
  WHERE c.score = earned_queries.score AND c.entity = earned_queries.entity AND NOT c.building AND b.records IS NULL
  UNION ALL
  SELECT o.relowner, format('SELECT a.key, a.occurred_at, a.points, 0 FROM %s AS a'
                            ' WHERE a.score = %s AND a.withdrawn_at IS NULL AND ($1 IS NULL OR a.key %s ANY ($1)) AND a.occurred_at >= $2 AND a.occurred_at <= $3',
                            e.adjusted, earned_queries.score, leadscore_internal.equality_operator(e.key_type)), since, 0
  FROM leadscore_internal.entity AS e JOIN pg_class AS o ON o.oid = e.adjusted WHERE e.id = earned_queries.entity;
END
$$;
COMMENT ON FUNCTION leadscore_internal.earned_queries(int, int, timestamptz, boolean) IS 'The queries behind earned().';

CREATE FUNCTION leadscore_internal.earned(score int, entity int, keys anyarray, from_time timestamptz, to_time timestamptz, more_than float8)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'leadscore_earned' LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000;
COMMENT ON FUNCTION leadscore_internal.earned(int, int, anyarray, timestamptz, timestamptz, float8) IS
  'What rows and adjustments gave to entities in a window (key, points, activities, last_activity_at), summed up, perhaps in parts; read as the owners of the tables. more_than: others than those who earned more may be missing.';

-- Key, points, activities and last_activity_at of the window from $1 to $2, members' included, in parts that are still to be
-- added up; keys and more_than: SQL, or NULL.
CREATE FUNCTION leadscore_internal.earned_query(score int, entity leadscore_internal.entity, keys text, more_than text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  membership leadscore_internal.membership;
  member leadscore_internal.entity;
  parts text := format('SELECT f.* FROM leadscore_internal.earned(%s, %s, %s::%4$s[], $1, $2, %s)'
                       ' AS f(key %4$s, points float8, activities bigint, last_activity_at timestamptz)',
                       score, entity.id, keys, leadscore_internal.type_name(entity.key_type), more_than);
BEGIN
  FOR membership IN
    SELECT * FROM leadscore_internal.membership AS m
    WHERE m.score = earned_query.score AND m.entity = earned_query.entity.id AND NOT m.building ORDER BY m.id
  LOOP
    SELECT * INTO STRICT member FROM leadscore_internal.entity AS x WHERE x.id = membership.member;
    parts := parts || format(' UNION ALL SELECT e.parent, f.points, f.activities, f.last_activity_at FROM (%s) AS f JOIN %s ON e.key %s f.key WHERE e.parent IS NOT NULL',
                             leadscore_internal.earned_query(score, member, 'NULL', 'NULL'), leadscore_internal.member_pairs(membership, 'NULL'),
                             leadscore_internal.equality_operator(member.key_type));
  END LOOP;
  RETURN parts;
END
$$;
COMMENT ON FUNCTION leadscore_internal.earned_query(int, leadscore_internal.entity, text, text) IS
  'The query for what entities and their members earned in a window.';

-- Undecayed points in [as_of - within, as_of]. $1 and $2 are the bounds, $3 the limit. active: nobody without an activity meets
-- the condition.
CREATE FUNCTION leadscore_internal.window_query(model name, entity text, score text, condition text, active boolean) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  e leadscore_internal.entity := leadscore_internal.find_entity(model, entity);
  s leadscore_internal.score := leadscore_internal.find_score(model, leadscore_internal.name_in_model(score, model, 'score'));
  keys text := 'NULL';
  more_than text := 'NULL';
BEGIN
  -- A roll-up adds its members' points to its own.
  IF active AND NOT EXISTS (SELECT FROM leadscore_internal.membership AS m WHERE m.score = s.id AND m.entity = e.id AND NOT m.building) THEN
    keys := format('leadscore_internal.earners(%s, %s, $1, $2, $3, NULL::%s[])', s.id, e.id, leadscore_internal.type_name(e.key_type));
    more_than := '$3';
  END IF;
  RETURN format('SELECT e.key, coalesce(w.points, 0), coalesce(w.activities, 0)::bigint, w.last_activity_at
                 FROM %s %s JOIN (SELECT f.key, sum(f.points) AS points, sum(f.activities) AS activities, max(f.last_activity_at) AS last_activity_at
                                  FROM (%s) AS f(key, points, activities, last_activity_at) GROUP BY f.key) AS w ON w.key %s e.key
                 WHERE coalesce(w.points, 0) %s $3',
                leadscore_internal.entity_rows(e), CASE WHEN NOT active THEN 'LEFT' END, leadscore_internal.earned_query(s.id, e, keys, more_than),
                leadscore_internal.equality_operator(e.key_type), condition);
END
$$;
COMMENT ON FUNCTION leadscore_internal.window_query(name, text, text, text, boolean) IS 'The query behind lead_hot and lead_cold.';

CREATE FUNCTION leadscore_internal.check_number(number float8, what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF number IS NULL OR number = 'NaN' THEN
    RAISE EXCEPTION '% must not be null or NaN', what USING ERRCODE = 'invalid_parameter_value';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_number(float8, text) IS 'Refuses what nothing can be compared with.';

-- query: NULL where there is nothing to read; since: its $1.
CREATE FUNCTION leadscore_internal.window_queries(model name, entity text, score text, condition text, points float8, within interval, as_of timestamptz,
                                                  OUT query text, OUT since timestamptz, OUT view_name text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
BEGIN
  PERFORM leadscore_internal.check_number(points, 'the number of points');
  view_name := readable.view_name;
  IF NOT readable.paused THEN
    since := leadscore_internal.window_start(as_of, within);
    query := leadscore_internal.window_query(model, entity, score, condition, condition = '>' AND points >= 0);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.window_queries(name, text, text, text, float8, interval, timestamptz) IS 'What in_window() runs.';

CREATE FUNCTION leadscore_internal.in_window(model name, entity text, score text, condition text, points float8, within interval, as_of timestamptz)
  RETURNS SETOF record AS 'MODULE_PATHNAME', 'leadscore_in_window' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.in_window(name, text, text, text, float8, interval, timestamptz) IS 'Implementation of <entity>_hot and <entity>_cold.';

-- The window [as_of - within, as_of], as for lead_hot, beside the one before it, which ends just before: an activity at
-- as_of - within is in the later one.
CREATE FUNCTION leadscore_internal.falling(model name, entity text, score text, least_drop float8, within interval, as_of timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
  since timestamptz := leadscore_internal.window_start(as_of, within);
BEGIN
  PERFORM leadscore_internal.check_number(least_drop, 'drop');
  -- Nothing can have happened before the calendar.
  IF readable.paused OR since <= '1400-01-02 00:00:00+00' THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT e.key, w.before, w.points, (w.before - w.points) / w.before
     FROM %s JOIN (SELECT f.key, coalesce(sum(f.points) FILTER (WHERE f.occurred_at + f.ahead < $3), 0) AS before,
                          coalesce(sum(f.points) FILTER (WHERE f.occurred_at + f.ahead >= $3), 0) AS points
                   FROM (%s) AS f GROUP BY f.key) AS w ON w.key %s e.key
     WHERE CASE WHEN w.before > 0 THEN (w.before - w.points) / w.before >= $4 END',
    leadscore_internal.entity_from(model, entity), leadscore_internal.published_facts(model, entity, score, 'NULL'),
    leadscore_internal.entity_equality(model, entity))
  USING leadscore_internal.window_start(since, within), as_of, since, least_drop;
END
$$;
COMMENT ON FUNCTION leadscore_internal.falling(name, text, text, float8, interval, timestamptz) IS 'Implementation of <entity>_falling.';
