\set what 'as published'
\ir check.sql

\set what 'tasks are completed, opened again, and get other dates'
UPDATE sf.task SET is_closed = true, completed_date_time = '2026-05-31 17:00+00' WHERE NOT is_closed AND id LIKE '%4';
UPDATE sf.task SET is_closed = false, completed_date_time = NULL WHERE is_closed AND id LIKE '%51';
UPDATE sf.task SET activity_date = activity_date + 45 WHERE id LIKE '%7';
UPDATE sf.task SET activity_date = NULL WHERE id LIKE '%8';
\ir check.sql

\set what 'every row of a sync is written again as it is'
UPDATE sf.task SET _fivetran_synced = '2026-06-01 01:00+00';
UPDATE sf.event SET _fivetran_synced = '2026-06-01 01:00+00';
UPDATE sf.task_who_relation SET _fivetran_synced = '2026-06-01 01:00+00';
UPDATE sf.contact SET _fivetran_synced = '2026-06-01 01:00+00';
UPDATE hs.engagement SET _fivetran_synced = '2026-06-01 01:00+00';
UPDATE hs.engagement_deal SET _fivetran_synced = '2026-06-01 01:00+00';
\ir check.sql

\set what 'rows are deleted and inserted again in one transaction'
BEGIN;
CREATE TEMP TABLE batch ON COMMIT DROP AS SELECT * FROM sf.task WHERE id LIKE '%3';
DELETE FROM sf.task WHERE id IN (SELECT id FROM batch);
SELECT proof.ask_oracle() \g /dev/null
SELECT proof.compare('between deleting and inserting');
INSERT INTO sf.task SELECT * FROM batch;
CREATE TEMP TABLE persons ON COMMIT DROP AS TABLE sf.contact;
DELETE FROM sf.contact;
INSERT INTO sf.contact SELECT * FROM persons;
COMMIT;
\ir check.sql

\set what 'a batch is merged in'
CREATE TEMP TABLE staged AS SELECT * FROM sf.task WHERE id LIKE '%9';
UPDATE staged SET priority = priority + 1, who_id = '003' || lpad((1 + right(id, 4)::int % 200)::text, 12, '0');
INSERT INTO staged SELECT '00TN' || lpad(n::text, 11, '0'), '00Q' || lpad(n::text, 12, '0'), NULL, '2026-05-30', NULL, true, 'Call', 3, false, '2026-06-01' FROM generate_series(1, 50) AS n;
MERGE INTO sf.task AS t USING staged AS s ON t.id = s.id
WHEN MATCHED AND s.id LIKE '%99' THEN DELETE
WHEN MATCHED THEN UPDATE SET who_id = s.who_id, priority = s.priority
WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.who_id, s.what_id, s.activity_date, s.completed_date_time, s.is_closed, s.task_subtype, s.priority, s.is_deleted, s._fivetran_synced);
\ir check.sql

\set what 'leads are converted: tasks and events go to a contact and an opportunity'
UPDATE sf.lead SET is_converted = true, converted_contact_id = '003' || right(id, 12) WHERE id LIKE '%5';
UPDATE sf.task SET who_id = '003' || right(who_id, 12), what_id = '006' || right(who_id, 12) WHERE left(who_id, 3) = '00Q' AND who_id LIKE '%5';
UPDATE sf.event SET who_id = '003' || right(who_id, 12), what_id = '006' || right(who_id, 12) WHERE left(who_id, 3) = '00Q' AND who_id LIKE '%5';
\ir check.sql

\set what 'contacts are merged: first the losers are deleted'
UPDATE sf.contact SET is_deleted = true, master_record_id = '003000000000001' WHERE id IN ('003000000000002', '003000000000003');
\ir check.sql

\set what 'and their tasks come in another sync'
UPDATE sf.task_who_relation SET relation_id = '003000000000001' WHERE relation_id IN ('003000000000002', '003000000000003');
UPDATE sf.task SET who_id = '003000000000001' WHERE who_id IN ('003000000000002', '003000000000003');
UPDATE sf.event SET who_id = '003000000000001' WHERE who_id IN ('003000000000002', '003000000000003');
\ir check.sql

\set what 'tasks go to a user, to nobody and to who is not there'
UPDATE sf.task SET who_id = '005' || right(who_id, 12) WHERE id LIKE '%11';
UPDATE sf.task SET who_id = NULL, what_id = NULL WHERE id LIKE '%12';
UPDATE sf.task SET who_id = '003999999999999', what_id = '00' WHERE id LIKE '%13';
\ir check.sql

\set what 'contacts and opportunities go to another account'
UPDATE sf.contact SET account_id = '001000000000009' WHERE id LIKE '%7';
UPDATE sf.contact SET account_id = 'gone' WHERE id LIKE '%8';
UPDATE sf.opportunity SET account_id = NULL WHERE id LIKE '%6';
UPDATE sf.account SET is_deleted = NOT is_deleted WHERE id LIKE '%4';
\ir check.sql

\set what 'a table is truncated and synced again'
CREATE TEMP TABLE synced AS TABLE sf.event;
TRUNCATE sf.event, sf.task_who_relation;
SELECT proof.ask_oracle() \g /dev/null
SELECT proof.compare('two tables are empty');
INSERT INTO sf.event TABLE synced;
\ir check.sql

\set what 'links of int4 to keys of int8 are written on both sides'
UPDATE hs.engagement_deal SET deal_id = 5000000 WHERE deal_id IN (6000000, 7000000);
INSERT INTO hs.engagement_deal SELECT n, 8000000, '2026-06-01' FROM generate_series(1, 30) AS n;
DELETE FROM hs.engagement WHERE id % 10 = 0;
UPDATE hs.engagement SET type = 'NOTE' WHERE id % 10 = 1;
UPDATE hs.deal SET is_deleted = true WHERE deal_id = 5000000;
INSERT INTO hs.deal VALUES (61000000, false, '2026-06-01'), (9223372036854775807, false, '2026-06-01');
\ir check.sql

SELECT * FROM proof.pass('2026-06-01 00:00+00', '1 second', '4 hours', '7 days', '7 days 1 second', '20 days', '90 days 4 hours', '90 days 4 hours 1 second', '200 days', '366 days') \gexec
