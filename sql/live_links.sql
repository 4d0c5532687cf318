-- Links through other tables: every way to write on every table of the way, with an oracle in plain SQL at each step.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead SELECT generate_series(1, 5);
CREATE TABLE crm.activity (
  id int PRIMARY KEY, lead_id int, status text NOT NULL DEFAULT 'done', at timestamptz DEFAULT '2026-02-01', points float8, note text,
  deleted_at timestamptz
);
CREATE TABLE crm.attendee (
  activity_id int REFERENCES crm.activity ON DELETE CASCADE ON UPDATE CASCADE, lead_id int, declined boolean NOT NULL DEFAULT false,
  deleted boolean NOT NULL DEFAULT false, note text
);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at', filter => 'deleted_at IS NULL');
SELECT leadscore.create_link('activity', 'lead', key => 'through.lead_id', filter => 'NOT through.deleted', through => '{crm.attendee}',
                             join_on => 'through.activity_id = source.id AND NOT through.declined');
SELECT leadscore.create_score('met', '{lead}');
SELECT leadscore.create_rule('met', 'points', 'activity', 'points', filter => $$status = 'done'$$);
-- Writes from before the first publish.
INSERT INTO crm.activity (id, points) VALUES (1, 1);
INSERT INTO crm.attendee VALUES (1, 1), (1, 2);
CALL leadscore.publish('met');

CREATE VIEW crm.oracle AS
SELECT l.id, coalesce(sum(a.points), 0) AS points, count(a.id) AS activities, max(a.at) AS last_activity_at
FROM crm.lead AS l
LEFT JOIN (crm.activity AS a JOIN (SELECT DISTINCT t.activity_id, t.lead_id AS reached FROM crm.attendee AS t WHERE NOT t.declined AND NOT t.deleted) AS t
           ON t.activity_id = a.id AND a.deleted_at IS NULL AND a.status = 'done' AND a.at <= leadscore.clock()) ON t.reached = l.id
GROUP BY l.id;
CREATE VIEW crm.marks AS SELECT coalesce(string_agg(DISTINCT coalesce(key::text, 'all'), ' ' ORDER BY coalesce(key::text, 'all')), 'none') AS marked
FROM leadscore.lead_pending WHERE sign = 0;
-- One line: points of all leads, how many differ from the oracle, what verify finds, who is marked.
CREATE VIEW crm.state AS
SELECT (SELECT string_agg(lead_id || ': ' || points || ' in ' || activities, ', ' ORDER BY lead_id) FROM leadscore.lead_met WHERE activities > 0) AS state,
       (SELECT count(*) FROM crm.oracle AS o FULL JOIN leadscore.lead_met AS v ON v.lead_id = o.id
        WHERE (o.points, o.activities) IS DISTINCT FROM (v.points, v.activities) OR o.last_activity_at IS DISTINCT FROM v.last_activity_at)
       + (SELECT count(*) FROM crm.oracle AS o WHERE o.points IS DISTINCT FROM leadscore.lead_score('met', o.id, leadscore.clock() - interval '0')) AS wrong,
       (SELECT count(*) FROM leadscore.verify('met')) AS verify, (SELECT marked FROM crm.marks);
-- Ticks until no mark is left: two do, unless another session has a snapshot.
CREATE PROCEDURE crm.settle() LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. 200 LOOP
    CALL leadscore.tick();
    COMMIT;
    EXIT WHEN i > 1 AND NOT EXISTS (SELECT FROM leadscore.lead_pending WHERE sign = 0);
    PERFORM pg_sleep(CASE WHEN i > 1 THEN 0.05 ELSE 0 END);
  END LOOP;
END $$;

