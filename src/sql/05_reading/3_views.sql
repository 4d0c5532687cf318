-- The views that people and BI tools read.

-- What depends on it is the user's, and stays.
CREATE FUNCTION leadscore_internal.drop_made(kind text, name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET client_min_messages = warning AS $$
DECLARE
  users text;
BEGIN
  EXECUTE format('DROP %s IF EXISTS %s', kind, name);
EXCEPTION WHEN dependent_objects_still_exist THEN
  GET STACKED DIAGNOSTICS users = PG_EXCEPTION_DETAIL;
  RAISE EXCEPTION '%', SQLERRM
    USING ERRCODE = 'dependent_objects_still_exist', DETAIL = users, HINT = 'Drop these first; what is still wanted can be made again afterwards.';
END
$$;
COMMENT ON FUNCTION leadscore_internal.drop_made(text, text) IS 'Drops a view or function that was made for an entity; an error names what depends on it.';

CREATE FUNCTION leadscore_internal.check_view_name(view_name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF to_regclass(view_name) IS NOT NULL THEN
    RAISE EXCEPTION 'relation % already exists', view_name
      USING ERRCODE = 'duplicate_table', HINT = 'Give the score or the entity another name, or drop what has this one.';
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.check_view_name(text) IS 'Refuses a name for a view that is taken.';

-- A view with a roll-up reads the members with its owner's rights, and lists what the reader sees; others read all with the
-- reader's.
CREATE FUNCTION leadscore_internal.view_options(has_members boolean) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN has_members THEN 'security_barrier = true' ELSE 'security_invoker = true' END
$$;
COMMENT ON FUNCTION leadscore_internal.view_options(boolean) IS 'With whose rights a view reads.';

CREATE FUNCTION leadscore_internal.listed_rows(entity leadscore_internal.entity, has_members boolean) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN has_members THEN format('(SELECT e.key FROM %s WHERE leadscore_internal.sees(%s, e.key)) AS e', leadscore_internal.entity_rows(entity), entity.id)
              ELSE leadscore_internal.entity_rows(entity) END
$$;
COMMENT ON FUNCTION leadscore_internal.listed_rows(leadscore_internal.entity, boolean) IS 'FROM item for the rows that a view lists, as e.';

CREATE FUNCTION leadscore_internal.create_score_view(score leadscore_internal.score, entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  view_name text := leadscore_internal.score_view(score, entity);
  id_column text := quote_ident(entity.name || '_id');
  r record := leadscore_internal.entity_reading(score.id, entity);
  comment record;
BEGIN
  -- A view that stands while the score has none is somebody else's.
  IF score.state IN ('draft', 'retired') THEN
    PERFORM leadscore_internal.check_view_name(view_name);
  END IF;
  -- CREATE OR REPLACE VIEW takes no column away.
  IF r.members IS NULL AND EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = to_regclass(view_name) AND a.attname = 'members' AND a.attnum > 0) THEN
    PERFORM leadscore_internal.drop_made('VIEW', view_name);
  END IF;
  IF score.state = 'paused' THEN
    -- The view stays, with its columns; nothing is kept that could fill them.
    r.joins := '';
    r.points := 'NULL';
    r.last_activity_at := 'NULL::timestamptz';
    r.activities := 'NULL';
    r.own_points := 'NULL';
    r.members_sum := 'NULL';
    r.members_avg := 'NULL';
    r.members_max := 'NULL';
    r.members := CASE WHEN r.members IS NOT NULL THEN 'NULL' END;
  END IF;
  EXECUTE format('CREATE OR REPLACE VIEW %s WITH (%s) AS
    SELECT e.key AS %s, (%s)::float8 AS points, greatest(%s) AS last_activity_at, (%s)::bigint AS activities, %s AS band%s
    FROM %s%s', view_name, leadscore_internal.view_options(r.members IS NOT NULL), id_column, r.points, r.last_activity_at, r.activities,
    leadscore_internal.band_expression(score.bands, r.points),
    CASE WHEN r.members IS NOT NULL THEN
      format(', (%s)::float8 AS own_points, (%s)::float8 AS members_sum, (%s)::float8 AS members_avg, (%s)::float8 AS members_max, (%s)::bigint AS members',
             r.own_points, r.members_sum, r.members_avg, r.members_max, r.members) END,
    leadscore_internal.listed_rows(entity, r.members IS NOT NULL), r.joins);
  EXECUTE format('GRANT SELECT ON %s TO PUBLIC', view_name);
  EXECUTE format('COMMENT ON VIEW %s IS %L', view_name,
    coalesce(score.description, format('Score %s of every %s, now', score.name, entity.name)));
  FOR comment IN
    SELECT * FROM (VALUES (id_column, 'Key of the ' || entity.name),
                          ('points', format('Points now, decay %s; 0 if never active', score.decay)),
                          ('last_activity_at', 'When the last activity that a rule matches occurred'),
                          ('activities', 'Activities that a rule matches and that have occurred'),
                          ('band', 'Band of the points, as set_bands() names them'),
                          ('own_points', 'Points of its own activities and adjustments'),
                          ('members_sum', 'Sum of its members'' points; 0 without members'),
                          ('members_avg', 'Average of its members'' points, those without points included; NULL without members'),
                          ('members_max', 'Most points that a member has; NULL without members'),
                          ('members', 'Number of its members')) AS v(col, says)
    WHERE r.members IS NOT NULL OR col NOT IN ('own_points', 'members_sum', 'members_avg', 'members_max', 'members')
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
  ELSIF score.name = entity.name || '_id' THEN
    RAISE EXCEPTION 'a score of entity "%" cannot be called "%"', entity.name, score.name
      USING ERRCODE = 'reserved_name', HINT = 'The view of all scores has a column of this name, for the key.';
  END IF;
  RETURN format('%I.%I', score.model, view_name);
END
$$;
COMMENT ON FUNCTION leadscore_internal.score_view(leadscore_internal.score, leadscore_internal.entity) IS 'Name of the view of a score.';

CREATE FUNCTION leadscore_internal.scores_view(entity leadscore_internal.entity) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%I.%I', entity.model, entity.name || '_scores')
$$;
COMMENT ON FUNCTION leadscore_internal.scores_view(leadscore_internal.entity) IS 'Name of the view of all scores.';

CREATE FUNCTION leadscore_internal.has_scores_column(entity leadscore_internal.entity, name text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM pg_attribute AS a
                 WHERE a.attrelid = to_regclass(leadscore_internal.scores_view(entity)) AND a.attname = has_scores_column.name AND a.attnum > 1)
$$;
COMMENT ON FUNCTION leadscore_internal.has_scores_column(leadscore_internal.entity, text) IS 'Whether the view of all scores has a column, besides that of the key.';

-- Columns keep their places: those that are there first, new ones at the end, as CREATE OR REPLACE VIEW wants it. What
-- nothing fills any more stays, NULL. points: SQL for those of the live scores, by the score's id.
CREATE FUNCTION leadscore_internal.scores_columns(entity leadscore_internal.entity, points jsonb) RETURNS TABLE (name text, expression text, says text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT name, format('(%s)::%s', coalesce(wanted.expression, 'NULL'), coalesce(wanted.type, present.type)),
         coalesce(wanted.says, 'Score ' || paused.name || ' is paused: NULL until it is resumed',
                  format('No live score: NULL; leadscore.refresh_views(%L) takes the column away', format('%I.%I', entity.model, entity.name)))
  FROM (SELECT a.attname::text AS name, a.attnum AS place, format_type(a.atttypid, a.atttypmod) AS type
        FROM pg_attribute AS a WHERE a.attrelid = to_regclass(leadscore_internal.scores_view(entity)) AND a.attnum > 1) AS present
  FULL JOIN (
    SELECT s.name, 1 AS kind, s.id, 'float8' AS type, points ->> s.id::text AS expression,
           format('%sPoints now, decay %s; 0 if never active', s.description || '. ', s.decay) AS says
    FROM leadscore_internal.score AS s WHERE points ? s.id::text
    UNION ALL
    SELECT g.name, 2, g.id, 'text',
           CASE WHEN points ?& ARRAY[g.fit_score::text, g.engagement_score::text] THEN
             format('%s || %s', leadscore_internal.band_expression(g.letters, points ->> g.fit_score::text),
                                leadscore_internal.band_expression(g.digits, points ->> g.engagement_score::text)) END,
           format('Grade: the letter by the points of %s, the digit by those of %s; NULL while one of them is not live', f.name, e.name)
    FROM leadscore_internal.grade AS g
    JOIN leadscore_internal.score AS f ON f.id = g.fit_score JOIN leadscore_internal.score AS e ON e.id = g.engagement_score
    WHERE g.entity = scores_columns.entity.id) AS wanted USING (name)
  LEFT JOIN (SELECT s.name FROM leadscore_internal.score AS s WHERE s.model = entity.model AND s.state = 'paused') AS paused USING (name)
  WHERE present.place IS NOT NULL OR wanted.expression IS NOT NULL
  ORDER BY present.place NULLS LAST, wanted.kind, wanted.id
$$;
COMMENT ON FUNCTION leadscore_internal.scores_columns(leadscore_internal.entity, jsonb) IS
  'The columns of the view of all scores but for the key, in their order: name, SQL, comment.';

CREATE FUNCTION leadscore_internal.create_scores_view(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  view_name text := leadscore_internal.scores_view(entity);
  id_column text := entity.name || '_id';
  columns text := '';
  comments text[] := ARRAY[format('COMMENT ON VIEW %s IS %L', view_name, format('All live scores of every %s side by side, now', entity.name)),
                           format('COMMENT ON COLUMN %s.%I IS %L', view_name, id_column, 'Key of the ' || entity.name)];
  joins text := '';
  points jsonb := '{}';
  has_members boolean := false;
  item record;
  reading record;
BEGIN
  -- A view of a table that was dropped went with it.
  IF NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = entity.relation) THEN
    RETURN;
  END IF;
  FOR item IN
    SELECT s.id, leadscore_internal.missing_table(s) IS NOT NULL AS unreadable
    FROM leadscore_internal.score AS s JOIN leadscore_internal.published_entity AS p ON p.score = s.id
    WHERE p.entity = entity.id AND NOT p.building AND s.state = 'live' ORDER BY s.id
  LOOP
    IF item.unreadable THEN
      points := points || jsonb_build_object(item.id, format('leadscore_internal.unreadable_points(%s)', item.id));
      CONTINUE;
    END IF;
    reading := leadscore_internal.entity_reading(item.id, entity);
    points := points || jsonb_build_object(item.id, reading.points);
    joins := joins || reading.joins;
    has_members := has_members OR reading.members IS NOT NULL;
  END LOOP;
  FOR item IN SELECT * FROM leadscore_internal.scores_columns(entity, points) LOOP
    columns := columns || format(', %s AS %I', item.expression, item.name);
    comments := comments || format('COMMENT ON COLUMN %s.%I IS %L', view_name, item.name, item.says);
  END LOOP;
  EXECUTE format('CREATE OR REPLACE VIEW %s WITH (%s) AS SELECT e.key AS %I%s FROM %s%s', view_name, leadscore_internal.view_options(has_members),
                 id_column, columns, leadscore_internal.listed_rows(entity, has_members), joins);
  EXECUTE format('GRANT SELECT ON %s TO PUBLIC', view_name);
  EXECUTE array_to_string(comments, '; ');
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_scores_view(leadscore_internal.entity) IS 'Makes the view <entity>_scores, or makes it anew.';
