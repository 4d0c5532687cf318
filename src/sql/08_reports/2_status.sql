-- What is set up, and how it is doing.

CREATE VIEW leadscore.entities AS
SELECT e.model::text, e.name AS entity, e.relation, e.key, e.key_type, e.filter FROM leadscore_internal.entity AS e;
COMMENT ON VIEW leadscore.entities IS 'Entities: tables whose rows are scored';

CREATE VIEW leadscore.sources AS
SELECT s.model::text, s.name AS source, s.relation, s.occurred_at, s.time_zone, s.filter, s.through, s.join_on, s.ahead FROM leadscore_internal.source AS s
WHERE s.criteria_of IS NULL;
COMMENT ON VIEW leadscore.sources IS 'Sources: tables whose rows are activities; occurred_at as timestamptz; through: lookup tables';

CREATE VIEW leadscore.links AS
SELECT s.model::text, s.name AS source, e.name AS entity, l.key, l.filter, l.through, l.join_on
FROM leadscore_internal.link AS l
JOIN leadscore_internal.source AS s ON s.id = l.source
JOIN leadscore_internal.entity AS e ON e.id = l.entity
WHERE s.criteria_of IS NULL;
COMMENT ON VIEW leadscore.links IS 'Links: for which entity an activity counts';

CREATE VIEW leadscore.scores AS
SELECT s.model::text, s.name AS score,
       ARRAY(SELECT e.name FROM leadscore_internal.score_entity AS se JOIN leadscore_internal.entity AS e ON e.id = se.entity
             WHERE se.score = s.id ORDER BY e.id) AS entities,
       s.decay, s.min_points, s.max_points, s.on_error, s.state, s.edited, s.published_at, s.description, s.bands
FROM leadscore_internal.score AS s;
COMMENT ON VIEW leadscore.scores IS 'Scores; edited: changed since it was published, the published version answers';

CREATE VIEW leadscore.rules AS
SELECT s.model::text, s.name AS score, r.name AS rule, src.name AS source, r.points, r.filter, r.decay, r.max_points, r.at_most, r.per
FROM leadscore_internal.rule AS r
JOIN leadscore_internal.score AS s ON s.id = r.score
JOIN leadscore_internal.source AS src ON src.id = r.source
WHERE src.criteria_of IS NULL;
COMMENT ON VIEW leadscore.rules IS 'Rules: points for the activities of a source; decay NULL: the score''s';

CREATE VIEW leadscore.criteria AS
SELECT s.model::text, s.name AS score, r.name AS criterion, e.name AS entity, r.points, r.filter, r.decay,
       nullif(src.occurred_at, leadscore_internal.ever()) AS occurred_at, r.once, r.max_points
FROM leadscore_internal.rule AS r
JOIN leadscore_internal.score AS s ON s.id = r.score
JOIN leadscore_internal.source AS src ON src.id = r.source
JOIN leadscore_internal.entity AS e ON e.id = src.criteria_of;
COMMENT ON VIEW leadscore.criteria IS 'Criteria: points for what an entity is; occurred_at NULL: they count always or, once, from when they first hold';

CREATE VIEW leadscore.rollups AS
SELECT s.model::text, s.name AS score, e.name AS entity, m.name AS "of", r.key, r.through, r.join_on
FROM leadscore_internal.rollup AS r
JOIN leadscore_internal.score AS s ON s.id = r.score
JOIN leadscore_internal.entity AS e ON e.id = r.entity
JOIN leadscore_internal.entity AS m ON m.id = r.member;
COMMENT ON VIEW leadscore.rollups IS 'Roll-ups: whose points count for an entity as well';

CREATE VIEW leadscore.grades AS
SELECT e.model::text, g.name AS grade, e.name AS entity, f.name AS fit_score, s.name AS engagement_score, g.letters, g.digits
FROM leadscore_internal.grade AS g
JOIN leadscore_internal.entity AS e ON e.id = g.entity
JOIN leadscore_internal.score AS f ON f.id = g.fit_score
JOIN leadscore_internal.score AS s ON s.id = g.engagement_score;
COMMENT ON VIEW leadscore.grades IS 'Grades: columns of <entity>_scores such as B2, the letter by the points of one score, the digit by those of another';

