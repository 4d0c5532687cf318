-- A replica of Salesforce, and one of HubSpot beside it: text ids without keys or constraints, the class of an id in its first
-- three letters, dates without a time, int4 here and int8 there for one id.
CREATE SCHEMA sf;
CREATE TABLE sf.account (id text, name text, is_deleted boolean, _fivetran_synced timestamptz);
CREATE TABLE sf.contact (id text, account_id text, master_record_id text, is_deleted boolean, _fivetran_synced timestamptz);
CREATE TABLE sf.lead (id text, is_converted boolean, converted_contact_id text, is_deleted boolean, _fivetran_synced timestamptz);
CREATE TABLE sf.opportunity (id text, account_id text, is_deleted boolean, _fivetran_synced timestamptz);
CREATE TABLE sf.task (id text, who_id text, what_id text, activity_date date, completed_date_time timestamptz, is_closed boolean, task_subtype text,
                      priority int, is_deleted boolean, _fivetran_synced timestamptz);
CREATE TABLE sf.task_who_relation (id text, task_id text, relation_id text, is_deleted boolean, _fivetran_synced timestamptz);
CREATE TABLE sf.event (id text, who_id text, what_id text, activity_date_time timestamptz, is_deleted boolean, _fivetran_synced timestamptz);
CREATE SCHEMA hs;
CREATE TABLE hs.deal (deal_id bigint, is_deleted boolean, _fivetran_synced timestamptz);
CREATE TABLE hs.engagement (id bigint, portal_id int, type text, "timestamp" timestamptz, is_deleted boolean, _fivetran_synced timestamptz);
CREATE TABLE hs.engagement_deal (engagement_id int, deal_id int, _fivetran_synced timestamptz);

INSERT INTO sf.account SELECT format('001%s', lpad(n::text, 12, '0')), 'Account ' || n, n % 17 = 0, '2026-06-01' FROM generate_series(1, 40) AS n;
INSERT INTO sf.contact SELECT format('003%s', lpad(n::text, 12, '0')), CASE WHEN n % 9 > 0 THEN format('001%s', lpad((1 + n * 7 % 45)::text, 12, '0')) END, NULL, n % 31 = 0, '2026-06-01'
FROM generate_series(1, 200) AS n;
INSERT INTO sf.lead SELECT format('00Q%s', lpad(n::text, 12, '0')), n % 13 = 0, NULL, n % 37 = 0, '2026-06-01' FROM generate_series(1, 200) AS n;
INSERT INTO sf.opportunity SELECT format('006%s', lpad(n::text, 12, '0')), format('001%s', lpad((1 + n % 42)::text, 12, '0')), n % 29 = 0, '2026-06-01' FROM generate_series(1, 80) AS n;
-- The same number under every class, users and cases among them.
INSERT INTO sf.task
SELECT format('00T%s', lpad(n::text, 12, '0')),
       CASE WHEN n % 10 > 0 THEN (ARRAY['00Q', '003', '003', '005'])[1 + n % 4] || lpad((1 + n * 11 % 210)::text, 12, '0') END,
       CASE WHEN n % 7 > 1 THEN (ARRAY['001', '006', '500'])[1 + n % 3] || lpad((1 + n * 5 % 85)::text, 12, '0') END,
       CASE WHEN n % 19 > 0 THEN date '2026-06-20' - n * 3 % 300 END, CASE WHEN n % 5 = 0 THEN timestamptz '2026-06-01 09:00+00' - n % 250 * interval '25 hours' END,
       n % 8 > 0, (ARRAY['Call', 'Email', 'Task'])[1 + n % 3], n % 4, n % 41 = 0, '2026-06-01'
FROM generate_series(1, 1500) AS n;
INSERT INTO sf.task_who_relation
SELECT format('0RT%s', lpad(n::text, 12, '0')), format('00T%s', lpad((1 + n * 3 % 1500)::text, 12, '0')),
       (ARRAY['003', '00Q'])[1 + n % 2] || lpad((1 + n * 11 % 210)::text, 12, '0'), n % 23 = 0, '2026-06-01'
FROM generate_series(1, 900) AS n;
-- The primary contact stands there again.
INSERT INTO sf.task_who_relation SELECT '0RP' || right(id, 12), id, who_id, false, '2026-06-01' FROM sf.task WHERE left(who_id, 3) = '003';
INSERT INTO sf.event
SELECT format('00U%s', lpad(n::text, 12, '0')), (ARRAY['00Q', '003'])[1 + n % 2] || lpad((1 + n * 13 % 210)::text, 12, '0'),
       (ARRAY['001', '006'])[1 + n / 2 % 2] || lpad((1 + n * 5 % 85)::text, 12, '0'), timestamptz '2026-06-25 12:00+00' - n % 200 * interval '31 hours', n % 43 = 0, '2026-06-01'
FROM generate_series(1, 500) AS n;
INSERT INTO hs.deal SELECT n * 1000000, n % 21 = 0, '2026-06-01' FROM generate_series(1, 60) AS n;
INSERT INTO hs.engagement SELECT n, 77, (ARRAY['MEETING', 'NOTE', 'CALL'])[1 + n % 3], timestamptz '2026-06-15' - n % 150 * interval '29 hours', n % 33 = 0, '2026-06-01' FROM generate_series(1, 600) AS n;
INSERT INTO hs.engagement_deal SELECT 1 + n % 620, (1 + n * 7 % 65) * 1000000, '2026-06-01' FROM generate_series(1, 900) AS n;
ANALYZE;
