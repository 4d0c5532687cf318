-- Ranks: by an index on them the highest states are found (core/rank.hpp). Only the best of a component's states have one,
-- so that an update of any other touches no index: all those whose rank is not below component.least_rank. What may stand
-- in a row below it is of no meaning.

CREATE FUNCTION leadscore_internal.state_rank(decay leadscore.decay, points float8, held float8, magnitude float8, error float8, activities bigint,
                                              falling float8, reference timestamptz, next_change_at timestamptz, least_rank int) RETURNS int
  AS 'MODULE_PATHNAME', 'leadscore_state_rank' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.state_rank(leadscore.decay, float8, float8, float8, float8, bigint, float8, timestamptz, timestamptz, int) IS
  'Where a state stands among those of its component by an order that time does not change (core/rank.hpp); NULL for what is never above 0, and below the least rank.';

CREATE FUNCTION leadscore_internal.rank_above(points float8) RETURNS int
  AS 'MODULE_PATHNAME', 'leadscore_rank_above' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.rank_above(float8) IS 'The least rank of states that have more than so many points, under a decay that does not fade.';

-- Below all ranks, and above nearly all.
CREATE FUNCTION leadscore_internal.lowest_rank() RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN -2147483647;
COMMENT ON FUNCTION leadscore_internal.lowest_rank() IS 'The least rank of a component all of whose states have their ranks.';
CREATE FUNCTION leadscore_internal.highest_rank() RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 2147483647;
COMMENT ON FUNCTION leadscore_internal.highest_rank() IS 'The least rank of a component that none is chosen for yet.';

CREATE FUNCTION leadscore_internal.rank_of_state(decay leadscore.decay, s text, least_rank text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('leadscore_internal.state_rank(%1$L, %2$s.points, %4$s, %2$s.magnitude, %2$s.error, %2$s.activities, %5$s, %6$s, %2$s.next_change_at, %3$s)',
                decay, s, least_rank, x.held, x.falling, x.reference)
  FROM leadscore_internal.state_row(decay, s) AS x
$$;
COMMENT ON FUNCTION leadscore_internal.rank_of_state(leadscore.decay, text, text) IS 'The rank of a state s (SQL), if it is not below the least one (SQL).';

-- In the query that uses it, so that both are of one snapshot.
CREATE FUNCTION leadscore_internal.least_rank_query(component int) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN format('(SELECT c.least_rank FROM leadscore_internal.component AS c WHERE c.id = %s)', component);
END
$$;
COMMENT ON FUNCTION leadscore_internal.least_rank_query(int) IS 'The query for the least rank that states of a component have in their rows.';

-- Those who ask for the first want few of them.
CREATE FUNCTION leadscore_internal.wanted_ranks(component leadscore_internal.component) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT greatest(20, t.reltuples / 100)::bigint FROM pg_class AS t WHERE t.oid = component.states
$$;
COMMENT ON FUNCTION leadscore_internal.wanted_ranks(leadscore_internal.component) IS 'What the number of states with a rank is measured by: 1 % of all. Twice as many are chosen, and half as many to four times as many kept.';

CREATE FUNCTION leadscore_internal.set_least_rank(component int, least_rank int) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  UPDATE leadscore_internal.component AS c SET least_rank = set_least_rank.least_rank WHERE c.id = set_least_rank.component
$$;
COMMENT ON FUNCTION leadscore_internal.set_least_rank(int, int) IS 'Says which states of a component have their rank in their rows; whoever calls it sees to it that they do.';

-- ranks: a query. Equal ranks are taken together or not at all.
CREATE FUNCTION leadscore_internal.choose_least_rank(ranks text, at_most bigint) RETURNS int
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  chosen int;
BEGIN
  EXECUTE format('SELECT CASE WHEN coalesce(max(h.so_far), 0) <= $1 THEN leadscore_internal.lowest_rank()
                              ELSE coalesce(min(h.rank) FILTER (WHERE h.so_far <= $1), leadscore_internal.highest_rank()) END
                  FROM (SELECT r.rank, sum(count(*)) OVER (ORDER BY r.rank DESC) AS so_far
                        FROM (%s) AS r(rank) WHERE r.rank IS NOT NULL GROUP BY r.rank) AS h', ranks)
  INTO chosen USING at_most;
  RETURN chosen;
END
$$;
COMMENT ON FUNCTION leadscore_internal.choose_least_rank(text, bigint) IS 'The rank from which on there are at most so many.';

-- Reads all states, and writes those few whose rank comes or goes.
CREATE FUNCTION leadscore_internal.rank_states(component leadscore_internal.component) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  any_rank text := leadscore_internal.rank_of_state(component.decay, 's', 'leadscore_internal.lowest_rank()');
  chosen int := leadscore_internal.choose_least_rank(format('SELECT %s FROM %s AS s', any_rank, component.states),
                                                    2 * leadscore_internal.wanted_ranks(component));
  rank text := leadscore_internal.rank_of_state(component.decay, 's', '$1');
BEGIN
  EXECUTE format('UPDATE %1$s AS s SET rank = %2$s WHERE s.rank IS DISTINCT FROM %2$s', component.states, rank) USING chosen;
  PERFORM leadscore_internal.set_least_rank(component.id, chosen);
  UPDATE leadscore_internal.fold AS f SET changes = 0, reviewed = 0 WHERE f.component = rank_states.component.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.rank_states(leadscore_internal.component) IS 'Gives the best states of a component their ranks.';

-- Time and new activities carry states over the least rank, or from it. To raise it is cheap; to lower it, all states are
-- read.
CREATE FUNCTION leadscore_internal.review_ranks(component leadscore_internal.component) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  wanted bigint := leadscore_internal.wanted_ranks(component);
  folds leadscore_internal.fold;
  ranks text := format('SELECT s.rank FROM %s AS s WHERE s.rank >= %s', component.states, component.least_rank);
  found bigint;
BEGIN
  SELECT * INTO folds FROM leadscore_internal.fold AS f WHERE f.component = review_ranks.component.id;
  IF folds.changes - folds.reviewed < 2 * wanted THEN
    RETURN;
  END IF;
  EXECUTE format('SELECT count(*) FROM (%s LIMIT %s) AS r', ranks, 4 * wanted + 1) INTO found;
  IF found > 4 * wanted THEN
    -- Only states above it are sure to have their ranks.
    PERFORM leadscore_internal.set_least_rank(component.id, greatest(component.least_rank, leadscore_internal.choose_least_rank(ranks, 2 * wanted)));
  ELSIF found < wanted / 2 AND component.least_rank > leadscore_internal.lowest_rank() AND folds.changes > 50 * wanted THEN
    PERFORM leadscore_internal.rank_states(component);
    RETURN;
  END IF;
  UPDATE leadscore_internal.fold AS f SET reviewed = f.changes WHERE f.component = review_ranks.component.id;
END
$$;
COMMENT ON FUNCTION leadscore_internal.review_ranks(leadscore_internal.component) IS
  'Keeps the number of states with a rank about what is wanted, when so many changes were folded that it may be another.';