-- These take the number of a component and look it up: whoever reads the view may call them, with any argument.
CREATE FUNCTION leadscore_internal.component_status(component int,
  OUT pending bigint, OUT marked bigint, OUT due bigint, OUT held_up_by text, OUT bytes bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  c leadscore_internal.component;
BEGIN
  SELECT * INTO c FROM leadscore_internal.component AS x WHERE x.id = component_status.component;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  EXECUTE format('SELECT count(*) FILTER (WHERE p.sign <> 0), count(*) FILTER (WHERE p.sign = 0) FROM %s AS p WHERE p.component = $1', c.pending)
  INTO pending, marked USING c.id;
  EXECUTE format('SELECT count(*) FROM %s AS s WHERE s.next_change_at <= leadscore.clock()', c.states) INTO due;
  bytes := pg_total_relation_size(c.states);
  -- Marks wait for transactions that began before them.
  IF marked > 0 THEN
    SELECT string_agg(format('pid %s (%s since %s)', a.pid, a.state, a.xact_start), ', ' ORDER BY a.xact_start) INTO held_up_by
    FROM pg_stat_activity AS a
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL);
  END IF;
END
$$;
COMMENT ON FUNCTION leadscore_internal.component_status(int) IS 'What is not folded yet, and the size.';

-- An index whose first column a link's key is, so that one entity's activities are found without reading the table.
CREATE FUNCTION leadscore_internal.missing_index(relation regclass, key text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('CREATE INDEX%s ON %s ((%s))', (SELECT ' CONCURRENTLY' FROM pg_class AS c WHERE c.oid = relation AND c.relkind <> 'p'), relation, key)
  WHERE NOT EXISTS (SELECT FROM pg_index AS i
                    WHERE i.indrelid = relation AND i.indisvalid
                      AND pg_get_indexdef(i.indexrelid, 1, false) IN (key, '(' || key || ')'))
$$;
COMMENT ON FUNCTION leadscore_internal.missing_index(regclass, text) IS 'The statement for an index by an expression; NULL where there is one.';

-- An index of a partitioned table has all partitions, those that inherit have their own.
CREATE FUNCTION leadscore_internal.missing_index_on_one(relation regclass, keys text[]) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT (array_agg(m ORDER BY k.i))[1]
  FROM leadscore_internal.members(relation) AS t JOIN pg_class AS c ON c.oid = t AND NOT c.relispartition
  CROSS JOIN unnest(keys) WITH ORDINALITY AS k(key, i) CROSS JOIN LATERAL leadscore_internal.missing_index(c.oid, k.key) AS m
  GROUP BY c.oid HAVING bool_and(m IS NOT NULL)
$$;
COMMENT ON FUNCTION leadscore_internal.missing_index_on_one(regclass, text[]) IS
  'Statements for an index by the first of some expressions, for a table and its children that have one by none of them.';

-- relation: the activities' table. Only columns that stand alone on both sides of =, and a key that is a column.
CREATE FUNCTION leadscore_internal.missing_join_indexes(relation regclass, link leadscore_internal.joined_link) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH used AS (
    SELECT x.n, quote_ident(x.name) AS name, format('%s.%I', leadscore_internal.joined_table(link.through, x.n), x.name) AS qualified
    FROM (SELECT DISTINCT split_part(u, '.', 1)::int AS n, substr(u, strpos(u, '.') + 1) AS name FROM unnest(link.columns) AS u) AS x
  ), wanted AS (
    SELECT a.n, array_agg(a.name ORDER BY c.i, a.name) AS names
    FROM unnest(link.conditions) WITH ORDINALITY AS c(condition, i)
    JOIN (used AS a JOIN used AS b ON b.n <> a.n)
      ON c.condition IN (format('(%s = %s)', a.qualified, b.qualified), format('(%s = %s)', b.qualified, a.qualified))
    GROUP BY a.n, b.n
    UNION
    SELECT u.n, ARRAY[u.name] FROM used AS u WHERE u.qualified = link.key
  )
  SELECT DISTINCT leadscore_internal.missing_index_on_one(CASE w.n WHEN 0 THEN relation ELSE link.through[w.n] END, w.names) FROM wanted AS w
$$;
COMMENT ON FUNCTION leadscore_internal.missing_join_indexes(regclass, leadscore_internal.joined_link) IS
  'Statements for indexes that a link over other tables lacks: by its key, and for any two of its tables that are joined, on each by one of the columns that join them.';

CREATE FUNCTION leadscore_internal.missing_indexes(component int) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT array_agg(x.statement ORDER BY x.branch, x.statement COLLATE "C")
  FROM (SELECT min(b.id) AS branch, m AS statement
        FROM leadscore_internal.branch AS b CROSS JOIN LATERAL (
          SELECT leadscore_internal.missing_index_on_one(b.relation, ARRAY[k.key]) FROM unnest(b.link_keys) AS k(key)
          UNION ALL
          SELECT leadscore_internal.missing_join_indexes(b.relation, j) FROM leadscore_internal.joined_link AS j WHERE j.branch = b.id) AS w(m)
        WHERE b.component = missing_indexes.component AND b.records IS NULL GROUP BY m) AS x
$$;
COMMENT ON FUNCTION leadscore_internal.missing_indexes(int) IS 'Statements for indexes that reading from the rows lacks.';

CREATE FUNCTION leadscore_internal.disabled_triggers(component int) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT array_agg(format('%s%s on %s', wanted.prefix, event, wanted.relation) ORDER BY wanted.prefix, wanted.relation, event)
  FROM (SELECT m AS relation, leadscore_internal.trigger_prefix(b.source) AS prefix
        FROM leadscore_internal.branch AS b CROSS JOIN LATERAL leadscore_internal.members(b.relation) AS m
        WHERE b.component = disabled_triggers.component
        UNION
        SELECT m, leadscore_internal.mark_trigger_prefix()
        FROM leadscore_internal.watch AS w CROSS JOIN LATERAL leadscore_internal.members(w.relation) AS m
        WHERE w.component = disabled_triggers.component) AS wanted
  CROSS JOIN unnest('{insert,update,delete,truncate}'::text[]) AS event
  LEFT JOIN pg_trigger AS t ON t.tgrelid = wanted.relation AND t.tgname = wanted.prefix || event
  WHERE t.tgenabled IS NULL OR t.tgenabled = 'D'
$$;
COMMENT ON FUNCTION leadscore_internal.disabled_triggers(int) IS 'Triggers of a component that are disabled or gone: what is written meanwhile is missed.';

CREATE VIEW leadscore.status AS
SELECT s.model::text, s.name AS score, e.name AS entity, leadscore_internal.delayed(c.decay, -c.ahead) AS decay,
       CASE WHEN i.id IS NOT NULL THEN 'broken' ELSE s.state END AS state, s.published_at,
       st.pending, st.marked, st.due, st.held_up_by, f.last_fold,
       leadscore_internal.disabled_triggers(c.id) AS disabled_triggers, leadscore_internal.missing_indexes(c.id) AS missing_indexes,
       i.message AS broken_because, i.at AS broken_at,
       CASE WHEN i.id IS NOT NULL THEN format('Mend the rule or the data, then CALL leadscore.publish(%L).', format('%I.%I', s.model, s.name))
            WHEN s.state = 'draft' THEN format('CALL leadscore.publish(%L) makes it live.', format('%I.%I', s.model, s.name))
            WHEN leadscore_internal.disabled_triggers(c.id) IS NOT NULL THEN 'Enable the triggers, then publish again.' END AS what_to_do,
       st.bytes
FROM leadscore_internal.score AS s
JOIN (SELECT x.score, x.entity FROM leadscore_internal.score_entity AS x
      UNION SELECT p.score, p.entity FROM leadscore_internal.published_entity AS p) AS se ON se.score = s.id
JOIN leadscore_internal.entity AS e ON e.id = se.entity
LEFT JOIN leadscore_internal.component AS c ON c.score = s.id AND c.entity = e.id AND NOT c.building
LEFT JOIN LATERAL leadscore_internal.component_status(c.id) AS st ON c.id IS NOT NULL
LEFT JOIN leadscore_internal.fold AS f ON f.component = c.id
LEFT JOIN LATERAL (SELECT * FROM leadscore_internal.incident AS x WHERE x.score = s.id AND NOT x.building ORDER BY x.id LIMIT 1) AS i ON true;
COMMENT ON VIEW leadscore.status IS
  'How each score does: changes pending, entities marked and due, who holds folding up, last fold, triggers that are disabled, indexes that reading from the rows lacks, why it is broken and what to do, bytes of its states';
DO $$
DECLARE
  described record;
BEGIN
  FOR described IN
    SELECT * FROM (VALUES
      ('decay', 'The decay of one part of the score; a line for each'),
      ('state', 'draft, live, paused, retired or broken'),
      ('pending', 'Changes that are not folded into the states yet'),
      ('marked', 'Marks: what is read from the CRM''s rows until tick has recomputed it'),
      ('due', 'Entities with an activity that passed a boundary of its weight since the last fold'),
      ('held_up_by', 'Sessions whose snapshots keep marks waiting'),
      ('last_fold', 'When tick last folded it'),
      ('disabled_triggers', 'Triggers that are disabled or gone: what is written meanwhile is missed'),
      ('missing_indexes', 'Statements for indexes that reading one entity''s rows lacks'),
      ('broken_because', 'Why the score cannot be read'),
      ('broken_at', 'When it broke'),
      ('what_to_do', 'What mends it'),
      ('bytes', 'Size of the states with their indexes')) AS v(name, says)
  LOOP
    EXECUTE pg_catalog.format('COMMENT ON COLUMN leadscore.status.%I IS %L', described.name, described.says);
  END LOOP;
END
$$;
