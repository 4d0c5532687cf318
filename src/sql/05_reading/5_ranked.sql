-- lead_hottest and lead_coldest. The hottest are found by an index on the ranks of states (core/rank.hpp), whose order the
-- passing of time does not change: the best ranks are read until nobody of a lower one can come in between.

CREATE FUNCTION leadscore_internal.ranked_query(view_name text, id_column text, direction text, condition text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN format('SELECT row_number() OVER (ORDER BY v.points %1$s, v.%2$s), v.%2$s, v.points FROM %3$s AS v%4$s ORDER BY v.points %1$s, v.%2$s LIMIT $1',
                direction, id_column, view_name, condition);
END
$$;
COMMENT ON FUNCTION leadscore_internal.ranked_query(text, text, text, text) IS 'The query for the first $1 of a view, ties by key.';

CREATE FUNCTION leadscore_internal.rank_bound(decay leadscore.decay, rank int, instant timestamptz) RETURNS float8
  AS 'MODULE_PATHNAME', 'leadscore_rank_bound' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadscore_internal.rank_bound(leadscore.decay, int, timestamptz) IS 'What the points of states of a rank are below at an instant.';

-- The best ranks of a component, as top, and of those the best points, as best: as many as are wanted, and those that have no
-- less; where the state may be read from the rows, with the difference that may make. bound: below it are the points of all
-- other states.
CREATE FUNCTION leadscore_internal.best_states(component leadscore_internal.component, wanted int, OUT tables text, OUT bound text)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  at_most bigint := wanted * 4::bigint + 1000;
  least_rank text := leadscore_internal.least_rank_query(component.id);
  t record := leadscore_internal.state_row(component.decay, 't');
BEGIN
  tables := format('top%1$s AS MATERIALIZED (
      SELECT t.key, t.rank, coalesce(leadscore_internal.state_points(%3$L, t.points, %7$s, %8$s, %9$s, leadscore.clock()), 0)
               + CASE WHEN %10$s > 1e-10 THEN 2 * %10$s ELSE 0 END AS points
      FROM (SELECT s.* FROM %2$s AS s WHERE s.rank >= %6$s ORDER BY s.rank DESC FETCH FIRST %4$s ROWS WITH TIES) AS t LIMIT %5$s
    ), lowest%1$s AS MATERIALIZED (SELECT count(*) AS found, min(t.rank) AS rank FROM top%1$s AS t),
    best%1$s AS MATERIALIZED (SELECT t.key, t.points FROM top%1$s AS t ORDER BY t.points DESC FETCH FIRST %4$s ROWS WITH TIES)',
                component.id, component.states, component.decay, wanted, at_most, least_rank, t.held, t.falling, t.reference, t.error);
  bound := format('greatest(0, (SELECT CASE WHEN l.found >= %4$s THEN leadscore_internal.rank_bound(%2$L, l.rank - CASE WHEN l.found < %3$s THEN 1 ELSE 0 END, leadscore.clock())
                                          WHEN %5$s > leadscore_internal.lowest_rank() THEN leadscore_internal.rank_bound(%2$L, %5$s - 1, leadscore.clock()) END FROM lowest%1$s AS l),
                          (SELECT max(t.points) FROM top%1$s AS t WHERE t.points < (SELECT min(b.points) FROM best%1$s AS b)))',
                component.id, component.decay, at_most, wanted, least_rank);
END
$$;
COMMENT ON FUNCTION leadscore_internal.best_states(leadscore_internal.component, int) IS 'The states of a component that promise the most points, as a query''s WITH items.';

-- bound: below it are the points of everybody who is not in keys; NULL where there are too many to be read one by one. more:
-- whether anybody else can have points. keys are of the best states, and of those that cannot answer for themselves.
CREATE FUNCTION leadscore_internal.leaders_query(score int, entity int, wanted int) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  most_unsettled constant int := 5000;
  c leadscore_internal.component;
  caps leadscore_internal.published_entity;
  best record;
  tables text[] := '{}';
  bounds text[] := '{}';
  keys text[] := '{}';
  unsettled text[] := '{}';
  from_rows text[] := '{}';
  more text[] := '{}';
