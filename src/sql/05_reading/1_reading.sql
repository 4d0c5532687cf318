-- How a score is read, as SQL over the rows of an entity: plain joins over the CRM's table and the states, so that the
-- planner can do what it does best; a function is called only for an entity whose state cannot answer.

CREATE FUNCTION leadscore_internal.clamped(points text, min_points float8, max_points float8) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1 AS $$
BEGIN
  RETURN CASE WHEN min_points IS NULL AND max_points IS NULL THEN points
              ELSE format('greatest(%L::float8, least(%L::float8, %s))', min_points, max_points, points) END;
END
$$;
COMMENT ON FUNCTION leadscore_internal.clamped(text, float8, float8) IS 'An expression for points, between limits that may be NULL.';

-- How a component is read: joins, and expressions over them.
CREATE FUNCTION leadscore_internal.reading(component leadscore_internal.component,
                                           OUT joins text, OUT points text, OUT last_activity_at text, OUT activities text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c int := component.id;
  equality text := leadscore_internal.equality_operator((SELECT e.key_type FROM leadscore_internal.entity AS e WHERE e.id = component.entity));
  settled text := leadscore_internal.state_reading(component.decay, 's' || c, 'p' || c,
                                                   format('(SELECT leadscore_internal.must_read_rows(%s))', c), 'leadscore.clock()');
  rows text := format('(leadscore_internal.read_rows(%s, e.key, leadscore.clock()))', c);
BEGIN
  joins := format($join$
  LEFT JOIN %2$s AS s%1$s ON s%1$s.key %3$s e.key
  LEFT JOIN (%4$s
  ) AS p%1$s ON p%1$s.key %3$s e.key$join$, c, component.states, equality,
                  leadscore_internal.pending_query(component, 'leadscore.clock()'));
  points := leadscore_internal.clamped(format('coalesce(%s, %s.points)', settled, rows), NULL, component.max_points);
  last_activity_at := format('CASE WHEN %1$s IS NULL THEN %2$s.last_activity_at ELSE greatest(s%3$s.last_activity_at, p%3$s.added_at) END',
                             settled, rows, c);
  IF component.ahead <> interval '0' THEN
    last_activity_at := format('(%s) + interval %L', last_activity_at, component.ahead);
  END IF;
  activities := format('CASE WHEN %1$s IS NULL THEN %2$s.activities ELSE coalesce(s%3$s.activities, 0) + coalesce(p%3$s.activities, 0) END',
                       settled, rows, c);
  -- Facts that are no activities: the state's last one is there for its own sake.
  IF NOT component.counted THEN
    last_activity_at := 'NULL::timestamptz';
    activities := '0::bigint';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.reading(leadscore_internal.component) IS
  'How views read a component: joins to e (the entity, with its key), and expressions over them.';

-- The row source of an entity's views: its table, its key and nothing else, so that names cannot clash.
CREATE FUNCTION leadscore_internal.entity_rows(entity leadscore_internal.entity) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN format('(SELECT (%s)::%s AS key FROM %s WHERE %s) AS e', entity.key, leadscore_internal.type_name(entity.key_type),
                entity.relation, coalesce(entity.filter, 'true'));
END
$$;
COMMENT ON FUNCTION leadscore_internal.entity_rows(leadscore_internal.entity) IS
  'FROM item for the rows that are entities of the kind, as e.';

-- Members of a roll-up have the key of whom they count for as well. Over join tables, names are the member's inside and
-- theirs outside, and only the columns that are used go out, so that others can be dropped.
CREATE FUNCTION leadscore_internal.member_rows(member leadscore_internal.entity, membership leadscore_internal.membership) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN membership.through IS NULL
    THEN format('(SELECT (%s)::%s AS key, %s AS parent FROM %s WHERE %s) AS e', member.key, type, membership.key, member.relation, coalesce(member.filter, 'true'))
    ELSE format('(SELECT DISTINCT member.leadscore_key AS key, (%s) AS parent FROM (SELECT (%s)::%s AS leadscore_key%s FROM %s WHERE %s) AS member, %s WHERE %s) AS e',
                membership.key, member.key, type,
                (SELECT string_agg(format(', %I', c), '' ORDER BY c)
                 FROM (SELECT DISTINCT unnest(leadscore_internal.table_columns(x.columns, 0)) AS c
                       FROM unnest(ARRAY[membership.key, membership.join_on]) AS expression
                       CROSS JOIN LATERAL leadscore_internal.conjuncts(member.relation, membership.through, expression, 0, 'roll-up', 'member') AS x) AS used),
                member.relation, coalesce(member.filter, 'true'), leadscore_internal.through_tables(membership.through), membership.join_on) END
  FROM leadscore_internal.type_name(member.key_type) AS type
$$;
COMMENT ON FUNCTION leadscore_internal.member_rows(leadscore_internal.entity, leadscore_internal.membership) IS
  'FROM item for the members of a roll-up, as e, with the key of whom each counts for, parent: one line for each pair.';

-- How a score of an entity is read: its own components, and its members' points as they are read themselves.
CREATE FUNCTION leadscore_internal.entity_reading(score int, entity leadscore_internal.entity,
  OUT joins text, OUT points text, OUT last_activity_at text, OUT activities text,
  OUT own_points text, OUT members_sum text, OUT members_avg text, OUT members_max text, OUT members text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  membership leadscore_internal.membership;
  member leadscore_internal.entity;
  inner_reading record;
  aliases text[] := '{}';
  published leadscore_internal.published_entity;
  by_hand record;
BEGIN
  SELECT coalesce(string_agg(x.joins, '' ORDER BY c.id), ''), coalesce(string_agg(x.points, ' + ' ORDER BY c.id), '0::float8'),
         coalesce(string_agg(x.last_activity_at, ', ' ORDER BY c.id), 'NULL::timestamptz'),
         coalesce(string_agg(x.activities, ' + ' ORDER BY c.id), '0::bigint')
  INTO joins, own_points, last_activity_at, activities
  FROM leadscore_internal.component AS c CROSS JOIN LATERAL leadscore_internal.reading(c) AS x
  WHERE c.score = entity_reading.score AND c.entity = entity_reading.entity.id AND NOT c.building;
  SELECT * INTO published FROM leadscore_internal.published_entity AS p
  WHERE p.score = entity_reading.score AND p.entity = entity_reading.entity.id AND NOT p.building;
  IF FOUND THEN
    by_hand := leadscore_internal.adjustments_reading(score, entity, published.decay);
    joins := joins || by_hand.joins;
    own_points := own_points || ' + ' || by_hand.points;
  END IF;
  points := own_points;

  FOR membership IN
    SELECT * FROM leadscore_internal.membership AS m
    WHERE m.score = entity_reading.score AND m.entity = entity_reading.entity.id AND NOT m.building ORDER BY m.id
  LOOP
    SELECT * INTO STRICT member FROM leadscore_internal.entity AS x WHERE x.id = membership.member;
    inner_reading := leadscore_internal.entity_reading(score, member);
    joins := joins || format($join$
  LEFT JOIN (
    SELECT r.parent, sum(r.points) AS points, max(r.points) AS highest, count(*) AS members,
           max(r.last_activity_at) AS last_activity_at, sum(r.activities)::bigint AS activities
    FROM (SELECT e.parent, %1$s AS points, greatest(%2$s) AS last_activity_at, %3$s AS activities FROM %4$s%5$s) AS r
    WHERE r.parent IS NOT NULL GROUP BY r.parent
  ) AS m%6$s ON m%6$s.parent %7$s e.key$join$,
      inner_reading.points, inner_reading.last_activity_at, inner_reading.activities,
      leadscore_internal.member_rows(member, membership), inner_reading.joins, membership.id,
      leadscore_internal.equality_operator(entity.key_type));
    aliases := aliases || ('m' || membership.id);
  END LOOP;

  IF cardinality(aliases) > 0 THEN
    members_sum := (SELECT string_agg(format('coalesce(%s.points, 0)', a), ' + ') FROM unnest(aliases) AS a);
    members := (SELECT string_agg(format('coalesce(%s.members, 0)', a), ' + ') FROM unnest(aliases) AS a);
    -- SQL's quotient is an error where it is too small to be told from 0.
    members_avg := format('CASE WHEN (%2$s) = 0 THEN NULL WHEN abs(%1$s) < 1e-200 THEN 0 ELSE (%1$s) / (%2$s) END', members_sum, members);
    members_max := format('greatest(%s)', (SELECT string_agg(a || '.highest', ', ') FROM unnest(aliases) AS a));
    points := points || ' + ' || members_sum;
    last_activity_at := last_activity_at || (SELECT string_agg(format(', %s.last_activity_at', a), '') FROM unnest(aliases) AS a);
    activities := activities || (SELECT string_agg(format(' + coalesce(%s.activities, 0)', a), '') FROM unnest(aliases) AS a);
  END IF;
  points := leadscore_internal.clamped(points, published.min_points, published.max_points);
END
$$;
COMMENT ON FUNCTION leadscore_internal.entity_reading(int, leadscore_internal.entity) IS
  'How views read a score: joins to e, and expressions over them; those of the members are NULL without a roll-up.';

