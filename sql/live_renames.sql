-- What the CRM renames is followed: columns, tables, schemas, types, functions, and the schema of the model itself. The oracle
-- is a view, which PostgreSQL itself keeps up with renames.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE SCHEMA acme;
CREATE TYPE crm.kind AS ENUM ('meeting', 'call', 'mail');
CREATE FUNCTION crm.worth(float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT 2 * $1';
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, type text DEFAULT 'lead', account_id int);
CREATE TABLE crm.visit (id int PRIMARY KEY, lead_id int, kind crm.kind DEFAULT 'call', at timestamp DEFAULT '2026-02-01',
                        points float8 DEFAULT 1, deleted boolean DEFAULT false, spam boolean DEFAULT false);
CREATE TABLE crm.meeting (id int PRIMARY KEY, at timestamptz DEFAULT '2026-02-01', points int DEFAULT 1, held boolean DEFAULT true);
CREATE TABLE crm.attendee (meeting_id int, lead_id int, declined boolean DEFAULT false);
INSERT INTO crm.account VALUES (1), (2);
INSERT INTO crm.lead VALUES (1, DEFAULT, 1), (2, DEFAULT, 1), (3, 'spam', 2), (4, DEFAULT, 2);
INSERT INTO crm.visit (id, lead_id, kind) SELECT i, 1 + i % 4, CASE WHEN i % 3 = 0 THEN 'meeting' ELSE 'call' END::crm.kind FROM generate_series(1, 20) AS i;
INSERT INTO crm.meeting SELECT i FROM generate_series(1, 10) AS i;
INSERT INTO crm.attendee SELECT i, 1 + i % 4 FROM generate_series(1, 10) AS i;
SELECT leadscore.create_entity('acme.account', 'crm.account');
SELECT leadscore.create_entity('acme.lead', 'crm.lead', filter => $$type = 'lead'$$);
SELECT leadscore.create_source('acme.visit', 'crm.visit', 'at', time_zone => 'UTC', filter => 'NOT deleted');
SELECT leadscore.create_source('acme.meeting', 'crm.meeting', 'at', filter => 'held');
SELECT leadscore.create_link('acme.visit', 'lead', 'lead_id', filter => 'NOT spam');
SELECT leadscore.create_link('acme.meeting', 'lead', 'through.lead_id', through => '{crm.attendee}',
                             join_on => 'through.meeting_id = source.id', filter => 'NOT through.declined');
SELECT leadscore.create_score('acme.total', '{lead}');
SELECT leadscore.create_rollup('acme.total', 'account', 'lead', 'account_id');
SELECT leadscore.create_rule('acme.total', 'call', 'visit', 'crm.worth(points)', $$kind = 'call'$$);
SELECT leadscore.create_rule('acme.total', 'any', 'visit', '100', decay => 'window(1000 days)');
SELECT leadscore.create_rule('acme.total', 'meeting', 'meeting', '10000 * points');
CALL leadscore.publish('acme.total');
CREATE VIEW public.oracle AS
WITH lead AS (
  SELECT l.id, l.account_id,
         coalesce((SELECT sum(100 + CASE WHEN v.kind = 'call' THEN 2 * v.points ELSE 0 END)
                   FROM crm.visit AS v WHERE v.lead_id = l.id AND NOT v.deleted AND NOT v.spam), 0)
       + coalesce((SELECT 10000 * sum(m.points) FROM crm.meeting AS m
                   WHERE m.held AND EXISTS (SELECT FROM crm.attendee AS a WHERE a.meeting_id = m.id AND a.lead_id = l.id AND NOT a.declined)), 0) AS points
  FROM crm.lead AS l WHERE l.type = 'lead')
SELECT 'lead ' || id AS entity, points FROM lead
UNION ALL
SELECT 'account ' || a.id, coalesce((SELECT sum(l.points) FROM lead AS l WHERE l.account_id = a.id), 0) FROM crm.account AS a;
-- The model's schema, which is renamed as well, by the name that it has.
CREATE FUNCTION public.state(model text DEFAULT 'acme') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  wrong bigint;
  verified bigint;
  sums text;
