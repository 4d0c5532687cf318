-- Every way to write, with the points that must come of it and verify at each step.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
CREATE TABLE crm.activity (
  id int PRIMARY KEY, lead_id int REFERENCES crm.lead ON DELETE CASCADE ON UPDATE CASCADE, at timestamptz, points float8, note text
);
INSERT INTO crm.lead SELECT generate_series(1, 4);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('total', '{lead}');
SELECT leadscore.create_rule('total', 'points', 'activity', 'points');
CALL leadscore.publish('total');

-- One line: points of all leads, what is wrong, and what is pending.
CREATE VIEW crm.state AS
SELECT (SELECT string_agg(lead_id || ': ' || points || ' in ' || activities, ', ' ORDER BY lead_id) FROM leadscore.lead_total) AS state,
       (SELECT count(*) FROM leadscore.verify('total')) AS wrong, (SELECT count(*) FROM leadscore.lead_pending) AS pending;

INSERT INTO crm.activity VALUES (1, 1, '2026-02-01', 5), (2, 1, '2026-02-02', 7), (3, 2, '2026-02-03', -1), (4, NULL, '2026-02-03', 9);
TABLE crm.state;
CALL leadscore.tick();
TABLE crm.state;
-- Nothing relevant changes: nothing is appended.
UPDATE crm.activity SET note = 'x';
UPDATE crm.activity SET points = points, at = at, lead_id = lead_id;
UPDATE crm.activity SET points = 10 WHERE id = 4;
DELETE FROM crm.activity WHERE false;
INSERT INTO crm.activity SELECT * FROM crm.activity WHERE false;
TABLE crm.state;
UPDATE crm.activity SET points = points + 1 WHERE id <= 2;
TABLE crm.state;
UPDATE crm.activity SET lead_id = 3 WHERE id = 2;
TABLE crm.state;
UPDATE crm.activity SET id = id + 10, lead_id = coalesce(lead_id, 4);
TABLE crm.state;
UPDATE crm.activity SET at = '2026-02-28' WHERE id = 11;
SELECT last_activity_at FROM leadscore.lead_total WHERE lead_id = 1;
DELETE FROM crm.activity WHERE id = 13;
TABLE crm.state;
CALL leadscore.tick();
TABLE crm.state;

INSERT INTO crm.activity VALUES (11, 1, '2026-02-01', 50), (20, 1, '2026-02-01', 1)
ON CONFLICT (id) DO UPDATE SET points = excluded.points;
TABLE crm.state;
INSERT INTO crm.activity VALUES (11, 1, '2026-02-01', 60), (21, 1, '2026-02-01', 1) ON CONFLICT DO NOTHING;
TABLE crm.state;
MERGE INTO crm.activity AS a USING (VALUES (11, 1), (21, NULL), (22, 100)) AS n(id, points) ON n.id = a.id
WHEN MATCHED AND n.points IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET points = n.points
WHEN NOT MATCHED THEN INSERT VALUES (n.id, 2, '2026-02-01', n.points);
TABLE crm.state;
COPY crm.activity (id, lead_id, at, points) FROM stdin;
30	2	2026-02-01 00:00:00+00	0.25
31	2	2026-02-01 00:00:00+00	\N
\.
TABLE crm.state;
WITH moved AS (DELETE FROM crm.activity WHERE lead_id = 2 RETURNING *)
INSERT INTO crm.activity SELECT id + 100, 3, at, points FROM moved;
TABLE crm.state;
-- In a data-modifying CTE, readers see what was before; in the next statement, what is.
WITH added AS (INSERT INTO crm.activity VALUES (40, 4, '2026-02-01', 1) RETURNING lead_id)
SELECT t.points FROM leadscore.lead_total AS t JOIN added USING (lead_id);
SELECT points FROM leadscore.lead_total WHERE lead_id = 4;
-- Cascades.
UPDATE crm.lead SET id = 5 WHERE id = 4;
TABLE crm.state;
DELETE FROM crm.lead WHERE id = 3;
TABLE crm.state;
INSERT INTO crm.lead VALUES (3);
TABLE crm.state;
-- Savepoints.
BEGIN;
INSERT INTO crm.activity VALUES (50, 3, '2026-02-01', 3);
SAVEPOINT s;
INSERT INTO crm.activity VALUES (51, 3, '2026-02-01', 30);
CALL leadscore.tick();
TABLE crm.state;
ROLLBACK TO s;
TABLE crm.state;
RELEASE s;
COMMIT;
TABLE crm.state;
BEGIN;
DELETE FROM crm.activity;
CALL leadscore.tick();
TABLE crm.state;
ROLLBACK;
TABLE crm.state;
-- A cursor keeps to its snapshot.
BEGIN;
DECLARE c CURSOR FOR SELECT lead_id, points FROM leadscore.lead_total ORDER BY lead_id;
FETCH 1 FROM c;
UPDATE crm.activity SET points = points * 2;
FETCH ALL FROM c;
CALL leadscore.tick();
SELECT lead_id, points FROM leadscore.lead_total ORDER BY lead_id;
UPDATE crm.activity SET points = 1000 WHERE lead_id = 1;
DECLARE d CURSOR FOR SELECT id FROM crm.activity WHERE lead_id = 1 FOR UPDATE;
FETCH 1 FROM d;
DELETE FROM crm.activity WHERE CURRENT OF d;
COMMIT;
TABLE crm.state;
-- TRUNCATE, alone, rolled back and with writes after it.
BEGIN;
TRUNCATE crm.activity;
TABLE crm.state;
ROLLBACK;
TABLE crm.state;
TRUNCATE crm.activity;
SELECT state, wrong FROM crm.state;
INSERT INTO crm.activity VALUES (60, 1, '2026-02-01', 6);
SELECT state, wrong FROM crm.state;
CALL leadscore.tick();
CALL leadscore.tick();
SELECT state, wrong FROM crm.state;
CALL leadscore.publish('total');
TABLE crm.state;

