-- How EspoCRM writes. Rows are chosen by their ids, so that every run is the same.
\set what 'as published'
\ir check.sql

\set what 'meetings and calls are held, and a task is completed'
UPDATE meeting SET status = 'Held', modified_at = '2026-11-01' WHERE id IN (SELECT id FROM meeting WHERE status = 'Planned' ORDER BY id LIMIT 40);
UPDATE "call" SET status = 'Held' WHERE id IN (SELECT id FROM "call" WHERE status <> 'Held' ORDER BY id LIMIT 40);
UPDATE task SET status = 'Completed', date_completed = '2026-10-31 10:00' WHERE id IN (SELECT id FROM task WHERE status = 'Started' ORDER BY id LIMIT 40);
\ir check.sql

\set what 'a completed task is opened again'
UPDATE task SET status = 'Started', date_completed = NULL WHERE id IN (SELECT id FROM task WHERE status = 'Completed' ORDER BY id LIMIT 30);
\ir check.sql

\set what 'meetings are moved into the past and into the future'
UPDATE meeting SET date_start = date_start - interval '35 days' WHERE id IN (SELECT id FROM meeting WHERE NOT deleted AND status = 'Held' ORDER BY id LIMIT 50);
UPDATE meeting SET date_start = '2026-12-24 18:00' WHERE id IN (SELECT id FROM meeting WHERE NOT deleted AND status = 'Held' ORDER BY id DESC LIMIT 50);
\ir check.sql

\set what 'meetings and calls are cancelled'
UPDATE meeting SET status = 'Not Held' WHERE id IN (SELECT id FROM meeting WHERE status = 'Held' AND date_start BETWEEN '2026-09-01' AND '2026-11-01' ORDER BY id LIMIT 60);
UPDATE "call" SET status = 'Not Held' WHERE id IN (SELECT id FROM "call" WHERE status = 'Held' AND date_start BETWEEN '2026-09-01' AND '2026-11-01' ORDER BY id LIMIT 60);
\ir check.sql

\set what 'activities are deleted softly; their lists of attendees stay'
UPDATE meeting SET deleted = true WHERE id IN (SELECT id FROM meeting WHERE NOT deleted ORDER BY id LIMIT 80);
UPDATE email SET deleted = true WHERE id IN (SELECT id FROM email WHERE NOT deleted ORDER BY id LIMIT 80);
UPDATE note SET deleted = true WHERE id IN (SELECT id FROM note WHERE NOT deleted AND type = 'Post' ORDER BY id LIMIT 80);
\ir check.sql

\set what 'deleted activities are restored'
UPDATE meeting SET deleted = false WHERE deleted;
UPDATE email SET deleted = false WHERE deleted;
UPDATE note SET deleted = false WHERE deleted;
\ir check.sql

\set what 'leads, contacts, accounts and opportunities are deleted softly'
UPDATE lead SET deleted = true WHERE id IN (SELECT id FROM lead WHERE NOT deleted ORDER BY id LIMIT 50);
UPDATE contact SET deleted = true WHERE id IN (SELECT id FROM contact WHERE NOT deleted ORDER BY id LIMIT 50);
UPDATE account SET deleted = true WHERE id IN (SELECT id FROM account WHERE NOT deleted ORDER BY id LIMIT 20);
UPDATE opportunity SET deleted = true WHERE id IN (SELECT id FROM opportunity WHERE NOT deleted ORDER BY id LIMIT 20);
\ir check.sql

\set what 'something happens with leads that are deleted, and then they are restored'
INSERT INTO email (id, status, date_sent, parent_id, parent_type) SELECT 'to-' || left(id, 14), 'Sent', '2026-10-30 12:00', id, 'Lead' FROM lead WHERE deleted;
UPDATE lead SET deleted = false WHERE deleted;
UPDATE contact SET deleted = false WHERE deleted;
UPDATE account SET deleted = false WHERE deleted;
UPDATE opportunity SET deleted = false WHERE deleted;
\ir check.sql

\set what 'attendees come late, decline, are taken off the list and put on it again'
INSERT INTO contact_meeting (contact_id, meeting_id, status)
SELECT c.id, m.id, 'Accepted' FROM (SELECT id FROM contact ORDER BY id LIMIT 7) AS c, (SELECT id FROM meeting WHERE status = 'Held' ORDER BY date_start DESC LIMIT 60) AS m
ON CONFLICT (contact_id, meeting_id) DO UPDATE SET deleted = false, status = 'Accepted';
UPDATE lead_meeting SET status = 'Declined' WHERE id % 3 = 0;
UPDATE lead_meeting SET status = 'Accepted' WHERE id % 5 = 0;
UPDATE call_contact SET deleted = NOT deleted WHERE id % 4 = 0;
DELETE FROM call_lead WHERE id % 6 = 0;
\ir check.sql

