-- Grades: a column such as B2 in the view of all scores. The oracle grades the CRM's rows in plain SQL.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE SCHEMA acme;
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int);
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.fact (lead_id int, points float8, at timestamptz DEFAULT '2026-01-01');
CREATE TABLE crm.activity (lead_id int, points float8, at timestamptz);
INSERT INTO crm.account VALUES (1), (2);
INSERT INTO crm.lead SELECT id, 1 + id % 2 FROM generate_series(1, 30) AS id;
INSERT INTO crm.fact SELECT id, (ARRAY[50, 49.999, 25, 24, 0, -1])[1 + id % 6] FROM generate_series(1, 24) AS id;
INSERT INTO crm.activity SELECT id, (ARRAY[60, 59, 30, 29.5, 0])[1 + id % 5], '2026-03-01' FROM generate_series(1, 26) AS id;
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('fact', 'crm.fact', 'at');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('fact', 'lead', 'lead_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('fit', '{lead}');
SELECT leadscore.create_rule('fit', 'fact', 'fact', 'points');
SELECT leadscore.create_score('engagement', '{lead}', 'exponential(30 days)');
SELECT leadscore.create_rule('engagement', 'activity', 'activity', 'points');
SELECT leadscore.create_rollup('engagement', 'account', 'lead', 'account_id');
CREATE VIEW crm.oracle AS
SELECT l.id, CASE WHEN f.points >= 50 THEN 'A' WHEN f.points >= 25 THEN 'B' WHEN f.points >= 0 THEN 'C' ELSE 'D' END
          || CASE WHEN a.points >= 60 THEN '1' WHEN a.points >= 30 THEN '2' ELSE '3' END AS grade
FROM crm.lead AS l
CROSS JOIN LATERAL (SELECT coalesce(sum(x.points), 0) AS points FROM crm.fact AS x WHERE x.lead_id = l.id) AS f
CROSS JOIN LATERAL (SELECT coalesce(sum(x.points * 2 ^ (-extract(epoch FROM leadscore.clock() - x.at) / 86400 / 30)), 0) AS points FROM crm.activity AS x WHERE x.lead_id = l.id) AS a;
CREATE FUNCTION crm.column_names(view text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = view::regclass AND a.attnum > 0
$$;

-- Of drafts: there when both are published, in whatever order.
SELECT leadscore.create_grade('grade', 'lead', fit_score => 'fit', engagement_score => 'engagement',
                              letters => '{"A": 50, "B": 25, "C": 0, "D": null}', digits => '{"1": 60, "2": 30, "3": null}');
CALL leadscore.publish('engagement');
SELECT crm.column_names('leadscore.lead_scores');
CALL leadscore.publish('fit');
SELECT crm.column_names('leadscore.lead_scores');
SELECT * FROM leadscore.grades;
SELECT s.grade, count(*), bool_and(s.grade = o.grade) AS is_right FROM leadscore.lead_scores AS s JOIN crm.oracle AS o ON o.id = s.lead_id GROUP BY 1 ORDER BY 1;
SELECT pg_typeof(grade) FROM leadscore.lead_scores LIMIT 1;
-- With the clock, and in the writer's transaction.
CREATE FUNCTION crm.wrong(entity text DEFAULT 'lead', name text DEFAULT 'grade', OUT id int, OUT grade text, OUT oracle text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT o.id, s.%1$I, o.grade FROM leadscore.%2$I AS s FULL JOIN crm.oracle AS o ON o.id = s.%3$I WHERE s.%1$I IS DISTINCT FROM o.grade',
                              name, entity || '_scores', entity || '_id');
END $$;
SET pg_leadscore.clock = '2026-03-31 00:00:00+00';
SELECT count(*) FROM crm.wrong();
SELECT grade, count(*) FROM leadscore.lead_scores GROUP BY 1 ORDER BY 1;
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
BEGIN;
INSERT INTO crm.activity VALUES (30, 60, '2026-03-01');
UPDATE crm.fact SET points = 25 WHERE lead_id = 1;
SELECT grade FROM leadscore.lead_scores WHERE lead_id IN (1, 30) ORDER BY lead_id;
SELECT count(*) FROM crm.wrong();
ROLLBACK;
SELECT * FROM crm.wrong();

-- Below all letters, or all digits: none. It changes at once, and edits no score.
SELECT leadscore.alter_grade('grade', 'lead', letters => '{"A": 50, "B": 25, "C": 0}');
SELECT g.lead_id, o.grade FROM leadscore.lead_scores AS g JOIN crm.oracle AS o ON o.id = g.lead_id WHERE g.grade IS NULL ORDER BY 1;
SELECT g.lead_id FROM leadscore.lead_scores AS g JOIN crm.oracle AS o ON o.id = g.lead_id WHERE g.grade IS NULL <> (o.grade LIKE 'D_') ORDER BY 1;
SELECT leadscore.alter_grade('grade', 'lead', letters => '{"A": 50, "B": 25, "C": 0, "D": null}', digits => '{" (1)": 30}');
SELECT grade, count(*) FROM leadscore.lead_scores GROUP BY 1 ORDER BY 1;
SELECT leadscore.alter_grade('grade', 'lead', digits => '{"1": 60, "2": 30, "3": null}');
SELECT * FROM crm.wrong();
SELECT leadscore.alter_grade('grade', 'lead', fit_score => 'engagement', engagement_score => 'fit');
SELECT grade, count(*) FROM leadscore.lead_scores GROUP BY 1 ORDER BY 1;
SELECT leadscore.alter_grade('grade', 'lead', fit_score => 'fit', engagement_score => 'engagement');
SELECT * FROM crm.wrong();
SELECT score, edited FROM leadscore.scores ORDER BY 1;
-- A score that is edited: as it was published, until it is again.
SELECT leadscore.alter_rule('fit', 'fact', points => '-points');
SELECT * FROM crm.wrong();
CALL leadscore.publish('fit');
SELECT count(*) > 0 AS other FROM crm.wrong();
SELECT leadscore.alter_rule('fit', 'fact', points => 'points');
CALL leadscore.publish('fit');
SELECT * FROM crm.wrong();

-- Refused, and nothing is left of it.
SELECT leadscore.create_grade('grade', 'lead', 'fit', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.create_grade('x', 'lead', 'fit', 'engagement', '["A"]', '{"1": 0}');
SELECT leadscore.create_grade('x', 'lead', 'fit', 'engagement', '{"A": 0}', '7');
SELECT leadscore.create_grade('x', 'lead', 'fit', 'engagement', '{"A": 0}', NULL);
SELECT leadscore.create_grade('x', 'lead', 'fit', 'engagement', '{}', '{"1": 0}');
SELECT leadscore.create_grade('x', 'lead', 'fit', 'engagement', '{"A": 0, "B": 0}', '{"1": 0}');
SELECT leadscore.create_grade('x', 'lead', 'fit', 'engagement', '{"": 0}', '{"1": 0}');
SELECT leadscore.create_grade('x', 'lead', 'fit', 'engagement', '{"A": 0}', '{"1": "0"}');
SELECT leadscore.create_grade('x', 'lead', 'none', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.create_grade('x', 'lead', 'fit', NULL, '{"A": 0}', '{"1": 0}');
SELECT leadscore.create_grade('x', 'nobody', 'fit', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.create_grade('x', 'account', 'fit', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.create_grade('acme.x', 'leadscore.lead', 'fit', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.create_grade('lead_id', 'lead', 'fit', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.create_grade('fit', 'lead', 'fit', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.alter_grade('none', 'lead', letters => '{"A": 0}');
SELECT leadscore.alter_grade('grade', 'lead', letters => '{}');
SELECT leadscore.alter_grade('grade', 'lead', engagement_score => 'none');
SELECT leadscore.rename_grade('grade', 'lead', 'engagement');
SELECT leadscore.rename_grade('grade', 'lead', 'grade');
SELECT leadscore.rename_grade('grade', 'lead', NULL);
SELECT leadscore.rename_entity('lead', 'person_of_whom_the_name_is_too_long_to_be');
SELECT leadscore.drop_grade('none', 'lead');
SELECT leadscore.drop_grade('grade', 'account');
-- Scores keep away from the names of grades, of the same entity only, and are not dropped from under them.
SELECT leadscore.create_score('grade', '{lead}');
SELECT leadscore.rename_score('fit', 'grade');
SELECT leadscore.create_score('grade', '{account}');
SELECT leadscore.alter_score('grade', entities => '{account,lead}');
SELECT leadscore.create_grade('grade', 'account', 'engagement', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.drop_score('grade');
SELECT leadscore.create_grade('heat', 'lead', 'fit', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.create_score('heat', '{account}');
CREATE VIEW crm.graded AS SELECT lead_id, heat FROM leadscore.lead_scores;
SELECT leadscore.drop_score('heat');
SELECT leadscore.drop_grade('heat', 'lead');
DROP VIEW crm.graded;
SELECT leadscore.drop_grade('heat', 'lead');
SELECT leadscore.drop_score('fit');
SELECT leadscore.alter_score('fit', entities => '{account}');
SELECT leadscore.create_score('near', '{account}');
SELECT leadscore.create_grade('near', 'lead', 'fit', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.rename_entity('account', 'firm');
SELECT leadscore.rename_grade('near', 'lead', 'person_id');
SELECT leadscore.rename_entity('lead', 'person');
SELECT leadscore.drop_grade('person_id', 'lead');
SELECT leadscore.drop_score('near');
SELECT leadscore.rename_entity('firm', 'account');
SET client_min_messages = notice;
SELECT leadscore.create_grade('grade', 'lead', 'fit', 'engagement', '{"A": 0}', '{"1": 0}', if_not_exists => true);
SELECT leadscore.drop_grade('none', 'lead', if_exists => true);
SELECT leadscore.drop_grade('grade', 'nobody', if_exists => true);
SET client_min_messages = warning;
SELECT * FROM leadscore.grades;
SELECT * FROM crm.wrong();

-- Paused, retired, broken.
CALL leadscore.pause('fit');
SELECT count(fit), count(engagement), count(grade), count(*) FROM leadscore.lead_scores;
SELECT leadscore.alter_grade('grade', 'lead', digits => '{"1": 60, "2": 30, "3": -1}');
SELECT leadscore.create_grade('second', 'lead', 'fit', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT crm.column_names('leadscore.lead_scores');
CALL leadscore.resume('fit');
SELECT crm.column_names('leadscore.lead_scores');
SELECT * FROM crm.wrong();
CALL leadscore.retire('engagement');
SELECT count(fit), count(engagement), count(grade), count(second), count(*) FROM leadscore.lead_scores;
SELECT attname, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'leadscore.lead_scores'::regclass ORDER BY attnum;
SELECT leadscore.drop_score('engagement');
CALL leadscore.publish('engagement');
SELECT * FROM crm.wrong();
INSERT INTO crm.fact VALUES (1, 'NaN');
\set VERBOSITY terse
SELECT lead_id, grade FROM leadscore.lead_scores WHERE lead_id = 2;
\set VERBOSITY default
SELECT lead_id, engagement FROM leadscore.lead_scores WHERE lead_id = 2;
DELETE FROM crm.fact WHERE points = 'NaN';
CALL leadscore.publish('fit');
SELECT * FROM crm.wrong();

-- Renamed: scores, the grade, the entity; what was made of the view follows.
CREATE VIEW crm.graded AS SELECT lead_id, grade FROM leadscore.lead_scores;
SELECT leadscore.rename_score('fit', 'suits');
SELECT leadscore.rename_grade('grade', 'lead', 'mark');
SELECT leadscore.rename_entity('lead', 'person');
SELECT * FROM crm.wrong('person', 'mark');
SELECT count(*) FROM crm.graded AS g JOIN crm.oracle AS o ON o.id = g.lead_id AND o.grade = g.grade;
SELECT grade, entity, fit_score, engagement_score FROM leadscore.grades ORDER BY 1;
SELECT attname, col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'leadscore.person_scores'::regclass ORDER BY attnum;
SELECT leadscore.rename_entity('person', 'lead');
-- Views made anew keep it; a column of a former score is in its way, and is said so.
SELECT leadscore.drop_grade('second', 'lead');
SELECT leadscore.drop_grade('mark', 'lead');
DROP VIEW crm.graded;
SELECT leadscore.drop_grade('second', 'lead');
SELECT leadscore.refresh_views('lead');
SELECT crm.column_names('leadscore.lead_scores');
SELECT leadscore.create_score('old', '{lead}');
SELECT leadscore.create_rule('old', 'activity', 'activity', '1');
CALL leadscore.publish('old');
CALL leadscore.retire('old');
SELECT leadscore.alter_score('old', entities => '{account}');
SELECT leadscore.create_grade('old', 'lead', 'suits', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.refresh_views('lead');
SELECT leadscore.create_grade('old', 'lead', 'suits', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT crm.column_names('leadscore.lead_scores');
SELECT leadscore.drop_score('old');
SELECT * FROM crm.wrong('lead', 'mark');
SELECT crm.column_names('leadscore.lead_scores');

-- Of an entity with members, and with the rights and rows of who reads.
SELECT leadscore.create_grade('grade', 'account', 'engagement', 'engagement', '{"good ": 400, "poor ": null}', '{"+": 500, "-": null}');
SELECT s.account_id, s.engagement, s.grade, CASE WHEN t.points >= 400 THEN 'good ' ELSE 'poor ' END || CASE WHEN t.points >= 500 THEN '+' ELSE '-' END AS oracle
FROM leadscore.account_scores AS s
CROSS JOIN LATERAL (SELECT sum(a.points) AS points FROM crm.activity AS a JOIN crm.lead AS l ON l.id = a.lead_id WHERE l.account_id = s.account_id) AS t ORDER BY 1;
CREATE ROLE regress_leadscore_grade;
GRANT USAGE ON SCHEMA crm TO regress_leadscore_grade;
GRANT SELECT ON crm.lead TO regress_leadscore_grade;
ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON crm.lead TO regress_leadscore_grade USING (id < 4);
SET ROLE regress_leadscore_grade;
SELECT s.lead_id, s.mark FROM leadscore.lead_scores AS s ORDER BY 1;
SELECT count(*) FROM leadscore.account_scores;
SELECT leadscore.create_grade('x', 'lead', 'suits', 'engagement', '{"A": 0}', '{"1": 0}');
SELECT leadscore.alter_grade('mark', 'lead', letters => '{"Z": null}');
SELECT leadscore.rename_grade('mark', 'lead', 'x');
SELECT leadscore.drop_grade('mark', 'lead');
SELECT count(*) FROM leadscore.grades;
RESET ROLE;
REVOKE ALL ON SCHEMA crm FROM regress_leadscore_grade;
REVOKE ALL ON ALL TABLES IN SCHEMA crm FROM regress_leadscore_grade;
DROP POLICY visible ON crm.lead;
DROP ROLE regress_leadscore_grade;
-- The table of a source is dropped, or that of an entity; a model goes with its schema.
DROP TABLE crm.fact CASCADE;
SELECT mark FROM leadscore.lead_scores;
SELECT leadscore.alter_grade('mark', 'lead', digits => '{"1": 60, "2": null}');
SELECT mark FROM leadscore.lead_scores;
SELECT count(engagement) FROM leadscore.lead_scores;
DROP TABLE crm.account CASCADE;
SELECT leadscore.alter_grade('grade', 'account', letters => '{"good ": 1}');
SELECT leadscore.drop_grade('grade', 'account');
SELECT leadscore.create_entity('acme.lead', 'crm.lead');
SELECT leadscore.create_source('acme.activity', 'crm.activity', 'at');
SELECT leadscore.create_link('acme.activity', 'lead', 'lead_id');
SELECT leadscore.create_score('acme.heat', '{lead}');
SELECT leadscore.create_rule('acme.heat', 'activity', 'activity', 'points');
CALL leadscore.publish('acme.heat');
SELECT leadscore.create_grade('acme.grade', 'lead', 'heat', 'heat', '{"A": 60, "B": null}', '{"1": 60, "2": null}');
SELECT grade, count(*) FROM acme.lead_scores GROUP BY 1 ORDER BY 1;
DROP SCHEMA acme CASCADE;
SELECT model, grade, entity FROM leadscore.grades ORDER BY entity, grade;
SELECT leadscore.drop_all();
SELECT count(*) FROM leadscore.grades;
DROP SCHEMA crm CASCADE;
