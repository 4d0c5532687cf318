-- Plans of queries that join what functions give, over enough rows that another plan would be chosen if it were cheaper.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, points float8, at timestamptz);
-- The table is empty when the functions are made; publish says what it has become.
SELECT leadscore.create_entity('lead', 'crm.lead');
INSERT INTO crm.lead SELECT id, 'lead ' || id FROM generate_series(1, 100000) AS id;
INSERT INTO crm.activity (lead_id, points, at)
SELECT 1 + i * 7919 % 100000, i % 30, '2026-03-01'::timestamptz - i * interval '1 minute' FROM generate_series(0, 49999) AS i;
CREATE INDEX ON crm.activity (lead_id);
CREATE INDEX ON crm.activity (at);
ANALYZE crm.lead, crm.activity;
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('engagement', '{lead}', 'exponential(30 days)');
SELECT leadscore.create_rule('engagement', 'any', 'activity', 'points');
CALL leadscore.publish('engagement');

-- How many rows a planner may expect, so that it takes few by an index and all by a scan.
SELECT proname, prorows FROM pg_proc WHERE pronamespace = 'leadscore'::regnamespace AND proname LIKE 'lead\_%' AND proretset ORDER BY 1;
EXPLAIN (COSTS OFF) SELECT l.name, h.points FROM leadscore.lead_hot('engagement', more_than => 20, within => '1 day') AS h JOIN crm.lead AS l ON l.id = h.lead_id;
EXPLAIN (COSTS OFF) SELECT h.rank, l.name, h.points FROM leadscore.lead_hottest('engagement') AS h JOIN crm.lead AS l ON l.id = h.lead_id;
EXPLAIN (COSTS OFF) SELECT l.name, f.drop FROM leadscore.lead_falling('engagement', 0.5, '10 days') AS f JOIN crm.lead AS l ON l.id = f.lead_id;
EXPLAIN (COSTS OFF) SELECT l.name, s.points FROM leadscore.lead_scores_at('engagement', '2026-02-01') AS s JOIN crm.lead AS l ON l.id = s.lead_id;
-- Points of one at a time are dear: what else is asked for comes first, and an index is taken for it.
EXPLAIN (COSTS OFF) SELECT l.name FROM crm.lead AS l WHERE leadscore.lead_score('engagement', l.id) > 20 AND l.name LIKE '%77';
EXPLAIN (COSTS OFF) SELECT l.name FROM crm.lead AS l WHERE leadscore.lead_score('engagement', l.id) > 20 AND l.id BETWEEN 100 AND 120;
EXPLAIN (COSTS OFF) SELECT l.name FROM crm.activity AS a JOIN crm.lead AS l ON l.id = a.lead_id
WHERE a.at > '2026-02-25 12:00+00' AND leadscore.lead_score('engagement', l.id) > 20;
-- What they give, against the rows.
SELECT count(*) AS hot, count(*) FILTER (WHERE o.points = h.points AND l.name = 'lead ' || o.lead_id) AS is_right
FROM leadscore.lead_hot('engagement', more_than => 20, within => '1 day') AS h JOIN crm.lead AS l ON l.id = h.lead_id
FULL JOIN (SELECT lead_id, sum(points) AS points FROM crm.activity WHERE at >= '2026-02-28' GROUP BY 1 HAVING sum(points) > 20) AS o ON o.lead_id = h.lead_id;
SELECT count(*) AS ranked, count(*) FILTER (WHERE l.id = o.lead_id AND abs(h.points - o.points) < 1e-9) AS is_right
FROM leadscore.lead_hottest('engagement') AS h JOIN crm.lead AS l ON l.id = h.lead_id
FULL JOIN (SELECT a.lead_id, p.points, row_number() OVER (ORDER BY p.points DESC, a.lead_id) AS rank
           FROM crm.activity AS a CROSS JOIN LATERAL (SELECT a.points * 2 ^ (-extract(epoch FROM '2026-03-01+00' - a.at) / 86400 / 30) AS points) AS p
           ORDER BY rank LIMIT 10) AS o ON o.rank = h.rank;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
