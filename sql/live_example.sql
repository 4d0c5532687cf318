-- The example of the manual, end to end.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.account (id bigint PRIMARY KEY, name text);
CREATE TABLE crm.lead (id bigint PRIMARY KEY, name text, account_id bigint REFERENCES crm.account);
CREATE TABLE crm.activity (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id bigint, kind text, rating int, happened_at timestamptz,
  deleted_at timestamptz
);
INSERT INTO crm.account VALUES (1, 'Acme');
INSERT INTO crm.lead VALUES (1, 'Ada', 1), (2, 'Bob', 1), (3, 'Cy', NULL);
INSERT INTO crm.activity (lead_id, kind, rating, happened_at, deleted_at) VALUES
  (1, 'meeting', NULL, '2026-03-01', NULL), (1, 'call', 4, '2026-01-30', NULL), (1, 'call', NULL, '2026-01-30', NULL),
  (2, 'meeting', NULL, '2026-01-30', NULL), (2, 'meeting', NULL, '2026-01-30', '2026-02-01'), (2, 'fax', 9, '2026-02-01', NULL);

SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', occurred_at => 'happened_at', filter => 'deleted_at IS NULL');
SELECT leadscore.create_link('activity', 'lead', key => 'lead_id');
SELECT leadscore.create_score('engagement', entities => '{lead}', decay => 'exponential(30 days)', description => 'How engaged');
SELECT leadscore.create_rule('engagement', 'meeting', source => 'activity', points => '5', filter => $$kind = 'meeting'$$);
SELECT leadscore.create_rule('engagement', 'rated call', source => 'activity', points => 'rating', filter => $$kind = 'call'$$);
SELECT score, entity, state, what_to_do FROM leadscore.status;
CALL leadscore.publish('engagement');

SELECT * FROM leadscore.lead_hottest('engagement', 10);
SELECT * FROM leadscore.lead_coldest('engagement', 2);
SELECT * FROM leadscore.lead_engagement ORDER BY lead_id;
SELECT * FROM leadscore.lead_scores ORDER BY lead_id;
SELECT leadscore.lead_score('engagement', 1), leadscore.lead_score('engagement', 1, as_of => '2026-01-30'),
       leadscore.lead_score('engagement', 1, as_of => '2026-01-29'), leadscore.lead_score('engagement', 3) AS never,
       leadscore.lead_score('engagement', 4) AS nobody, leadscore.lead_score('engagement', 4, '2026-01-30') AS nobody_then;
SELECT leadscore.lead_score('engagement', NULL), leadscore.lead_score('engagement', NULL, '2026-01-30');
SELECT * FROM leadscore.lead_hot('engagement', more_than => 4.9, within => '30 days') ORDER BY lead_id;
SELECT * FROM leadscore.lead_hot('engagement', more_than => 5, within => '30 days');
SELECT * FROM leadscore.lead_hot('engagement', more_than => 4, within => '30 days', as_of => '2026-02-28') ORDER BY lead_id;
SELECT * FROM leadscore.lead_cold('engagement', fewer_than => 5, within => '1 month') ORDER BY lead_id;
SELECT * FROM leadscore.lead_cold('engagement', fewer_than => 0, within => '1 month');
-- Months are the calendar's: from 28 February back to 28 January.
SELECT * FROM leadscore.lead_hot('engagement', 4, '1 month', as_of => '2026-02-28') ORDER BY lead_id;

-- The writer sees it from the next statement on.
BEGIN;
INSERT INTO crm.activity (lead_id, kind, happened_at) VALUES (3, 'meeting', '2026-03-01');
SELECT * FROM leadscore.lead_engagement WHERE lead_id = 3;
ROLLBACK;
SELECT * FROM leadscore.lead_engagement WHERE lead_id = 3;

-- Time passes; nothing needs to run.
SET pg_leadscore.clock = '2026-03-31 00:00:00+00';
SELECT lead_id, round(points::numeric, 9) AS points FROM leadscore.lead_engagement ORDER BY lead_id;
SELECT * FROM leadscore.verify('engagement');
SELECT state, pending, due, disabled_triggers, missing_indexes, broken_because, what_to_do FROM leadscore.status;
CREATE INDEX ON crm.activity (lead_id);
SELECT missing_indexes FROM leadscore.status;

SELECT model, entity, relation, key, key_type, filter FROM leadscore.entities ORDER BY entity;
SELECT * FROM leadscore.sources;
SELECT * FROM leadscore.links;
SELECT model, score, entities, decay, on_error, state, edited, published_at, description FROM leadscore.scores;
SELECT * FROM leadscore.rules ORDER BY rule;
SELECT regexp_replace(tgname, '\d+', 'N') AS trigger, tgenabled FROM pg_trigger WHERE tgrelid = 'crm.activity'::regclass ORDER BY 1;
SELECT obj_description('leadscore.lead_engagement'::regclass), col_description('leadscore.lead_engagement'::regclass, 2);

-- Wrong questions.
SELECT leadscore.lead_score('nothing', 1);
SELECT leadscore.account_score('engagement', 1);
SELECT leadscore.lead_score('engagement', 1, as_of => 'infinity');
SELECT leadscore.lead_score('engagement', 1, as_of => '0044-03-15 BC');
SELECT leadscore.lead_score('engagement', 1, as_of => NULL);
SELECT * FROM leadscore.lead_hottest('engagement', -1);
SELECT * FROM leadscore.lead_hottest('engagement', NULL);
SELECT * FROM leadscore.lead_hottest('engagement', 0);
SELECT * FROM leadscore.lead_hot('engagement', 'NaN', '30 days');
SELECT * FROM leadscore.lead_hot('engagement', 1, '-1 day');
SELECT * FROM leadscore.lead_hot('engagement', 1, NULL);
SELECT * FROM leadscore.lead_hot('acme.engagement', 1, '1 day');

SELECT leadscore.drop_all();
SELECT leadscore.drop_all();
SELECT count(*) FROM pg_class WHERE relnamespace = 'leadscore'::regnamespace AND relname LIKE 'lead%';
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'crm.activity'::regclass;
DROP SCHEMA crm CASCADE;