\set what 'mails without a parent get one years later'
UPDATE email SET parent_type = 'Contact', parent_id = c.id
FROM (SELECT e.id AS email, (row_number() OVER (ORDER BY e.id)) % 25 AS n FROM email AS e WHERE e.parent_id IS NULL) AS e
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM contact WHERE NOT deleted) AS c USING (n)
WHERE email.id = e.email;
\ir check.sql

\set what 'activities get another parent, one that is not scored, and none'
UPDATE meeting SET parent_type = 'Opportunity', parent_id = (SELECT id FROM opportunity ORDER BY id LIMIT 1)
WHERE id IN (SELECT id FROM meeting WHERE parent_type = 'Lead' AND status = 'Held' ORDER BY id LIMIT 40);
UPDATE email SET parent_type = 'Case', parent_id = 'no-such-case' WHERE id IN (SELECT id FROM email WHERE parent_type = 'Lead' ORDER BY id LIMIT 40);
UPDATE note SET parent_type = NULL, parent_id = NULL WHERE id IN (SELECT id FROM note WHERE parent_type = 'Lead' AND type = 'Post' ORDER BY id LIMIT 40);
UPDATE task SET contact_id = NULL WHERE id IN (SELECT id FROM task WHERE contact_id IS NOT NULL ORDER BY id LIMIT 40);
-- The same id, of another class: it points at nothing.
UPDATE "call" SET parent_type = 'Account' WHERE id IN (SELECT id FROM "call" WHERE parent_type = 'Contact' ORDER BY id LIMIT 40);
\ir check.sql

\set what 'contacts go to another account, one that is deleted, and none'
UPDATE contact SET account_id = (SELECT id FROM account ORDER BY id DESC LIMIT 1) WHERE id IN (SELECT id FROM contact WHERE NOT deleted ORDER BY id LIMIT 60);
UPDATE account SET deleted = true WHERE id = (SELECT min(id) FROM account);
UPDATE contact SET account_id = (SELECT min(id) FROM account) WHERE id IN (SELECT id FROM contact WHERE NOT deleted ORDER BY id DESC LIMIT 20);
UPDATE contact SET account_id = NULL WHERE id IN (SELECT id FROM contact WHERE NOT deleted AND account_id IS NOT NULL ORDER BY id DESC LIMIT 20);
\ir check.sql

-- A merge of one contact into another: posts and mails in one statement, every other link row by row.
CREATE PROCEDURE merge_contacts(loser text, keep text) LANGUAGE plpgsql AS $$
DECLARE
  list text;
  related record;
BEGIN
  UPDATE note SET parent_id = keep WHERE parent_type = 'Contact' AND parent_id = loser AND type IN ('Post', 'EmailReceived');
  UPDATE email SET parent_id = keep WHERE parent_type = 'Contact' AND parent_id = loser;
  FOREACH list IN ARRAY '{meeting,call,task}'::text[] LOOP
    FOR related IN EXECUTE format('SELECT id FROM %I WHERE parent_type = ''Contact'' AND parent_id = $1', list) USING loser LOOP
      EXECUTE format('UPDATE %I SET parent_id = $1 WHERE id = $2', list) USING keep, related.id;
    END LOOP;
  END LOOP;
  UPDATE task SET contact_id = keep WHERE contact_id = loser;
  FOR related IN SELECT * FROM contact_meeting WHERE contact_id = loser AND NOT deleted LOOP
    INSERT INTO contact_meeting (contact_id, meeting_id, status) VALUES (keep, related.meeting_id, related.status)
    ON CONFLICT (contact_id, meeting_id) DO UPDATE SET deleted = false;
  END LOOP;
  FOR related IN SELECT * FROM call_contact WHERE contact_id = loser AND NOT deleted LOOP
    INSERT INTO call_contact (contact_id, call_id, status) VALUES (keep, related.call_id, related.status)
    ON CONFLICT (call_id, contact_id) DO UPDATE SET deleted = false;
  END LOOP;
  UPDATE contact SET deleted = true WHERE id = loser;
