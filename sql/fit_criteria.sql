-- Criteria: points for what an entity is, beside rules for what it did. After each step the scores are compared with plain SQL
-- over the CRM's rows, and verify finds nothing: before and after what is pending was folded.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET jit = off;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA fit;
CREATE TABLE fit.account (id text PRIMARY KEY, industry text);
CREATE TABLE fit.lead (id int PRIMARY KEY, city text, title text, employees int, signed_on date, account_id text, kind text NOT NULL DEFAULT 'lead', score float8);
CREATE TABLE fit.meeting (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, at timestamptz);
CREATE INDEX ON fit.meeting (lead_id);
INSERT INTO fit.account VALUES ('coal', 'mining'), ('cloth', 'wool');
INSERT INTO fit.lead (id, city, title, employees, signed_on, account_id) VALUES
  (1, 'Newcastle', 'director', 40, NULL, 'coal'), (2, 'Newcastle', 'clerk', 900, '2026-02-19', 'coal'),
  (3, 'Leeds', 'director', NULL, '2026-01-30', 'cloth'), (4, NULL, NULL, NULL, '2026-03-11', NULL);
INSERT INTO fit.meeting (lead_id, at) VALUES (1, '2026-02-19 00:00+00'), (1, '2026-03-01 00:00+00');

SELECT leadscore.create_entity('lead', 'fit.lead', filter => $$kind = 'lead'$$);
SELECT leadscore.create_entity('partner', 'fit.lead', filter => $$kind = 'partner'$$);
SELECT leadscore.create_entity('account', 'fit.account');
SELECT leadscore.create_source('meeting', 'fit.meeting', 'at');
SELECT leadscore.create_link('meeting', 'lead', 'lead_id');
SELECT leadscore.create_score('total', '{lead,partner}', decay => 'exponential(10 days)');
SELECT leadscore.create_rule('total', 'met', 'meeting', '20');
SELECT leadscore.create_criterion('total', 'fits', 'lead', points => '15', filter => $$city = 'Newcastle' AND NOT (title = 'clerk' OR title IS NULL)$$);
SELECT leadscore.create_criterion('total', 'size', 'lead', points => 'employees / 100.0', max_points => 6);
SELECT leadscore.create_criterion('total', 'customer', 'lead', points => '8', occurred_at => $$(signed_on::timestamp AT TIME ZONE 'UTC')$$, decay => 'exponential(10 days)');
SELECT leadscore.create_criterion('total', 'signed', 'lead', points => '100', occurred_at => $$(signed_on::timestamp AT TIME ZONE 'UTC')$$);
SELECT leadscore.create_criterion('total', 'partner', 'partner', points => '1000 + coalesce(employees, 0)');
SELECT leadscore.create_rollup('total', 'account', 'lead', 'account_id');
SELECT leadscore.create_criterion('total', 'mining', 'account', points => '5', filter => $$industry = 'mining'$$);
CALL leadscore.publish('total');

-- What plain SQL says at an instant.
CREATE FUNCTION fit.facts(as_of timestamptz) RETURNS TABLE (id int, points float8, activities int, at timestamptz) LANGUAGE sql AS $$
  SELECT m.lead_id, 20 * power(2::float8, -extract(epoch FROM as_of - m.at) / 864000), 1, m.at FROM fit.meeting AS m WHERE m.at <= as_of
  UNION ALL SELECT l.id, 15, 0, NULL FROM fit.lead AS l WHERE l.city = 'Newcastle' AND l.title <> 'clerk'
  UNION ALL SELECT l.id, least(6, coalesce(l.employees, 0) / 100.0), 0, NULL FROM fit.lead AS l
  UNION ALL SELECT l.id, 8 * power(2::float8, -(as_of::date - l.signed_on) / 10.0) + 100, 0, NULL FROM fit.lead AS l WHERE l.signed_on <= as_of::date $$;
