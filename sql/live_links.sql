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

-- Two tables on the way, and one that is re-pointed.
CREATE SCHEMA crm;
CREATE TABLE crm.contact (id uuid PRIMARY KEY);
INSERT INTO crm.contact SELECT ('00000000-0000-0000-0000-00000000000' || g)::uuid FROM generate_series(1, 4) AS g;
CREATE TABLE crm.conversation (id int PRIMARY KEY, contact_id uuid, open boolean NOT NULL DEFAULT true);
CREATE TABLE crm.thread (id int PRIMARY KEY, conversation_id int, spam boolean NOT NULL DEFAULT false);
CREATE TABLE crm.message (id int PRIMARY KEY, conversation_id int, thread_id int, at timestamptz DEFAULT '2026-02-01', points int DEFAULT 1);
INSERT INTO crm.conversation SELECT g, ('00000000-0000-0000-0000-00000000000' || g)::uuid FROM generate_series(1, 3) AS g;
INSERT INTO crm.thread SELECT g, g FROM generate_series(1, 3) AS g;
SELECT leadscore.create_entity('contact', 'crm.contact');
SELECT leadscore.create_source('message', 'crm.message', 'at');
SELECT leadscore.create_source('threaded', 'crm.message', 'at');
-- The versions word the hint differently.
\set VERBOSITY terse
SELECT leadscore.create_link('message', 'contact', 'contact_id', through => '{crm.conversation}', join_on => 'through.id = conversation_id');
\set VERBOSITY default
SELECT leadscore.create_link('message', 'contact', 'through.contact_id', through => '{crm.conversation}', join_on => 'through.id = source.conversation_id');
SELECT leadscore.create_link('threaded', 'contact', 'through2.contact_id', through => '{crm.thread,crm.conversation}',
                             join_on => 'through1.id = source.thread_id AND through2.id = through1.conversation_id AND NOT through1.spam AND through2.open');
SELECT leadscore.create_score('talks', '{contact}', 'exponential(10 days)');
SELECT leadscore.create_rule('talks', 'direct', 'message', 'points');
SELECT leadscore.create_rule('talks', 'threaded', 'threaded', '100 * points');
-- Indexes by the columns that join, and by the key: one for each pair of tables is enough.
SELECT what, name, to_do FROM leadscore.check_score('talks') WHERE what = 'index';
CALL leadscore.publish('talks');
CREATE INDEX ON crm.message (thread_id, id);
CREATE INDEX ON crm.thread (spam, conversation_id);
SELECT index FROM (SELECT DISTINCT unnest(missing_indexes) AS index FROM leadscore.status) AS s ORDER BY index COLLATE "C";
CREATE INDEX ON crm.thread (conversation_id);
SELECT DISTINCT unnest(missing_indexes) AS index FROM leadscore.status ORDER BY index \gexec
SELECT missing_indexes FROM leadscore.status;
SELECT what, name, to_do FROM leadscore.check_score('talks') WHERE what = 'index';
CREATE VIEW crm.oracle AS
SELECT c.id, coalesce(sum(f.points * power(0.5::float8, extract(epoch FROM leadscore.clock() - f.at)::float8 / 864000)), 0) AS points, count(f.at) AS activities
FROM crm.contact AS c LEFT JOIN (
  SELECT v.contact_id, m.at, m.points FROM crm.message AS m JOIN crm.conversation AS v ON v.id = m.conversation_id
  UNION ALL
  SELECT v.contact_id, m.at, 100 * m.points FROM crm.message AS m JOIN crm.thread AS t ON t.id = m.thread_id JOIN crm.conversation AS v ON v.id = t.conversation_id
  WHERE NOT t.spam AND v.open) AS f ON f.contact_id = c.id
GROUP BY c.id;
CREATE VIEW crm.state AS
SELECT (SELECT string_agg(right(contact_id::text, 1) || ': ' || round((points * 16)::numeric, 3) || ' in ' || activities, ', ' ORDER BY contact_id)
        FROM leadscore.contact_talks WHERE activities > 0) AS state,
       (SELECT count(*) FROM crm.oracle AS o FULL JOIN leadscore.contact_talks AS v ON v.contact_id = o.id
        WHERE abs(o.points - v.points) < 1e-9 * (1 + abs(o.points)) AND o.activities = v.activities) AS right,
       (SELECT count(*) FROM leadscore.verify('talks')) AS verify,
       (SELECT coalesce(string_agg(DISTINCT right(coalesce(key::text, 'all'), 1), ' ' ORDER BY right(coalesce(key::text, 'all'), 1)), 'none')
        FROM leadscore.contact_pending WHERE sign = 0) AS marked;