END $$;
SELECT min(parent_id) AS first, max(parent_id) AS last FROM meeting JOIN contact ON contact.id = parent_id AND NOT contact.deleted \gset

\set what 'two contacts are merged'
CALL merge_contacts(:'first', :'last');
\ir check.sql

\set what 'the loser is restored and they are merged the other way'
UPDATE contact SET deleted = false WHERE id = :'first';
CALL merge_contacts(:'last', :'first');
\ir check.sql

\set what 'a merge that fails is rolled back to a savepoint, and the transaction goes on'
BEGIN;
UPDATE contact SET deleted = false WHERE id = :'last';
SAVEPOINT merge;
CALL merge_contacts(:'first', :'last');
SELECT proof.ask_oracle() \g /dev/null
SELECT proof.compare('within the transaction of a merge');
\set ON_ERROR_STOP off
INSERT INTO contact_meeting (contact_id, meeting_id) SELECT contact_id, meeting_id FROM contact_meeting;
\set ON_ERROR_STOP on
ROLLBACK TO SAVEPOINT merge;
SELECT proof.is('the merge has failed', :'LAST_ERROR_SQLSTATE' = '23505');
SELECT proof.ask_oracle() \g /dev/null
SELECT proof.compare('within it when the merge is rolled back');
INSERT INTO note (id, type, parent_type, parent_id, created_at) VALUES ('after-rollback', 'Post', 'Contact', :'last', '2026-10-31');
COMMIT;
\ir check.sql

\set what 'a transaction is rolled back as a whole'
BEGIN;
UPDATE meeting SET status = 'Held';
DELETE FROM email;
TRUNCATE contact_meeting;
SELECT proof.ask_oracle() \g /dev/null
SELECT proof.compare('within a transaction that will be rolled back');
ROLLBACK;
\ir check.sql

\set what 'a lead is converted, in a serializable transaction'
SELECT entity_key AS lead FROM expect.event WHERE policy = 'distinct' AND entity_type = 'lead' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1 \gset
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO account (id, name) VALUES ('converted-account', 'Converted');
INSERT INTO contact (id, account_id) VALUES ('converted-contact', 'converted-account');
INSERT INTO opportunity (id, name, account_id, contact_id) VALUES ('converted-deal', 'Converted', 'converted-account', 'converted-contact');
INSERT INTO contact_meeting (contact_id, meeting_id, status) SELECT 'converted-contact', meeting_id, status FROM lead_meeting WHERE lead_id = :'lead' AND NOT deleted;
INSERT INTO call_contact (contact_id, call_id, status) SELECT 'converted-contact', call_id, status FROM call_lead WHERE lead_id = :'lead' AND NOT deleted;
UPDATE meeting SET parent_type = 'Opportunity', parent_id = 'converted-deal' WHERE parent_type = 'Lead' AND parent_id = :'lead';
UPDATE "call" SET parent_type = 'Opportunity', parent_id = 'converted-deal' WHERE parent_type = 'Lead' AND parent_id = :'lead';
UPDATE email SET parent_type = 'Account', parent_id = 'converted-account' WHERE parent_type = 'Lead' AND parent_id = :'lead';
UPDATE lead SET status = 'Converted', converted_at = '2026-11-01', created_contact_id = 'converted-contact' WHERE id = :'lead';
COMMIT;
\ir check.sql

\set what 'a mailbox of years is imported, twice'
CREATE FUNCTION import_mailbox() RETURNS void LANGUAGE sql AS $$
  INSERT INTO email (id, status, message_id, date_sent, parent_type, parent_id)
  SELECT 'import-' || n, 'Archived', '<import-' || n || '>', timestamp '2026-10-31' - n * interval '11 hours', 'Contact', c.id
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM contact) AS c JOIN generate_series(1, 2000) AS n ON n % 800 + 1 = place
  ON CONFLICT (id) DO UPDATE SET date_sent = excluded.date_sent, parent_id = excluded.parent_id
$$;
SELECT import_mailbox() \g /dev/null
SELECT import_mailbox() \g /dev/null
INSERT INTO email (id, status, date_sent) VALUES ('import-1', 'Sent', '2026-10-31') ON CONFLICT DO NOTHING;
\ir check.sql

