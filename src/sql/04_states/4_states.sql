-- States: one row per entity and component, a function of time that is read without refreshing.
--
-- Between the instants at which one of its activities passes a boundary of its weight (begins to count, steps down,
-- expires), the sum over an entity's activities is, from its reference on,
--
--   points, fading with the half-life of the decay if it has one, + held - falling * microseconds
--
-- and next_change_at is the first such instant that is still to come: from then on the rows are asked. Where nothing but
-- an activity of the future can change the form (no boundary), the reference is last_activity_at. magnitude
-- is the sum of the absolute points, error bounds what rounding may have added; both fade as points do, and neither is so
-- small that SQL could not multiply it. Where they are as in most states, they are NULL (core/state.hpp).

CREATE FUNCTION leadscore_internal.fading_part(decay leadscore.decay, points float8, occurred_at timestamptz, instant timestamptz) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_fading_part' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.fading_part(leadscore.decay, float8, timestamptz, timestamptz) IS
  'The part of an activity''s points that fades with the half-life, or stays if the decay has none.';

CREATE FUNCTION leadscore_internal.held_part(decay leadscore.decay, points float8, occurred_at timestamptz, instant timestamptz) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_held_part' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.held_part(leadscore.decay, float8, timestamptz, timestamptz) IS
  'The points of an activity that an exponential decay holds, so that they do not fade yet.';

CREATE FUNCTION leadscore_internal.falling_part(decay leadscore.decay, points float8, occurred_at timestamptz, instant timestamptz) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_falling_part' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.falling_part(leadscore.decay, float8, timestamptz, timestamptz) IS
  'By how much an activity''s points fall in a microsecond, under a linear decay.';

CREATE FUNCTION leadscore_internal.delayed(decay leadscore.decay, span interval) RETURNS leadscore.decay
  AS 'MODULE_PATHNAME', 'leadscore_delayed' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.delayed(leadscore.decay, interval) IS
  'The decay that begins later by a span: 1 for so long, then as the decay is from age 0 on. A negative span undoes it.';

CREATE FUNCTION leadscore_internal.next_change(decay leadscore.decay, occurred_at timestamptz, instant timestamptz) RETURNS timestamptz
  AS 'MODULE_PATHNAME', 'leadscore_next_change' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.next_change(leadscore.decay, timestamptz, timestamptz) IS
  'The first instant after which an activity''s weight is another function of time; NULL for never.';

CREATE FUNCTION leadscore_internal.state_points(decay leadscore.decay, points float8, held float8, falling float8,
                                                reference timestamptz, instant timestamptz) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_state_points' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.state_points(leadscore.decay, float8, float8, float8, timestamptz, timestamptz) IS
  'The points of a state at an instant between its reference and its next change; NULL before the reference.';

CREATE FUNCTION leadscore_internal.stored_magnitude(points float8, held float8, magnitude float8, error float8, activities bigint) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_stored_magnitude' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.stored_magnitude(float8, float8, float8, float8, bigint) IS
  'The sum of the absolute points of a state; NULL where all have one sign, so that the state need not store it.';

CREATE FUNCTION leadscore_internal.stored_error(points float8, held float8, magnitude float8, error float8, activities bigint) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_stored_error' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.stored_error(float8, float8, float8, float8, bigint) IS
  'What bounds the error of a state; NULL where the number of activities does, so that the state need not store it.';

CREATE FUNCTION leadscore_internal.state_error(points float8, held float8, magnitude float8, error float8, activities bigint) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_state_error' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.state_error(float8, float8, float8, float8, bigint) IS
  'What rounding may have added to a state as it is stored, reading it included; it fades as the points do.';

