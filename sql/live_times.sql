-- When activities occurred: zones, no time at all, long ago and planned; and a clock that moves both ways.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-29 12:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead SELECT generate_series(1, 9);
CREATE TABLE crm.local (id int PRIMARY KEY, lead_id int, at timestamp);
CREATE TABLE crm.day (id int PRIMARY KEY, lead_id int, day date);
CREATE TABLE crm.event (id int PRIMARY KEY, lead_id int, at timestamptz, points float8 DEFAULT 1);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('local', 'crm.local', 'at', time_zone => 'Europe/Berlin');
SELECT leadscore.create_source('day', 'crm.day', 'day', time_zone => 'america/new_york');
SELECT leadscore.create_source('event', 'crm.event', 'at');
SELECT leadscore.create_source('shifted', 'crm.event', $$at + interval '1 hour'$$);
SELECT leadscore.create_source('shifted', 'crm.event', $$at + interval '1 month'$$);
SELECT leadscore.create_source('shifted', 'crm.local', $$at + interval '1 month'$$, time_zone => 'UTC');
SELECT leadscore.create_source('text', 'crm.event', $$'2026-01-01 00:00:00'$$);
SELECT leadscore.create_source('zone', 'crm.local', 'at', time_zone => 'Mars/Olympus');
SELECT leadscore.create_source('zone', 'crm.local', 'at');
SELECT leadscore.create_source('zone', 'crm.event', 'at', time_zone => 'UTC');
SELECT leadscore.create_link(s, 'lead', 'lead_id') FROM unnest('{local,day,event}'::text[]) AS s;
SELECT leadscore.create_score('fading', '{lead}', 'exponential(1 day)');
SELECT leadscore.create_rule('fading', s, s, CASE s WHEN 'event' THEN 'points' ELSE '1' END) FROM unnest('{local,day,event}'::text[]) AS s;
SELECT leadscore.create_score('kept', '{lead}', 'none');
SELECT leadscore.create_rule('kept', s, s, CASE s WHEN 'event' THEN 'points' ELSE '1' END) FROM unnest('{local,day,event}'::text[]) AS s;
CALL leadscore.publish('fading');
CALL leadscore.publish('kept');
CREATE VIEW crm.state AS
SELECT f.lead_id, round(f.points::numeric, 9) AS fading, k.points AS kept, k.activities, k.last_activity_at AT TIME ZONE 'UTC' AS last
FROM leadscore.lead_fading AS f JOIN leadscore.lead_kept AS k USING (lead_id) WHERE k.activities > 0 OR f.points <> 0
ORDER BY f.lead_id;
CREATE VIEW crm.wrong AS SELECT 'fading' AS score, v.* FROM leadscore.verify('fading') AS v UNION ALL SELECT 'kept', v.* FROM leadscore.verify('kept') AS v;

-- Noon in Berlin before the change to summer time is 11:00; the hour that does not exist and the one that comes twice.
INSERT INTO crm.local VALUES (1, 1, '2026-03-28 12:00'), (2, 2, '2026-03-29 02:30'), (3, 3, '2025-10-26 02:30'), (4, 4, NULL), (5, 4, 'infinity'), (6, 5, '-infinity');
INSERT INTO crm.day VALUES (1, 6, '2026-03-29'), (2, 7, 'infinity'), (3, 7, '-infinity'), (4, 8, '2026-03-30');
TABLE crm.state;
SET timezone = 'Asia/Tokyo';
SET datestyle = 'SQL, DMY';
UPDATE crm.local SET at = at + interval '1 hour' WHERE id = 1;
INSERT INTO crm.day VALUES (5, 8, '2026-03-28');
TABLE crm.state;
TABLE crm.wrong;
SELECT lead_id, points FROM leadscore.lead_hot('kept', 0, '1 day') ORDER BY 1;
RESET timezone;
RESET datestyle;
SET timezone = 'UTC';
TABLE crm.wrong;
DELETE FROM crm.local;
DELETE FROM crm.day;

-- Out of the calendar's range.
INSERT INTO crm.event VALUES (1, 1, NULL), (2, 1, 'infinity'), (3, 1, '294276-12-31 00:00:00+00'), (4, 2, '-infinity'), (5, 3, '0001-01-01 00:00:00+00'),
  (6, 4, '4713-01-01 00:00:00+00 BC'), (7, 5, '1400-01-02 00:00:00+00'), (8, 6, '9998-12-31 00:00:00+00'), (9, 6, '9998-12-31 00:00:01+00');