\set what 'rows are copied in, of unknown parents too'
COPY note (id, type, parent_type, parent_id, created_at) FROM stdin;
copied-1	Post	Lead	nobody	2026-10-30 00:00:00
copied-2	Post	Lead	\N	2026-10-30 00:00:00
copied-3	Post	Lead	late	2026-10-30 00:00:00
copied-4	Post	Lead	late	\N
\.
\ir check.sql

\set what 'the lead of a copied row comes after it'
INSERT INTO lead (id, last_name, created_at) VALUES ('late', 'Late', '2026-11-01');
\ir check.sql

\set what 'every row is written again as it is'
UPDATE meeting SET modified_at = '2026-11-01 01:00';
UPDATE "call" SET status = status, parent_id = parent_id;
UPDATE task SET modified_at = '2026-11-01 01:00';
UPDATE email SET id = id;
UPDATE note SET modified_at = '2026-11-01 01:00';
UPDATE contact_meeting SET deleted = deleted;
UPDATE contact SET modified_at = '2026-11-01 01:00';
\ir check.sql

\set what 'a list of attendees is emptied'
CREATE TABLE list AS TABLE contact_meeting;
TRUNCATE contact_meeting;
\ir check.sql

\set what 'and loaded again'
INSERT INTO contact_meeting TABLE list;
\ir check.sql

\set what 'triggers of the CRM change a row on its way in and write others'
CREATE FUNCTION clean_parent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.parent_type := initcap(NEW.parent_type);
  NEW.date_start := least(NEW.date_start, '2026-10-31');
  RETURN NEW;
END $$;
CREATE TRIGGER clean_parent BEFORE INSERT OR UPDATE ON meeting FOR EACH ROW EXECUTE FUNCTION clean_parent();
CREATE FUNCTION post_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO note (id, type, parent_type, parent_id, created_at) VALUES ('by-' || left(NEW.id, 14), 'Post', NEW.parent_type, NEW.parent_id, NEW.date_start)
  ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at;
  UPDATE contact_meeting SET status = 'Accepted' WHERE meeting_id = NEW.id AND status = 'Declined';
  RETURN NULL;
END $$;
CREATE TRIGGER "! post_note" AFTER INSERT OR UPDATE OF status ON meeting FOR EACH ROW WHEN (NEW.status = 'Held') EXECUTE FUNCTION post_note();
UPDATE meeting SET status = 'Held' WHERE id IN (SELECT id FROM meeting WHERE NOT deleted AND parent_type IS NOT NULL ORDER BY id LIMIT 60);
INSERT INTO meeting (id, status, date_start, parent_type, parent_id) SELECT 'new-' || left(id, 13), 'Held', '2027-01-01', 'LEAD', id FROM lead ORDER BY id LIMIT 30;
DROP TRIGGER clean_parent ON meeting;
DROP TRIGGER "! post_note" ON meeting;
\ir check.sql

\set what 'one statement writes four tables'
WITH held AS (
  UPDATE meeting SET status = 'Held' WHERE status = 'Planned' RETURNING id, parent_id
), listed AS (
  INSERT INTO lead_meeting (lead_id, meeting_id, status) SELECT (SELECT min(id) FROM lead), id, 'Accepted' FROM held ON CONFLICT DO NOTHING
), gone AS (
  DELETE FROM note WHERE id IN (SELECT id FROM note WHERE type = 'Post' ORDER BY id LIMIT 25) RETURNING parent_type, parent_id
)
INSERT INTO email (id, status, date_sent, parent_type, parent_id) SELECT 'cte-' || row_number() OVER (), 'Sent', '2026-10-31', parent_type, parent_id FROM gone;
\ir check.sql

\set what 'rows are deleted for good'
DELETE FROM task WHERE id IN (SELECT id FROM task ORDER BY id LIMIT 200);
DELETE FROM meeting WHERE id IN (SELECT id FROM meeting ORDER BY id LIMIT 100);
DELETE FROM lead WHERE id IN (SELECT id FROM lead ORDER BY id LIMIT 30);
DELETE FROM contact WHERE id IN (SELECT id FROM contact ORDER BY id LIMIT 30);
\ir check.sql

-- Nothing is written any more, and time passes: over boundaries, and onto them to the second. What is due is read from the
-- rows, folded or not.
SELECT * FROM proof.pass(now => '2026-11-01 00:00+00', VARIADIC spans => ARRAY[
  '1 second', '1 day', '1 day 1 second', '29 days', '30 days', '30 days 1 second', '90 days', '91 days', '275 days', '365 days', '366 days']::interval[]) \gexec
