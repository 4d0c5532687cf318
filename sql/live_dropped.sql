-- Tables of the CRM that were dropped: what used them is broken and can be taken down, all else goes on. And what is not a
-- placeholder though it looks like one.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA gone;
CREATE TABLE gone.lead (id int PRIMARY KEY);
CREATE TABLE gone.activity (id int PRIMARY KEY, kind text, points float8, at timestamptz DEFAULT '2026-02-01');
CREATE TABLE gone.attendee (activity_id int, lead_id int);
CREATE TABLE gone.call (lead_id int, at timestamptz DEFAULT '2026-02-01');
INSERT INTO gone.lead VALUES (1), (2);
INSERT INTO gone.activity VALUES (1, '<rows>', 1), (2, '%s', 2), (3, 'other', 4);
INSERT INTO gone.attendee VALUES (1, 1), (2, 1), (3, 1);
SELECT leadscore.create_entity('lead', 'gone.lead');
SELECT leadscore.create_source('activity', 'gone.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'through.lead_id', through => '{gone.attendee}', join_on => 'through.activity_id = source.id');
SELECT leadscore.create_source('call', 'gone.call', 'at');
SELECT leadscore.create_link('call', 'lead', 'lead_id');
SELECT leadscore.create_score('joined', '{lead}');
SELECT leadscore.create_rule('joined', 'odd', 'activity', 'points', $$kind IN ('<rows>', '%s', '%1$s')$$);
SELECT leadscore.create_score('direct', '{lead}');
SELECT leadscore.create_rule('direct', 'call', 'call', '1');
SELECT leadscore.create_score('both', '{lead}');
SELECT leadscore.create_rule('both', 'call', 'call', '10');
CALL leadscore.publish('joined');
CALL leadscore.publish('direct');
CALL leadscore.publish('both');
SELECT leadscore.lead_score('joined', 1);
UPDATE gone.activity SET kind = '<rows>' WHERE id = 3;
INSERT INTO gone.call VALUES (2);
SELECT leadscore.lead_score('joined', 1), leadscore.lead_score('direct', 2);
SELECT * FROM leadscore.verify('joined');
-- A session that shows numbers in one digit only.
SET extra_float_digits = -15;
CALL leadscore.tick();
UPDATE gone.activity SET points = 1.4 WHERE id = 1;
RESET extra_float_digits;
SELECT leadscore.lead_score('joined', 1);
-- A trigger that marks is as good as gone.
ALTER TABLE gone.attendee DISABLE TRIGGER "!leadscore_marks_delete";
SELECT disabled_triggers FROM leadscore.status WHERE score = 'joined';
ALTER TABLE gone.attendee ENABLE TRIGGER "!leadscore_marks_delete";

-- A table that a link goes through.
DROP TABLE gone.attendee;
SELECT leadscore.lead_score('joined', 1);
CALL leadscore.publish('direct');
INSERT INTO gone.call VALUES (2);
SELECT leadscore.lead_score('direct', 2);
CALL leadscore.publish('joined');
CALL leadscore.retire('joined');
SELECT leadscore.drop_score('joined');
SELECT leadscore.drop_link('activity', 'lead');

-- A source of two scores.
DROP TABLE gone.call;
CALL leadscore.retire('direct');
SELECT leadscore.drop_score('both');
SELECT leadscore.drop_score('direct');
SELECT leadscore.drop_source('call');

-- Whoever may drop all may do so without other rights.
CREATE ROLE regress_leadscore_dropper;
GRANT EXECUTE ON FUNCTION leadscore.drop_all() TO regress_leadscore_dropper;
SET ROLE regress_leadscore_dropper;
SELECT leadscore.drop_all();
RESET ROLE;
SELECT count(*) FROM leadscore.entities;
REVOKE EXECUTE ON FUNCTION leadscore.drop_all() FROM regress_leadscore_dropper;
DROP ROLE regress_leadscore_dropper;
DROP SCHEMA gone CASCADE;
