-- drop_…, retire and drop_all where tables were dropped by hand; the other scores go on. The oracle is plain SQL.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE DATABASE regress_leadscore_by_hand;
\c regress_leadscore_by_hand
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.before AS
SELECT c.oid, c.relname::text AS name FROM pg_class AS c WHERE c.relkind IN ('r', 'v', 'i', 'S') AND c.relnamespace <> 'pg_toast'::regnamespace
UNION ALL SELECT p.oid, p.proname FROM pg_proc AS p UNION ALL SELECT t.oid, t.tgname FROM pg_trigger AS t
UNION ALL SELECT p.oid, p.polname FROM pg_policy AS p;
CREATE EXTENSION pg_leadscore;
CREATE PROCEDURE crm.set_up() LANGUAGE plpgsql AS $$
BEGIN
  CREATE TABLE crm.account (id int PRIMARY KEY);
  CREATE TABLE crm.contact (id int PRIMARY KEY, account_id int);
  CREATE TABLE crm.activity (id int PRIMARY KEY, account_id int, contact_id int, points int);
  INSERT INTO crm.account VALUES (1), (2);
  INSERT INTO crm.contact VALUES (1, 1), (2, 2), (3, 2);
  INSERT INTO crm.activity VALUES (1, 1, 1, 5), (2, 2, 2, 7), (3, 2, 3, 11);
  PERFORM leadscore.create_entity('account', 'crm.account');
  PERFORM leadscore.create_entity('contact', 'crm.contact');
  PERFORM leadscore.create_source('activity', 'crm.activity', occurred_at => 'timestamptz ''2026-01-01 00:00:00+00''');
  PERFORM leadscore.create_link('activity', 'account', key => 'account_id');
  PERFORM leadscore.create_link('activity', 'contact', key => 'contact_id');
  PERFORM leadscore.create_score('own', entities => '{account}');
  PERFORM leadscore.create_rule('own', 'points', source => 'activity', points => 'points');
  PERFORM leadscore.create_score('rolled', entities => '{contact}');
  PERFORM leadscore.create_rule('rolled', 'points', source => 'activity', points => 'points');
  PERFORM leadscore.create_rollup('rolled', 'account', of => 'contact', key => 'account_id');
  CALL leadscore.publish('own');
  CALL leadscore.publish('rolled');
END
$$;
CREATE PROCEDURE crm.check_left() LANGUAGE plpgsql AS $$
DECLARE
  x text;
BEGIN
  DROP TABLE IF EXISTS crm.activity, crm.contact, crm.account;
  FOR x IN SELECT relname FROM pg_class WHERE relnamespace = 'leadscore'::regnamespace AND relname ~ '^(account|contact)_'
           UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'leadscore'::regnamespace AND proname ~ '^(account|contact)_'
           UNION ALL SELECT format('set up: %s', count(*)) FROM (TABLE leadscore_internal.component) AS c HAVING count(*) > 0 LOOP
    RAISE INFO 'left behind: %', x;
  END LOOP;
END
$$;

-- The members' table: the score with the roll-up is broken, the other one goes on, beside its column.
CALL crm.set_up();
DROP TABLE crm.contact CASCADE;
CALL leadscore.publish('own');
SELECT account_id, own FROM leadscore.account_scores ORDER BY 1;
SELECT account_id, points, (SELECT sum(a.points) FROM crm.activity AS a WHERE a.account_id = v.account_id) AS by_hand FROM leadscore.account_own AS v ORDER BY 1;
SELECT account_id, rolled FROM leadscore.account_scores;
CALL leadscore.pause('rolled');
CALL leadscore.publish('rolled');
CALL leadscore.retire('rolled');
SELECT * FROM leadscore.account_scores ORDER BY 1;
INSERT INTO crm.activity VALUES (4, 1, 1, 100);
SELECT * FROM leadscore.account_scores ORDER BY 1;
SELECT count(*) FROM leadscore.verify('own');
SELECT leadscore.drop_score('rolled');
SELECT leadscore.drop_entity('contact');
SELECT leadscore.drop_score('own'), leadscore.drop_source('activity'), leadscore.drop_entity('account');
CALL crm.check_left();

-- The activities' table, and tables of the extension's own.
CALL crm.set_up();
DROP TABLE crm.activity;
DO $$
BEGIN
  EXECUTE (SELECT format('DROP TABLE %s CASCADE', states) FROM leadscore_internal.component ORDER BY id LIMIT 1);
  DROP TABLE leadscore.contact_pending CASCADE;
END
$$;
SELECT leadscore.drop_score('own');
SELECT leadscore.drop_score('rolled');
SELECT leadscore.drop_source('activity'), leadscore.drop_entity('account'), leadscore.drop_entity('contact');
CALL crm.check_left();

-- All of them, then drop_all.
CALL crm.set_up();
DROP TABLE crm.account, crm.contact, crm.activity CASCADE;
DROP TABLE leadscore.account_pending;
SELECT leadscore.drop_all();
CALL crm.check_left();
CALL crm.set_up();
INSERT INTO crm.activity VALUES (4, 1, 1, 100);
SELECT account_id, own, rolled FROM leadscore.account_scores ORDER BY 1;
SELECT leadscore.drop_all();
CALL crm.check_left();

-- A view of a score: a key that is renamed then is followed nevertheless.
CALL crm.set_up();
DROP VIEW leadscore.account_own;
ALTER TABLE crm.account RENAME id TO number;
SELECT entity, key FROM leadscore.entities ORDER BY entity;
INSERT INTO crm.activity VALUES (4, 1, 1, 100);
CALL leadscore.publish('own');
SELECT number, leadscore.own(a), (SELECT points FROM leadscore.account_own WHERE account_id = number),
       (SELECT sum(x.points) FROM crm.activity AS x WHERE x.account_id = number) AS by_hand FROM crm.account AS a ORDER BY 1;
SELECT leadscore.drop_all();
CALL crm.check_left();
DROP EXTENSION pg_leadscore;
DROP PROCEDURE crm.set_up, crm.check_left;
SELECT name FROM (SELECT c.oid, c.relname::text AS name FROM pg_class AS c WHERE c.relkind IN ('r', 'v', 'i', 'S') AND c.relnamespace <> 'pg_toast'::regnamespace
UNION ALL SELECT p.oid, p.proname FROM pg_proc AS p UNION ALL SELECT t.oid, t.tgname FROM pg_trigger AS t
UNION ALL SELECT p.oid, p.polname FROM pg_policy AS p) AS now WHERE oid NOT IN (SELECT oid FROM crm.before) AND name <> 'before';
\c postgres
DROP DATABASE regress_leadscore_by_hand;