-- Huge amounts that come and go leave nothing behind.
INSERT INTO crm.activity VALUES (70, 1, '2026-02-01', 1e15), (71, 1, '2026-02-01', 0.1);
CALL leadscore.tick();
DELETE FROM crm.activity WHERE id = 70;
TABLE crm.state;
CALL leadscore.tick();
CALL leadscore.tick();
TABLE crm.state;
-- Many rows at once.
INSERT INTO crm.activity SELECT g, 1 + g % 3, '2026-02-01', 1 FROM generate_series(1000, 11999) AS g;
SELECT state, wrong FROM crm.state;
UPDATE crm.activity SET points = 2 WHERE id >= 1000;
DELETE FROM crm.activity WHERE id % 2 = 0;
SELECT state, wrong FROM crm.state;
CALL leadscore.tick();
TABLE crm.state;
SELECT lead_id, points FROM leadscore.lead_hottest('total', 2);

DROP VIEW crm.state;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;

-- Triggers of the CRM's own, several sources on one table and several tables in one statement: a change is counted
-- once, also where a fold comes in between.
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
CREATE TABLE crm.a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, at timestamptz, points float8);
CREATE TABLE crm.b (LIKE crm.a INCLUDING ALL);
INSERT INTO crm.lead VALUES (1), (2);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source(s, r::regclass, 'at') FROM (VALUES ('a', 'crm.a'), ('again', 'crm.a'), ('b', 'crm.b')) AS v(s, r);
SELECT leadscore.create_link(s, 'lead', 'lead_id') FROM unnest('{a,again,b}'::text[]) AS s;
SELECT leadscore.create_score('fading', '{lead}', 'exponential(10 days)');
SELECT leadscore.create_rule('fading', s, s, 'points') FROM unnest('{a,again,b}'::text[]) AS s;
CALL leadscore.publish('fading');
-- A planned activity whose time has come makes the entity one that a fold recomputes.
CREATE PROCEDURE crm.make_due() LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO crm.a (lead_id, at, points) VALUES (1, leadscore.clock() + interval '1 day', 1);
  CALL leadscore.tick();
  PERFORM set_config('pg_leadscore.clock', (leadscore.clock() + interval '2 days')::text, false);
END $$;
CREATE VIEW crm.state AS
SELECT (SELECT activities FROM leadscore.lead_fading WHERE lead_id = 1) - (SELECT 2 * count(*) FROM crm.a WHERE lead_id = 1)
       - (SELECT count(*) FROM crm.b WHERE lead_id = 1) AS too_many, (SELECT count(*) FROM leadscore.verify('fading')) AS wrong;
CALL crm.make_due();
INSERT INTO crm.a (lead_id, at, points) SELECT 1, '2026-03-01', 1 FROM generate_series(1, 400);
TABLE crm.state;
CALL crm.make_due();
WITH x AS (INSERT INTO crm.a (lead_id, at, points) SELECT 1, '2026-03-01', 1 FROM generate_series(1, 400))
INSERT INTO crm.b (lead_id, at, points) SELECT 1, '2026-03-01', 1 FROM generate_series(1, 400);
TABLE crm.state;
CREATE FUNCTION crm.copy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO crm.b (lead_id, at, points) SELECT NEW.lead_id, NEW.at, 1 FROM generate_series(1, 300);
  CALL leadscore.tick();
  RETURN NULL;
END $$;
CREATE TRIGGER copy AFTER INSERT OR UPDATE ON crm.a FOR EACH ROW EXECUTE FUNCTION crm.copy();
CALL crm.make_due();
INSERT INTO crm.a (lead_id, at, points) VALUES (1, '2026-03-02', 1), (1, '2026-03-02', 2);
TABLE crm.state;
CALL crm.make_due();
UPDATE crm.a SET points = points + 1 WHERE id = 5;
TABLE crm.state;
CALL leadscore.tick();
TABLE crm.state;
-- publish from a trigger would count such rows twice as well.
CREATE FUNCTION crm.publish() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CALL leadscore.publish('fading'); RETURN NULL; END $$;
CREATE TRIGGER publish AFTER DELETE ON crm.a FOR EACH ROW EXECUTE FUNCTION crm.publish();
DELETE FROM crm.a WHERE id = 5;
TABLE crm.state;
-- The same table changed again by its own trigger.
CREATE FUNCTION crm.again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF pg_trigger_depth() > 3 THEN
    RETURN NULL;
  END IF;
  UPDATE crm.b SET points = points + 1, lead_id = 3 - lead_id WHERE id IN (SELECT id FROM added) AND points < 3;
  RETURN NULL;
END $$;
CREATE TRIGGER again AFTER UPDATE ON crm.b REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION crm.again();
UPDATE crm.b SET points = 1 WHERE id < 10;
TABLE crm.state;
DROP VIEW crm.state;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
