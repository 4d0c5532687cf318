-- The views that people and BI tools read: plain joins over the CRM's table and the states, so that the planner can do
-- what it does best; a function is called only for an entity whose state cannot answer.

-- How a component is read: joins, and expressions over them.
CREATE FUNCTION leadscore_internal.reading(component leadscore_internal.component,
                                           OUT joins text, OUT points text, OUT last_activity_at text, OUT activities text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c int := component.id;
  equality text := leadscore_internal.equality_operator((SELECT e.key_type FROM leadscore_internal.entity AS e WHERE e.id = component.entity));
  state record := leadscore_internal.state_reading(component.decay, 's' || c, 'p' || c, 'leadscore.clock()');
  rows text := format('(leadscore_internal.read_rows(%s, %L, e.key, leadscore.clock()))', c, component.decay);
  from_rows text := format('((SELECT leadscore_internal.must_read_rows(%1$s)) OR coalesce(p%1$s.marked, false) OR %2$s)', c, state.unsettled);
BEGIN
  joins := format($join$
  LEFT JOIN %2$s AS s%1$s ON s%1$s.key %3$s e.key
  LEFT JOIN (%4$s
  ) AS p%1$s ON p%1$s.key %3$s e.key$join$, c, component.states, equality,
                  leadscore_internal.pending_query(component, 'leadscore.clock()'));
  points := format('CASE WHEN %s THEN %s.points ELSE %s END', from_rows, rows, state.points);
  last_activity_at := format('CASE WHEN %1$s THEN %2$s.last_activity_at ELSE greatest(s%3$s.last_activity_at, p%3$s.added_at) END',
                             from_rows, rows, c);
  activities := format('CASE WHEN %1$s THEN %2$s.activities ELSE coalesce(s%3$s.activities, 0) + coalesce(p%3$s.activities, 0) END',
                       from_rows, rows, c);
END
$$;
COMMENT ON FUNCTION leadscore_internal.reading(leadscore_internal.component) IS
  'How views read a component: joins to e (the entity, with its key), and expressions over them.';

-- The row source of an entity's views: its table, its key and nothing else, so that names cannot clash.
CREATE FUNCTION leadscore_internal.entity_rows(entity leadscore_internal.entity) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('(SELECT (%s)::%s AS key FROM %s WHERE %s) AS e', entity.key, leadscore_internal.type_name(entity.key_type), entity.relation, coalesce(entity.filter, 'true'))
$$;
COMMENT ON FUNCTION leadscore_internal.entity_rows(leadscore_internal.entity) IS 'FROM item for the rows that are entities of the kind, as e.';

CREATE FUNCTION leadscore_internal.create_score_view(score leadscore_internal.score, entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  view_name text := leadscore_internal.score_view(score, entity);
  id_column text := quote_ident(entity.name || '_id');
  r record;
  comment record;
BEGIN
  SELECT coalesce(string_agg(x.joins, '' ORDER BY c.id), '') AS joins,
         coalesce(string_agg(x.points, ' + ' ORDER BY c.id), '0') AS points,
         coalesce(string_agg(x.last_activity_at, ', ' ORDER BY c.id), 'NULL::timestamptz') AS last_activity_at,
         coalesce(string_agg(x.activities, ' + ' ORDER BY c.id), '0') AS activities
  INTO r
  FROM leadscore_internal.component AS c CROSS JOIN LATERAL leadscore_internal.reading(c) AS x
  WHERE c.score = score.id AND c.entity = entity.id;

  -- A view that stands before the first publish is somebody else's.
  IF score.state = 'draft' AND to_regclass(view_name) IS NOT NULL THEN
    RAISE EXCEPTION 'relation % already exists', view_name
      USING ERRCODE = 'duplicate_table', HINT = 'Give the score or the entity another name, or drop what has this one.';
  END IF;
  EXECUTE format('CREATE OR REPLACE VIEW %s WITH (security_invoker = true) AS
    SELECT e.key AS %s, (%s)::float8 AS points, greatest(%s) AS last_activity_at, (%s)::bigint AS activities, NULL::text AS band
    FROM %s%s', view_name, id_column, r.points, r.last_activity_at, r.activities, leadscore_internal.entity_rows(entity), r.joins);
  EXECUTE format('GRANT SELECT ON %s TO PUBLIC', view_name);
  EXECUTE format('COMMENT ON VIEW %s IS %L', view_name,
    coalesce(score.description, format('Score %s of every %s, now', score.name, entity.name)));
  FOR comment IN
    SELECT * FROM (VALUES (id_column, 'Key of the ' || entity.name),
                          ('points', format('Points now, decay %s; 0 if never active', score.decay)),
                          ('last_activity_at', 'When the last activity that a rule matches occurred'),
                          ('activities', 'Activities that a rule matches and that have occurred'),
                          ('band', 'Band of the points')) AS v(col, says)
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%s IS %L', view_name, comment.col, comment.says);
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_score_view(leadscore_internal.score, leadscore_internal.entity) IS 'Makes the view <entity>_<score>, or makes it anew.';

CREATE FUNCTION leadscore_internal.score_view(score leadscore_internal.score, entity leadscore_internal.entity) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  view_name text := entity.name || '_' || score.name;
BEGIN
  IF octet_length(view_name) > 63 THEN
    RAISE EXCEPTION 'the view "%" would have a name longer than 63 bytes', view_name
      USING ERRCODE = 'name_too_long', HINT = 'Give the score or the entity a shorter name.';
  END IF;
  RETURN format('%I.%I', score.model, view_name);
END
$$;
COMMENT ON FUNCTION leadscore_internal.score_view(leadscore_internal.score, leadscore_internal.entity) IS 'Name of the view of a score.';

-- Columns keep their places: those that are there first, new ones at the end, as CREATE OR REPLACE VIEW wants it.
CREATE FUNCTION leadscore_internal.create_scores_view(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  view_name text := format('%I.%I', entity.model, entity.name || '_scores');
  id_column text := entity.name || '_id';
  columns text := '';
  joins text := '';
  item record;
  reading record;
BEGIN
  FOR item IN
    SELECT coalesce(a.attname, s.name) AS name, s.id AS score, s.decay
    FROM (SELECT * FROM pg_attribute AS a WHERE a.attrelid = to_regclass(view_name) AND a.attnum > 1 AND NOT a.attisdropped) AS a
    FULL JOIN (SELECT s.* FROM leadscore_internal.score AS s JOIN leadscore_internal.score_entity AS se ON se.score = s.id
               WHERE se.entity = entity.id AND s.state = 'live') AS s ON s.name = a.attname
    ORDER BY a.attnum NULLS LAST, s.id
  LOOP
    SELECT string_agg(x.joins, '' ORDER BY c.id) AS joins, coalesce(string_agg(x.points, ' + ' ORDER BY c.id), '0') AS points
    INTO reading
    FROM leadscore_internal.component AS c CROSS JOIN LATERAL leadscore_internal.reading(c) AS x
    WHERE c.score = item.score AND c.entity = entity.id;
    columns := columns || format(', (%s)::float8 AS %I', CASE WHEN item.score IS NULL THEN 'NULL' ELSE reading.points END, item.name);
    joins := joins || coalesce(reading.joins, '');
  END LOOP;
  EXECUTE format('CREATE OR REPLACE VIEW %s WITH (security_invoker = true) AS SELECT e.key AS %I%s FROM %s%s',
                 view_name, id_column, columns, leadscore_internal.entity_rows(entity), joins);
  EXECUTE format('GRANT SELECT ON %s TO PUBLIC', view_name);
  EXECUTE format('COMMENT ON VIEW %s IS %L', view_name, format('All live scores of every %s side by side, now', entity.name));
  EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view_name, id_column, 'Key of the ' || entity.name);
  FOR item IN
    SELECT s.name, s.decay, s.description FROM leadscore_internal.score AS s
    JOIN leadscore_internal.score_entity AS se ON se.score = s.id WHERE se.entity = entity.id AND s.state = 'live'
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view_name, item.name,
                   format('Points now, decay %s; 0 if never active', item.decay));
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_scores_view(leadscore_internal.entity) IS 'Makes the view <entity>_scores, or makes it anew.';