BEGIN
  EXECUTE format('SELECT count(*) FROM (SELECT ''lead '' || lead_id AS entity, points FROM %1$I.lead_total
                    UNION ALL SELECT ''account '' || account_id, points FROM %1$I.account_total) AS v
                  FULL JOIN public.oracle AS o USING (entity) WHERE v.points IS DISTINCT FROM o.points', model) INTO wrong;
  SELECT count(*) INTO verified FROM leadscore.verify(model || '.total');
  EXECUTE format('SELECT string_agg(account_id || '': '' || points || '' '' || %1$I.account_score(''total'', account_id, leadscore.clock() + interval ''1 hour''), '', '' ORDER BY account_id)
                  FROM %1$I.account_total', model) INTO sums;
  RETURN format('%s, wrong %s, verify %s', sums, wrong, verified);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT public.state();

-- Columns, each followed by writes.
ALTER TABLE crm.visit RENAME COLUMN lead_id TO "Lead Id";
INSERT INTO crm.visit (id, "Lead Id") VALUES (21, 1);
SELECT public.state();
ALTER TABLE crm.visit RENAME kind TO sort;
UPDATE crm.visit SET sort = 'call' WHERE id = 3;
SELECT public.state();
ALTER TABLE crm.visit RENAME points TO "select";
UPDATE crm.visit SET "select" = 3 WHERE id = 3;
SELECT public.state();
ALTER TABLE crm.visit RENAME at TO happened_at;
ALTER TABLE crm.visit RENAME deleted TO "de""leted";
ALTER TABLE crm.visit RENAME "de""leted" TO removed;
ALTER TABLE crm.visit RENAME spam TO junk;
UPDATE crm.visit SET removed = true WHERE id = 4;
UPDATE crm.visit SET junk = true WHERE id = 5;
UPDATE crm.visit SET happened_at = NULL, removed = true WHERE id = 6;
SELECT public.state();
ALTER TABLE crm.lead RENAME id TO number;
ALTER TABLE crm.lead RENAME type TO class;
ALTER TABLE crm.lead RENAME account_id TO company;
UPDATE crm.lead SET class = 'lead', company = 1 WHERE number = 3;
INSERT INTO crm.lead VALUES (5, DEFAULT, 2);
INSERT INTO crm.visit (id, "Lead Id") VALUES (22, 5);
SELECT public.state();
-- Of a link through another table, on both sides.
ALTER TABLE crm.attendee RENAME lead_id TO who;
ALTER TABLE crm.attendee RENAME meeting_id TO what;
ALTER TABLE crm.attendee RENAME declined TO refused;
ALTER TABLE crm.meeting RENAME id TO key;
ALTER TABLE crm.meeting RENAME points TO weight;
ALTER TABLE crm.meeting RENAME held TO took_place;
ALTER TABLE crm.meeting RENAME at TO began_at;
UPDATE crm.attendee SET refused = true WHERE what = 1;
UPDATE crm.attendee SET who = 5 WHERE what = 2;
INSERT INTO crm.attendee VALUES (3, 1);
UPDATE crm.meeting SET weight = 3 WHERE key = 4;
UPDATE crm.meeting SET took_place = false WHERE key = 5;
INSERT INTO crm.meeting VALUES (11);
INSERT INTO crm.attendee VALUES (11, 4);
DELETE FROM crm.meeting WHERE key = 7;
SELECT public.state();
SELECT source, relation, occurred_at, filter FROM leadscore.sources ORDER BY source;
SELECT source, key, filter, join_on FROM leadscore.links ORDER BY source;
SELECT rule, points, filter FROM leadscore.rules ORDER BY rule;
SELECT entity, key, filter FROM leadscore.entities ORDER BY entity;
SELECT key FROM leadscore.rollups;

-- Two columns change their names with each other; also beside writes in the same transaction, with all of it pending.
CALL leadscore.tick();
BEGIN;
UPDATE crm.attendee SET who = 1 WHERE what = 8;
INSERT INTO crm.visit (id, "Lead Id") VALUES (23, 2);
ALTER TABLE crm.attendee RENAME who TO other;
ALTER TABLE crm.attendee RENAME what TO who;
ALTER TABLE crm.attendee RENAME other TO what;
ALTER TABLE crm.visit RENAME removed TO other;
ALTER TABLE crm.visit RENAME junk TO removed;
ALTER TABLE crm.visit RENAME other TO junk;
UPDATE crm.attendee SET what = 3 WHERE who = 9;
UPDATE crm.visit SET junk = true WHERE id = 23;
UPDATE crm.visit SET removed = true WHERE id = 8;
SELECT public.state();
SAVEPOINT s;
ALTER TABLE crm.visit RENAME junk TO nothing;
UPDATE crm.visit SET nothing = true WHERE id = 9;
SELECT public.state();
ROLLBACK TO s;
UPDATE crm.visit SET junk = true WHERE id = 10;
SELECT public.state();
COMMIT;
SELECT public.state();
CALL leadscore.tick();
SELECT public.state();

-- What expressions name besides columns.
ALTER TYPE crm.kind RENAME VALUE 'call' TO 'phone call';
ALTER TYPE crm.kind RENAME TO sorts;
ALTER FUNCTION crm.worth(float8) RENAME TO "worth more";
ALTER FUNCTION crm."worth more"(float8) SET SCHEMA acme;
UPDATE crm.visit SET sort = 'phone call' WHERE id = 12;
SELECT rule, points, filter FROM leadscore.rules WHERE filter IS NOT NULL;
SELECT public.state();

-- Tables, their schema, and the model's.
ALTER TABLE crm.attendee RENAME TO participant;
ALTER TABLE crm.meeting RENAME TO event;
ALTER TABLE crm.visit RENAME TO "vi sit";
ALTER TABLE crm.lead RENAME TO person;
DELETE FROM crm.participant WHERE who = 10;
UPDATE crm.event SET weight = 5 WHERE key = 3;
UPDATE crm."vi sit" SET "select" = 7 WHERE id = 13;
SELECT public.state();
ALTER TABLE crm.participant SET SCHEMA public;
INSERT INTO public.participant VALUES (1, 5);
UPDATE crm.event SET weight = 6 WHERE key = 1;
SELECT public.state();
ALTER SCHEMA crm RENAME TO "C R M";
INSERT INTO public.participant VALUES (2, 5);
UPDATE "C R M".event SET weight = 2 WHERE key = 2;
UPDATE "C R M"."vi sit" SET "select" = 5, sort = 'phone call' WHERE id = 14;
SELECT public.state();
GRANT EXECUTE ON FUNCTION acme.lead_score TO pg_monitor;
ALTER SCHEMA acme RENAME TO beta;
SELECT rule, points, filter FROM leadscore.rules WHERE filter IS NOT NULL;
UPDATE "C R M".event SET weight = 8 WHERE key = 2;
INSERT INTO "C R M"."vi sit" (id, "Lead Id") VALUES (24, 1);
SELECT public.state('beta');
SELECT model, score, entity, state FROM leadscore.status ORDER BY entity, decay;
SELECT beta.lead_score('total', 1) = points FROM oracle WHERE entity = 'lead 1';
SELECT has_function_privilege('pg_monitor', p.oid, 'EXECUTE') FROM pg_proc AS p WHERE p.proname = 'lead_score' AND p.pronamespace = 'beta'::regnamespace;
CALL leadscore.tick();
SELECT public.state('beta');

-- What was renamed is published again.
SELECT leadscore.create_rule('beta.total', 'more', 'visit', '0 * "select"');
CALL leadscore.publish('beta.total');
INSERT INTO "C R M"."vi sit" (id, "Lead Id") VALUES (25, 2);
UPDATE "C R M".event SET weight = 9 WHERE key = 2;
SELECT public.state('beta');
CALL leadscore.rebuild('beta.total');
SELECT public.state('beta');
-- Whoever may rename needs no rights on the extension.
CREATE ROLE regress_leadscore_renamer;
GRANT USAGE, CREATE ON SCHEMA "C R M" TO regress_leadscore_renamer;
GRANT USAGE ON SCHEMA beta TO regress_leadscore_renamer;
ALTER TABLE "C R M"."vi sit" OWNER TO regress_leadscore_renamer;
CALL leadscore.publish('beta.total');
SET ROLE regress_leadscore_renamer;
ALTER TABLE "C R M"."vi sit" RENAME TO visit;
ALTER TABLE "C R M".visit RENAME "Lead Id" TO lead;
INSERT INTO "C R M".visit (id, lead) VALUES (26, 2);
RESET ROLE;
SELECT public.state('beta');

DROP VIEW public.oracle;
DROP FUNCTION public.state(text);
DROP SCHEMA beta CASCADE;
SELECT count(*) FROM leadscore.entities;
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname LIKE '!leadscore%';
DROP TABLE public.participant;
DROP SCHEMA "C R M" CASCADE;
DROP ROLE regress_leadscore_renamer;
