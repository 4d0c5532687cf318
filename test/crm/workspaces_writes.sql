\set what 'as published'
\ir check.sql
SET search_path = workspace_1a, public;

\set what 'tasks are done and opened again'
UPDATE task SET status = 'DONE', "updatedAt" = '2026-03-01' WHERE status = 'TODO' AND id < '50000000-0000-0000-0000-000000000000';
UPDATE task SET status = 'IN_PROGRESS', "updatedAt" = '2026-03-01' WHERE status = 'DONE' AND id > 'd0000000-0000-0000-0000-000000000000';
\ir check.sql

\set what 'events are cancelled, moved and answered'
UPDATE "calendarEvent" SET "isCanceled" = NOT "isCanceled" WHERE id < '30000000-0000-0000-0000-000000000000';
UPDATE "calendarEvent" SET "startsAt" = "startsAt" + interval '40 days' WHERE id > 'd0000000-0000-0000-0000-000000000000';
UPDATE "calendarEventParticipant" SET "responseStatus" = 'DECLINED' WHERE id < '40000000-0000-0000-0000-000000000000';
UPDATE "calendarEventParticipant" SET "responseStatus" = 'ACCEPTED' WHERE id > 'a0000000-0000-0000-0000-000000000000';
\ir check.sql

\set what 'tasks are deleted softly, and their targets by a second statement'
BEGIN;
UPDATE task SET "deletedAt" = '2026-03-01' WHERE id < '60000000-0000-0000-0000-000000000000' AND "deletedAt" IS NULL;
SELECT proof.ask_oracle() \g /dev/null
SELECT proof.compare('between the two statements');
UPDATE "taskTarget" SET "deletedAt" = '2026-03-01' WHERE "taskId" IN (SELECT id FROM task WHERE "deletedAt" = '2026-03-01');
COMMIT;
\ir check.sql

\set what 'and restored the same way'
UPDATE task SET "deletedAt" = NULL;
UPDATE "taskTarget" SET "deletedAt" = NULL WHERE "taskId" IN (SELECT id FROM task);
\ir check.sql

\set what 'persons come, and hundreds of old messages are theirs'
INSERT INTO person SELECT make_uuid('person', n), format('p%s@example.com', n), make_uuid('company', 1 + n % 30) FROM generate_series(151, 180) AS n;
UPDATE "messageParticipant" AS m SET "personId" = p.id FROM person AS p WHERE p."primaryEmail" = m.handle AND m."personId" IS NULL;
UPDATE "calendarEventParticipant" AS m SET "personId" = p.id FROM person AS p WHERE p."primaryEmail" = m.handle AND m."personId" IS NULL;
\ir check.sql

\set what 'an address is edited: its messages are nobody''s'
UPDATE person SET "primaryEmail" = 'new@example.com' WHERE id = make_uuid('person', 151);
UPDATE "messageParticipant" SET "personId" = NULL WHERE handle = 'p151@example.com';
UPDATE "messageParticipant" SET "personId" = make_uuid('person', 151) WHERE handle IN ('p1@example.com', 'p2@example.com');
\ir check.sql

\set what 'persons are merged: all relations are rewritten, the losers are deleted'
BEGIN;
UPDATE "taskTarget" SET "targetPersonId" = make_uuid('person', 3) WHERE "targetPersonId" IN (make_uuid('person', 4), make_uuid('person', 5));
UPDATE "messageParticipant" SET "personId" = make_uuid('person', 3) WHERE "personId" IN (make_uuid('person', 4), make_uuid('person', 5));
UPDATE "calendarEventParticipant" SET "personId" = make_uuid('person', 3) WHERE "personId" IN (make_uuid('person', 4), make_uuid('person', 5));
DELETE FROM person WHERE id IN (make_uuid('person', 4), make_uuid('person', 5));
COMMIT;
\ir check.sql

