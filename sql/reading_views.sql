-- What others make of our views: scores come and go beside it, or say what depends on them. Every column is of a type that
-- any tool knows, and has a comment.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE SCHEMA acme;
CREATE TABLE crm.account (code text PRIMARY KEY);
CREATE TABLE crm.lead (id bigint PRIMARY KEY, account_code text);
CREATE TABLE crm.person (id uuid PRIMARY KEY);
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id bigint, points float8, at timestamptz);
INSERT INTO crm.account VALUES ('a'), ('b');
INSERT INTO crm.lead VALUES (1, 'a'), (2, 'a'), (3, 'b');
INSERT INTO crm.activity (lead_id, points, at) VALUES (1, 8, '2026-03-01'), (1, 4, '2026-01-30'), (2, 3, '2026-02-28'), (2, 30, '2026-03-02');
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('engagement', '{lead}', 'exponential(30 days)', description => 'What a lead did');
SELECT leadscore.create_rule('engagement', 'any', 'activity', 'points');
SELECT leadscore.create_rollup('engagement', 'account', 'lead', 'account_code');
CALL leadscore.publish('engagement');
SELECT leadscore.create_score('activities', '{lead}');
SELECT leadscore.create_rule('activities', 'any', 'activity', '1');
CALL leadscore.publish('activities');

CREATE VIEW crm.best AS SELECT lead_id, points, band FROM leadscore.lead_engagement WHERE points > 1;
CREATE VIEW crm.everything AS SELECT * FROM leadscore.lead_scores;
CREATE MATERIALIZED VIEW crm.yesterday AS SELECT lead_id, engagement FROM leadscore.lead_scores;
CREATE VIEW crm.accounts AS SELECT account_code, points, members FROM (SELECT account_id AS account_code, points, members FROM leadscore.account_engagement) AS a;
CREATE FUNCTION crm.busy(at_least float8) RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM leadscore.lead_scores AS s WHERE s.activities >= at_least; END;
CREATE FUNCTION crm.busy_by_text(at_least float8) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM leadscore.lead_scores AS s WHERE s.activities >= at_least';
-- The oracle of all of them, in plain SQL.
CREATE FUNCTION crm.check_all() RETURNS TABLE (what text, is_right boolean) LANGUAGE plpgsql AS $$
BEGIN
  CREATE TEMP TABLE truth ON COMMIT DROP AS
  SELECT l.id, l.account_code, coalesce(sum(a.points * 2 ^ (-extract(epoch FROM leadscore.clock() - a.at) / 86400 / 30)) FILTER (WHERE a.at <= leadscore.clock()), 0) AS points,
         count(a.id) FILTER (WHERE a.at <= leadscore.clock()) AS activities
  FROM crm.lead AS l LEFT JOIN crm.activity AS a ON a.lead_id = l.id GROUP BY l.id;
  RETURN QUERY
  SELECT 'best', NOT EXISTS (SELECT FROM crm.best AS b FULL JOIN (SELECT * FROM truth WHERE points > 1) AS t ON t.id = b.lead_id WHERE (abs(b.points - t.points) < 1e-9) IS NOT TRUE)
  UNION ALL
  SELECT 'everything', (SELECT count(*) FROM crm.everything AS e JOIN truth AS t ON t.id = e.lead_id WHERE abs(e.engagement - t.points) < 1e-9 AND e.activities IS NOT DISTINCT FROM t.activities) = (SELECT count(*) FROM truth)
  UNION ALL
  SELECT 'accounts', NOT EXISTS (SELECT FROM crm.accounts AS a FULL JOIN (SELECT account_code, sum(points) AS points, count(*) AS members FROM truth GROUP BY 1) AS t USING (account_code)
                                 WHERE (abs(a.points - t.points) < 1e-9 AND a.members = t.members) IS NOT TRUE)
  UNION ALL
  SELECT 'busy', (SELECT count(*) FROM truth WHERE activities >= 2) = ALL (ARRAY[crm.busy(2), crm.busy_by_text(2)]);
  DROP TABLE truth;