BEGIN
  IF EXISTS (SELECT FROM leadscore_internal.membership AS m WHERE m.score = leaders_query.score AND m.entity = leaders_query.entity AND NOT m.building) THEN
    RETURN NULL;
  END IF;
  FOR c IN
    SELECT * FROM leadscore_internal.component AS x
    WHERE x.score = leaders_query.score AND x.entity = leaders_query.entity AND NOT x.building ORDER BY x.id
  LOOP
    IF NOT leadscore_internal.tables_stand(ARRAY[c.states::oid], NULL) THEN
      RETURN NULL; -- Another version was published since this snapshot.
    END IF;
    best := leadscore_internal.best_states(c, wanted);
    tables := tables || best.tables;
    bounds := bounds || leadscore_internal.clamped(best.bound, NULL, c.max_points);
    keys := keys || format('SELECT b.key FROM best%s AS b', c.id);
    unsettled := unsettled || leadscore_internal.pending_keys(c) || leadscore_internal.due_keys(c, 'leadscore.clock()');
    from_rows := from_rows || format('leadscore_internal.must_read_rows(%s)', c.id);
    more := more || format('(SELECT l.found >= %s FROM lowest%s AS l)', wanted, c.id);
  END LOOP;
  IF cardinality(tables) = 0 THEN
    RETURN NULL;
  END IF;
  unsettled := unsettled || leadscore_internal.adjusted_keys(score, entity);
  SELECT * INTO caps FROM leadscore_internal.published_entity AS p
  WHERE p.score = leaders_query.score AND p.entity = leaders_query.entity AND NOT p.building;
  RETURN format('WITH %1$s, unsettled AS MATERIALIZED (SELECT u.key FROM (%2$s) AS u LIMIT %3$s)
                 SELECT CASE WHEN NOT (%4$s) AND (SELECT count(*) FROM unsettled) < %3$s THEN %5$s END AS bound,
                        ARRAY(SELECT u.key FROM unsettled AS u UNION ALL %6$s) AS keys, %7$s AS more',
                array_to_string(tables, ', '), array_to_string(unsettled, ' UNION ALL '), most_unsettled, array_to_string(from_rows, ' OR '),
                leadscore_internal.clamped(array_to_string(bounds, ' + '), caps.min_points, caps.max_points),
                array_to_string(keys, ' UNION ALL '), array_to_string(more, ' OR '));
END
$$;
COMMENT ON FUNCTION leadscore_internal.leaders_query(int, int, int) IS
  'The query for who may be among the hottest, from the ranks of states; NULL where the score has none.';

-- among: the first $1 of those in $2; everybody: of all; rows: the keys of all.
CREATE FUNCTION leadscore_internal.hottest_queries(model name, entity text, score text, n int, wanted int,
                                                   OUT paused boolean, OUT score_id int, OUT entity_id int, OUT relation oid, OUT owner oid, OUT key_type oid,
                                                   OUT leaders text, OUT among text, OUT everybody text, OUT rows text, OUT view_name text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
  e leadscore_internal.entity := leadscore_internal.find_entity(model, entity);
  s leadscore_internal.score := leadscore_internal.find_score(model, leadscore_internal.name_in_model(score, model, 'score'));
  id_column text := quote_ident(entity || '_id');
BEGIN
  PERFORM leadscore_internal.check_count(n);
  paused := readable.paused;
  score_id := s.id;
  entity_id := e.id;
  relation := e.relation;
  owner := (SELECT c.relowner FROM pg_class AS c WHERE c.oid = e.relation);
  key_type := e.key_type;
  -- As the views list them: those with members have no row without a key.
  rows := format('SELECT e.key FROM %s%s', leadscore_internal.entity_rows(e),
                 CASE WHEN EXISTS (SELECT FROM leadscore_internal.membership AS m WHERE m.score = s.id AND m.entity = e.id AND NOT m.building)
                      THEN ' WHERE e.key IS NOT NULL' END);
  view_name := readable.view_name;
  everybody := leadscore_internal.ranked_query(view_name, id_column, 'DESC', '');
  IF NOT paused AND n > 0 THEN
    leaders := leadscore_internal.leaders_query(s.id, e.id, wanted);
    among := leadscore_internal.ranked_query(view_name, id_column, 'DESC',
              format(' WHERE v.%s %s ANY ($2)', id_column, leadscore_internal.equality_operator(e.key_type)));
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.hottest_queries(name, text, text, int, int) IS 'The queries behind <entity>_hottest.';

CREATE FUNCTION leadscore_internal.hottest(model name, entity text, score text, n int) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'leadscore_hottest' LANGUAGE C STABLE PARALLEL UNSAFE;
COMMENT ON FUNCTION leadscore_internal.hottest(name, text, text, int) IS 'Implementation of <entity>_hottest.';

CREATE FUNCTION leadscore_internal.coldest(model name, entity text, score text, n int) RETURNS SETOF record
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  readable record := leadscore_internal.readable_score(model, entity, score);
BEGIN
  PERFORM leadscore_internal.check_count(n);
  IF readable.paused THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE leadscore_internal.ranked_query(readable.view_name, quote_ident(entity || '_id'), 'ASC', '') USING n;
END
$$;
COMMENT ON FUNCTION leadscore_internal.coldest(name, text, text, int) IS 'Implementation of <entity>_coldest.';
