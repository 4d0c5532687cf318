-- drop_all leaves nothing, and then DROP EXTENSION goes through; before, it says what stands in its way.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE DATABASE regress_leadscore_drop;
\c regress_leadscore_drop
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE SCHEMA acme;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead VALUES (1), (2);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, at timestamptz DEFAULT '2026-02-01');
CREATE TEMP TABLE before AS
SELECT 'relation' AS kind, oid, relname::text AS name FROM pg_class WHERE relnamespace IN ('crm'::regnamespace, 'acme'::regnamespace, 'public'::regnamespace)
UNION ALL SELECT 'function', oid, proname FROM pg_proc UNION ALL SELECT 'trigger', oid, tgname FROM pg_trigger
UNION ALL SELECT 'type', oid, typname FROM pg_type WHERE typnamespace IN ('crm'::regnamespace, 'acme'::regnamespace)
UNION ALL SELECT 'policy', oid, polname FROM pg_policy UNION ALL SELECT 'schema', oid, nspname FROM pg_namespace;
CREATE EXTENSION pg_leadscore;
DO $$
DECLARE
  m text;
BEGIN
  FOREACH m IN ARRAY '{"",acme.}'::text[] LOOP
    PERFORM leadscore.create_entity(m || 'lead', 'crm.lead');
    PERFORM leadscore.create_source(m || 'activity', 'crm.activity', 'at');
    PERFORM leadscore.create_link(m || 'activity', 'lead', 'lead_id');
    PERFORM leadscore.create_score(m || 'total', '{lead}');
    PERFORM leadscore.create_rule(m || 'total', 'r', 'activity', '1 / id');
    PERFORM leadscore.create_score(m || 'draft', '{lead}');
    CALL leadscore.publish(m || 'total');
  END LOOP;
END $$;
INSERT INTO crm.activity VALUES (1, 1), (2, 2);
CALL leadscore.tick();
INSERT INTO crm.activity VALUES (3, 1);
SELECT acme.lead_score('total', 1), leadscore.lead_score('total', 2);
INSERT INTO crm.activity VALUES (0, 1);
\set VERBOSITY terse
DROP EXTENSION pg_leadscore;
\set VERBOSITY default
-- The CRM's own view on one of ours stands in the way of drop_all, too.
CREATE VIEW crm.best AS SELECT lead_id FROM acme.lead_total WHERE points > 1;
SELECT leadscore.drop_all();
DROP VIEW crm.best;
-- Rolled back, everything is there again.
BEGIN;
SELECT leadscore.drop_all();
INSERT INTO crm.activity VALUES (10, 1);
ROLLBACK;
DELETE FROM crm.activity WHERE id = 0;
CALL leadscore.publish('total');
CALL leadscore.publish('acme.total');
INSERT INTO crm.activity VALUES (11, 2);
SELECT acme.lead_score('total', 2), leadscore.lead_score('total', 2);
SELECT leadscore.drop_all();
INSERT INTO crm.activity VALUES (12, 2);
SELECT count(*) FROM leadscore.entities, leadscore.sources;
DROP EXTENSION pg_leadscore;
INSERT INTO crm.activity VALUES (13, 2);
SELECT kind, name FROM (
  SELECT 'relation' AS kind, oid, relname::text AS name FROM pg_class WHERE relnamespace IN ('crm'::regnamespace, 'acme'::regnamespace, 'public'::regnamespace)
  UNION ALL SELECT 'function', oid, proname FROM pg_proc UNION ALL SELECT 'trigger', oid, tgname FROM pg_trigger
  UNION ALL SELECT 'type', oid, typname FROM pg_type WHERE typnamespace IN ('crm'::regnamespace, 'acme'::regnamespace)
  UNION ALL SELECT 'policy', oid, polname FROM pg_policy
  UNION ALL SELECT 'schema', oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
) AS now WHERE NOT EXISTS (SELECT FROM before WHERE before.oid = now.oid);
-- And again from the beginning, in the same session.
CREATE EXTENSION pg_leadscore;
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('total', '{lead}');
SELECT leadscore.create_rule('total', 'r', 'activity', '100');
CALL leadscore.publish('total');
INSERT INTO crm.activity VALUES (14, 2);
SELECT leadscore.lead_score('total', 2);
-- With CASCADE the writes of the CRM go on as well.
DROP EXTENSION pg_leadscore CASCADE;
INSERT INTO crm.activity VALUES (15, 2);
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'crm.activity'::regclass;
\c postgres
DROP DATABASE regress_leadscore_drop;