CREATE FUNCTION fit.truth(as_of timestamptz) RETURNS TABLE (entity text, key text, points float8, activities bigint, last_activity_at timestamptz) LANGUAGE sql AS $$
  WITH lead AS (SELECT l.id, l.account_id, coalesce(sum(f.points), 0) AS points, coalesce(sum(f.activities), 0) AS activities, max(f.at) AS at
                FROM fit.lead AS l LEFT JOIN fit.facts(as_of) AS f USING (id) WHERE l.kind = 'lead' GROUP BY l.id)
  SELECT 'lead', l.id::text, l.points, l.activities::bigint, l.at FROM lead AS l
  UNION ALL SELECT 'partner', l.id::text, 1000 + coalesce(l.employees, 0), 0, NULL FROM fit.lead AS l WHERE l.kind = 'partner'
  UNION ALL SELECT 'account', a.id, coalesce(sum(l.points), 0) + CASE a.industry WHEN 'mining' THEN 5 ELSE 0 END, coalesce(sum(l.activities), 0)::bigint, max(l.at)
            FROM fit.account AS a LEFT JOIN lead AS l ON l.account_id = a.id GROUP BY a.id $$;
CREATE FUNCTION fit.wrong() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('kept %s, actual %s', k, t)
  FROM (SELECT 'lead' AS entity, lead_id::text AS key, points, activities, last_activity_at FROM leadscore.lead_total
        UNION ALL SELECT 'partner', partner_id::text, points, activities, last_activity_at FROM leadscore.partner_total
        UNION ALL SELECT 'account', account_id, points, activities, last_activity_at FROM leadscore.account_total) AS k
  FULL JOIN fit.truth(leadscore.clock()) AS t USING (entity, key)
  WHERE k.key IS NULL OR t.key IS NULL OR NOT abs(k.points - t.points) <= 1e-9 * greatest(1, abs(t.points)) OR k.activities <> t.activities
     OR k.last_activity_at IS DISTINCT FROM t.last_activity_at
  UNION ALL SELECT v::text FROM leadscore.verify('total') AS v $$;
CREATE PROCEDURE fit.step(what text) LANGUAGE plpgsql AS $$
DECLARE
  before text[];
  after text[];
BEGIN
  EXECUTE what;
  before := ARRAY(SELECT fit.wrong());
  CALL leadscore.tick();
  after := ARRAY(SELECT fit.wrong());
  RAISE INFO '%: % % %', left(what, 60), CASE WHEN before || after = '{}' THEN 'right' ELSE 'WRONG' END, before, after;
END $$;

CALL fit.step('SELECT');
SELECT lead_id, points, last_activity_at, activities FROM leadscore.lead_total ORDER BY lead_id;
SELECT account_id, points, own_points, members_sum FROM leadscore.account_total ORDER BY account_id;

-- Every way to write.
CALL fit.step($$INSERT INTO fit.lead (id, city, title, employees) VALUES (5, 'Newcastle', 'director', 70), (6, 'York', 'clerk', 10000)$$);
CALL fit.step($$UPDATE fit.lead SET city = 'Newcastle', account_id = 'cloth' WHERE id IN (3, 4)$$);
CALL fit.step($$UPDATE fit.lead SET employees = coalesce(employees, 0) + 55$$);
CALL fit.step($$UPDATE fit.lead SET employees = employees$$);
CALL fit.step($$UPDATE fit.lead SET kind = 'partner' WHERE id IN (2, 5)$$);
CALL fit.step($$UPDATE fit.lead SET kind = 'lead' WHERE id = 2$$);
CALL fit.step($$UPDATE fit.lead SET id = 50 WHERE id = 1$$);
CALL fit.step($$INSERT INTO fit.lead (id, city, title) VALUES (6, 'Newcastle', 'director'), (7, 'Newcastle', 'director')
                ON CONFLICT (id) DO UPDATE SET city = excluded.city, title = excluded.title$$);