\set what 'a merge that forgets a relation: foreign keys delete and empty what is left'
BEGIN;
UPDATE "messageParticipant" SET "personId" = make_uuid('person', 6) WHERE "personId" = make_uuid('person', 7);
DELETE FROM person WHERE id = make_uuid('person', 7);
COMMIT;
\ir check.sql

\set what 'messages, tasks and events are deleted, and their participants with them'
DELETE FROM message WHERE id < '40000000-0000-0000-0000-000000000000';
DELETE FROM task WHERE id < '30000000-0000-0000-0000-000000000000';
DELETE FROM "calendarEvent" WHERE id < '40000000-0000-0000-0000-000000000000';
\ir check.sql

\set what 'companies are deleted softly, and for good'
UPDATE company SET "deletedAt" = '2026-03-01' WHERE id < '40000000-0000-0000-0000-000000000000';
DELETE FROM company WHERE id > 'c0000000-0000-0000-0000-000000000000';
\ir check.sql

\set what 'a participant comes before its message, in one transaction with a deferred key'
ALTER TABLE "messageParticipant" ALTER CONSTRAINT "messageParticipant_messageId_fkey" DEFERRABLE INITIALLY DEFERRED;
BEGIN ISOLATION LEVEL REPEATABLE READ;
INSERT INTO "messageParticipant" ("messageId", role, "personId") SELECT make_uuid('later', n), 'to', make_uuid('person', 10 + n) FROM generate_series(1, 20) AS n;
INSERT INTO message SELECT make_uuid('later', n), 'Later', timestamptz '2026-02-28' - n * interval '1 day' FROM generate_series(1, 20) AS n;
COMMIT;
\ir check.sql

\set what 'both tenants write in one transaction, and a part of it is rolled back'
BEGIN;
UPDATE "Workspace 2b".message SET "receivedAt" = "receivedAt" - interval '3 days' WHERE id < '80000000-0000-0000-0000-000000000000';
SAVEPOINT before;
DELETE FROM "Workspace 2b"."messageParticipant";
UPDATE message SET "deletedAt" = '2026-03-01';
ROLLBACK TO before;
UPDATE message SET "deletedAt" = '2026-03-01' WHERE id > 'e0000000-0000-0000-0000-000000000000';
COMMIT;
\ir check.sql

\set what 'a table of links is truncated and loaded again'
CREATE TEMP TABLE kept_targets AS TABLE "taskTarget";
TRUNCATE "taskTarget";
SELECT proof.ask_oracle() \g /dev/null
SELECT proof.compare('a table of links is empty');
INSERT INTO "taskTarget" TABLE kept_targets;
\ir check.sql

SELECT * FROM proof.pass('2026-03-01 00:00+00', '1 second', '1 day', '2 days', '2 days 1 second', '19 days', '59 days', '60 days', '100 days', '366 days') \gexec

-- One tenant goes: nothing of its model is left, and the other's goes on.
DROP SCHEMA "Workspace 2b" CASCADE;
DROP VIEW IF EXISTS proof.kept, proof.expected;
DELETE FROM proof.score WHERE score LIKE '%2b%';
CREATE VIEW proof.kept AS SELECT * FROM proof."kept of workspace_1a";
CREATE VIEW proof.expected AS SELECT * FROM proof."expected of workspace_1a";
SELECT proof.is('nothing is left of a dropped tenant', NOT EXISTS (SELECT FROM leadscore.entities AS e WHERE e.model <> 'workspace_1a')
                AND NOT EXISTS (SELECT FROM leadscore.scores AS s WHERE s.model <> 'workspace_1a'));
\set what 'one tenant after the other was dropped'
INSERT INTO message SELECT make_uuid('last', n), 'Last', '2027-02-28' FROM generate_series(1, 20) AS n;
INSERT INTO "messageParticipant" ("messageId", role, "personId") SELECT make_uuid('last', n), 'to', make_uuid('person', 10 + n) FROM generate_series(1, 20) AS n;
\ir check.sql
