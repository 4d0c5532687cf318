-- Two tenants of a CRM like Twenty: the same names in a schema of each, and a type of enum in each.
CREATE FUNCTION public.make_uuid(what text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(what || ':' || n)::uuid $$;

CREATE PROCEDURE public.make_workspace(workspace text, seed int) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE SCHEMA %I', workspace);
  PERFORM set_config('search_path', quote_ident(workspace) || ', public', true);
  CREATE TYPE "calendarEventParticipant_responseStatus_enum" AS ENUM ('NEEDS_ACTION', 'DECLINED', 'TENTATIVE', 'ACCEPTED');
  CREATE TABLE company (id uuid PRIMARY KEY, name text, "deletedAt" timestamptz);
  CREATE TABLE person (id uuid PRIMARY KEY, "primaryEmail" text, "companyId" uuid REFERENCES company ON DELETE SET NULL, "deletedAt" timestamptz);
  CREATE TABLE task (id uuid PRIMARY KEY, title text, status text, "dueAt" timestamptz, "updatedAt" timestamptz NOT NULL, "deletedAt" timestamptz);
  CREATE TABLE "taskTarget" (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "taskId" uuid REFERENCES task ON DELETE CASCADE, "targetPersonId" uuid REFERENCES person ON DELETE CASCADE,
    "targetCompanyId" uuid REFERENCES company ON DELETE CASCADE, "deletedAt" timestamptz);
  CREATE TABLE message (id uuid PRIMARY KEY, subject text, "receivedAt" timestamptz, "deletedAt" timestamptz);
  CREATE TABLE "messageParticipant" (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "messageId" uuid NOT NULL REFERENCES message ON DELETE CASCADE, role text, handle text,
    "personId" uuid REFERENCES person ON DELETE SET NULL);
  CREATE TABLE "calendarEvent" (id uuid PRIMARY KEY, "startsAt" timestamptz, "isCanceled" boolean NOT NULL DEFAULT false, "deletedAt" timestamptz);
  CREATE TABLE "calendarEventParticipant" (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), "calendarEventId" uuid NOT NULL REFERENCES "calendarEvent" ON DELETE CASCADE, handle text,
    "personId" uuid REFERENCES person ON DELETE SET NULL, "responseStatus" "calendarEventParticipant_responseStatus_enum");
  CREATE INDEX ON "taskTarget" ("taskId");
  CREATE INDEX ON "taskTarget" ("targetPersonId");
  CREATE INDEX ON "taskTarget" ("targetCompanyId");
  CREATE INDEX ON "messageParticipant" ("messageId");
  CREATE INDEX ON "messageParticipant" ("personId");
  CREATE INDEX ON "messageParticipant" (handle);
  CREATE INDEX ON "calendarEventParticipant" ("calendarEventId");
  CREATE INDEX ON "calendarEventParticipant" ("personId");

  INSERT INTO company SELECT make_uuid('company', n), 'Company ' || n, CASE WHEN n % 11 = 0 THEN timestamptz '2026-01-01' END FROM generate_series(1, 30) AS n;
  INSERT INTO person SELECT make_uuid('person', n), format('p%s@example.com', n), CASE WHEN n % 6 > 0 THEN make_uuid('company', 1 + (n * seed) % 30) END,
                            CASE WHEN n % 23 = 0 THEN timestamptz '2026-02-01' END FROM generate_series(1, 150) AS n;
  INSERT INTO task SELECT make_uuid('task', n), 'Task ' || n, (ARRAY['TODO', 'IN_PROGRESS', 'DONE', 'DONE'])[1 + n % 4],
                          CASE WHEN n % 3 > 0 THEN timestamptz '2026-03-10' - (n * seed) % 100 * interval '19 hours' END,
                          timestamptz '2026-03-01' - n % 90 * interval '1 day', CASE WHEN n % 29 = 0 THEN timestamptz '2026-02-01' END
  FROM generate_series(1, 400) AS n;
  INSERT INTO "taskTarget" SELECT make_uuid('taskTarget', n), make_uuid('task', 1 + n % 400),
                                  CASE WHEN n % 5 > 1 THEN make_uuid('person', 1 + (n * seed) % 150) END,
                                  CASE WHEN n % 5 <= 1 THEN make_uuid('company', 1 + (n * seed) % 30) END, CASE WHEN n % 31 = 0 THEN timestamptz '2026-02-01' END
  FROM generate_series(1, 700) AS n;
  INSERT INTO message SELECT make_uuid('message', n), 'Subject', timestamptz '2026-03-01' - (n * seed) % 200 * interval '17 hours' FROM generate_series(1, 800) AS n;
  -- One person may be sender and recipient; handles of nobody wait for their person.
  INSERT INTO "messageParticipant"
  SELECT make_uuid('messageParticipant', n), make_uuid('message', 1 + n % 800), (ARRAY['from', 'to', 'cc'])[1 + n % 3], format('p%s@example.com', h),
         CASE WHEN h <= 150 THEN make_uuid('person', h) END
  FROM generate_series(1, 2400) AS n, LATERAL (SELECT 1 + (n / 3 * seed) % 180 AS h) AS h;
  INSERT INTO "calendarEvent" SELECT make_uuid('event', n), timestamptz '2026-03-20' - (n * seed) % 120 * interval '1 day', n % 13 = 0 FROM generate_series(1, 300) AS n;
  INSERT INTO "calendarEventParticipant"
  SELECT make_uuid('eventParticipant', n), make_uuid('event', 1 + n % 300), format('p%s@example.com', h), CASE WHEN h <= 150 THEN make_uuid('person', h) END,
         (ARRAY['ACCEPTED', 'DECLINED', 'NEEDS_ACTION', 'TENTATIVE'])[1 + n % 4]::"calendarEventParticipant_responseStatus_enum"
  FROM generate_series(1, 900) AS n, LATERAL (SELECT 1 + (n * seed) % 170 AS h) AS h;
END $$;
BEGIN;
CALL make_workspace('workspace_1a', 7);
CALL make_workspace('Workspace 2b', 11);
COMMIT;
RESET search_path;
ANALYZE;
