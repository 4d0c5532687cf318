-- What a session keeps from one statement to the next to look up points and the hottest: it answers as if it kept nothing.
\set VERBOSITY terse
SET client_min_messages = error;
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
CREATE TABLE crm.activity (lead_id int, at timestamptz, points int);
INSERT INTO crm.lead SELECT generate_series(1, 500);
INSERT INTO crm.activity SELECT id, '2026-02-28 00:00+00', id FROM crm.lead;
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('total', '{lead}', 'none');
SELECT leadscore.create_rule('total', 'any', 'activity', '100 / points');
CALL leadscore.publish('total');

CREATE VIEW crm.asked AS
SELECT leadscore.lead_score('total', 1) AS lead_1, leadscore.lead_score('total', 500) AS lead_500,
       (SELECT string_agg(h.lead_id || ': ' || h.points, ', ' ORDER BY h.rank) FROM leadscore.lead_hottest('total', 2) AS h) AS hottest;
SELECT * FROM crm.asked;
SELECT * FROM crm.asked;

-- Activities, and another version.
INSERT INTO crm.activity VALUES (500, '2026-02-28 12:00+00', 1);
SELECT * FROM crm.asked;
SELECT leadscore.alter_rule('total', 'any', points => '1000 / points');
SELECT * FROM crm.asked;
CALL leadscore.publish('total');
SELECT * FROM crm.asked;

-- Paused, and kept again.
CALL leadscore.pause('total');
SELECT * FROM crm.asked;
CALL leadscore.resume('total');
SELECT * FROM crm.asked;

-- Another score takes the name.
SELECT leadscore.rename_score('total', 'sum');
SELECT * FROM crm.asked;
SELECT leadscore.create_score('total', '{lead}', 'none');
SELECT leadscore.create_rule('total', 'any', 'activity', '1');
CALL leadscore.publish('total');
SELECT * FROM crm.asked;
SELECT leadscore.drop_score('total');
SELECT leadscore.rename_score('sum', 'total');
SELECT * FROM crm.asked;

-- What is done to a score, and taken back.
BEGIN;
SELECT * FROM crm.asked;
SAVEPOINT before;
SELECT leadscore.rename_score('total', 'sum');
SELECT leadscore.lead_score('sum', 1) AS lead_1;
ROLLBACK TO SAVEPOINT before;
SELECT * FROM crm.asked;
COMMIT;

-- Broken: an error, whatever is kept.
INSERT INTO crm.activity VALUES (7, '2026-02-28 12:00+00', 0);
SELECT leadscore.lead_score('total', 1);
SELECT * FROM leadscore.lead_hottest('total', 2);
DELETE FROM crm.activity WHERE points = 0;
CALL leadscore.publish('total');
SELECT * FROM crm.asked;
SELECT leadscore.drop_score('total');
SELECT leadscore.lead_score('total', 1);
SELECT * FROM leadscore.lead_hottest('total', 2);
DROP VIEW crm.asked;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