CREATE FUNCTION leadscore_internal.create_states(component int, model name, entity leadscore_internal.entity, decay leadscore.decay) RETURNS regclass
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  states text := format('%I.%I', model, entity.name || '_states_' || component);
BEGIN
  -- What a fold leaves as it is comes first, and what it always changes last: WAL leaves out the first and the last bytes
  -- that stay. Up to eight columns, what is NULL costs nothing.
  EXECUTE format('CREATE TABLE %1$s (
      key              %2$s PRIMARY KEY,
      rank             int,
      magnitude        float8,
      error            float8,
      next_change_at   timestamptz,
      %3$s
      points           float8 NOT NULL,
      last_activity_at timestamptz,
      activities       bigint NOT NULL
    ) WITH (fillfactor = 85)', states, leadscore_internal.type_name(entity.key_type),
    (SELECT string_agg(format('%s %s,', column_name, CASE column_name WHEN 'reference' THEN 'timestamptz NOT NULL' ELSE 'float8' END), ' ')
     FROM unnest(leadscore_internal.state_extras(decay)) AS column_name));
  -- An update that leaves a state its rank, or without one, touches no index.
  EXECUTE format('CREATE INDEX ON %s (rank) WHERE rank IS NOT NULL', states);
  EXECUTE format('CREATE INDEX ON %s (next_change_at) WHERE next_change_at IS NOT NULL', states);
  EXECUTE format('COMMENT ON TABLE %s IS %L', states,
                 'pg_leadscore: kept by triggers, can be rebuilt from the activities; read it through the views');
  PERFORM leadscore_internal.share_with_readers(states::regclass, entity);
  RETURN states::regclass;
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_states(int, name, leadscore_internal.entity, leadscore.decay) IS 'Makes the state table of a component.';

CREATE FUNCTION leadscore_internal.share_with_readers(own regclass, entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
BEGIN
  -- Whoever may read an entity's row of the CRM may read its state, and nobody else.
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', own);
  EXECUTE format('DROP POLICY IF EXISTS readers ON %s', own);
  EXECUTE format('CREATE POLICY readers ON %s FOR SELECT USING (EXISTS (
                    SELECT FROM (SELECT %s AS key FROM %s) AS e WHERE e.key %s %s.key))',
                 own, entity.key, entity.relation, leadscore_internal.equality_operator(entity.key_type),
                 (SELECT quote_ident(c.relname) FROM pg_class AS c WHERE c.oid = own));
  EXECUTE format('GRANT SELECT ON %s TO PUBLIC', own);
END
$$;
COMMENT ON FUNCTION leadscore_internal.share_with_readers(regclass, leadscore_internal.entity) IS
  'Lets those read an own table who may read the entity''s rows of the CRM, and nobody else any more.';

CREATE FUNCTION leadscore_internal.own_tables(entity leadscore_internal.entity) RETURNS SETOF regclass
LANGUAGE sql IMMUTABLE ROWS 2 SET search_path = pg_catalog, pg_temp AS $$
  SELECT t FROM unnest(ARRAY[entity.pending, entity.once, entity.adjusted]) AS t WHERE t IS NOT NULL
$$;
COMMENT ON FUNCTION leadscore_internal.own_tables(leadscore_internal.entity) IS 'The tables that an entity has besides the states of its scores.';

-- A user may have dropped it already; a regclass then is a number.
CREATE FUNCTION leadscore_internal.drop_own_table(own regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = own) THEN
    EXECUTE format('DROP TABLE %s', own);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_own_table(regclass) IS 'Drops a table of ours, if it is still there.';

CREATE FUNCTION leadscore_internal.state_extras(decay leadscore.decay) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  written constant text := decay;
BEGIN
  RETURN CASE WHEN written LIKE 'exponential%hold%' THEN '{held}' WHEN written LIKE 'linear%' THEN '{falling}' ELSE '{}' END::text[]
    || CASE WHEN leadscore.has_boundary(decay) THEN '{reference}' ELSE '{}' END::text[];
END
$$;
COMMENT ON FUNCTION leadscore_internal.state_extras(leadscore.decay) IS 'The columns that states have under some decays only.';

CREATE FUNCTION leadscore_internal.state_columns(decay leadscore.decay) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT '{key, points, magnitude, error, activities, last_activity_at, next_change_at}' || leadscore_internal.state_extras(decay)
$$;
COMMENT ON FUNCTION leadscore_internal.state_columns(leadscore.decay) IS 'The columns of a state table, but for the rank.';

-- What a state does not store is the same for all states of a table, or follows from the rest.
CREATE FUNCTION leadscore_internal.state_row(decay leadscore.decay, s text, OUT reference text, OUT held text, OUT falling text, OUT error text)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  extras constant text[] := leadscore_internal.state_extras(decay);
BEGIN
  reference := s || CASE WHEN 'reference' = ANY (extras) THEN '.reference' ELSE '.last_activity_at' END;
  held := CASE WHEN 'held' = ANY (extras) THEN s || '.held' ELSE 'NULL::float8' END;
  falling := CASE WHEN 'falling' = ANY (extras) THEN s || '.falling' ELSE 'NULL::float8' END;
  error := format('leadscore_internal.state_error(%1$s.points, %2$s, %1$s.magnitude, %1$s.error, %1$s.activities)', s, held);
