-- Columns that are dropped or given another type, and tables with another owner: the score breaks at once, says why, and the
-- CRM's writes go on; where what is written still means the same, the score lives on.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE ROLE regress_leadscore_alter;
CREATE DOMAIN crm.amount AS float8;
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, ref varchar(10) UNIQUE, account_id int, active boolean DEFAULT true);
CREATE TABLE crm.visit (id int PRIMARY KEY, lead_id int, kind varchar(10) DEFAULT 'call', at timestamptz DEFAULT '2026-02-01',
                        points numeric(6, 2) DEFAULT 1, bonus crm.amount DEFAULT 0, note text);
CREATE TABLE crm.attendee (visit_id int, lead_id int, present boolean DEFAULT true);
INSERT INTO crm.account VALUES (1);
INSERT INTO crm.lead VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', NULL);
INSERT INTO crm.visit (id, lead_id, points) SELECT i, 1 + i % 2, i + 0.25 FROM generate_series(1, 6) AS i;
INSERT INTO crm.attendee SELECT i, 3 FROM generate_series(1, 4) AS i;
SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'active');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('visit', 'crm.visit', 'at');
SELECT leadscore.create_link('visit', 'lead', 'lead_id');
SELECT leadscore.create_link('visit', 'lead', 'through.lead_id', through => '{crm.attendee}', join_on => 'through.visit_id = source.id', filter => 'through.present');
SELECT leadscore.create_score('total', '{lead}');
SELECT leadscore.create_rollup('total', 'account', 'lead', 'account_id');
SELECT leadscore.create_rule('total', 'call', 'visit', 'points', $$kind = 'call'$$);
SELECT leadscore.create_rule('total', 'bonus', 'visit', 'bonus');
CALL leadscore.publish('total');
-- A score of the same source without a link through another table, whose write it shall not fail once it is broken.
CREATE TABLE crm.mail (lead_id int, at timestamptz DEFAULT '2026-02-01', weight int DEFAULT 1, extra int);
SELECT leadscore.create_source('mail', 'crm.mail', 'at');
SELECT leadscore.create_link('mail', 'lead', 'lead_id');
SELECT leadscore.create_score('strict', '{lead}', on_error => 'fail');
SELECT leadscore.create_rule('strict', 'mail', 'mail', 'weight');
CALL leadscore.publish('strict');
CREATE FUNCTION crm.state(score text DEFAULT 'total') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
  wrong bigint;
BEGIN
  EXECUTE format('SELECT string_agg(lead_id || '': '' || points, '', '' ORDER BY lead_id) FROM leadscore.lead_%I', score) INTO result;
  SELECT count(*) INTO wrong FROM leadscore.verify(score);
  RETURN result || ', wrong ' || wrong;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
-- By the CRM's rows alone.
CREATE FUNCTION crm.truth() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(l.id || ': ' || coalesce((
           SELECT sum(CASE WHEN v.kind::text = 'call' THEN v.points::float8 ELSE 0 END + v.bonus) FROM crm.visit AS v
           WHERE v.lead_id = l.id OR EXISTS (SELECT FROM crm.attendee AS a WHERE a.visit_id = v.id AND a.lead_id = l.id AND a.present)), 0), ', ' ORDER BY l.id) || ', wrong 0'
  FROM crm.lead AS l WHERE l.active
$$;
SELECT crm.state(), crm.state() = crm.truth() AS agrees;

