-- An average too small to be told from 0 is no error.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA small;
CREATE TABLE small.lead (id int PRIMARY KEY);
INSERT INTO small.lead VALUES (1), (2);
CREATE TABLE small.account (id int PRIMARY KEY);
ALTER TABLE small.lead ADD account_id int DEFAULT 1;
INSERT INTO small.account VALUES (1);
CREATE TABLE small.visit (lead_id int, at timestamptz);
SELECT leadscore.create_entity('lead', 'small.lead');
SELECT leadscore.create_entity('account', 'small.account');
SELECT leadscore.create_source('visit', 'small.visit', 'at');
SELECT leadscore.create_link('visit', 'lead', 'lead_id');
SELECT leadscore.create_score('tiny', '{lead}', 'exponential(1 hour)');
SELECT leadscore.create_rule('tiny', 'visit', 'visit', '1');
SELECT leadscore.create_rollup('tiny', 'account', 'lead', 'account_id');
CALL leadscore.publish('tiny');
INSERT INTO small.visit VALUES (1, timestamptz '2026-03-01 00:00:00+00' - interval '1074 hours');
SELECT account_id, members_sum, members_avg, members FROM leadscore.account_tiny;
SELECT leadscore.drop_all();
DROP SCHEMA small CASCADE;