END
$$;
COMMENT ON FUNCTION leadscore_internal.state_row(leadscore.decay, text) IS
  'Expressions for what a state s (SQL) says, stored or not; error: what rounding may have added, reading included.';

CREATE FUNCTION leadscore_internal.store_states(component leadscore_internal.component, states_query text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  -- Where nothing changes any more, nothing is held or falls: only rounding is left of it.
  SELECT format('INSERT INTO %1$s (%2$s, rank)
                 SELECT %3$s, %6$s
                 FROM (SELECT x.*, leadscore_internal.stored_magnitude(x.points, x.held, x.magnitude, x.error, x.activities) AS stored_magnitude,
                              leadscore_internal.stored_error(x.points, x.held, x.magnitude, x.error, x.activities) AS stored_error
                       FROM (SELECT x.key, x.points, x.magnitude, x.error, x.activities::bigint AS activities, x.last_activity_at, x.next_change_at, x.reference,
                                    CASE WHEN x.next_change_at IS NOT NULL THEN x.held END AS held, CASE WHEN x.next_change_at IS NOT NULL THEN x.falling END AS falling
                             FROM (%4$s) AS x OFFSET 0) AS x) AS x
                 ON CONFLICT (key) DO UPDATE SET (%2$s, rank) = (%5$s, excluded.rank)',
                component.states, array_to_string(columns, ', '),
                (SELECT string_agg(CASE WHEN c IN ('magnitude', 'error') THEN 'x.stored_' || c ELSE 'x.' || c END, ', ' ORDER BY place)
                 FROM unnest(columns) WITH ORDINALITY AS u(c, place)),
                states_query, 'excluded.' || array_to_string(columns, ', excluded.'),
                leadscore_internal.rank_of_state(component.decay, 'x', leadscore_internal.least_rank_query(component.id)))
  FROM leadscore_internal.state_columns(component.decay) AS columns
$$;
COMMENT ON FUNCTION leadscore_internal.store_states(leadscore_internal.component, text) IS 'The statement that writes states, new ones and old ones.';

-- For which instant a state's amounts are kept: any will do for a curve without a boundary, and that of the last activity
-- lets the state be read back to then.
CREATE FUNCTION leadscore_internal.reference_instant(decay leadscore.decay, last_activity_at text, instant text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN leadscore.has_boundary(decay) THEN instant ELSE last_activity_at END
$$;
COMMENT ON FUNCTION leadscore_internal.reference_instant(leadscore.decay, text, text) IS 'The reference of a state that is made at an instant.';

CREATE FUNCTION leadscore_internal.fresh_states(component leadscore_internal.component, keys text, instant text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format($query$
    SELECT g.key, coalesce(sum(leadscore_internal.fading_part(%1$L, g.points, g.occurred_at, g.reference)), 0) AS points,
           greatest(leadscore.decayed_sum(abs(g.points), g.occurred_at, %1$L, g.reference), 1e-200) AS magnitude,
           greatest(leadscore.decayed_sum(abs(g.points), g.occurred_at, %1$L, g.reference), 1e-200) * (1e-15 + 2.3e-16 * count(*)) AS error,
           coalesce(sum(g.activities) FILTER (WHERE g.occurred_at <= %3$s), 0) AS activities, g.last_activity_at,
           min(leadscore_internal.next_change(%1$L, g.occurred_at, %3$s)) AS next_change_at,
           CASE WHEN leadscore.has_boundary(%1$L) THEN g.reference END AS reference,
           nullif(sum(leadscore_internal.held_part(%1$L, g.points, g.occurred_at, g.reference)), 0) AS held,
           nullif(sum(leadscore_internal.falling_part(%1$L, g.points, g.occurred_at, g.reference)), 0) AS falling
    FROM (SELECT x.*, %4$s AS reference
          FROM (SELECT f.*, max(f.occurred_at) FILTER (WHERE f.occurred_at <= %3$s) OVER (PARTITION BY f.key) AS last_activity_at
                FROM %2$s) AS x) AS g
    GROUP BY g.key, g.last_activity_at, g.reference$query$,
    component.decay, leadscore_internal.facts_call(component, keys), instant,
    leadscore_internal.reference_instant(component.decay, 'x.last_activity_at', instant))
$$;
COMMENT ON FUNCTION leadscore_internal.fresh_states(leadscore_internal.component, text, text) IS
  'The query for states made from the CRM''s rows; keys and instant are SQL.';

-- What is pending for a component, one row per entity, as it weighs at an instant (SQL).
CREATE FUNCTION leadscore_internal.pending_query(component leadscore_internal.component, instant text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format($query$
    SELECT m.key, bool_or(m.marked) AS marked,
           leadscore.decayed_sum(m.points, m.occurred_at, %3$L, %4$s) AS points,
           leadscore.decayed_sum(m.traffic, m.occurred_at, %3$L, %4$s) AS traffic,
           leadscore.decayed_sum(m.magnitude, m.occurred_at, %3$L, %4$s) AS magnitude,
           (sum(m.activities) FILTER (WHERE m.occurred_at <= %4$s))::bigint AS activities,
           max(m.occurred_at) FILTER (WHERE m.facts > 0 AND m.occurred_at <= %4$s) AS added_at,
           max(m.occurred_at) FILTER (WHERE m.facts < 0 AND m.occurred_at <= %4$s) AS removed_at,
           min(leadscore_internal.next_change(%3$L, m.occurred_at, %4$s)) FILTER (WHERE m.facts > 0) AS next_change_at
    FROM (SELECT d.key, d.occurred_at, bool_or(d.sign = 0) AS marked, sum(d.sign) AS facts,
                 sum(d.sign * d.activities) AS activities, sum(d.sign * d.points) AS points,
                 sum(abs(d.points)) AS traffic, sum(d.sign * abs(d.points)) AS magnitude
          FROM %2$s AS d WHERE d.component = %1$s AND d.key IS NOT NULL
          GROUP BY d.key, d.occurred_at) AS m
    GROUP BY m.key$query$, component.id, component.pending, component.decay, instant)
$$;
COMMENT ON FUNCTION leadscore_internal.pending_query(leadscore_internal.component, text) IS
  'The query for what is pending for the entities of a component, weighed at an instant.';

-- The points of a state and what is pending for it; NULL where they cannot answer for the instant, so that the rows must
-- (core/settled.hpp).
CREATE FUNCTION leadscore_internal.settled_points(untrusted boolean, decay leadscore.decay, points float8, held float8, falling float8,
                                                  magnitude float8, error float8, activities bigint, reference timestamptz, last_activity_at timestamptz,
                                                  next_change_at timestamptz, pending_points float8, pending_magnitude float8, pending_traffic float8,
                                                  removed_at timestamptz, instant timestamptz) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_settled_points' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.settled_points(boolean, leadscore.decay, float8, float8, float8, float8, float8, bigint, timestamptz, timestamptz, timestamptz,
                                                      float8, float8, float8, timestamptz, timestamptz) IS
  'The points of an entity at an instant, by its state and what is pending; NULL where it must be read from its rows.';

-- How a state s is read at an instant, together with what is pending for it, p: SQL over two rows of a query. NULL also
-- where all rows must be asked, and where the entity is marked.
CREATE FUNCTION leadscore_internal.state_reading(decay leadscore.decay, s text, p text, all_from_rows text, instant text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('leadscore_internal.settled_points(%4$s OR %3$s.marked, %1$L, %2$s.points, %6$s, %7$s, %2$s.magnitude, %2$s.error, %2$s.activities,'
                ' %8$s, %2$s.last_activity_at, %2$s.next_change_at, %3$s.points, %3$s.magnitude, %3$s.traffic, %3$s.removed_at, %5$s)',
                decay, s, p, all_from_rows, instant, x.held, x.falling, x.reference)
  FROM leadscore_internal.state_row(decay, s) AS x
$$;
COMMENT ON FUNCTION leadscore_internal.state_reading(leadscore.decay, text, text, text, text) IS
  'An expression for the points of a state with what is pending for it; NULL where the rows must be asked instead.';
