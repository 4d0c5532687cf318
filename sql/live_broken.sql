-- Publishing again, scores that break, and what verify finds.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead VALUES (1), (2);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, at timestamptz DEFAULT '2026-02-01', a float8, b numeric, note text);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('total', '{lead}');
CALL leadscore.publish('total');
SELECT leadscore.create_rule('total', 'a', 'activity', 'a');
CREATE FUNCTION crm.state() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
  wrong bigint;
BEGIN
  SELECT string_agg(lead_id || ': ' || points, ', ' ORDER BY lead_id) INTO result FROM leadscore.lead_total;
  SELECT count(*) INTO wrong FROM leadscore.verify('total');
  RETURN result || ', wrong ' || wrong;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT crm.state();
SELECT leadscore.lead_score('total', 1);
SELECT * FROM leadscore.verify('total');
INSERT INTO crm.activity VALUES (1, 1, DEFAULT, 5, 1), (2, 2, DEFAULT, 7, 2);
CALL leadscore.publish('total');
SELECT crm.state();

-- Until it is published again, the version before answers.
SELECT leadscore.create_rule('total', 'b', 'activity', 'b * 100');
SELECT state, edited FROM leadscore.scores;
INSERT INTO crm.activity VALUES (3, 1, DEFAULT, 1, 1);
SELECT crm.state();
BEGIN;
CALL leadscore.publish('total');
SELECT crm.state();
INSERT INTO crm.activity VALUES (4, 1, DEFAULT, 1, 1);
SELECT crm.state();
ROLLBACK;
SELECT crm.state();
INSERT INTO crm.activity VALUES (4, 1, DEFAULT, 1, 1);
SELECT crm.state();
CALL leadscore.publish('total');
SELECT state, edited FROM leadscore.scores;
SELECT crm.state();
BEGIN;
INSERT INTO crm.activity VALUES (5, 1, DEFAULT, 1, 1);
CALL leadscore.publish('total');
SELECT crm.state();
UPDATE crm.activity SET a = 3 WHERE id = 5;
CALL leadscore.tick();
SELECT crm.state();
ROLLBACK;
SELECT crm.state();
BEGIN ISOLATION LEVEL REPEATABLE READ;
CALL leadscore.publish('total');
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
CALL leadscore.tick();
ROLLBACK;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM crm.activity;
FETCH 1 FROM c;
CALL leadscore.publish('total');
ROLLBACK;

