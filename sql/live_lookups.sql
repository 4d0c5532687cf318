-- Lookup tables of a source: every way to write on each of them, with an oracle in plain SQL at each step.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead SELECT generate_series(1, 5);
CREATE TABLE crm.kind (id int, name text, points float8, active boolean DEFAULT true, campaign_id int, note text);
CREATE TABLE crm.campaign (id int, factor float8, starts timestamptz);
-- Names that clash: lead_id in a lookup, a column called source, one called as the link's tables are.
ALTER TABLE crm.kind ADD lead_id int DEFAULT 3, ADD source text, ADD through int;
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, kind_id int, at timestamptz DEFAULT '2026-02-01', note text, source text);
CREATE TABLE crm.attendee (activity_id int, lead_id int);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'greatest(at, through2.starts)', filter => $$coalesce(through1.active, true) AND source.note IS DISTINCT FROM 'no'$$,
                               through => '{crm.kind,crm.campaign}', join_on => 'through1.id = source.kind_id AND through2.id = coalesce(through1.campaign_id, 9)');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('kinds', '{lead}', 'exponential(28 days)');
SELECT leadscore.create_rule('kinds', 'of kind', 'activity', 'coalesce(through1.points, 1) * coalesce(through2.factor, 1)');
SELECT leadscore.create_rule('kinds', 'call', 'activity', '100', filter => $$through1.name = 'call'$$, decay => 'none');
SELECT source, filter, through, join_on, occurred_at FROM leadscore.sources;
SELECT rule, points, filter FROM leadscore.rules ORDER BY rule;
-- Lookups are of the source's own expressions; what is refused.
SELECT leadscore.create_link('activity', 'lead', 'through1.lead_id');
SELECT leadscore.create_source('bad', 'crm.activity', 'at', through => '{crm.kind}');
SELECT leadscore.create_source('bad', 'crm.activity', 'at', join_on => 'true');
SELECT leadscore.create_source('bad', 'crm.activity', 'at', through => '{pg_catalog.pg_settings}', join_on => 'true');
SELECT leadscore.create_source('bad', 'crm.activity', 'through.starts', through => '{crm.kind}', join_on => 'through.id = source.kind_id');
SELECT leadscore.create_source('bad', 'crm.activity', 'at', through => '{crm.kind}', join_on => 'through.id = unnest(ARRAY[kind_id])');
SELECT leadscore.create_source('bad', 'crm.activity', 'at', filter => 'through.active', through => '{crm.kind}', join_on => 'source.kind_id');
INSERT INTO crm.kind (id, name, points, campaign_id) VALUES (1, 'mail', 2, NULL), (2, 'call', 8, 1);
INSERT INTO crm.campaign VALUES (1, 0.5, NULL);
INSERT INTO crm.activity VALUES (1, 1, 1), (2, 2, 2), (3, 3, NULL), (4, 4, 7);
CALL leadscore.publish('kinds');

CREATE VIEW crm.reached AS SELECT id, lead_id FROM crm.activity;
CREATE VIEW crm.oracle AS
SELECT l.id, coalesce(sum(x.points * power(0.5::float8, extract(epoch FROM leadscore.clock() - x.at)::float8 / 2419200) + x.more), 0) AS points, count(x.at) AS activities, max(x.at) AS last_activity_at
FROM crm.lead AS l LEFT JOIN (
  SELECT r.lead_id, greatest(a.at, c.starts) AS at, coalesce(k.points, 1) * coalesce(c.factor, 1) AS points, CASE WHEN k.name = 'call' THEN 100 ELSE 0 END AS more
  FROM crm.reached AS r JOIN crm.activity AS a ON a.id = r.id LEFT JOIN crm.kind AS k ON k.id = a.kind_id LEFT JOIN crm.campaign AS c ON c.id = coalesce(k.campaign_id, 9)
  WHERE coalesce(k.active, true) AND a.note IS DISTINCT FROM 'no') AS x ON x.lead_id = l.id AND x.at <= leadscore.clock()