TABLE crm.state;
TABLE crm.wrong;
CALL leadscore.tick();
TABLE crm.wrong;
UPDATE crm.event SET points = 2;
UPDATE crm.event SET at = '2026-03-29 00:00:00+00' WHERE id IN (1, 4, 9);
TABLE crm.state;
TABLE crm.wrong;
CALL leadscore.publish('kept');
TABLE crm.wrong;
SELECT lead_id, points FROM leadscore.lead_hot('kept', 0, '100000 years') ORDER BY 1;
SELECT lead_id, points FROM leadscore.lead_hot('kept', 0, '1000000 years') ORDER BY 1;
SELECT lead_id, points FROM leadscore.lead_hot('kept', 0, '178000000 years') ORDER BY 1;
DELETE FROM crm.event;
CALL leadscore.tick();
TABLE crm.state;

-- Planned activities count from their time on, whatever was folded before it.
INSERT INTO crm.event VALUES (1, 1, '2026-03-29 11:00:00+00', 1), (2, 1, '2026-03-29 13:00:00+00', 10), (3, 1, '2026-03-30 13:00:00+00', 100), (4, 2, '2026-03-29 12:00:00.000001+00', 1000);
TABLE crm.state;
TABLE crm.wrong;
SET pg_leadscore.clock = '2026-03-29 13:00:00+00';
TABLE crm.state;
SET pg_leadscore.clock = '2026-03-29 12:00:00+00';
CALL leadscore.tick();
TABLE crm.state;
SET pg_leadscore.clock = '2026-03-29 13:00:00+00';
TABLE crm.state;
TABLE crm.wrong;
CALL leadscore.tick();
TABLE crm.state;
TABLE crm.wrong;
DELETE FROM crm.event WHERE id = 2;
UPDATE crm.event SET points = 101 WHERE id = 3;
TABLE crm.state;
SET pg_leadscore.clock = '2026-03-31 13:00:00+00';
TABLE crm.state;
TABLE crm.wrong;
UPDATE crm.event SET at = '2026-04-10' WHERE id = 3;
TABLE crm.state;
CALL leadscore.tick();
-- The clock moves back behind what was folded, and forth again.
SET pg_leadscore.clock = '2026-03-29 11:30:00+00';
TABLE crm.state;
TABLE crm.wrong;
INSERT INTO crm.event VALUES (10, 1, '2026-03-29 11:30:00+00', 5);
CALL leadscore.tick();
TABLE crm.state;
TABLE crm.wrong;
CALL leadscore.publish('fading');
TABLE crm.wrong;
SET pg_leadscore.clock = '2026-04-11 00:00:00+00';
TABLE crm.state;
TABLE crm.wrong;
-- Very far ahead.
SET pg_leadscore.clock = '9998-12-31 00:00:00+00';
TABLE crm.state;
SET pg_leadscore.clock = '9999-12-31 00:00:00+00';
TABLE crm.state;
SELECT leadscore.lead_score('kept', 1);
SET pg_leadscore.clock = '1200-01-01 00:00:00+00';
TABLE crm.state;
SELECT leadscore.lead_score('kept', 1);
INSERT INTO crm.event VALUES (11, 1, '1100-01-01 00:00:00+00', 5);
CALL leadscore.tick();
SET pg_leadscore.clock = '2026-04-11 00:00:00+00';
TABLE crm.state;
TABLE crm.wrong;
SET pg_leadscore.clock = 'infinity';
SET pg_leadscore.clock = 'soon';
SET pg_leadscore.clocks = 'x';
CREATE ROLE regress_leadscore_clock;
SET ROLE regress_leadscore_clock;
SET pg_leadscore.clock = '2026-01-01';
RESET ROLE;
DROP ROLE regress_leadscore_clock;
-- Without a clock of its own the extension reads at now().
SET pg_leadscore.clock = '';
BEGIN;
SELECT leadscore.clock() = now();
INSERT INTO crm.event VALUES (20, 9, now(), 1), (21, 9, clock_timestamp(), 1), (22, 9, now() + interval '1 hour', 1);
SELECT points, activities FROM leadscore.lead_kept WHERE lead_id = 9;
COMMIT;
SELECT points, activities FROM leadscore.lead_kept WHERE lead_id = 9;
CALL leadscore.tick();
SELECT points, activities FROM leadscore.lead_kept WHERE lead_id = 9;
SELECT count(*) FROM leadscore.verify('kept');
-- A window longer than the calendar is old, which nothing has left yet: what was planned counts once.
SET pg_leadscore.clock = '2026-04-01 00:00:00+00';
SELECT leadscore.create_score('ages', '{lead}', 'window(300000 days)');
SELECT leadscore.create_rule('ages', 'event', 'event', 'points');
CALL leadscore.publish('ages');
INSERT INTO crm.event VALUES (30, 8, '2026-04-01', 2), (31, 8, '2026-04-02', 5);
CALL leadscore.tick();
SET pg_leadscore.clock = '2026-04-03 00:00:00+00';
CALL leadscore.tick();
SELECT points, activities FROM leadscore.lead_ages WHERE lead_id = 8;
SELECT count(*) FROM leadscore.verify('ages');
DROP VIEW crm.state, crm.wrong;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
