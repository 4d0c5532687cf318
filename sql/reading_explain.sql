-- lead_explain: every line, and that they add up.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.company (id uuid PRIMARY KEY);
CREATE TABLE crm.account (id bigint PRIMARY KEY, company uuid);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id bigint, second_account bigint);
-- Names that expressions could mix up with ours.
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, account_id bigint, rule text, points float8, source timestamptz);
CREATE TABLE crm.visit ("the page" text, hit int, lead_id int, at timestamptz, extra text, PRIMARY KEY (hit, "the page") INCLUDE (extra));
CREATE TABLE crm.log (lead_id int, at timestamptz);
CREATE TABLE crm.meeting (id bigint PRIMARY KEY, at timestamptz);
CREATE TABLE crm.attendee (meeting_id bigint, lead_id int);
INSERT INTO crm.company VALUES ('00000000-0000-0000-0000-000000000001');
INSERT INTO crm.account VALUES (1, '00000000-0000-0000-0000-000000000001'), (2, NULL);
INSERT INTO crm.lead VALUES (1, 1, 2), (2, 1, NULL), (3, NULL, NULL);
INSERT INTO crm.activity VALUES (1, 1, NULL, 'call', 8, '2026-01-30'), (2, 1, NULL, 'mail', 10, '2026-03-01'), (3, 2, NULL, 'call', NULL, '2026-02-27'),
  (4, 2, NULL, 'call', 7, '2026-03-31'), (5, NULL, 1, 'call', 3, '2026-02-01'), (6, 1, NULL, 'note', 0, '2026-02-10'), (7, 1, NULL, 'call', 5, NULL), (8, 1, NULL, 'call', 5, 'infinity');