-- A rule that fails on a row: the write goes through, the score is broken.
SELECT leadscore.create_rule('total', 'ratio', 'activity', '10 / b', filter => 'note IS NULL');
SELECT leadscore.create_score('other', '{lead}');
SELECT leadscore.create_rule('other', 'a', 'activity', '1');
CALL leadscore.publish('total');
CALL leadscore.publish('other');
INSERT INTO crm.activity VALUES (10, 1, DEFAULT, 1, 0), (11, 1, DEFAULT, 1, 5);
SELECT id FROM crm.activity WHERE id >= 10 ORDER BY id;
SELECT crm.state();
\set VERBOSITY terse
SELECT leadscore.lead_score('total', 1);
SELECT * FROM leadscore.lead_scores;
SELECT * FROM leadscore.lead_hot('total', 1, '1 day');
\set VERBOSITY default
SELECT lead_id, points FROM leadscore.lead_other ORDER BY 1;
SELECT score, state, broken_because, what_to_do FROM leadscore.status ORDER BY score;
INSERT INTO crm.activity VALUES (12, 1, DEFAULT, 1, 0);
UPDATE crm.activity SET a = 2;
CALL leadscore.tick();
SELECT lead_id, points FROM leadscore.lead_other ORDER BY 1;
CALL leadscore.publish('total');
UPDATE crm.activity SET b = 4, note = 'x' WHERE b = 0;
CALL leadscore.publish('total');
SELECT crm.state();
SELECT score, state, broken_because, what_to_do FROM leadscore.status ORDER BY score;
-- The old row fails, not the new one.
SET session_replication_role = replica;
UPDATE crm.activity SET b = 0, note = NULL WHERE id = 1;
SET session_replication_role = origin;
UPDATE crm.activity SET b = 1 WHERE id = 1;
SELECT crm.state();
CALL leadscore.publish('total');
SELECT crm.state();
-- Rolled back, it was not broken.
BEGIN;
INSERT INTO crm.activity VALUES (13, 1, DEFAULT, 1, 0);
ROLLBACK;
SELECT crm.state();
-- Not a number, infinite, and too large together.
INSERT INTO crm.activity VALUES (20, 1, DEFAULT, 'NaN', 5);
SELECT broken_because FROM leadscore.status WHERE score = 'total';
CALL leadscore.publish('total');
DELETE FROM crm.activity WHERE id = 20;
CALL leadscore.publish('total');
INSERT INTO crm.activity VALUES (20, 1, DEFAULT, '-infinity', 5);
SELECT broken_because FROM leadscore.status WHERE score = 'total';
CALL leadscore.publish('total');
DELETE FROM crm.activity WHERE id = 20;
CALL leadscore.publish('total');
INSERT INTO crm.activity VALUES (20, 1, DEFAULT, 1, 'NaN');
SELECT broken_because FROM leadscore.status WHERE score = 'total';
DELETE FROM crm.activity WHERE id = 20;
CALL leadscore.publish('total');
INSERT INTO crm.activity VALUES (20, 1, DEFAULT, 1, 1e308);
SELECT broken_because FROM leadscore.status WHERE score = 'total';
DELETE FROM crm.activity WHERE id = 20;
CALL leadscore.publish('total');
INSERT INTO crm.activity VALUES (20, 1, DEFAULT, 1.7e308, 5), (21, 1, DEFAULT, 1.7e308, 5);
DELETE FROM crm.activity WHERE id >= 20;
CALL leadscore.publish('total');
INSERT INTO crm.activity VALUES (20, 1, DEFAULT, 1e290, 5), (21, 1, DEFAULT, 1e290, 5);
SELECT crm.state();
CALL leadscore.tick();
SELECT lead_id, points FROM leadscore.lead_other ORDER BY 1;
INSERT INTO crm.activity SELECT g, 1, '2026-02-01', 1, 5 FROM generate_series(1000, 1400) AS g;
DELETE FROM crm.activity WHERE id >= 20;
SELECT crm.state();

-- Columns that change, are renamed and dropped.
ALTER TABLE crm.activity ADD COLUMN extra int DEFAULT 5;
INSERT INTO crm.activity VALUES (30, 2, DEFAULT, 1, 5);
SELECT crm.state();
ALTER TABLE crm.activity DROP COLUMN extra;
ALTER TABLE crm.activity RENAME TO activities;
INSERT INTO crm.activities VALUES (31, 2, DEFAULT, 1, 5);
SELECT crm.state();
ALTER TABLE crm.activities SET SCHEMA public;
INSERT INTO activities VALUES (32, 2, DEFAULT, 1, 5);
SELECT crm.state();
ALTER TABLE activities SET SCHEMA crm;
ALTER TABLE crm.activities RENAME TO activity;
ALTER TABLE crm.activity ALTER b TYPE int USING b::int;
INSERT INTO crm.activity VALUES (33, 2, DEFAULT, 1, 5);
SELECT crm.state();
ALTER TABLE crm.activity ALTER a TYPE text;
INSERT INTO crm.activity VALUES (34, 2, DEFAULT, 1, 5);
SELECT crm.state();
ALTER TABLE crm.activity ALTER a TYPE float8 USING a::float8;
CALL leadscore.publish('total');
SELECT crm.state();
ALTER TABLE crm.activity DROP COLUMN b;
INSERT INTO crm.activity VALUES (35, 2, DEFAULT, 1);
SELECT crm.state();
SELECT lead_id, points FROM leadscore.lead_other ORDER BY 1;
CALL leadscore.publish('total');
ALTER TABLE crm.activity ADD COLUMN b numeric DEFAULT 2;
CALL leadscore.publish('total');
SELECT crm.state();
-- The owner is not who set it up any more.
CREATE ROLE regress_leadscore_owner;
ALTER TABLE crm.activity OWNER TO regress_leadscore_owner;
INSERT INTO crm.activity VALUES (36, 2, DEFAULT, 1);
SELECT crm.state();
ALTER TABLE crm.activity OWNER TO CURRENT_USER;
DROP ROLE regress_leadscore_owner;
CALL leadscore.publish('total');
CALL leadscore.publish('other');
SELECT crm.state();