GROUP BY l.id;
CREATE FUNCTION crm.state() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  SELECT format('%s; wrong %s, at another time %s, verify %s, marked %s',
    (SELECT string_agg(lead_id || ': ' || round(points::numeric, 6) || ' in ' || activities, ', ' ORDER BY lead_id) FROM leadscore.lead_kinds WHERE activities > 0),
    (SELECT count(*) FROM crm.oracle AS o FULL JOIN leadscore.lead_kinds AS v ON v.lead_id = o.id
     WHERE NOT coalesce(abs(o.points - v.points) < 1e-9, false) OR o.activities <> v.activities OR o.last_activity_at IS DISTINCT FROM v.last_activity_at),
    (SELECT count(*) FROM crm.oracle AS o WHERE NOT abs(leadscore.lead_score('kinds', o.id, leadscore.clock() + interval '1 microsecond') - o.points) < 1e-6),
    (SELECT count(*) FROM leadscore.verify('kinds')),
    (SELECT coalesce(string_agg(DISTINCT coalesce(key::text, 'all'), ' ' ORDER BY coalesce(key::text, 'all')), 'none') FROM leadscore.lead_pending WHERE sign = 0)) INTO result;
  RETURN result;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
-- Ticks until no mark is left: two do, unless another session has a snapshot.
CREATE PROCEDURE crm.settle() LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. 200 LOOP
    CALL leadscore.tick();
    COMMIT;
    EXIT WHEN i > 1 AND NOT EXISTS (SELECT FROM leadscore.lead_pending WHERE sign = 0);
    PERFORM pg_sleep(CASE WHEN i > 1 THEN 0.05 ELSE 0 END);
  END LOOP;
END $$;
\pset format unaligned
\pset tuples_only on
SELECT crm.state();
-- The activity's row, before its kind and after it.
INSERT INTO crm.activity VALUES (5, 5, 3), (6, 1, 2);
SELECT crm.state();
CALL crm.settle();
INSERT INTO crm.kind (id, name, points) VALUES (3, 'call', 4);
SELECT crm.state();
CALL crm.settle();
UPDATE crm.activity SET kind_id = 1 WHERE id = 2;
SELECT crm.state();
UPDATE crm.activity SET note = 'no' WHERE id = 3;
SELECT crm.state();
UPDATE crm.activity SET note = NULL, lead_id = 2 WHERE id = 3;
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();
-- The kind: points, name, whether it counts, its key; what does not matter marks nobody.
UPDATE crm.kind SET note = 'x', source = 'y', points = points;
SELECT crm.state();
UPDATE crm.kind SET points = 16 WHERE id = 1;
SELECT crm.state();
CALL crm.settle();
UPDATE crm.kind SET name = 'call' WHERE id = 1;
SELECT crm.state();
CALL crm.settle();
UPDATE crm.kind SET active = false WHERE id = 1;
SELECT crm.state();
UPDATE crm.kind SET active = NULL WHERE id = 1;
CALL crm.settle();
UPDATE crm.kind SET id = 7 WHERE id = 1;
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();
-- The campaign, that is reached by the kind or without one.
INSERT INTO crm.campaign VALUES (9, 4, '2026-02-15');
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();
UPDATE crm.campaign SET starts = '2026-03-02' WHERE id = 9;
SELECT crm.state();
CALL crm.settle();
SET pg_leadscore.clock = '2026-03-02 00:00:00+00';
SELECT crm.state();
SET pg_leadscore.clock = '2026-03-02 00:00:01+00';
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();
UPDATE crm.kind SET campaign_id = 1 WHERE id = 7;
SELECT crm.state();
CALL crm.settle();
DELETE FROM crm.campaign WHERE id = 9;
SELECT crm.state();
DELETE FROM crm.kind WHERE id = 2;
SELECT crm.state();
CALL crm.settle();
-- All in one statement; rolled back; truncated.
WITH k AS (UPDATE crm.kind SET points = 32 RETURNING id), a AS (UPDATE crm.activity SET kind_id = 3 WHERE id = 3) UPDATE crm.campaign SET factor = 2;
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();
BEGIN;
DELETE FROM crm.kind;
SELECT crm.state();
TRUNCATE crm.campaign;
SELECT crm.state();
ROLLBACK;
SELECT crm.state();
DELETE FROM crm.activity WHERE id IN (2, 3);
SELECT crm.state();
CALL crm.settle();
MERGE INTO crm.kind AS k USING (VALUES (3, 1), (8, 2)) AS n(id, points) ON k.id = n.id WHEN MATCHED THEN UPDATE SET points = n.points WHEN NOT MATCHED THEN INSERT (id, points) VALUES (n.id, n.points);
COPY crm.activity (id, lead_id, kind_id) FROM stdin;
10	4	8
11	3	8
\.
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();