TABLE crm.state;
-- The activity first, its attendees afterwards; and the attendees first.
INSERT INTO crm.activity (id, points) VALUES (2, 10);
TABLE crm.state;
INSERT INTO crm.attendee VALUES (2, 1), (2, 3);
TABLE crm.state;
BEGIN;
ALTER TABLE crm.attendee DROP CONSTRAINT attendee_activity_id_fkey;
INSERT INTO crm.attendee VALUES (3, 4);
TABLE crm.state;
INSERT INTO crm.activity (id, points) VALUES (3, 100);
TABLE crm.state;
ROLLBACK;
TABLE crm.state;
-- Folded away after two ticks.
CALL crm.settle();
TABLE crm.state;
SELECT pending, marked, due FROM leadscore.status;
-- What changes nothing that matters marks nobody.
UPDATE crm.activity SET note = 'x';
UPDATE crm.activity SET points = points, at = at, status = status, deleted_at = deleted_at;
UPDATE crm.activity SET points = 7 WHERE false;
UPDATE crm.attendee SET note = 'x', lead_id = lead_id, declined = declined;
INSERT INTO crm.attendee SELECT * FROM crm.attendee WHERE false;
DELETE FROM crm.attendee WHERE false;
INSERT INTO crm.activity (id, points, status) VALUES (4, 5, 'planned');
INSERT INTO crm.attendee VALUES (NULL, 1, false, false), (1, NULL, false, false), (1, 1, true, false), (1, 1, false, true);
UPDATE crm.attendee SET activity_id = 2 WHERE lead_id IS NULL;
DELETE FROM crm.attendee WHERE lead_id IS NULL OR declined OR deleted;
TABLE crm.state;
-- Points and time of the activity, its status, its key.
UPDATE crm.activity SET points = 20 WHERE id = 2;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.activity SET at = '2026-02-20' WHERE id = 2;
TABLE crm.state;
SELECT last_activity_at FROM leadscore.lead_met WHERE lead_id = 3;
UPDATE crm.activity SET at = '2026-03-20' WHERE id = 2;
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
SET pg_leadscore.clock = '2026-04-01 00:00:00+00';
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
UPDATE crm.activity SET at = NULL WHERE id = 2;
TABLE crm.state;
UPDATE crm.activity SET at = '2026-02-01' WHERE id = 2;
CALL crm.settle();
INSERT INTO crm.attendee VALUES (4, 5);
TABLE crm.state;
UPDATE crm.activity SET status = 'done' WHERE id = 4;
TABLE crm.state;
UPDATE crm.activity SET status = 'planned' WHERE id = 4;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.activity SET id = 40, status = 'done' WHERE id = 4;
TABLE crm.state;
-- As small a change as there is, whatever the session's output of numbers is.
CALL crm.settle();
SET extra_float_digits = -10;
UPDATE crm.activity SET points = points + 1e-7 WHERE id = 40;
RESET extra_float_digits;
TABLE crm.state;
UPDATE crm.activity SET points = 5 WHERE id = 40;
-- Declined, deleted softly, restored, moved to another lead, deleted.
CALL crm.settle();
UPDATE crm.attendee SET declined = true WHERE activity_id = 40;
TABLE crm.state;
UPDATE crm.attendee SET declined = false WHERE activity_id = 40;
UPDATE crm.attendee SET deleted = true WHERE lead_id = 1;
TABLE crm.state;
UPDATE crm.attendee SET deleted = false WHERE lead_id = 1;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.attendee SET lead_id = 4 WHERE lead_id = 1 AND activity_id = 1;
TABLE crm.state;
UPDATE crm.attendee SET activity_id = 2 WHERE lead_id = 4;
TABLE crm.state;
CALL crm.settle();
DELETE FROM crm.attendee WHERE lead_id = 4;
TABLE crm.state;
UPDATE crm.activity SET deleted_at = '2026-02-02' WHERE id = 40;
TABLE crm.state;
UPDATE crm.activity SET deleted_at = NULL WHERE id = 40;
TABLE crm.state;
-- Twice on one list counts once, and until the last one is gone.
CALL crm.settle();
INSERT INTO crm.attendee VALUES (1, 2), (1, 2);
TABLE crm.state;
DELETE FROM crm.attendee WHERE ctid = (SELECT min(ctid) FROM crm.attendee WHERE activity_id = 1 AND lead_id = 2);
TABLE crm.state;
DELETE FROM crm.attendee WHERE activity_id = 1 AND lead_id = 2;
TABLE crm.state;
-- A lead that is not there yet.
INSERT INTO crm.attendee VALUES (1, 6), (2, 2);
TABLE crm.state;
INSERT INTO crm.lead VALUES (6);
TABLE crm.state;
CALL crm.settle();
DELETE FROM crm.lead WHERE id = 6;
TABLE crm.state;
-- Both sides in one statement, by cascade, by MERGE, COPY and ON CONFLICT.
WITH gone AS (DELETE FROM crm.attendee WHERE activity_id = 2 RETURNING *), cheaper AS (UPDATE crm.activity SET points = 3 WHERE id = 2)
INSERT INTO crm.attendee SELECT 40, lead_id FROM gone;
TABLE crm.state;
CALL crm.settle();
DELETE FROM crm.activity WHERE id = 40;
TABLE crm.state;
SELECT count(*) FROM crm.attendee;
COPY crm.activity (id, points) FROM stdin;
50	0.5
51	0.25
\.
COPY crm.attendee (activity_id, lead_id) FROM stdin;
50	1
51	1
51	2
\.
TABLE crm.state;
CALL crm.settle();
MERGE INTO crm.attendee AS t USING (VALUES (50, 1, true), (51, 2, false), (51, 3, false)) AS n(activity_id, lead_id, declined)
ON t.activity_id = n.activity_id AND t.lead_id = n.lead_id
WHEN MATCHED AND n.lead_id = 2 THEN DELETE
WHEN MATCHED THEN UPDATE SET declined = n.declined
WHEN NOT MATCHED THEN INSERT VALUES (n.activity_id, n.lead_id);
TABLE crm.state;
INSERT INTO crm.activity (id, points) VALUES (51, 8), (52, 16) ON CONFLICT (id) DO UPDATE SET points = excluded.points;
TABLE crm.state;
-- Rolled back, to a savepoint and altogether; what is read in between is right, too.
CALL crm.settle();
BEGIN;
INSERT INTO crm.attendee VALUES (52, 1);
TABLE crm.state;
SAVEPOINT s;
UPDATE crm.activity SET points = 1000;
CALL leadscore.tick();
TABLE crm.state;
ROLLBACK TO s;
TABLE crm.state;
CALL leadscore.tick();
TABLE crm.state;
ROLLBACK;
TABLE crm.state;
-- TRUNCATE marks all.
BEGIN;
TRUNCATE crm.attendee;
TABLE crm.state;
INSERT INTO crm.attendee VALUES (52, 5);
TABLE crm.state;
ROLLBACK;
TABLE crm.state;
TRUNCATE crm.attendee;
TABLE crm.state;
INSERT INTO crm.attendee VALUES (52, 5);
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
TRUNCATE crm.activity CASCADE;
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
INSERT INTO crm.activity (id, points) SELECT g, 1 FROM generate_series(1, 300) AS g;
INSERT INTO crm.attendee SELECT g, 1 + h * g % 5 FROM generate_series(1, 300) AS g, generate_series(1, 3) AS h;
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;