INSERT INTO crm.visit VALUES ('/', 1, 1, '2026-02-20'), ('/a', 2, 1, '2025-02-20');
INSERT INTO crm.log VALUES (1, '2026-02-20'), (2, '-infinity');
INSERT INTO crm.meeting VALUES (1, '2026-02-25');
INSERT INTO crm.attendee VALUES (1, 1), (1, 1), (1, 2);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_entity('company', 'crm.company');
SELECT leadscore.create_source('activity', 'crm.activity', 'source');
SELECT leadscore.create_source('visit', 'crm.visit', 'at');
SELECT leadscore.create_source('log', 'crm.log', 'at');
SELECT leadscore.create_source('meeting', 'crm.meeting', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_link('activity', 'account', 'account_id');
SELECT leadscore.create_link('visit', 'lead', 'lead_id');
SELECT leadscore.create_link('log', 'lead', 'lead_id');
SELECT leadscore.create_link('meeting', 'lead', 'through.lead_id', through => '{crm.attendee}', join_on => 'through.meeting_id = source.id');
SELECT leadscore.create_score('heat', '{lead}', 'exponential(30 days)');
SELECT leadscore.create_rule('heat', 'any', 'activity', 'points');
SELECT leadscore.create_rule('heat', 'it''s a call', 'activity', '1', filter => $$rule = 'call'$$);
SELECT leadscore.create_rule('heat', 'visit', 'visit', '2', decay => 'window(90 days)');
SELECT leadscore.create_rule('heat', 'log', 'log', '3', decay => 'linear(90 days)');
SELECT leadscore.create_rule('heat', 'meeting', 'meeting', '5');
SELECT leadscore.create_rollup('heat', 'account', 'lead', 'account_id');
SELECT leadscore.create_rollup('heat', 'company', 'account', 'company');
SELECT * FROM leadscore.lead_explain('heat', 1);
CALL leadscore.publish('heat');

SELECT rule, source, row_key, member, occurred_at, points, round(weight::numeric, 4) AS weight, round(contribution::numeric, 4) AS contribution FROM leadscore.lead_explain('heat', 1);
SELECT rule, source, row_key, member, occurred_at, points, round(weight::numeric, 4) AS weight, round(contribution::numeric, 4) AS contribution FROM leadscore.lead_explain('heat', 2);
-- A member's lines name the member; over several levels, all on the way.
SELECT rule, row_key, member, round(contribution::numeric, 4) AS contribution FROM leadscore.account_explain('heat', 1);
SELECT rule, row_key, member, round(contribution::numeric, 4) AS contribution FROM leadscore.company_explain('heat', '00000000-0000-0000-0000-000000000001') WHERE points <> 0 ORDER BY member COLLATE "C", rule COLLATE "C", row_key;
-- They add up, at any instant; their number is that of matches in plain SQL.
CREATE VIEW crm.sums AS
SELECT at, kind, id, sum, score FROM unnest('{2026-01-15,2026-02-26,2026-03-01,2026-05-20,2030-01-01}'::timestamptz[]) AS at
CROSS JOIN LATERAL (
  SELECT 'lead' AS kind, l.id::text, (SELECT coalesce(sum(contribution), 0) FROM leadscore.lead_explain('heat', l.id, at)) AS sum, leadscore.lead_score('heat', l.id, at) AS score FROM crm.lead AS l
  UNION ALL SELECT 'account', a.id::text, (SELECT coalesce(sum(contribution), 0) FROM leadscore.account_explain('heat', a.id, at)), leadscore.account_score('heat', a.id, at) FROM crm.account AS a
  UNION ALL SELECT 'company', c.id::text, (SELECT coalesce(sum(contribution), 0) FROM leadscore.company_explain('heat', c.id, at)), leadscore.company_score('heat', c.id, at) FROM crm.company AS c) AS x;
SELECT count(*), count(*) FILTER (WHERE abs(sum - score) <= 1e-9) AS right FROM crm.sums;
SELECT (SELECT count(*) FROM crm.activity WHERE lead_id = 1 AND source < 'infinity') + (SELECT count(*) FROM crm.activity WHERE lead_id = 1 AND source < 'infinity' AND rule = 'call')
       + (SELECT count(*) FROM crm.visit WHERE lead_id = 1) + (SELECT count(*) FROM crm.log WHERE lead_id = 1) + 1 AS matches, (SELECT count(*) FROM leadscore.lead_explain('heat', 1)) AS lines;
-- Never active; no entity; instants out of range.
SELECT count(*) FROM leadscore.lead_explain('heat', 3);
SELECT count(*) FROM unnest('{99,NULL}'::int[]) AS id, leadscore.lead_explain('heat', id);
SELECT leadscore.lead_explain('heat', 1, NULL);
SELECT leadscore.lead_explain('heat', 1, 'infinity');
SELECT leadscore.lead_explain('none', 1);
-- Amounts whose product is too small for SQL.
INSERT INTO crm.activity VALUES (20, 3, NULL, 'mail', 1e-300, '1990-01-01');
SELECT row_key, points, contribution < 1e-300 AS tiny FROM leadscore.lead_explain('heat', 3);
DELETE FROM crm.activity WHERE id = 20;
-- An edit shows when it is published.
SELECT leadscore.create_rule('heat', 'later', 'visit', '1');
SELECT DISTINCT rule FROM leadscore.lead_explain('heat', 1) WHERE source = 'visit';
CALL leadscore.publish('heat');
SELECT DISTINCT rule FROM leadscore.lead_explain('heat', 1) WHERE source = 'visit' ORDER BY 1;

-- A reader sees the lines of the entities whose rows he may see, without a right to the activities; nobody else's.
CREATE ROLE regress_leadscore_explained;
GRANT USAGE ON SCHEMA crm TO regress_leadscore_explained;
GRANT SELECT ON crm.lead, crm.account TO regress_leadscore_explained;
ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON crm.lead TO regress_leadscore_explained USING (id <> 2);
SET ROLE regress_leadscore_explained;
SELECT (SELECT count(*) FROM leadscore.lead_explain('heat', 1)) AS mine, (SELECT count(*) FROM leadscore.lead_explain('heat', 2)) AS hidden,
       (SELECT string_agg(DISTINCT member, ', ') FROM leadscore.account_explain('heat', 1)) AS members,
       (SELECT count(*) FROM leadscore.lead_timeline('heat', 2, '2026-03-01', '2026-03-01', '1 day')) AS timeline, leadscore.lead_cools_at('heat', 2, 0) AS cools;
SELECT lead_id FROM leadscore.lead_scores_at('heat', '2026-03-01') ORDER BY 1;
-- Nor by what is behind the functions.
SELECT count(*) FROM leadscore_internal.explained_facts((SELECT min(substring(relname FROM '\d+$')::int) FROM pg_class WHERE relname LIKE 'lead\_states\_%'), '{1,2,3}'::int[])
  AS f(key int, occurred_at timestamptz, points float8, rule text, source text, row_key jsonb, within_limit boolean) WHERE key = 2;
SELECT count(*) FROM leadscore.company_explain('heat', '00000000-0000-0000-0000-000000000001');
RESET ROLE;
REVOKE ALL ON SCHEMA crm FROM regress_leadscore_explained;
REVOKE ALL ON ALL TABLES IN SCHEMA crm FROM regress_leadscore_explained;
DROP POLICY visible ON crm.lead;
DROP ROLE regress_leadscore_explained;

CALL leadscore.pause('heat');
SELECT count(*) FROM leadscore.lead_explain('heat', 1);
DROP VIEW crm.sums;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