CALL fit.step($$MERGE INTO fit.lead AS l USING (VALUES (6, 'Hull'), (7, NULL), (8, 'Newcastle')) AS n(id, city) ON l.id = n.id
                WHEN MATCHED AND n.city IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET city = n.city
                WHEN NOT MATCHED THEN INSERT (id, city, title, employees) VALUES (n.id, n.city, 'director', 300)$$);
CALL fit.step($$UPDATE fit.account SET industry = 'mining' WHERE id = 'cloth'$$);
CALL fit.step($$UPDATE fit.lead SET signed_on = CASE WHEN signed_on IS NULL THEN date '2026-02-09' END$$);
CALL fit.step($$DELETE FROM fit.lead WHERE id = 50$$);
COPY fit.lead (id, city, title, employees, account_id) FROM stdin;
9	Newcastle	director	120	coal
\.
CALL fit.step($$WITH gone AS (DELETE FROM fit.lead WHERE id = 9 RETURNING *) INSERT INTO fit.lead SELECT 10, g.city, 'chief', 300, g.signed_on, 'cloth' FROM gone AS g$$);
BEGIN;
UPDATE fit.lead SET city = 'Newcastle', title = 'director', employees = 1;
SELECT count(*) FROM fit.wrong();
ROLLBACK;
-- The passing of time alone: what is signed for the future counts from its day on.
UPDATE fit.lead SET signed_on = '2026-03-11' WHERE id = 4;
SET pg_leadscore.clock = '2026-03-10 00:00+00';
CALL fit.step('SELECT');
SET pg_leadscore.clock = '2026-03-11 00:00+00';
CALL fit.step('SELECT');

-- Why: a line for each criterion that matches, without a time where it counts always.
SELECT rule, source, row_key, member, occurred_at, points, weight, contribution FROM leadscore.lead_explain('total', 4);
SELECT rule, row_key, member, occurred_at, points FROM leadscore.account_explain('total', 'cloth');
SELECT bool_and(abs(e.sum - v.points) < 1e-9) FROM leadscore.lead_total AS v,
       LATERAL (SELECT sum(contribution) FROM leadscore.lead_explain('total', v.lead_id)) AS e(sum);
-- What is, was not earned in any window; since when it is, was.
SELECT * FROM leadscore.lead_hot('total', 0, '10 days') ORDER BY 1;
SELECT * FROM leadscore.lead_hot('total', 0, '10000 years') ORDER BY 1;
SELECT * FROM leadscore.lead_cold('total', 1, '10000 years') ORDER BY 1;
SELECT * FROM leadscore.lead_falling('total', 0.5, '10 days') ORDER BY 1;
-- The past by what the rows are now, and the future.
SELECT s.lead_id, s.points, t.points AS truth FROM leadscore.lead_scores_at('total', '2026-02-10') AS s
JOIN fit.truth('2026-02-10') AS t ON t.entity = 'lead' AND t.key = s.lead_id::text WHERE abs(s.points - t.points) > 1e-9;
SELECT l.at, count(*) FILTER (WHERE abs(l.points - t.points) > 1e-9) AS wrong
FROM leadscore.account_timeline('total', 'cloth', '2026-02-10', '2026-04-10', '1 month') AS l CROSS JOIN LATERAL fit.truth(l.at) AS t WHERE t.key = 'cloth' GROUP BY 1 ORDER BY 1;
SELECT leadscore.lead_score('total', 8, '1500-01-01'), leadscore.lead_score('total', 8, '9000-01-01'), leadscore.lead_score('total', 8);
SELECT leadscore.create_score('fade', '{lead}', based_on => 'total');
SELECT leadscore.drop_criterion('fade', 'size');
CALL leadscore.publish('fade');
SELECT leadscore.lead_cools_at('fade', 8, 115.5), leadscore.lead_cools_at('fade', 4, 104), leadscore.lead_cools_at('fade', 4, 1);

-- What is set up; what the extension made for it is not to be seen.
SELECT score, criterion, entity, points, filter, decay, occurred_at, once, max_points FROM leadscore.criteria ORDER BY score, criterion;
SELECT source FROM leadscore.sources;
SELECT source, entity FROM leadscore.links;
SELECT score, rule FROM leadscore.rules ORDER BY 1, 2;
SELECT what, name, rows, says FROM leadscore.check_score('total') WHERE what <> 'lock';

