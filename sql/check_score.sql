-- check_score: what publish would find and take, before it does; the numbers beside plain SQL over the same rows.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE DATABASE regress_leadscore_check;
\c regress_leadscore_check
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE EXTENSION pg_leadscore;
CREATE ROLE regress_check_owner;
CREATE ROLE regress_check_other;
CREATE SCHEMA crm;
GRANT ALL ON SCHEMA crm TO regress_check_owner;
GRANT USAGE ON SCHEMA crm TO regress_check_other;
CREATE SCHEMA acme AUTHORIZATION regress_check_owner;
SET ROLE regress_check_owner;
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, ref int, account_id int, deleted boolean NOT NULL DEFAULT false);
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, kind text, points float8, at timestamptz);
CREATE TABLE crm.attendee (activity_id int, lead_id int, came boolean);
INSERT INTO crm.account VALUES (1), (2);
INSERT INTO crm.lead SELECT i, i / 2, nullif(i % 3, 0), i = 7 FROM generate_series(1, 9) AS i;
INSERT INTO crm.activity (lead_id, kind, points, at)
SELECT nullif(i % 7, 0), (ARRAY['call', 'meeting', 'note', NULL])[i % 4 + 1], i % 5, CASE WHEN i % 11 > 0 THEN timestamptz '2026-01-01' + make_interval(days => i) END
FROM generate_series(1, 100) AS i;
INSERT INTO crm.attendee SELECT i * 3, nullif(i % 4, 0), i % 5 > 0 FROM generate_series(1, 30) AS i;
SELECT leadscore.create_entity('acme.lead', 'crm.lead', filter => 'NOT deleted');
SELECT leadscore.create_entity('acme.account', 'crm.account');
SELECT leadscore.create_source('acme.activity', 'crm.activity', occurred_at => 'at', filter => 'kind IS NOT NULL');
SELECT leadscore.create_link('acme.activity', 'lead', key => 'lead_id', filter => $$kind <> 'meeting'$$);
SELECT leadscore.create_score('acme.heat', entities => '{lead}');
-- A draft without rules.
SELECT * FROM leadscore.check_score('acme.heat');
SELECT leadscore.create_rule('acme.heat', 'call', source => 'activity', points => 'points', filter => $$kind = 'call'$$);
SELECT leadscore.create_rule('acme.heat', 'met', source => 'activity', points => '3', filter => $$kind = 'meeting'$$);
SELECT leadscore.create_rule('acme.heat', 'nothing', source => 'activity', points => '3', filter => $$kind = 'Call'$$);
SELECT leadscore.create_rollup('acme.heat', 'account', of => 'lead', key => 'account_id');
CREATE TABLE acme.before AS SELECT (SELECT count(*) FROM pg_class) AS classes, (SELECT count(*) FROM pg_trigger) AS triggers;
SELECT * FROM leadscore.check_score('acme.heat');
SELECT (SELECT count(*) FROM crm.lead WHERE NOT deleted) AS leads, count(*) AS activities, count(*) FILTER (WHERE kind = 'call') AS calls,
       count(*) FILTER (WHERE kind = 'meeting') AS meetings,
       count(*) FILTER (WHERE kind = 'meeting' OR (kind = 'call' AND lead_id IS NULL)) AS unlinked,
       (SELECT count(*) FROM crm.lead WHERE account_id IS NOT NULL AND NOT deleted) AS members, (SELECT count(*) FROM crm.activity) AS locked
FROM crm.activity WHERE kind IS NOT NULL AND at IS NOT NULL;

-- It changes nothing, takes no lock that writers feel, and runs in a read-only transaction.
BEGIN TRANSACTION READ ONLY;
SELECT count(*) FROM leadscore.check_score('acme.heat');
SELECT DISTINCT mode FROM pg_locks WHERE relation = 'crm.activity'::regclass AND pid = pg_backend_pid();
COMMIT;
SELECT classes - (SELECT count(*) FROM pg_class) + 1 AS classes, triggers - (SELECT count(*) FROM pg_trigger) AS triggers FROM acme.before;
SELECT state, edited FROM leadscore.scores;

-- An index that is there, a link through another table, several links: only what is wrong is said.
CREATE INDEX ON crm.activity (lead_id);
SELECT leadscore.create_link('acme.activity', 'lead', key => 'through.lead_id', through => '{crm.attendee}', join_on => 'through.activity_id = source.id AND through.came');
SELECT * FROM leadscore.check_score('acme.heat') WHERE what IN ('link', 'index', 'lock');
SELECT count(*) FROM crm.activity AS a WHERE kind IN ('call', 'meeting') AND at IS NOT NULL AND NOT (kind <> 'meeting' AND lead_id IS NOT NULL)
  AND NOT EXISTS (SELECT FROM crm.attendee AS t WHERE t.activity_id = a.id AND t.came AND t.lead_id IS NOT NULL);
CALL leadscore.publish('acme.heat');

-- An edited score: what fails, and on which row it would break; nothing is raised.
SELECT leadscore.create_source('acme.other', 'crm.activity', occurred_at => 'at');
SELECT leadscore.create_rule('acme.heat', 'lost', source => 'other', points => '1');
SELECT leadscore.alter_rule('acme.heat', 'call', points => '1 / (points::int - 4)');
SELECT leadscore.alter_rule('acme.heat', 'met', points => $$CASE WHEN id % 8 = 1 THEN 'NaN' ELSE 1e300 END::float8$$);
SELECT leadscore.alter_rule('acme.heat', 'nothing', filter => '1 / (id - 50) > 0');
SELECT leadscore.alter_entity('acme.lead', key => 'ref');
SELECT * FROM leadscore.check_score('acme.heat');
SELECT count(*) AS met FROM crm.activity WHERE kind = 'meeting' AND at IS NOT NULL;
SELECT count(ref) - count(DISTINCT ref) AS doubled FROM crm.lead WHERE NOT deleted;
SELECT edited, (SELECT count(*) FROM leadscore.verify('acme.heat')) AS verify_lines FROM leadscore.scores;
RESET ROLE;

-- Who may: the owner of the tables who may create in the model's schema. An owner that changed is told.
SET ROLE regress_check_other;
SELECT * FROM leadscore.check_score('acme.heat');
SELECT * FROM leadscore.verify('acme.heat');
RESET ROLE;
SELECT * FROM leadscore.check_score('acme.none');
ALTER TABLE crm.activity OWNER TO regress_check_other;
SELECT what, name, says, to_do FROM leadscore.check_score('acme.heat') WHERE what = 'owner';
SET ROLE regress_check_owner;
SELECT * FROM leadscore.check_score('acme.heat');
RESET ROLE;
DROP TABLE crm.lead CASCADE;
SELECT * FROM leadscore.check_score('acme.heat');
SELECT leadscore.drop_all();
DROP EXTENSION pg_leadscore;
DROP OWNED BY regress_check_owner, regress_check_other;
DROP ROLE regress_check_owner, regress_check_other;
\c postgres
DROP DATABASE regress_leadscore_check;