-- With links through other tables and by a set, whose names are their own.
SELECT leadscore.create_link('activity', 'lead', 'through.lead_id', through => '{crm.attendee}', join_on => 'through.activity_id = source.id');
SELECT leadscore.create_link('activity', 'lead', $$unnest(string_to_array(source.source, ' ')::int[])$$);
CREATE OR REPLACE VIEW crm.reached AS
SELECT id, lead_id FROM crm.activity UNION SELECT activity_id, lead_id FROM crm.attendee UNION SELECT id, unnest(string_to_array(source, ' ')::int[]) FROM crm.activity;
CALL leadscore.publish('kinds');
INSERT INTO crm.attendee VALUES (10, 1), (10, 4), (11, 2);
SELECT crm.state();
CALL crm.settle();
UPDATE crm.activity SET source = '5 5 4' WHERE id = 10;
SELECT crm.state();
CALL crm.settle();
UPDATE crm.kind SET points = 64 WHERE id = 8;
SELECT crm.state();
CALL crm.settle();
DELETE FROM crm.kind WHERE id = 8;
SELECT crm.state();
CALL crm.settle();
INSERT INTO crm.kind (id, points) VALUES (8, 8);
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();
SELECT leadscore.drop_link('activity', 'lead');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
CREATE OR REPLACE VIEW crm.reached AS SELECT id, lead_id FROM crm.activity;

-- Several matching rows: the write of a lookup row or of an activity breaks the score, a read of what is there already is an error.
\set VERBOSITY terse
SET client_min_messages = notice;
CALL leadscore.publish('kinds');
INSERT INTO crm.kind (id, points) VALUES (50, 1), (50, 2);
SELECT crm.state();
INSERT INTO crm.activity VALUES (20, 1, 50);
SELECT crm.state();
SELECT DISTINCT state, broken_because FROM leadscore.status;
CALL leadscore.publish('kinds');
DELETE FROM crm.kind WHERE points = 2;
CALL leadscore.publish('kinds');
SELECT crm.state();
INSERT INTO crm.kind (id, points) VALUES (50, 2);
SELECT crm.state();
DELETE FROM crm.kind WHERE points = 2;
CALL leadscore.publish('kinds');
INSERT INTO crm.campaign VALUES (60, 1), (61, 2);
UPDATE crm.kind SET campaign_id = 60 WHERE id = 50;
SELECT crm.state();
UPDATE crm.campaign SET id = 60 WHERE id = 61;
SELECT crm.state();
DELETE FROM crm.campaign WHERE factor = 2;
CALL leadscore.publish('kinds');
-- What no trigger sees is an error of the read.
SET session_replication_role = replica;
INSERT INTO crm.campaign VALUES (60, 2);
RESET session_replication_role;
SELECT leadscore.lead_score('kinds', 1, '2026-02-28');
SELECT count(*) FROM leadscore.verify('kinds');
DELETE FROM crm.campaign WHERE factor = 2;
SELECT crm.state();
-- Points that fail by what is looked up.
UPDATE crm.kind SET points = 'NaN' WHERE id = 50;
SELECT crm.state();
UPDATE crm.kind SET points = 1 WHERE id = 50;
CALL leadscore.publish('kinds');
SELECT crm.state();
SELECT leadscore.drop_score('kinds');
SELECT leadscore.create_score('strict', '{lead}', on_error => 'fail');
SELECT leadscore.create_rule('strict', 'of kind', 'activity', 'through1.points');
CALL leadscore.publish('strict');
INSERT INTO crm.kind (id, points) VALUES (50, 2);
UPDATE crm.kind SET points = 'infinity';
SELECT count(*), max(points) FROM crm.kind WHERE id = 50;
SELECT leadscore.drop_score('strict');
SELECT leadscore.create_score('loose', '{lead}');
SELECT leadscore.create_rule('loose', 'of kind', 'activity', 'through1.points');
CALL leadscore.publish('loose');
-- A lookup table goes: the score cannot be read, and writes go through.
SET client_min_messages = warning;
DROP TABLE crm.kind CASCADE;
UPDATE crm.activity SET lead_id = 2;
SELECT count(*) FROM crm.activity WHERE lead_id = 2;
SELECT * FROM leadscore.lead_loose;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
