-- Scores at other instants than now, from the rows: lead_scores_at, lead_timeline, and lead_cools_at, which looks ahead.

CREATE FUNCTION leadscore_internal.has_caps(model name, score text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM leadscore_internal.component AS c WHERE c.score = s.id AND NOT c.building AND c.max_points IS NOT NULL)
      OR EXISTS (SELECT FROM leadscore_internal.published_entity AS p
                 WHERE p.score = s.id AND NOT p.building AND (p.min_points IS NOT NULL OR p.max_points IS NOT NULL))
  FROM leadscore_internal.find_score(model, leadscore_internal.name_in_model(score, model, 'score')) AS s
$$;
COMMENT ON FUNCTION leadscore_internal.has_caps(name, text) IS 'Whether a score, as it is published, has caps of its own or of rules.';

CREATE FUNCTION leadscore_internal.scores_at(model name, entity text, score text, as_of timestamptz) RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
BEGIN
  PERFORM leadscore_internal.check_instant(as_of, 'as_of');
  IF readable.paused THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE leadscore_internal.published_points(model, entity, score, 'NULL')
  USING NULL::timestamptz, as_of;
END
$$;
COMMENT ON FUNCTION leadscore_internal.scores_at(name, text, text, timestamptz) IS 'Implementation of <entity>_scores_at.';

-- from_time, from_time + step, from_time + 2 steps, … by the calendar in UTC: steps of a month from January 31 lead to
-- the last of February, and to March 31.
CREATE FUNCTION leadscore_internal.steps(from_time timestamptz, to_time timestamptz, step interval) RETURNS SETOF timestamptz
LANGUAGE plpgsql IMMUTABLE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at timestamptz := from_time;
  next timestamptz;
  number bigint := 0;
BEGIN
  PERFORM leadscore_internal.check_instant(from_time, 'from_time');
  PERFORM leadscore_internal.check_instant(to_time, 'to_time');
  IF step IS NULL THEN
    RAISE EXCEPTION 'step must not be null' USING ERRCODE = 'null_value_not_allowed';
  ELSIF step <= interval '0' THEN
    RAISE EXCEPTION 'step must be longer than zero: %', step USING ERRCODE = 'invalid_parameter_value';
  END IF;
  WHILE at <= to_time LOOP
    RETURN NEXT at;
    -- Longer than the calendar, and perhaps than what a timestamp can hold.
    EXIT WHEN step > interval '10000 years';
    number := number + 1;
    next := ((from_time AT TIME ZONE 'UTC') + step * number) AT TIME ZONE 'UTC';
    IF next <= at THEN
      RAISE EXCEPTION 'step does not always lead forward: %', step
        USING ERRCODE = 'invalid_parameter_value', HINT = format('After %s it leads to %s: do not mix signs.', at, next);
    END IF;
    at := next;
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.steps(timestamptz, timestamptz, interval) IS 'The instants of a timeline.';

CREATE FUNCTION leadscore_internal.timeline(model name, entity text, score text, id anyelement,
                                            from_time timestamptz, to_time timestamptz, step interval) RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
  instants timestamptz[] := ARRAY(SELECT leadscore_internal.steps(from_time, to_time, step));
BEGIN
  IF readable.paused OR NOT leadscore_internal.is_entity(model, entity, id) THEN
    RETURN;
  END IF;
  -- A sum with a cap is not the sum of what is read once.
  IF leadscore_internal.has_caps(model, score) THEN
    RETURN QUERY EXECUTE format('SELECT i.at, p.points FROM unnest($4) AS i(at) CROSS JOIN LATERAL (%s) AS p ORDER BY i.at',
                                replace(leadscore_internal.published_points(model, entity, score, 'ARRAY[$3]'), '$2', 'i.at'))
    USING NULL::timestamptz, to_time, id, instants;
    RETURN;
  END IF;
  RETURN QUERY EXECUTE format(
    'WITH facts AS MATERIALIZED (%s)
     SELECT i.at, coalesce(leadscore.decayed_sum(f.points, f.occurred_at, f.decay, i.at), 0)
     FROM unnest($4) AS i(at) LEFT JOIN facts AS f ON f.occurred_at <= i.at GROUP BY i.at ORDER BY i.at',
    leadscore_internal.published_facts(model, entity, score, 'ARRAY[$3]'))
  USING NULL::timestamptz, to_time, id, instants;
END
$$;
COMMENT ON FUNCTION leadscore_internal.timeline(name, text, text, anyelement, timestamptz, timestamptz, interval) IS
  'Implementation of <entity>_timeline.';

CREATE FUNCTION leadscore_internal.falls_to(points float8[], occurred_at timestamptz[], decays leadscore.decay[], instant timestamptz, threshold float8)
  RETURNS timestamptz AS 'MODULE_PATHNAME', 'leadscore_falls_to' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION leadscore_internal.falls_to(float8[], timestamptz[], leadscore.decay[], timestamptz, float8) IS
  'The first instant from then on at which the decayed sum of the activities is at or below the threshold; NULL for never.';

CREATE FUNCTION leadscore_internal.cools_at(model name, entity text, score text, id anyelement, threshold float8) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
  result timestamptz;
BEGIN
  PERFORM leadscore_internal.check_number(threshold, 'threshold');
  IF readable.paused OR NOT leadscore_internal.is_entity(model, entity, id) THEN
    RETURN NULL;
  ELSIF leadscore_internal.has_caps(model, score) THEN
    RAISE EXCEPTION 'when a score with caps cools is not known' USING ERRCODE = 'feature_not_supported',
      HINT = format('Look along %s.', quote_ident(entity || '_timeline'));
  END IF;
  EXECUTE format('SELECT leadscore_internal.falls_to(array_agg(f.points), array_agg(f.occurred_at), array_agg(f.decay), $4, $5) FROM (%s) AS f',
                 leadscore_internal.published_facts(model, entity, score, 'ARRAY[$3]'))
  INTO result USING NULL::timestamptz, NULL::timestamptz, id, leadscore.clock(), threshold;
  RETURN result;
END
$$;
COMMENT ON FUNCTION leadscore_internal.cools_at(name, text, text, anyelement, float8) IS 'Implementation of <entity>_cools_at.';
