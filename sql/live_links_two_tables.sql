-- Links through two tables, and one that is re-pointed.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
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
