-- The views that people and BI tools read.

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
    EXECUTE format('DROP VIEW %s', view_name);
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

-- Columns keep their places: those that are there first, new ones at the end, as CREATE OR REPLACE VIEW wants it.
CREATE FUNCTION leadscore_internal.create_scores_view(entity leadscore_internal.entity) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  view_name text := format('%I.%I', entity.model, entity.name || '_scores');
  id_column text := entity.name || '_id';
  columns text := '';
  joins text := '';
  has_members boolean := false;
  item record;
  reading record;
BEGIN
  -- A view of a table that was dropped went with it.
  IF NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = entity.relation) THEN
    RETURN;
  END IF;
  FOR item IN
    SELECT coalesce(a.attname, s.name) AS name, s.id AS score, s.decay, leadscore_internal.missing_table(s) IS NOT NULL AS unreadable
    FROM (SELECT * FROM pg_attribute AS a WHERE a.attrelid = to_regclass(view_name) AND a.attnum > 1 AND NOT a.attisdropped) AS a
    FULL JOIN (SELECT s.* FROM leadscore_internal.score AS s JOIN leadscore_internal.published_entity AS p ON p.score = s.id
               WHERE p.entity = entity.id AND NOT p.building AND s.state = 'live') AS s ON s.name = a.attname
    ORDER BY a.attnum NULLS LAST, s.id
  LOOP
    IF item.unreadable THEN
      columns := columns || format(', leadscore_internal.unreadable_points(%s) AS %I', item.score, item.name);
      CONTINUE;
    END IF;
    reading := leadscore_internal.entity_reading(item.score, entity);
    columns := columns || format(', (%s)::float8 AS %I', CASE WHEN item.score IS NULL THEN 'NULL' ELSE reading.points END, item.name);
    joins := joins || reading.joins;
    has_members := has_members OR reading.members IS NOT NULL;
  END LOOP;
  EXECUTE format('CREATE OR REPLACE VIEW %s WITH (%s) AS SELECT e.key AS %I%s FROM %s%s', view_name, leadscore_internal.view_options(has_members),
                 id_column, columns, leadscore_internal.listed_rows(entity, has_members), joins);
  EXECUTE format('GRANT SELECT ON %s TO PUBLIC', view_name);
  EXECUTE format('COMMENT ON VIEW %s IS %L', view_name, format('All live scores of every %s side by side, now', entity.name));
  EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view_name, id_column, 'Key of the ' || entity.name);
  FOR item IN
    SELECT s.name, s.decay, s.description FROM leadscore_internal.score AS s
    JOIN leadscore_internal.published_entity AS p ON p.score = s.id WHERE p.entity = entity.id AND NOT p.building AND s.state = 'live'
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view_name, item.name,
                   format('Points now, decay %s; 0 if never active', item.decay));
  END LOOP;
END
$$;
COMMENT ON FUNCTION leadscore_internal.create_scores_view(leadscore_internal.entity) IS 'Makes the view <entity>_scores, or makes it anew.';