-- What means the same goes on. What the statement makes of the values fires no trigger, and is right nevertheless.
ALTER TABLE crm.visit ALTER kind TYPE text, ALTER points TYPE float8;
INSERT INTO crm.visit (id, lead_id, points) VALUES (10, 1, 0.5);
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
ALTER TABLE crm.visit ALTER points TYPE int USING 100 * points;
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
UPDATE crm.visit SET points = 7 WHERE id = 1;
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
CALL leadscore.tick();
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
-- A session that has restored a dump goes on to alter what the dump is not about.
SET check_function_bodies = off;
SET search_path = '';
ALTER TABLE crm.visit ALTER points TYPE int USING 2 * points;
ALTER TABLE crm.visit RENAME points TO amount;
RESET check_function_bodies;
RESET search_path;
ALTER TABLE crm.visit RENAME amount TO points;
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
CALL leadscore.tick();
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
-- Wider keys, of which the entity's can hold some.
ALTER TABLE crm.visit ALTER lead_id TYPE bigint;
ALTER TABLE crm.attendee ALTER lead_id TYPE bigint, ALTER visit_id TYPE bigint;
ALTER TABLE crm.mail ALTER lead_id TYPE bigint, ALTER weight TYPE bigint;
INSERT INTO crm.visit (id, lead_id) VALUES (11, 99999999999), (12, 2);
INSERT INTO crm.attendee VALUES (12, 99999999999), (12, 3);
INSERT INTO crm.mail VALUES (1), (99999999999);
SELECT crm.state(), crm.state() = crm.truth() AS agrees, crm.state('strict') AS strict;
SELECT key FROM leadscore.links ORDER BY source, through;
CALL leadscore.tick();
CALL leadscore.publish('total');
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
-- What nothing needs may change and go.
ALTER TABLE crm.visit ALTER note TYPE int USING 1;
ALTER TABLE crm.visit DROP COLUMN note;
ALTER TABLE crm.mail DROP COLUMN extra;
SELECT score, entity, state FROM leadscore.status ORDER BY score, entity;

-- A column of a rule that is dropped: at once, in the same transaction, and not if it is rolled back.
BEGIN;
ALTER TABLE crm.visit DROP COLUMN points;
SELECT crm.state();
ROLLBACK;
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
ALTER TABLE crm.visit DROP COLUMN points;
SELECT crm.state();
SELECT leadscore.lead_score('total', 1);
SELECT * FROM leadscore.account_hottest('total');
SELECT * FROM leadscore.lead_hot('total', 1, '1 day');
SELECT points FROM leadscore.account_total;
SELECT score, entity, state, broken_because, what_to_do FROM leadscore.status WHERE state = 'broken' ORDER BY score, entity;
INSERT INTO crm.visit (id, lead_id) VALUES (20, 1);
UPDATE crm.attendee SET present = false WHERE visit_id = 2;
CALL leadscore.tick();
SELECT crm.state('strict');
\set VERBOSITY default
CALL leadscore.publish('total');
\set VERBOSITY terse
CALL leadscore.rebuild('total');
-- Mended by the rule, and by the table.
BEGIN;
SELECT leadscore.drop_rule('total', 'call');
CALL leadscore.publish('total');
SELECT crm.state();
ROLLBACK;
ALTER TABLE crm.visit ADD COLUMN points int DEFAULT 3;
CALL leadscore.publish('total');
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
INSERT INTO crm.visit (id, lead_id) VALUES (21, 1);
INSERT INTO crm.attendee VALUES (21, 2);
SELECT crm.state(), crm.state() = crm.truth() AS agrees;

-- A type that does not fit any more.
\set VERBOSITY default
ALTER TABLE crm.visit ALTER points TYPE text;
\set VERBOSITY terse
SELECT crm.state();
CALL leadscore.publish('total');
ALTER TABLE crm.visit ALTER points TYPE int USING points::int;
CALL leadscore.publish('total');
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
-- Columns of the table on the way.
ALTER TABLE crm.attendee DROP COLUMN present;
INSERT INTO crm.attendee VALUES (1, 1);
SELECT crm.state();
CALL leadscore.publish('total');
ALTER TABLE crm.attendee ADD COLUMN present boolean DEFAULT true;
CALL leadscore.publish('total');
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
ALTER TABLE crm.attendee ALTER lead_id TYPE text;
ALTER TABLE crm.attendee ALTER lead_id TYPE bigint USING lead_id::bigint;
CALL leadscore.publish('total');
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
-- A column that goes with its type.
DROP DOMAIN crm.amount CASCADE;
SELECT crm.state();
ALTER TABLE crm.visit ADD COLUMN bonus float8 DEFAULT 0;
CALL leadscore.publish('total');
SELECT crm.state(), crm.state() = crm.truth() AS agrees;

