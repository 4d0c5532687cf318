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

-- Undecayed points in [as_of - within, as_of]. $1 and $2 are the bounds, $3 the limit.
CREATE FUNCTION leadscore_internal.window_query(model name, entity text, score text, condition text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('SELECT e.key, coalesce(w.points, 0), coalesce(w.activities, 0)::bigint, w.last_activity_at
                 FROM %s LEFT JOIN (SELECT f.key, sum(f.points) AS points, sum(f.activities) AS activities, max(f.occurred_at + f.ahead) FILTER (WHERE f.activities > 0) AS last_activity_at
                                    FROM (%s) AS f GROUP BY f.key) AS w ON w.key %s e.key
                 WHERE coalesce(w.points, 0) %s $3',
                leadscore_internal.entity_from(model, entity), leadscore_internal.published_facts(model, entity, score, 'NULL'),
                leadscore_internal.entity_equality(model, entity), condition)
$$;
COMMENT ON FUNCTION leadscore_internal.window_query(name, text, text, text) IS 'The query behind lead_hot and lead_cold.';

CREATE FUNCTION leadscore_internal.check_number(number float8, what text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF number IS NULL OR number = 'NaN' THEN
    RAISE EXCEPTION '% must not be null or NaN', what USING ERRCODE = 'invalid_parameter_value';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_number(float8, text) IS 'Refuses what nothing can be compared with.';

CREATE FUNCTION leadscore_internal.in_window(model name, entity text, score text, condition text, points float8, within interval, as_of timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
BEGIN
  PERFORM leadscore_internal.check_number(points, 'the number of points');
  IF readable.paused THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE leadscore_internal.window_query(model, entity, score, condition)
               USING leadscore_internal.window_start(as_of, within), as_of, points;
END
$$;
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
