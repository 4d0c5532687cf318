-- States: one row per entity and component, a function of time that is read without refreshing.
--
-- points and magnitude (the sum of the absolute points) are those at last_activity_at, error bounds what rounding may
-- have added; all three fade with the component's decay from there on. Activities after next_change_at are not in yet.

CREATE FUNCTION leadscore_internal.create_states(component int, model name, entity leadscore_internal.entity) RETURNS regclass
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  states text := format('%I.%I', model, entity.name || '_states_' || component);
BEGIN
  EXECUTE format('CREATE TABLE %s (
      key              %s PRIMARY KEY,
      points           float8 NOT NULL,
      magnitude        float8 NOT NULL,
      error            float8 NOT NULL,
      activities       bigint NOT NULL,
      last_activity_at timestamptz,
      next_change_at   timestamptz
    ) WITH (fillfactor = 70)', states, entity.key_type);
  EXECUTE format('CREATE INDEX ON %s (next_change_at) WHERE next_change_at IS NOT NULL', states);
  EXECUTE format('COMMENT ON TABLE %s IS %L', states,
                 'pg_leadscore: kept by triggers, can be rebuilt from the activities; read it through the views');
  PERFORM leadscore_internal.share_with_readers(states::regclass, entity);
  RETURN states::regclass;
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_states(int, name, leadscore_internal.entity) IS 'Makes the state table of a component.';

CREATE FUNCTION leadscore_internal.share_with_readers(own regclass, entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Whoever may read an entity's row of the CRM may read its state, and nobody else.
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', own);
  EXECUTE format('CREATE POLICY readers ON %s FOR SELECT USING (EXISTS (
                    SELECT FROM (SELECT %s AS key FROM %s) AS e WHERE e.key %s %s.key))',
                 own, entity.key, entity.relation, leadscore_internal.equality_operator(entity.key_type),
                 (SELECT quote_ident(c.relname) FROM pg_class AS c WHERE c.oid = own));
  EXECUTE format('GRANT SELECT ON %s TO PUBLIC', own);
END
$$;
COMMENT ON FUNCTION leadscore_internal.share_with_readers(regclass, leadscore_internal.entity) IS
  'Lets those read an own table who may read the entity''s rows of the CRM.';

CREATE FUNCTION leadscore_internal.fresh_states(component leadscore_internal.component, keys text, instant text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format($query$
    SELECT g.key, coalesce(leadscore.decayed_sum(g.points, g.occurred_at, %1$L, g.last_activity_at), 0) AS points,
           coalesce(leadscore.decayed_sum(abs(g.points), g.occurred_at, %1$L, g.last_activity_at), 0) AS magnitude,
           coalesce(leadscore.decayed_sum(abs(g.points), g.occurred_at, %1$L, g.last_activity_at), 0) * 1e-15 AS error,
           coalesce(sum(g.activities) FILTER (WHERE g.occurred_at <= %3$s), 0) AS activities,
           g.last_activity_at, min(g.occurred_at) FILTER (WHERE g.occurred_at > %3$s) AS next_change_at
    FROM (SELECT f.*, max(f.occurred_at) FILTER (WHERE f.occurred_at <= %3$s) OVER (PARTITION BY f.key) AS last_activity_at
          FROM %2$s) AS g
    GROUP BY g.key, g.last_activity_at$query$,
    component.decay, leadscore_internal.facts_call(component, keys), instant)
$$;
COMMENT ON FUNCTION leadscore_internal.fresh_states(leadscore_internal.component, text, text) IS
  'The query for states made from the CRM''s rows; keys and instant are SQL.';

-- What is pending for a component, one row per entity, as it weighs at an instant (SQL).
CREATE FUNCTION leadscore_internal.pending_query(component leadscore_internal.component, instant text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format($query$
    SELECT m.key, bool_or(m.marked) AS marked,
           sum(m.points * leadscore.weight(%3$L, m.occurred_at, %4$s)) AS points,
           sum(m.traffic * leadscore.weight(%3$L, m.occurred_at, %4$s)) AS traffic,
           sum(m.magnitude * leadscore.weight(%3$L, m.occurred_at, %4$s)) AS magnitude,
           (sum(m.activities) FILTER (WHERE m.occurred_at <= %4$s))::bigint AS activities,
           max(m.occurred_at) FILTER (WHERE m.facts > 0 AND m.occurred_at <= %4$s) AS added_at,
           max(m.occurred_at) FILTER (WHERE m.facts < 0 AND m.occurred_at <= %4$s) AS removed_at,
           min(m.occurred_at) FILTER (WHERE m.facts > 0 AND m.occurred_at > %4$s) AS starts_at
    FROM (SELECT d.key, d.occurred_at, bool_or(d.sign = 0) AS marked, sum(d.sign) AS facts,
                 sum(d.sign * d.activities) AS activities, sum(d.sign * d.points) AS points,
                 sum(abs(d.points)) AS traffic, sum(d.sign * abs(d.points)) AS magnitude
          FROM %2$s AS d WHERE d.component = %1$s AND d.key IS NOT NULL
          GROUP BY d.key, d.occurred_at) AS m
    GROUP BY m.key$query$, component.id, component.pending, component.decay, instant)
$$;
COMMENT ON FUNCTION leadscore_internal.pending_query(leadscore_internal.component, text) IS
  'The query for what is pending for the entities of a component, weighed at an instant.';

-- Whether state and pending changes cannot answer for an instant, so that the rows must: the time of an activity has
-- come; the instant is before the state's; the last activity was taken away; so much was taken away that what rounding
-- may have added to it could show in what is left.
CREATE FUNCTION leadscore_internal.unsettled(next_change_at timestamptz, last_activity_at timestamptz, removed_at timestamptz,
                                             error float8, magnitude float8, instant timestamptz) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(next_change_at <= instant, false) OR coalesce(last_activity_at > instant, false)
    OR coalesce(removed_at >= coalesce(last_activity_at, '-infinity'), false)
    OR coalesce(error > 5e-10::float8 * greatest(1::float8, magnitude), false);
COMMENT ON FUNCTION leadscore_internal.unsettled(timestamptz, timestamptz, timestamptz, float8, float8, timestamptz) IS
  'Whether an entity must be read from its rows at an instant.';

-- The conditions above for a state s and what is pending for it, p, at an instant: SQL over two rows of a query.
CREATE FUNCTION leadscore_internal.unsettled_call(state text, pending text, decay leadscore.decay, instant text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('leadscore_internal.unsettled(%1$s.next_change_at, %1$s.last_activity_at, %2$s.removed_at,'
                ' coalesce((%1$s.error + 1e-15::float8 * %1$s.magnitude) * %3$s, 0) + 1e-15::float8 * %2$s.traffic,'
                ' coalesce(%1$s.magnitude * %3$s, 0) + %2$s.magnitude, %4$s)',
                state, pending, format('leadscore.weight(%L, %s.last_activity_at, %s)', decay, state, instant), instant)
$$;
COMMENT ON FUNCTION leadscore_internal.unsettled_call(text, text, leadscore.decay, text) IS
  'Calls unsettled() for a state and what is pending for it.';