-- Renames are followed, and the entity's own table, key and filter.
ALTER TABLE fit.lead RENAME COLUMN city TO town;
ALTER TABLE fit.lead RENAME TO person;
UPDATE fit.person SET town = 'Newcastle', title = 'director' WHERE id = 6;
SELECT filter FROM leadscore.criteria WHERE criterion = 'fits' ORDER BY score;
SELECT lead_id, points FROM leadscore.lead_total WHERE lead_id = 6;
ALTER TABLE fit.person RENAME TO lead;
ALTER TABLE fit.lead RENAME COLUMN town TO city;
CALL fit.step($$SELECT leadscore.alter_entity('lead', filter => $x$kind IN ('lead', 'other')$x$)$$);
INSERT INTO fit.lead (id, city, title, kind) VALUES (20, 'Newcastle', 'director', 'other');
SELECT lead_id, points FROM leadscore.lead_total WHERE lead_id = 20;
DELETE FROM fit.lead WHERE id = 20;
SELECT leadscore.alter_entity('lead', filter => $$kind = 'lead'$$);
SELECT leadscore.alter_entity('lead', key => '100 + id');
SELECT lead_id, points FROM leadscore.lead_total WHERE lead_id = 106;
SELECT leadscore.alter_entity('lead', reset => '{key}');
CREATE TABLE fit.lead2 (LIKE fit.lead INCLUDING ALL);
INSERT INTO fit.lead2 (id, city, title) VALUES (4, 'Newcastle', 'director'), (5, 'York', NULL);
SELECT leadscore.alter_entity('lead', relation => 'fit.lead2');
INSERT INTO fit.lead2 (id, city, title) VALUES (6, 'Newcastle', 'director');
SELECT lead_id, points FROM leadscore.lead_total ORDER BY lead_id;
SELECT leadscore.alter_entity('lead', relation => 'fit.lead');
SELECT tgrelid::regclass FROM pg_trigger WHERE tgrelid = 'fit.lead2'::regclass;
CALL fit.step('SELECT');
CALL fit.step($$UPDATE fit.lead SET employees = 250 WHERE id = 6$$);

-- Edits hold when they are published.
SELECT leadscore.alter_criterion('total', 'partner', points => '1000', filter => 'employees IS NULL');
SELECT leadscore.alter_criterion('total', 'partner', points => '1000 + coalesce(employees, 0)', reset => '{filter}');
SELECT leadscore.alter_criterion('total', 'size', reset => '{max_points}', occurred_at => $$(signed_on::timestamp AT TIME ZONE 'UTC')$$);
SELECT leadscore.rename_criterion('total', 'size', 'employees');
SELECT DISTINCT rule FROM leadscore.lead_explain('total', 6) ORDER BY 1;
UPDATE fit.lead SET employees = 955 WHERE id = 6;
SELECT lead_id, points FROM leadscore.lead_total WHERE lead_id IN (2, 6) ORDER BY 1;
CALL leadscore.publish('total');
SELECT lead_id, points FROM leadscore.lead_total WHERE lead_id IN (2, 6) ORDER BY 1;
SELECT leadscore.alter_criterion('total', 'employees', max_points => 6, reset => '{occurred_at}');
CALL leadscore.publish('total');
CALL fit.step('SELECT');
CALL leadscore.pause('total');
UPDATE fit.lead SET city = 'Newcastle', title = 'director' WHERE id = 2;
CALL leadscore.resume('total');
CALL fit.step('SELECT');