-- A column of an entity: the view of the score goes with it, the functions say why.
ALTER TABLE crm.lead DROP COLUMN active;
ALTER TABLE crm.lead DROP COLUMN active CASCADE;
SELECT leadscore.lead_score('total', 1);
SELECT leadscore.lead_score('strict', 1);
SELECT score, entity, state, broken_because FROM leadscore.status ORDER BY score, entity;
INSERT INTO crm.mail VALUES (1);
CALL leadscore.publish('total');
ALTER TABLE crm.lead ADD COLUMN active boolean DEFAULT true;
CALL leadscore.publish('total');
CALL leadscore.publish('strict');
SELECT crm.state(), crm.state() = crm.truth() AS agrees, crm.state('strict') AS strict;
-- The key, and what readers may see by it.
SELECT leadscore.create_entity('person', 'crm.lead', key => 'ref');
SELECT leadscore.create_source('letter', 'crm.mail', 'at');
SELECT leadscore.create_link('letter', 'person', $$CASE lead_id WHEN 1 THEN 'a' END$$);
SELECT leadscore.create_score('letters', '{person}');
SELECT leadscore.create_rule('letters', 'any', 'letter', '1');
CALL leadscore.publish('letters');
ALTER TABLE crm.lead DROP COLUMN ref CASCADE;
ALTER TABLE crm.lead ADD COLUMN ref varchar(10);
UPDATE crm.lead SET ref = chr(96 + id);
CALL leadscore.publish('letters');
INSERT INTO crm.mail VALUES (1);
GRANT USAGE ON SCHEMA crm TO regress_leadscore_alter;
GRANT SELECT ON crm.lead TO regress_leadscore_alter;
SET ROLE regress_leadscore_alter;
SELECT person_id, points FROM leadscore.person_letters ORDER BY person_id;
RESET ROLE;
-- A score that fails the CRM's write where a rule fails does not when its table was changed.
ALTER TABLE crm.mail DROP COLUMN weight;
INSERT INTO crm.mail VALUES (2);
SELECT crm.state('strict');
ALTER TABLE crm.mail ADD COLUMN weight int DEFAULT 1;
CALL leadscore.publish('strict');
SELECT crm.state('strict');
-- A paused score breaks as well.
CALL leadscore.pause('strict');
ALTER TABLE crm.mail DROP COLUMN weight;
CALL leadscore.resume('strict');
ALTER TABLE crm.mail ADD COLUMN weight int DEFAULT 2;
CALL leadscore.publish('strict');
SELECT crm.state('strict');

-- Another owner, of the activities' table or of one on the way.
ALTER TABLE crm.mail OWNER TO regress_leadscore_alter;
SELECT crm.state('strict');
INSERT INTO crm.mail VALUES (2);
GRANT CREATE ON SCHEMA crm TO regress_leadscore_alter;
CALL leadscore.publish('strict');
SELECT crm.state('strict');
ALTER TABLE crm.attendee OWNER TO regress_leadscore_alter;
INSERT INTO crm.attendee VALUES (1, 2);
SELECT crm.state();
CALL leadscore.publish('total');
SELECT crm.state(), crm.state() = crm.truth() AS agrees;
-- Not every version can say it at once, but a reader never gets a number.
SET client_min_messages = error;
REASSIGN OWNED BY regress_leadscore_alter TO CURRENT_USER;
RESET client_min_messages;
SELECT crm.state();
SELECT crm.state('strict');
SELECT leadscore.drop_all();
SET client_min_messages = error;
DROP SCHEMA crm CASCADE;
DROP OWNED BY regress_leadscore_alter;
DROP ROLE regress_leadscore_alter;