END $$;
CREATE FUNCTION crm.column_names(view text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = view::regclass AND a.attnum > 0
$$;
SELECT * FROM crm.check_all();

-- A score that comes stands at the end, in all that is not told apart by *. Statements that are prepared read it as it is then.
PREPARE by_name AS SELECT round(engagement::numeric, 4) AS engagement FROM leadscore.lead_scores WHERE lead_id = $1;
PREPARE everything AS SELECT * FROM leadscore.lead_scores WHERE lead_id = $1;
EXECUTE by_name(1);
EXECUTE everything(3);
SELECT leadscore.create_score('visits', '{lead,account}');
SELECT leadscore.create_rule('visits', 'any', 'activity', '2');
CALL leadscore.publish('visits');
SELECT crm.column_names('leadscore.lead_scores') AS ours, crm.column_names('crm.everything') AS of_the_user;
EXECUTE by_name(1);
EXECUTE everything(3);
SELECT * FROM crm.check_all();
REFRESH MATERIALIZED VIEW crm.yesterday;
SELECT lead_id, round(engagement::numeric, 4) AS engagement FROM crm.yesterday ORDER BY 1;
-- Edited, paused, resumed, renamed, rebuilt.
SELECT leadscore.create_rule('activities', 'none', 'activity', '0');
CALL leadscore.publish('activities');
CALL leadscore.pause('visits');
CALL leadscore.resume('visits');
CALL leadscore.rebuild('engagement');
SELECT leadscore.rename_score('visits', 'views');
SELECT leadscore.set_bands('engagement', '{"hot": 5}');
SELECT leadscore.alter_entity('lead', filter => 'id > 0');
SELECT * FROM crm.check_all();
SELECT lead_id, band FROM crm.best ORDER BY 1;
EXECUTE by_name(1);
-- One that goes, and that nothing depends on, leaves its column empty.
CALL leadscore.retire('views');
SELECT * FROM crm.check_all();
SELECT count(views), count(*) FROM leadscore.lead_scores;
-- Retired, dropped, made anew: not from under what depends on it, which is named; and nothing has changed.
CALL leadscore.retire('engagement');
SELECT leadscore.drop_score('activities');
SELECT leadscore.refresh_views('lead');
SELECT leadscore.drop_score('views');
SELECT score, state, edited FROM leadscore.scores ORDER BY 1;
SELECT crm.column_names('leadscore.lead_scores');
SELECT * FROM crm.check_all();
SELECT count(*) FROM leadscore.verify('engagement');
-- Columns of a view that an edit takes away.
SELECT leadscore.drop_rollup('engagement', 'account', 'lead');
SELECT leadscore.create_link('activity', 'account', $$'a'$$);
CALL leadscore.publish('engagement');
SELECT score, state, edited FROM leadscore.scores WHERE score = 'engagement';
SELECT * FROM crm.check_all();
SELECT count(*) FROM leadscore.verify('engagement');
DROP VIEW crm.accounts;
CALL leadscore.publish('engagement');
SELECT crm.column_names('leadscore.account_engagement');
-- An entity that is taken from a score.
CREATE VIEW crm.accounts AS SELECT account_id FROM leadscore.account_engagement;
SELECT leadscore.alter_score('engagement', entities => '{lead}');
CALL leadscore.publish('engagement');
SELECT count(*) FROM leadscore.account_engagement;
DROP VIEW crm.accounts;
CALL leadscore.publish('engagement');
SELECT to_regclass('leadscore.account_engagement') IS NULL AS gone, crm.column_names('leadscore.account_scores');
SELECT count(engagement), count(*) FROM leadscore.account_scores;
-- Made anew when nothing depends on it. What is text is not known to depend.
DROP FUNCTION crm.busy;
DROP VIEW crm.everything;
DROP MATERIALIZED VIEW crm.yesterday;
SELECT leadscore.refresh_views('lead');
SELECT crm.column_names('leadscore.lead_scores');
SELECT crm.busy_by_text(2);
SELECT leadscore.drop_score('activities');
SELECT crm.column_names('leadscore.lead_scores');
DO $$ BEGIN PERFORM crm.busy_by_text(2); EXCEPTION WHEN undefined_column THEN RAISE INFO '%', SQLERRM; END $$;

-- Columns of all that is there for reading, of several key types, live, paused, retired, with members, caps, bands and grades.
SELECT leadscore.create_entity('acme.person', 'crm.person');
SELECT leadscore.create_source('acme.activity', 'crm.activity', 'at');
SELECT leadscore.create_link('acme.activity', 'person', $$'00000000-0000-0000-0000-000000000000'::uuid$$);
SELECT leadscore.create_score('acme.heat', '{person}', 'window(90 days)', max_points => 10);
SELECT leadscore.create_rule('acme.heat', 'any', 'activity', '1');
CALL leadscore.publish('acme.heat');
SELECT leadscore.create_grade('acme.grade', 'person', 'heat', 'heat', '{"A": 1}', '{"1": 1}');
SELECT leadscore.create_rollup('engagement', 'account', 'lead', 'account_code');
CALL leadscore.publish('engagement');
CALL leadscore.publish('views');
CALL leadscore.retire('views');
SELECT leadscore.create_score('paused', '{lead}');
SELECT leadscore.create_rule('paused', 'any', 'activity', '1');
CALL leadscore.publish('paused');
CALL leadscore.pause('paused');
SELECT leadscore.create_score('own', '{lead}');
SELECT leadscore.create_rule('own', 'any', 'activity', '1');
CALL leadscore.publish('own');
CREATE VIEW crm.view_columns AS
SELECT c.oid::regclass::text AS view, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) AS type, col_description(c.oid, a.attnum) AS says
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relkind = 'v' AND c.relnamespace IN ('leadscore'::regnamespace, 'acme'::regnamespace);
SELECT v.view || '.' || v.attname AS without_comment FROM crm.view_columns AS v WHERE coalesce(v.says, '') = '' ORDER BY 1;
SELECT c.oid::regclass AS without_comment FROM pg_class AS c
WHERE c.relkind = 'v' AND c.relnamespace IN ('leadscore'::regnamespace, 'acme'::regnamespace) AND obj_description(c.oid, 'pg_class') IS NULL ORDER BY c.oid::regclass::text COLLATE "C";
SELECT v.view, v.attname, v.type, v.says FROM crm.view_columns AS v WHERE v.view IN ('leadscore.lead_scores', 'leadscore.account_engagement', 'acme.person_heat', 'acme.person_scores')
ORDER BY v.view COLLATE "C", v.attnum;
-- Views of entities: the key as it is in the CRM, and types that every driver knows.
SELECT v.view, v.attname, v.type FROM crm.view_columns AS v
WHERE v.view ~ '\.(lead|account|person)_' AND v.type NOT IN ('double precision', 'bigint', 'integer', 'text', 'timestamp with time zone', 'boolean', 'numeric', 'interval', 'jsonb')
ORDER BY v.view COLLATE "C", v.attnum;
-- Lists of what is set up also have these, which drivers give as text.
SELECT DISTINCT v.type COLLATE "C" AS type FROM crm.view_columns AS v
WHERE v.view !~ '\.(lead|account|person)_' AND v.type NOT IN ('double precision', 'bigint', 'integer', 'text', 'timestamp with time zone', 'boolean', 'numeric', 'interval', 'jsonb')
ORDER BY 1;
-- What functions give.
SELECT p.proname, x.type FROM pg_proc AS p CROSS JOIN LATERAL (
  SELECT format_type(t, NULL) AS type FROM unnest(coalesce(p.proallargtypes, p.proargtypes || p.prorettype)) AS t) AS x
WHERE p.pronamespace = 'leadscore'::regnamespace AND p.proname LIKE 'lead\_%'
  AND x.type NOT IN ('double precision', 'bigint', 'integer', 'text', 'timestamp with time zone', 'boolean', 'numeric', 'interval', 'jsonb') ORDER BY 1, 2;
DROP VIEW crm.best;
SELECT leadscore.drop_all();
DROP SCHEMA acme CASCADE;
DROP SCHEMA crm CASCADE;
