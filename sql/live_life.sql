-- The life of a score: draft, live, edited, paused, resumed, rebuilt, retired, published again, dropped.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead VALUES (1), (2);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, at timestamptz DEFAULT '2026-02-01', points float8 DEFAULT 1);
CREATE TABLE crm.attendee (activity_id int, lead_id int);
INSERT INTO crm.activity VALUES (1, 1, DEFAULT, 1), (2, 2, DEFAULT, 10);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_source('meeting', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_link('meeting', 'lead', 'through.lead_id', through => '{crm.attendee}', join_on => 'through.activity_id = source.id');
SELECT leadscore.create_score('total', '{lead}');
SELECT leadscore.create_rule('total', 'points', 'activity', 'points');

CREATE FUNCTION crm.state(score text DEFAULT 'total') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
  more text;
BEGIN
  SELECT format('%s, %s triggers: ', s.state || CASE WHEN s.edited THEN ' edited' ELSE '' END,
                (SELECT count(*) FROM pg_trigger AS t WHERE t.tgname LIKE '!leadscore%'))
  INTO result FROM leadscore.scores AS s WHERE s.score = state.score;
  EXECUTE format('SELECT string_agg(concat_ws('' in '', lead_id || '': '' || coalesce(points::text, ''null''), activities), '', '' ORDER BY lead_id) FROM leadscore.%I', 'lead_' || score) INTO more;
  result := coalesce(result, 'none') || ' ' || more;
  RETURN result || ', wrong ' || (SELECT count(*) FROM leadscore.verify(score));
EXCEPTION WHEN OTHERS THEN
  RETURN concat_ws(' / ', result, SQLSTATE || ' ' || SQLERRM);
END $$;

-- A draft can only be published, and dropped.
SELECT crm.state();
CALL leadscore.pause('total');
CALL leadscore.resume('total');
CALL leadscore.rebuild('total');
CALL leadscore.retire('total');
CALL leadscore.pause('none');
SELECT leadscore.lead_score('total', 1);
CALL leadscore.publish('total');
SELECT crm.state();
CALL leadscore.resume('total');
CALL leadscore.publish('total');
-- Edited, it answers as before until it is published again.
SELECT leadscore.create_rule('total', 'met', 'meeting', '100 * points');
INSERT INTO crm.attendee VALUES (1, 2);
SELECT crm.state();
CALL leadscore.publish('total');
SELECT crm.state();
SELECT DISTINCT tgrelid::regclass FROM pg_trigger WHERE tgname LIKE '!leadscore%' ORDER BY 1;
INSERT INTO crm.attendee VALUES (2, 2);
SELECT crm.state();
SELECT leadscore.drop_rule('total', 'met');
INSERT INTO crm.attendee VALUES (2, 1);
SELECT crm.state();
CALL leadscore.publish('total');
SELECT crm.state();

-- Paused: no triggers, NULL for all, also in its functions; what is written meanwhile is caught up with.
SELECT leadscore.create_rule('total', 'met', 'meeting', '100 * points');
CALL leadscore.publish('total');
CREATE VIEW crm.best AS SELECT lead_id FROM leadscore.lead_total WHERE points > 1;
INSERT INTO crm.activity VALUES (3, 1, DEFAULT, 2);
CALL leadscore.pause('total');
SELECT crm.state();
SELECT lead_id, points, last_activity_at, activities, band FROM leadscore.lead_total;
SELECT * FROM leadscore.lead_scores;
SELECT leadscore.lead_score('total', 1), leadscore.lead_score('total', 1, '2026-02-15');
SELECT * FROM leadscore.lead_hottest('total');
SELECT * FROM leadscore.lead_hot('total', 0, '1 year');
SELECT * FROM leadscore.lead_cold('total', 100, '1 year');
SELECT * FROM crm.best;
CALL leadscore.pause('total');
CALL leadscore.rebuild('total');
CALL leadscore.tick();
INSERT INTO crm.activity VALUES (4, 1, DEFAULT, 4), (5, 2, '2026-03-20', 8);
DELETE FROM crm.activity WHERE id = 1;
DELETE FROM crm.attendee WHERE lead_id = 1;
SELECT leadscore.drop_rule('total', 'points');
CALL leadscore.resume('total');
-- By the rules that it was published with.
SELECT crm.state();
SELECT * FROM crm.best ORDER BY 1;
INSERT INTO crm.activity VALUES (6, 2, DEFAULT, 16);
INSERT INTO crm.attendee VALUES (6, 1);
SELECT crm.state();
SET pg_leadscore.clock = '2026-04-01 00:00:00+00';
SELECT crm.state();
CALL leadscore.tick();
SELECT crm.state();
-- In one transaction, rolled back.
BEGIN;
CALL leadscore.pause('total');
INSERT INTO crm.activity VALUES (7, 2, DEFAULT, 32);
CALL leadscore.resume('total');
INSERT INTO crm.activity VALUES (8, 2, DEFAULT, 64);
SELECT crm.state();
ROLLBACK;
SELECT crm.state();
BEGIN ISOLATION LEVEL REPEATABLE READ;
CALL leadscore.pause('total');
ROLLBACK;
-- Published while it is paused: live, by the rules of now.
SELECT leadscore.create_rule('total', 'points', 'activity', 'points');
CALL leadscore.pause('total');
CALL leadscore.publish('total');
SELECT crm.state();
SELECT leadscore.lead_score('total', 2), (SELECT total FROM leadscore.lead_scores WHERE lead_id = 2);
-- Another score on the same tables keeps the triggers.
SELECT leadscore.create_score('other', '{lead}');
SELECT leadscore.create_rule('other', 'r', 'activity', '1');
CALL leadscore.publish('other');
CALL leadscore.pause('total');
SELECT crm.state(), crm.state('other');
INSERT INTO crm.activity VALUES (9, 2, DEFAULT, 128);
SELECT crm.state(), crm.state('other');
CALL leadscore.resume('total');
SELECT crm.state(), crm.state('other');
SELECT * FROM leadscore.lead_scores ORDER BY 1;

-- What fires no trigger is found by verify and mended by rebuild; nothing else changes.
SET session_replication_role = replica;
INSERT INTO crm.activity VALUES (10, 1, DEFAULT, 256);
INSERT INTO crm.attendee VALUES (9, 1);
SET session_replication_role = origin;
SELECT crm.state(), crm.state('other');
INSERT INTO crm.activity VALUES (11, 1, DEFAULT, 512);
CALL leadscore.rebuild('total');
SELECT crm.state(), crm.state('other');
CALL leadscore.rebuild('other');
SELECT crm.state(), crm.state('other');
SELECT pending, marked FROM leadscore.status ORDER BY score, entity, decay;

-- Retired: its view is gone, its column is NULL until the views are refreshed; what depends on them is in the way.
CALL leadscore.retire('total');
DROP VIEW crm.best;
CREATE VIEW crm.all_scores AS SELECT * FROM leadscore.lead_scores;
CALL leadscore.retire('total');
SELECT crm.state(), crm.state('other');
SELECT * FROM crm.all_scores ORDER BY 1;
SELECT leadscore.lead_score('total', 1);
CALL leadscore.retire('total');
CALL leadscore.pause('total');
CALL leadscore.resume('total');
SELECT leadscore.refresh_views('lead');
DROP VIEW crm.all_scores;
SELECT leadscore.refresh_views('lead');
SELECT leadscore.refresh_views('none');
SELECT * FROM leadscore.lead_scores ORDER BY 1;
INSERT INTO crm.activity VALUES (12, 1, DEFAULT, 1024);
-- Somebody's own view of the name is left alone.
CREATE VIEW leadscore.lead_total AS SELECT 1 AS lead_id, 2::float8 AS points;
CALL leadscore.publish('total');
DROP VIEW leadscore.lead_total;
CALL leadscore.publish('total');
SELECT crm.state(), crm.state('other');
SELECT * FROM leadscore.lead_scores ORDER BY 1;
-- A paused score can be retired, a broken one paused.
CALL leadscore.pause('other');
CALL leadscore.retire('other');
SELECT crm.state(), crm.state('other');
CALL leadscore.publish('other');
INSERT INTO crm.activity VALUES (13, 1, DEFAULT, 'NaN');
SELECT crm.state(), crm.state('other');
CALL leadscore.pause('total');
SELECT crm.state();
DELETE FROM crm.activity WHERE id = 13;
CALL leadscore.resume('total');
SELECT crm.state();
CALL leadscore.publish('total');
SELECT crm.state();

-- drop_…: what others use is refused, what is not there with an error or, if_exists, a notice.
SET client_min_messages = notice;
SELECT leadscore.drop_rule('total', 'none');
SELECT leadscore.drop_rule('total', 'none', if_exists => true);
SELECT leadscore.drop_rule('none', 'none', if_exists => true);
SELECT leadscore.drop_link('meeting', 'none');
SELECT leadscore.drop_link('meeting', 'none', if_exists => true);
SELECT leadscore.drop_rollup('total', 'lead', 'lead');
SELECT leadscore.drop_rollup('total', 'lead', 'lead', if_exists => true);
SELECT leadscore.drop_score('none');
SELECT leadscore.drop_score('none', if_exists => true);
SELECT leadscore.drop_source('none');
SELECT leadscore.drop_source('none', if_exists => true);
SELECT leadscore.drop_entity('none');
SELECT leadscore.drop_entity('none', if_exists => true);
-- None of these has edited anything.
SELECT score, edited FROM leadscore.scores ORDER BY 1;
SELECT leadscore.drop_source('meeting');
SELECT leadscore.drop_entity('lead');
SELECT leadscore.drop_rule('total', 'met');
SELECT leadscore.drop_source('meeting');
CALL leadscore.publish('total');
SELECT leadscore.drop_source('meeting');
SELECT crm.state();
SELECT DISTINCT tgrelid::regclass FROM pg_trigger WHERE tgname LIKE '!leadscore%' ORDER BY 1;
-- A view of the user's stands in the way of a live score, not of a draft.
CREATE VIEW crm.all_scores AS SELECT lead_id FROM leadscore.lead_scores;
SELECT leadscore.create_score('draft', '{lead}');
SELECT leadscore.drop_score('draft');
SELECT leadscore.drop_score('other');
DROP VIEW crm.all_scores;
SELECT leadscore.drop_score('other');
SELECT crm.state();
CALL leadscore.pause('total');
SELECT leadscore.drop_score('total');
SELECT * FROM leadscore.lead_scores ORDER BY 1;
SELECT leadscore.drop_source('activity');
SELECT count(*) FROM leadscore.links;
SELECT leadscore.drop_entity('lead');
SELECT count(*) FROM pg_trigger WHERE tgname LIKE '!leadscore%';
SELECT relname FROM pg_class WHERE relnamespace = 'leadscore'::regnamespace AND relname LIKE 'lead%' ORDER BY 1;
SELECT proname FROM pg_proc WHERE pronamespace = 'leadscore'::regnamespace AND proname LIKE 'lead\_%' ORDER BY 1;
INSERT INTO crm.activity VALUES (20, 1, DEFAULT, 1);
SET client_min_messages = warning;
DROP SCHEMA crm CASCADE;
