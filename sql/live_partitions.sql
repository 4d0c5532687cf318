-- Partitioned tables, and tables that others inherit from, as sources and on the way of links: what is written to any of
-- them counts, and partitions that come and go take their rows along. After each step all scores are compared with plain
-- SQL over the CRM's rows, and verify finds nothing: before and after what is pending was folded.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET jit = off;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA parts;
CREATE TABLE parts.lead (id int PRIMARY KEY);
INSERT INTO parts.lead SELECT generate_series(1, 6);
CREATE TABLE parts.campaign (id int PRIMARY KEY);
INSERT INTO parts.campaign VALUES (1), (2);
CREATE TABLE parts.activity (id int, lead_id int, points float8 DEFAULT 1, at timestamptz NOT NULL,
                             campaign_id int REFERENCES parts.campaign ON DELETE CASCADE) PARTITION BY RANGE (at);
CREATE TABLE parts.january PARTITION OF parts.activity FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parts.february PARTITION OF parts.activity FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (lead_id);
CREATE TABLE parts.february_1 PARTITION OF parts.february (PRIMARY KEY (id)) FOR VALUES IN (1);
CREATE TABLE parts.february_other PARTITION OF parts.february DEFAULT;
CREATE TABLE parts.attendee (activity_id int, lead_id int, region text) PARTITION BY LIST (region);
CREATE TABLE parts.north PARTITION OF parts.attendee FOR VALUES IN ('north');
CREATE TABLE parts.south PARTITION OF parts.attendee FOR VALUES IN ('south');
INSERT INTO parts.activity (id, lead_id, points, at) SELECT i, 1 + i % 4, i, '2026-01-01'::timestamptz + i * interval '2 days' FROM generate_series(1, 25) AS i;
INSERT INTO parts.attendee SELECT i, 1 + i % 6, CASE WHEN i % 3 = 0 THEN 'north' ELSE 'south' END FROM generate_series(1, 25) AS i;
-- A partitioned table of entities.
CREATE TABLE parts.account (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE parts.account_1 PARTITION OF parts.account FOR VALUES FROM (1) TO (3);
CREATE TABLE parts.account_3 PARTITION OF parts.account FOR VALUES FROM (3) TO (100);
INSERT INTO parts.account SELECT generate_series(1, 4);

SELECT leadscore.create_entity('lead', 'parts.lead');
SELECT leadscore.create_entity('account', 'parts.account');
SELECT leadscore.create_source('activity', 'parts.activity', occurred_at => 'at');
SELECT leadscore.create_link('activity', 'lead', key => 'lead_id', filter => 'points <> 0');
SELECT leadscore.create_link('activity', 'account', key => 'lead_id');
SELECT leadscore.create_source('meeting', 'parts.activity', occurred_at => 'at');
SELECT leadscore.create_link('meeting', 'lead', key => 'through.lead_id', through => '{parts.attendee}', join_on => 'through.activity_id = source.id');
SELECT leadscore.create_score('direct', entities => '{lead,account}', decay => 'exponential(30 days)');
SELECT leadscore.create_rule('direct', 'any', source => 'activity', points => 'points');
SELECT leadscore.create_score('stepped', entities => '{lead}', decay => 'step(20 days: 0.5, 45 days: 0)');
SELECT leadscore.create_rule('stepped', 'any', source => 'activity', points => 'points');
SELECT leadscore.create_score('joined', entities => '{lead}', decay => 'exponential(30 days)');
SELECT leadscore.create_rule('joined', 'any', source => 'meeting', points => 'points');
SELECT leadscore.create_score('joined_stepped', entities => '{lead}', decay => 'step(20 days: 0.5, 45 days: 0)');
SELECT leadscore.create_rule('joined_stepped', 'any', source => 'meeting', points => 'points');
CALL leadscore.publish('direct');
CALL leadscore.publish('stepped');
CALL leadscore.publish('joined');
CALL leadscore.publish('joined_stepped');

-- What plain SQL says.
CREATE VIEW parts.fact AS
  SELECT a.lead_id, a.points, extract(epoch FROM timestamptz '2026-03-01' - a.at) / 86400 AS days, 'direct' AS way FROM parts.activity AS a WHERE a.points <> 0
  UNION ALL
  SELECT DISTINCT ON (a.tableoid, a.ctid, t.lead_id) t.lead_id, a.points, extract(epoch FROM timestamptz '2026-03-01' - a.at) / 86400, 'joined'
  FROM parts.activity AS a JOIN parts.attendee AS t ON t.activity_id = a.id;
CREATE VIEW parts.truth AS
  SELECT x.score, l.id, coalesce(sum(f.points * CASE WHEN x.stepped THEN CASE WHEN f.days <= 20 THEN 1 WHEN f.days <= 45 THEN 0.5 ELSE 0 END ELSE 2 ^ (-f.days / 30) END)
                                 FILTER (WHERE f.days >= 0), 0) AS points, count(f.days) FILTER (WHERE f.days >= 0) AS activities
  FROM parts.lead AS l CROSS JOIN (VALUES ('direct', 'direct', false), ('stepped', 'direct', true), ('joined', 'joined', false), ('joined_stepped', 'joined', true)) AS x(score, way, stepped)
  LEFT JOIN parts.fact AS f ON f.lead_id = l.id AND f.way = x.way GROUP BY x.score, l.id;
CREATE VIEW parts.kept AS
  SELECT 'direct' AS score, lead_id AS id, points, activities FROM leadscore.lead_direct
  UNION ALL SELECT 'stepped', lead_id, points, activities FROM leadscore.lead_stepped
  UNION ALL SELECT 'joined', lead_id, points, activities FROM leadscore.lead_joined
  UNION ALL SELECT 'joined_stepped', lead_id, points, activities FROM leadscore.lead_joined_stepped;
-- One line for what is wrong, and what there is: activities by the direct way and the joined one.
CREATE VIEW parts.state AS
  SELECT (SELECT count(*) FROM parts.truth AS t FULL JOIN parts.kept AS k USING (score, id)
          WHERE (abs(t.points - k.points) <= 1e-9 * greatest(1, t.points) AND t.activities = k.activities) IS NOT TRUE) AS wrong,
         (SELECT count(*) FROM unnest('{direct,stepped,joined,joined_stepped}'::text[]) AS s CROSS JOIN leadscore.verify(s)) AS verify,
         (SELECT sum(k.activities) FROM parts.kept AS k WHERE k.score = 'direct') AS direct,
         (SELECT sum(k.activities) FROM parts.kept AS k WHERE k.score = 'joined') AS joined;
CREATE FUNCTION parts.look() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT format('%s wrong, verify %s, activities %s and %s', s.wrong, s.verify, s.direct, s.joined) FROM parts.state AS s
$$;
\set check 'SELECT parts.look() AS before_folding; CALL leadscore.tick(); CALL leadscore.tick(); SELECT parts.look() AS folded, sum(marked) AS marked, sum(pending) AS pending FROM leadscore.status;'
:check

-- Written to the root, to a level below it, and straight into leaves.
INSERT INTO parts.activity (id, lead_id, points, at) VALUES (101, 1, 10, '2026-01-15'), (102, 1, 20, '2026-02-15'), (103, 2, 30, '2026-02-16');
INSERT INTO parts.february (id, lead_id, points, at) VALUES (104, 1, 10, '2026-02-17'), (105, 5, 20, '2026-02-18');
INSERT INTO parts.february_1 (id, lead_id, points, at) VALUES (106, 1, 40, '2026-02-19');
INSERT INTO parts.january (id, lead_id, points, at) VALUES (107, 6, 40, '2026-01-19');
INSERT INTO parts.north VALUES (106, 5, 'north'), (107, 5, 'north');
INSERT INTO parts.attendee VALUES (104, 2, 'south');
:check
UPDATE parts.february_1 SET points = points + 1 WHERE id > 100;
UPDATE parts.february SET points = points + 1 WHERE id IN (105, 106);
DELETE FROM parts.january WHERE id = 107;
UPDATE parts.north SET lead_id = 6 WHERE activity_id = 106;
DELETE FROM parts.south WHERE activity_id = 104;
:check
-- From one partition to another, by UPDATE and by MERGE.
UPDATE parts.activity SET at = at - interval '20 days' WHERE id IN (102, 103);
UPDATE parts.activity SET lead_id = 3, points = points + 5 WHERE id = 106;
UPDATE parts.attendee SET region = 'south' WHERE activity_id IN (106, 6);
:check
MERGE INTO parts.activity AS a USING (VALUES (104, 4), (105, 1), (999, 2)) AS s(id, lead_id) ON a.id = s.id
WHEN MATCHED AND a.lead_id = 5 THEN UPDATE SET points = 100 WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (id, lead_id, points, at) VALUES (s.id, s.lead_id, 7, '2026-02-20');
:check
-- Rows that MERGE moves are not in its transition tables.
MERGE INTO parts.activity AS a USING (VALUES (101, 2), (103, 1)) AS s(id, lead_id) ON a.id = s.id
WHEN MATCHED THEN UPDATE SET lead_id = s.lead_id, at = at + interval '25 days', points = 70;
MERGE INTO parts.attendee AS a USING (VALUES (3), (6)) AS s(id) ON a.activity_id = s.id
WHEN MATCHED THEN UPDATE SET region = CASE region WHEN 'north' THEN 'south' ELSE 'north' END, lead_id = 5;
:check
MERGE INTO parts.activity AS a USING (VALUES (101, 2), (103, 1)) AS s(id, lead_id) ON a.id = s.id
WHEN MATCHED THEN UPDATE SET points = 71;
MERGE INTO parts.february_other AS a USING (VALUES (101, 2), (103, 1)) AS s(id, lead_id) ON a.id = s.id
WHEN MATCHED THEN UPDATE SET points = 72;
SELECT sum(marked) AS marked FROM leadscore.status WHERE score = 'direct';
:check
\c -
SET client_min_messages = warning;
SET jit = off;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
-- The first statement of a session.
MERGE INTO parts.activity AS a USING (VALUES (101, 2), (103, 1)) AS s(id, lead_id) ON a.id = s.id
WHEN MATCHED THEN UPDATE SET at = at - interval '25 days';
:check
COPY parts.activity (id, lead_id, points, at) FROM stdin WITH (DELIMITER ',');
201,1,5,2026-01-20
202,2,5,2026-02-20
\.
COPY parts.february_1 (id, lead_id, points, at) FROM stdin WITH (DELIMITER ',');
203,1,5,2026-02-21
\.
INSERT INTO parts.february_1 (id, lead_id, points, at) VALUES (203, 1, 50, '2026-02-22'), (204, 1, 50, '2026-02-22') ON CONFLICT (id) DO UPDATE SET points = excluded.points;
:check
-- A foreign key's cascade, a nested trigger, a data-modifying CTE.
UPDATE parts.activity SET campaign_id = 1 WHERE id IN (3, 201, 202, 203);
DELETE FROM parts.campaign WHERE id = 1;
:check
WITH moved AS (DELETE FROM parts.january WHERE id < 4 RETURNING *)
INSERT INTO parts.february SELECT id, lead_id, points, '2026-02-25' FROM moved;
:check
TRUNCATE parts.february_1;
:check
TRUNCATE parts.south;
:check
INSERT INTO parts.attendee SELECT i, 1 + i % 6, 'south' FROM generate_series(1, 25) AS i WHERE i % 3 <> 0;

-- A partition that comes empty, with rows, with its columns in another order, with its own partitions.
CREATE TABLE parts.march PARTITION OF parts.activity FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
SELECT sum(marked) AS marked FROM leadscore.status WHERE score = 'direct';
INSERT INTO parts.march (id, lead_id, points, at) VALUES (301, 2, 9, '2026-03-01'), (302, 2, 9, '2026-03-10');
:check
CREATE TABLE parts.december (points numeric, at timestamptz NOT NULL, junk text, campaign_id int, lead_id int, id int);
ALTER TABLE parts.december DROP COLUMN junk, ALTER points TYPE float8;
INSERT INTO parts.december (id, lead_id, points, at) VALUES (401, 1, 64, '2025-12-15'), (5, 2, 64, '2025-12-16'), (403, 2, 0, '2025-12-16');
ALTER TABLE parts.activity ATTACH PARTITION parts.december FOR VALUES FROM ('2025-12-01') TO ('2026-01-01');
-- Only whom its rows lead to.
SELECT score, entity, marked FROM leadscore.status ORDER BY score, entity;
:check
INSERT INTO parts.december (id, lead_id, points, at) VALUES (404, 3, 64, '2025-12-20');
UPDATE parts.activity SET points = points * 2 WHERE at < '2026-01-05';
UPDATE parts.december SET points = points * 2 WHERE id = 401;
UPDATE parts.activity SET at = '2026-02-03' WHERE id = 404;
:check
CREATE TABLE parts.autumn (LIKE parts.activity) PARTITION BY RANGE (at);
CREATE TABLE parts.october PARTITION OF parts.autumn FOR VALUES FROM ('2025-10-01') TO ('2025-11-01');
CREATE TABLE parts.november PARTITION OF parts.autumn FOR VALUES FROM ('2025-11-01') TO ('2025-12-01');
INSERT INTO parts.autumn (id, lead_id, points, at) VALUES (501, 1, 64, '2025-10-15'), (7, 2, 64, '2025-11-16');
ALTER TABLE parts.activity ATTACH PARTITION parts.autumn FOR VALUES FROM ('2025-10-01') TO ('2025-12-01');
:check
INSERT INTO parts.october (id, lead_id, points, at) VALUES (503, 3, 64, '2025-10-20');
INSERT INTO parts.autumn (id, lead_id, points, at) VALUES (504, 3, 64, '2025-11-20');
INSERT INTO parts.activity (id, lead_id, points, at) VALUES (505, 3, 64, '2025-11-20');
:check
CREATE TABLE parts.west (region text, lead_id int, activity_id int);
INSERT INTO parts.west VALUES ('west', 6, 501), ('west', 1, 7), ('west', 1, 999);
ALTER TABLE parts.attendee ATTACH PARTITION parts.west FOR VALUES IN ('west');
:check
INSERT INTO parts.west VALUES ('west', 3, 503);
:check

-- One that a dump of it brings back: what restores dumps is not followed, but readers find it, and what it is given.
CREATE TABLE parts.september (LIKE parts.activity);
INSERT INTO parts.september (id, lead_id, points, at) VALUES (551, 2, 500, '2026-02-15'), (552, 5, 7, '2025-09-20');
UPDATE parts.september SET at = '2025-09-15' WHERE id = 551;
SET check_function_bodies = off;
SET search_path = '';
ALTER TABLE parts.activity ATTACH PARTITION parts.september FOR VALUES FROM ('2025-09-01') TO ('2025-10-01');
RESET check_function_bodies;
RESET search_path;
INSERT INTO parts.september (id, lead_id, points, at) VALUES (553, 6, 500, '2025-09-16');
:check
CALL leadscore.publish('direct');
CALL leadscore.publish('stepped');
CALL leadscore.publish('joined');
CALL leadscore.publish('joined_stepped');
INSERT INTO parts.september (id, lead_id, points, at) VALUES (554, 6, 500, '2025-09-17');
SELECT score, entity, pending FROM leadscore.status ORDER BY score, entity;
:check
DROP TABLE parts.september;
:check

-- A partition that leaves: with its own partitions, of a join table, and what is then done to it alone.
ALTER TABLE parts.activity DETACH PARTITION parts.autumn;
:check
INSERT INTO parts.october (id, lead_id, points, at) VALUES (506, 3, 64, '2025-10-20');
SELECT sum(pending) AS pending FROM leadscore.status;
ALTER TABLE parts.attendee DETACH PARTITION parts.north;
:check
UPDATE parts.north SET lead_id = 2;
:check
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgname LIKE '!leadscore%' GROUP BY tgrelid ORDER BY tgrelid::regclass::text COLLATE "C";
ALTER TABLE parts.attendee ATTACH PARTITION parts.north FOR VALUES IN ('north');
:check
BEGIN;
INSERT INTO parts.january (id, lead_id, points, at) VALUES (601, 4, 11, '2026-01-20');
ALTER TABLE parts.activity DETACH PARTITION parts.january;
INSERT INTO parts.january (id, lead_id, points, at) VALUES (602, 4, 11, '2026-01-20');
SELECT parts.look();
ALTER TABLE parts.activity ATTACH PARTITION parts.january FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
SELECT parts.look();
SAVEPOINT before_drop;
DROP TABLE parts.january;
SELECT parts.look();
ROLLBACK TO before_drop;
SELECT parts.look();
COMMIT;
:check
ALTER TABLE parts.activity DETACH PARTITION parts.december CONCURRENTLY;
:check

-- A partition that is dropped.
DROP TABLE parts.december;
:check
DROP TABLE parts.south;
:check
DROP TABLE parts.february;
:check
SELECT root, part FROM leadscore_internal.part ORDER BY root::text COLLATE "C", part::text COLLATE "C";
SELECT missing_indexes FROM leadscore.status WHERE score = 'stepped';
DROP VIEW parts.kept CASCADE;
CALL leadscore.retire('joined');
CALL leadscore.retire('joined_stepped');
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgname LIKE '!leadscore%' GROUP BY tgrelid ORDER BY tgrelid::regclass::text COLLATE "C";
SELECT leadscore.drop_all();
SELECT count(*) FROM pg_trigger WHERE tgname LIKE '!leadscore%';
DROP SCHEMA parts CASCADE;