-- A direct link beside it: who is both the owner and an attendee has the activity once.
SELECT leadscore.create_link('activity', 'lead', 'lead_id', filter => $$note IS DISTINCT FROM 'ignored'$$);
CREATE OR REPLACE VIEW crm.oracle AS
SELECT l.id, coalesce(sum(a.points), 0) AS points, count(a.id) AS activities, max(a.at) AS last_activity_at
FROM crm.lead AS l
LEFT JOIN crm.activity AS a ON a.deleted_at IS NULL AND a.status = 'done' AND a.at <= leadscore.clock()
  AND ((a.lead_id = l.id AND a.note IS DISTINCT FROM 'ignored')
       OR EXISTS (SELECT FROM crm.attendee AS t WHERE t.activity_id = a.id AND t.lead_id = l.id AND NOT t.declined AND NOT t.deleted))
GROUP BY l.id;
TRUNCATE crm.activity CASCADE;
CALL leadscore.publish('met');
INSERT INTO crm.activity (id, lead_id, points) VALUES (1, 1, 1), (2, 2, 10);
TABLE crm.state;
INSERT INTO crm.attendee VALUES (1, 1), (1, 3), (2, 1);
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
UPDATE crm.activity SET lead_id = 3 WHERE id = 1;
TABLE crm.state;
CALL crm.settle();
DELETE FROM crm.attendee WHERE lead_id = 3;
TABLE crm.state;
UPDATE crm.activity SET note = 'ignored' WHERE id = 1;
TABLE crm.state;
UPDATE crm.activity SET note = 'x' WHERE id = 2;
CALL crm.settle();
UPDATE crm.activity SET note = 'y' WHERE id = 2;
UPDATE crm.activity SET points = 30 WHERE id = 2;
TABLE crm.state;
DELETE FROM crm.activity WHERE id = 2;
TABLE crm.state;
TRUNCATE crm.activity CASCADE;
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
-- The functions of the entity.
INSERT INTO crm.activity (id, lead_id, points, at) VALUES (1, 1, 8, '2026-03-22'), (2, 2, 4, '2026-03-31');
INSERT INTO crm.attendee VALUES (1, 3), (2, 1);
SELECT * FROM leadscore.lead_hottest('met', 3);
SELECT * FROM leadscore.lead_hot('met', 0, '5 days') ORDER BY lead_id;
SELECT * FROM leadscore.lead_cold('met', 1, '5 days');
SELECT leadscore.lead_score('met', 1, '2026-03-25'), leadscore.lead_score('met', 3);
DROP VIEW crm.state, crm.marks;
SELECT leadscore.drop_all();
-- Nothing is left of it.
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname LIKE '!leadscore%';
DROP SCHEMA crm CASCADE;