-- on_error => 'fail': the write fails.
SELECT leadscore.create_score('strict', '{lead}', on_error => 'fail');
SELECT leadscore.create_rule('strict', 'ratio', 'activity', '10 / b');
CALL leadscore.publish('strict');
INSERT INTO crm.activity VALUES (40, 1, DEFAULT, 1, '', 0);
BEGIN;
INSERT INTO crm.activity VALUES (40, 1, DEFAULT, 1, '', 2);
SAVEPOINT s;
UPDATE crm.activity SET b = 0 WHERE id = 40;
ROLLBACK TO s;
COMMIT;
SELECT score, state FROM leadscore.status ORDER BY score;
SELECT crm.state();
SELECT count(*) FROM leadscore.verify('strict');

-- What fires no trigger is found, and mended.
SET session_replication_role = replica;
UPDATE crm.activity SET a = a + 1 WHERE id = 1;
DELETE FROM crm.activity WHERE id = 2;
INSERT INTO crm.activity VALUES (50, NULL, DEFAULT, 1, '', 1), (51, 2, '2026-04-01', 1, '', 1), (52, 3, DEFAULT, 1, '', 1);
SET session_replication_role = origin;
SELECT v.id, v.what, v.actual - v.kept AS more FROM leadscore.verify('other') AS v;
SELECT v.id, v.what, v.actual - v.kept AS more FROM leadscore.verify('total') AS v WHERE what = 'points';
CALL leadscore.publish('total');
CALL leadscore.publish('other');
CALL leadscore.publish('strict');
SELECT crm.state();
SELECT count(*) FROM leadscore.verify('other');
ALTER TABLE crm.activity DISABLE TRIGGER USER;
SELECT regexp_replace(disabled_triggers::text, '\d+', 'N', 'g') AS disabled_triggers, what_to_do FROM leadscore.status WHERE score = 'other';
TRUNCATE crm.activity;
SELECT v.id, v.what, v.kept, v.actual FROM leadscore.verify('other') AS v WHERE what = 'activities';
ALTER TABLE crm.activity ENABLE TRIGGER USER;
DO $$ BEGIN EXECUTE (SELECT format('DROP TRIGGER %I ON crm.activity', tgname) FROM pg_trigger WHERE tgrelid = 'crm.activity'::regclass AND tgname LIKE '%update'); END $$;
SELECT regexp_replace(disabled_triggers::text, '\d+', 'N') AS disabled_triggers FROM leadscore.status WHERE score = 'other' AND cardinality(disabled_triggers) = 1;
CALL leadscore.publish('other');
CALL leadscore.publish('total');
SELECT count(*) FROM leadscore.status WHERE disabled_triggers IS NOT NULL;
SELECT crm.state();

-- Tables that go away.
INSERT INTO crm.activity VALUES (60, 1, DEFAULT, 1, '', 1);
CREATE TABLE crm.mail (lead_id int, at timestamptz DEFAULT '2026-02-01');
SELECT leadscore.create_source('mail', 'crm.mail', 'at');
SELECT leadscore.create_link('mail', 'lead', 'lead_id');
SELECT leadscore.create_rule('other', 'mail', 'mail', '100');
CALL leadscore.publish('other');
INSERT INTO crm.mail VALUES (1), (1);
DROP TABLE crm.mail;
CALL leadscore.tick();
SELECT crm.state();
SELECT lead_id, points FROM leadscore.lead_other ORDER BY 1;
SELECT * FROM leadscore.verify('other');
CALL leadscore.publish('other');
\set VERBOSITY terse
DROP TABLE crm.lead;
\set VERBOSITY default
DROP TABLE crm.lead CASCADE;
INSERT INTO crm.activity VALUES (61, 1, DEFAULT, 1, '', 1);
CALL leadscore.tick();
SELECT crm.state();
SELECT leadscore.lead_score('total', 1);
SELECT * FROM leadscore.lead_hot('total', 1, '1 day');
CALL leadscore.publish('total');
SELECT leadscore.drop_all();
SELECT tgname FROM pg_trigger WHERE tgrelid = 'crm.activity'::regclass;
SELECT relname FROM pg_class WHERE relnamespace = 'leadscore'::regnamespace AND relname LIKE 'lead%';
DROP SCHEMA crm CASCADE;