-- What fails on a row breaks the score and not the write.
SELECT leadscore.create_score('broken', '{lead}');
SELECT leadscore.create_criterion('broken', 'ratio', 'lead', '1.0 / nullif(employees, 0) + 1 / (employees - 7)');
CALL leadscore.publish('broken');
UPDATE fit.lead SET employees = 7 WHERE id = 6;
SELECT employees FROM fit.lead WHERE id = 6;
SELECT * FROM leadscore.lead_broken;
UPDATE fit.lead SET employees = 8 WHERE id = 6;
SELECT leadscore.alter_score('broken', on_error => 'fail');
CALL leadscore.publish('broken');
UPDATE fit.lead SET employees = 7 WHERE id = 6;
SELECT employees FROM fit.lead WHERE id = 6;
SELECT leadscore.drop_score('broken');
SELECT leadscore.create_score('scored', '{lead}');
SELECT leadscore.create_criterion('scored', 'score', 'lead', 'score');
CALL leadscore.publish('scored');
SET client_min_messages = error;
ALTER TABLE fit.lead DROP COLUMN score;
SET client_min_messages = warning;
SELECT * FROM leadscore.lead_scored;
SELECT leadscore.drop_score('scored');

-- What is refused.
SELECT leadscore.create_criterion('total', 'fits', 'lead', '1');
SELECT leadscore.create_criterion('total', 'met', 'lead', '1');
SELECT leadscore.create_rule('total', 'fits', 'meeting', '1');
SELECT leadscore.create_rule('total', 'fits', 'meeting', '1', if_not_exists => true);
SELECT leadscore.rename_rule('total', 'met', 'fits');
SELECT leadscore.rename_rule('total', 'fits', 'x');
SELECT leadscore.alter_rule('total', 'fits', points => '1');
SELECT leadscore.drop_rule('total', 'fits');
SELECT leadscore.drop_criterion('total', 'met');
SELECT leadscore.alter_criterion('total', 'met', points => '1');
\set VERBOSITY default
SELECT leadscore.create_criterion('total', 'x', 'lead', '1', decay => 'exponential(10 days)');
SELECT leadscore.alter_criterion('total', 'fits', decay => 'exponential(10 days)');
SELECT leadscore.create_criterion('total', 'x', 'lead', '1', occurred_at => 'signed_on');
SELECT leadscore.create_criterion('fade', 'x', 'partner', '1', $$towns = 'York'$$);
SELECT leadscore.create_score('small', '{lead}');
SELECT leadscore.create_criterion('small', 'x', 'account', '1');
SELECT leadscore.alter_score('total', entities => '{lead,account}');
SELECT leadscore.create_criterion('total', 'x', 'lead', NULL);
SELECT leadscore.create_criterion('total', 'x', 'lead', '1', 'random() > 0.5');
SELECT leadscore.create_criterion('total', '', 'lead', '1');
SELECT leadscore.alter_criterion('total', 'fits', reset => '{points}');
\set VERBOSITY terse
SELECT leadscore.create_criterion('total', 'fits', 'lead', '1', if_not_exists => true);
SELECT leadscore.drop_criterion('total', 'nothing', if_exists => true);
SELECT leadscore.drop_criterion('nothing', 'nothing', if_exists => true);
SELECT leadscore.drop_entity('partner');

-- Nothing is left behind.
SELECT leadscore.drop_criterion('total', 'partner');
SELECT leadscore.alter_score('total', entities => '{lead,account}');
CALL leadscore.publish('total');
SELECT leadscore.drop_score('fade');
SELECT e.name, s.occurred_at FROM leadscore_internal.source AS s JOIN leadscore_internal.entity AS e ON e.id = s.criteria_of ORDER BY 1, 2;
SELECT leadscore.drop_score('fade', if_exists => true);
TRUNCATE fit.lead;
SELECT account_id, points FROM leadscore.account_total ORDER BY 1;
SELECT leadscore.drop_score('total');
SELECT count(*) FROM leadscore_internal.source WHERE criteria_of IS NOT NULL;
SELECT tgname FROM pg_trigger WHERE tgname LIKE '!leadscore%';
SELECT leadscore.drop_score('small');
SELECT leadscore.drop_entity('partner');
SELECT leadscore.drop_all();
DROP SCHEMA fit CASCADE;
