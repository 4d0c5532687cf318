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

CREATE FUNCTION leadscore_internal.falls_to(points float8[], occurred_at timestamptz[], decays leadscore.decay[], sums int[],
                                            part_of int[], lowest float8[], highest float8[], instant timestamptz, threshold float8)
  RETURNS timestamptz AS 'MODULE_PATHNAME', 'leadscore_falls_to' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION leadscore_internal.falls_to(float8[], timestamptz[], leadscore.decay[], int[], int[], float8[], float8[], timestamptz, float8) IS
  'The first instant from then on at which the decayed sum of the activities is at or below the threshold; NULL for never. sums: to which sum an activity is added, from 0 on; each is brought between its limits and added to the one that it is part_of, which stands before it; the first is the whole.';

-- A score as sums of sums: one for each entity, each component of it, and each member, over all levels. A path says of whom:
-- a member may count on several ways. $1: the key, $2: the instant, $3: the threshold.
CREATE FUNCTION leadscore_internal.cooling_query(model name, entity text, score text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
DECLARE
  of_score int := (leadscore_internal.find_score(model, leadscore_internal.name_in_model(score, model, 'score'))).id;
  entities leadscore_internal.entity[] := ARRAY[leadscore_internal.find_entity(model, entity)];
  depths int[] := '{0}';
  queries text[] := ARRAY[format('scope1 AS MATERIALIZED (SELECT ''{}''::text[] AS path, ''{}''::text[] AS part_of, $1::%s AS key)',
                                 leadscore_internal.type_name((entities[1]).key_type))];
  sums text[] := '{}';
  facts text[] := '{}';
  e leadscore_internal.entity;
  component leadscore_internal.component;
  membership leadscore_internal.membership;
  member leadscore_internal.entity;
  n int := 0;
BEGIN
  WHILE n < cardinality(entities) LOOP
    n := n + 1;
    e := entities[n];
    sums := sums || (SELECT format('SELECT %s AS depth, s.path, s.part_of, %L::float8 AS lowest, %L::float8 AS highest FROM scope%s AS s',
                                   depths[n], p.min_points, p.max_points, n)
                     FROM leadscore_internal.published_entity AS p WHERE p.score = of_score AND p.entity = e.id AND NOT p.building);
    facts := facts || (SELECT format('SELECT s.path, f.points, f.occurred_at, %L::leadscore.decay AS decay FROM scope%s AS s JOIN %s ON f.key %s s.key', p.decay, n,
                                     leadscore_internal.adjustments_call(of_score, e, format('ARRAY(SELECT k.key FROM scope%s AS k)', n)),
                                     leadscore_internal.equality_operator(e.key_type))
                       FROM leadscore_internal.published_entity AS p WHERE p.score = of_score AND p.entity = e.id AND NOT p.building);
    FOR component IN
      SELECT * FROM leadscore_internal.component AS c WHERE c.score = of_score AND c.entity = e.id AND NOT c.building ORDER BY c.id
    LOOP
      sums := sums || format('SELECT %s, array_append(s.path, %L), s.path, NULL, %L::float8 FROM scope%s AS s',
                             depths[n] + 1, component.id, component.max_points, n);
      facts := facts || format('SELECT array_append(s.path, %L) AS path, f.points, f.occurred_at, %L::leadscore.decay AS decay FROM scope%s AS s JOIN %s ON f.key %s s.key',
                               component.id, component.decay, n,
                               leadscore_internal.facts_call(component, format('ARRAY(SELECT k.key FROM scope%s AS k)', n)),
                               leadscore_internal.equality_operator(e.key_type));
    END LOOP;
    FOR membership IN
      SELECT * FROM leadscore_internal.membership AS m WHERE m.score = of_score AND m.entity = e.id AND NOT m.building ORDER BY m.id
    LOOP
      SELECT * INTO STRICT member FROM leadscore_internal.entity AS x WHERE x.id = membership.member;
      entities := entities || member;
      depths := depths || depths[n] + 1;
      queries := queries || format('scope%s AS MATERIALIZED (SELECT array_append(s.path, %L || e.key::text) AS path, s.path AS part_of, e.key FROM scope%s AS s JOIN %s ON e.parent %s s.key)',
                                   cardinality(entities), membership.id || ' ', n,
                                   leadscore_internal.member_pairs(membership, format('ARRAY(SELECT k.key FROM scope%s AS k)', n)),
                                   leadscore_internal.equality_operator(e.key_type));
    END LOOP;
  END LOOP;
  RETURN format($query$
    WITH %s,
    numbered AS MATERIALIZED (
      SELECT s.path, s.part_of, s.lowest, s.highest, (row_number() OVER (ORDER BY s.depth, s.path))::int - 1 AS number FROM (%s) AS s
    ), activities AS (
      SELECT array_agg(f.points) AS points, array_agg(f.occurred_at) AS occurred_at, array_agg(f.decay) AS decays, array_agg(n.number) AS sums
      FROM (%s) AS f JOIN numbered AS n ON n.path = f.path
    ), limits AS (
      SELECT array_agg(p.number ORDER BY n.number) AS part_of, array_agg(coalesce(n.lowest, '-infinity') ORDER BY n.number) AS lowest,
             array_agg(coalesce(n.highest, 'infinity') ORDER BY n.number) AS highest
      FROM numbered AS n JOIN numbered AS p ON p.path = n.part_of
    )
    SELECT leadscore_internal.falls_to(a.points, a.occurred_at, a.decays, a.sums, l.part_of, l.lowest, l.highest, $2, $3) FROM activities AS a, limits AS l$query$,
    array_to_string(queries, ', '), array_to_string(sums, ' UNION ALL '),
    array_to_string(facts, ' UNION ALL '));
END
$$;
COMMENT ON FUNCTION leadscore_internal.cooling_query(name, text, text) IS 'The query for when the points of an entity will first be at or below a threshold.';

CREATE FUNCTION leadscore_internal.cools_at(model name, entity text, score text, id anyelement, threshold float8) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
  result timestamptz;
BEGIN
  PERFORM leadscore_internal.check_number(threshold, 'threshold');
  IF readable.paused OR NOT leadscore_internal.is_entity(model, entity, id) THEN
    RETURN NULL;
  END IF;
  EXECUTE leadscore_internal.cooling_query(model, entity, score) INTO result USING id, leadscore.clock(), threshold;
  RETURN result;
END
$$;
COMMENT ON FUNCTION leadscore_internal.cools_at(name, text, text, anyelement, float8) IS 'Implementation of <entity>_cools_at.';