-- Ticks until no mark is left: two do, unless another session has a snapshot.
CREATE PROCEDURE crm.settle() LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. 200 LOOP
    CALL leadscore.tick();
    COMMIT;
    EXIT WHEN i > 1 AND NOT EXISTS (SELECT FROM leadscore.contact_pending WHERE sign = 0);
    PERFORM pg_sleep(CASE WHEN i > 1 THEN 0.05 ELSE 0 END);
  END LOOP;
END $$;
SET pg_leadscore.clock = '2026-03-13 00:00:00+00';
TABLE crm.state;
INSERT INTO crm.message VALUES (1, 1, 1), (2, 2, 2), (3, 1, NULL), (4, NULL, 2), (5, 9, 9);
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
UPDATE crm.conversation SET contact_id = '00000000-0000-0000-0000-000000000004' WHERE id = 1;
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
UPDATE crm.thread SET conversation_id = 3 WHERE id = 2;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.thread SET spam = true WHERE id = 2;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.thread SET conversation_id = 1 WHERE id = 2;
TABLE crm.state;
UPDATE crm.thread SET spam = false;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.conversation SET open = false WHERE id = 1;
TABLE crm.state;
UPDATE crm.conversation SET open = true;
UPDATE crm.conversation SET contact_id = NULL WHERE id = 1;
TABLE crm.state;
UPDATE crm.conversation SET contact_id = '00000000-0000-0000-0000-000000000001' WHERE id = 1;
TABLE crm.state;
CALL crm.settle();
-- All three in one statement, and a swap of keys.
WITH m AS (UPDATE crm.message SET points = 5 WHERE id = 1), t AS (UPDATE crm.thread SET conversation_id = 2 WHERE id = 1)
UPDATE crm.conversation SET contact_id = '00000000-0000-0000-0000-000000000003' WHERE id = 2;
TABLE crm.state;
CALL crm.settle();
WITH m AS (DELETE FROM crm.message WHERE id = 1), t AS (DELETE FROM crm.thread WHERE id = 1) DELETE FROM crm.conversation WHERE id = 2;
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
INSERT INTO crm.conversation VALUES (9, '00000000-0000-0000-0000-000000000002');
INSERT INTO crm.thread VALUES (9, 9);
TABLE crm.state;
TRUNCATE crm.thread;
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
DROP VIEW crm.state;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;

-- The key on the activity's row, with a condition on another table; and what is refused, broken or dropped.
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead SELECT generate_series(1, 3);
CREATE TABLE crm.kind (id int PRIMARY KEY, counts boolean, divisor int DEFAULT 1);
INSERT INTO crm.kind VALUES (1, true), (2, false), (3, NULL);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id bigint, kind_id int, at timestamptz DEFAULT '2026-02-01', points float8 DEFAULT 1, weight int DEFAULT 1);
CREATE VIEW crm.kinds AS SELECT * FROM crm.kind;
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kinds}', join_on => 'through.id = kind_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.missing}', join_on => 'through.id = kind_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', join_on => 'kind_id = 1');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{}', join_on => 'true');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{NULL}', join_on => 'true');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => array_fill('crm.kind'::regclass, '{9}'), join_on => 'true');
SELECT leadscore.create_link('activity', 'lead', NULL, through => '{crm.kind}', join_on => 'through.id = kind_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'EXISTS (SELECT FROM crm.kind)');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'through.missing = kind_id');
-- The versions word the hint differently.
\set VERBOSITY terse
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'counts');
\set VERBOSITY default
SELECT leadscore.create_link('activity', 'lead', 'through1.id', through => '{crm.kind}', join_on => 'through.id = kind_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'kind_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'through.id = kind_id AND now() > at');
SELECT leadscore.create_link('activity', 'lead', 'max(through.id)', through => '{crm.kind}', join_on => 'through.id = kind_id');
SELECT leadscore.create_link('activity', 'lead', 'at', through => '{crm.kind}', join_on => 'through.id = kind_id');
CREATE ROLE regress_leadscore_seller;
GRANT CREATE, USAGE ON SCHEMA leadscore TO regress_leadscore_seller;
GRANT USAGE ON SCHEMA crm TO regress_leadscore_seller;
GRANT SELECT ON crm.kind TO regress_leadscore_seller;
CREATE TABLE crm.call (id int, kind_id int, lead_id int, at timestamptz);
ALTER TABLE crm.call OWNER TO regress_leadscore_seller;
SET ROLE regress_leadscore_seller;
SELECT leadscore.create_source('call', 'crm.call', 'at');
SELECT leadscore.create_link('call', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'through.id = kind_id');
RESET ROLE;
SELECT leadscore.drop_source('call');
DROP TABLE crm.call;
SELECT count(*) FROM leadscore.links;

SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'through.id = kind_id AND through.counts');
SELECT leadscore.create_score('counted', '{lead}');
SELECT leadscore.create_rule('counted', 'points', 'activity', 'points');
CALL leadscore.publish('counted');
CREATE FUNCTION crm.state() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
  truth text;
BEGIN
  SELECT string_agg(lead_id || ': ' || points || ' in ' || activities, ', ' ORDER BY lead_id) INTO result FROM leadscore.lead_counted;
  SELECT string_agg(l.id || ': ' || coalesce(x.points, 0) || ' in ' || coalesce(x.activities, 0), ', ' ORDER BY l.id) INTO truth
  FROM crm.lead AS l LEFT JOIN (SELECT a.lead_id, sum(a.points) AS points, count(*) AS activities FROM crm.activity AS a
                                WHERE a.kind_id IN (SELECT k.id FROM crm.kind AS k WHERE k.counts) GROUP BY 1) AS x ON x.lead_id = l.id;
  RETURN format('%s, %s, verify %s, marked %s', result, CASE WHEN result = truth THEN 'right' ELSE 'wrong: ' || truth END,
                (SELECT count(*) FROM leadscore.verify('counted')),
                (SELECT coalesce(string_agg(DISTINCT key::text, ' ' ORDER BY key::text), 'none') FROM leadscore.lead_pending WHERE sign = 0));
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
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
INSERT INTO crm.activity (id, lead_id, kind_id) VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 1, NULL), (5, 5000000000, 1);
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();
UPDATE crm.kind SET counts = NOT counts;
SELECT crm.state();
CALL crm.settle();
UPDATE crm.kind SET divisor = 2;
UPDATE crm.activity SET weight = 3;
SELECT crm.state();
UPDATE crm.kind SET id = 4 WHERE id = 2;
SELECT crm.state();
CALL crm.settle();
UPDATE crm.activity SET kind_id = 4;
SELECT crm.state();
CALL crm.settle();
DELETE FROM crm.kind WHERE id = 4;
SELECT crm.state();
INSERT INTO crm.kind VALUES (4, true);
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();

-- An expression that fails breaks the score and not the write.
SELECT leadscore.drop_link('activity', 'lead');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'through.id = kind_id AND 10 / through.divisor > source.weight - 5');
CALL leadscore.publish('counted');
SELECT crm.state();
UPDATE crm.kind SET divisor = 0 WHERE id = 4;
SELECT count(*) FROM crm.kind WHERE divisor = 0;
SELECT crm.state();
SELECT state, broken_because FROM leadscore.status;
CALL leadscore.publish('counted');
UPDATE crm.kind SET divisor = 1, counts = true;
CALL leadscore.publish('counted');
SELECT crm.state();
-- A key that no index can hold breaks the score, and not the write.
CREATE TABLE crm.person (id text PRIMARY KEY);
CREATE TABLE crm.invited (activity_id int, person_id text);
SELECT leadscore.create_entity('person', 'crm.person');
SELECT leadscore.create_link('activity', 'person', 'through.person_id', through => '{crm.invited}', join_on => 'through.activity_id = source.id');
SELECT leadscore.create_score('invited', '{person}');
SELECT leadscore.create_rule('invited', 'once', 'activity', '1');
CALL leadscore.publish('invited');
INSERT INTO crm.invited SELECT 1, string_agg(md5(g::text), '') FROM generate_series(1, 500) AS g;
SELECT length(person_id) FROM crm.invited;
SELECT state, broken_because FROM leadscore.status WHERE score = 'invited';
SELECT leadscore.drop_score('invited');
-- The table goes: the score cannot be read, writes go through, and so does the drop.
\set VERBOSITY terse
DROP TABLE crm.kind CASCADE;
UPDATE crm.activity SET points = 4 WHERE id = 1;
DROP SCHEMA crm CASCADE;
\set VERBOSITY default
SELECT leadscore.drop_all();
REVOKE ALL ON SCHEMA leadscore FROM regress_leadscore_seller;
DROP ROLE regress_leadscore_seller;
