-- Links whose key is a set, or is made of columns of several tables; points that fail on a row linked by marks.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead SELECT generate_series(1, 5);
CREATE TABLE crm.person (mail varchar(40) PRIMARY KEY);
INSERT INTO crm.person SELECT chr(96 + g) || '@x' FROM generate_series(1, 3) AS g;
CREATE TABLE crm.deal (
  id int PRIMARY KEY, contact_ids int[], more_ids bigint[], extra jsonb, mails text[], owner_id int, at timestamptz DEFAULT '2026-02-01',
  points float8, note text, deleted boolean NOT NULL DEFAULT false
);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('person', 'crm.person');
SELECT leadscore.create_source('deal', 'crm.deal', 'at', filter => 'NOT deleted');
-- Only a link's key may be a set, and it must be of the key's type.
SELECT leadscore.create_source('bad', 'crm.deal', 'at', filter => 'unnest(ARRAY[true])');
SELECT leadscore.create_link('deal', 'lead', 'id', filter => 'unnest(ARRAY[true])');
SELECT leadscore.create_link('deal', 'lead', 'contact_ids');
SELECT leadscore.create_link('deal', 'lead', 'unnest(mails)');
SELECT leadscore.create_link('deal', 'lead', 'CASE WHEN deleted THEN unnest(contact_ids) END');
SELECT leadscore.create_link('deal', 'lead', 'unnest(contact_ids)', filter => $$note IS DISTINCT FROM 'alone'$$);
SELECT leadscore.create_link('deal', 'lead', 'unnest(more_ids)');
SELECT leadscore.create_link('deal', 'lead', $$jsonb_array_elements_text(extra -> 'leads')::int$$);
SELECT leadscore.create_link('deal', 'lead', 'owner_id');
SELECT leadscore.create_link('deal', 'person', 'unnest(mails)');
SELECT entity, key, through FROM leadscore.links ORDER BY entity, key;
SELECT leadscore.create_score('deals', '{lead,person}', 'exponential(28 days)');
SELECT leadscore.create_rule('deals', 'won', 'deal', 'points', filter => 'points > 0');
INSERT INTO crm.deal (id, contact_ids, points) VALUES (1, '{1,2,2,NULL,9}', 4);
CALL leadscore.publish('deals');

CREATE VIEW crm.oracle AS
WITH reached AS (
  SELECT d.id, d.at, d.points, l.id::text AS key
  FROM crm.deal AS d JOIN crm.lead AS l
    ON (l.id = ANY (d.contact_ids) AND d.note IS DISTINCT FROM 'alone') OR l.id = ANY (d.more_ids) OR l.id = d.owner_id OR d.extra -> 'leads' @> to_jsonb(l.id)
  WHERE NOT d.deleted AND d.points > 0
  UNION ALL
  SELECT d.id, d.at, d.points, p.mail FROM crm.deal AS d JOIN crm.person AS p ON p.mail = ANY (d.mails) WHERE NOT d.deleted AND d.points > 0
)
SELECT k.key, coalesce(sum(r.points * power(0.5::float8, extract(epoch FROM leadscore.clock() - r.at)::float8 / 2419200)), 0) AS points, count(r.at) AS activities,
       max(r.at) AS last_activity_at
FROM (SELECT id::text AS key FROM crm.lead UNION ALL SELECT mail FROM crm.person) AS k LEFT JOIN reached AS r ON r.key = k.key AND r.at <= leadscore.clock()
GROUP BY k.key;
-- One line: who has how much, how many differ from the oracle, what verify finds, who is marked.
CREATE VIEW crm.state AS
WITH kept AS (SELECT lead_id::text AS key, points, activities, last_activity_at FROM leadscore.lead_deals
              UNION ALL SELECT person_mail, points, activities, last_activity_at FROM (SELECT person_id AS person_mail, points, activities, last_activity_at FROM leadscore.person_deals) AS p)
SELECT (SELECT string_agg(key || ': ' || points || ' in ' || activities, ', ' ORDER BY key COLLATE "C") FROM kept WHERE activities > 0) AS state,
       (SELECT count(*) FROM crm.oracle AS o FULL JOIN kept AS v ON v.key = o.key
        WHERE NOT coalesce(abs(o.points - v.points) < 1e-9, false) OR o.activities <> v.activities OR o.last_activity_at IS DISTINCT FROM v.last_activity_at) AS wrong,
       (SELECT count(*) FROM leadscore.verify('deals')) AS verify,
       (SELECT coalesce(string_agg(DISTINCT coalesce(key, 'all'), ' ' ORDER BY coalesce(key, 'all')), 'none')
        FROM (SELECT key::text, sign FROM leadscore.lead_pending UNION ALL SELECT key, sign FROM leadscore.person_pending) AS p WHERE sign = 0) AS marked;
-- Ticks until no mark is left: two do, unless another session has a snapshot.
CREATE PROCEDURE crm.settle() LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. 200 LOOP
    CALL leadscore.tick();
    COMMIT;
    EXIT WHEN i > 1 AND NOT EXISTS (SELECT FROM leadscore.lead_pending WHERE sign = 0 UNION ALL SELECT FROM leadscore.person_pending WHERE sign = 0);
    PERFORM pg_sleep(CASE WHEN i > 1 THEN 0.05 ELSE 0 END);
  END LOOP;
END $$;
TABLE crm.state;
INSERT INTO crm.deal (id, contact_ids, more_ids, extra, mails, owner_id, points) VALUES
  (2, '{}', '{3,5000000000,NULL}', '{"leads": [4, 3]}', '{a@x,b@x,a@x}', 1, 8), (3, NULL, NULL, NULL, NULL, NULL, 16), (4, '{5}', NULL, NULL, NULL, NULL, -1);
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;
-- What matters stays as it is.
UPDATE crm.deal SET contact_ids = contact_ids, at = at, deleted = deleted;
UPDATE crm.deal SET contact_ids = '{1}' WHERE id = 4;
TABLE crm.state;
CALL crm.settle();
-- Into the set, out of it, another order, twice in it.
UPDATE crm.deal SET contact_ids = contact_ids || 5 WHERE id = 1;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.deal SET contact_ids = array_remove(contact_ids, 1) WHERE id = 1;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.deal SET contact_ids = '{5,2,2,2}' WHERE id = 1;
TABLE crm.state;
UPDATE crm.deal SET note = 'alone' WHERE id = 1;
TABLE crm.state;
UPDATE crm.deal SET note = NULL, extra = '{"leads": [2]}' WHERE id = 1;
TABLE crm.state;
CALL crm.settle();
-- In one set it goes, in another it stays; a merge of leads as CRMs do it.
UPDATE crm.deal SET contact_ids = '{5}' WHERE id = 1;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.deal SET contact_ids = array_replace(contact_ids, 5, 1), extra = NULL;
DELETE FROM crm.lead WHERE id = 5;
TABLE crm.state;
INSERT INTO crm.lead VALUES (5);
UPDATE crm.deal SET points = 32 WHERE id = 2;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.deal SET deleted = true WHERE id = 2;
TABLE crm.state;
UPDATE crm.deal SET deleted = false WHERE id = 2;
DELETE FROM crm.deal WHERE id = 1;
TABLE crm.state;
CALL crm.settle();
BEGIN;
TRUNCATE crm.deal;
TABLE crm.state;
ROLLBACK;
SET pg_leadscore.clock = '2026-03-29 00:00:00+00';
TABLE crm.state;
SELECT leadscore.lead_score('deals', 3, '2026-03-01'), leadscore.lead_score('deals', 4, '2026-01-01'), leadscore.person_score('deals', 'a@x');
-- Found by an index on the array, where there is one.
CREATE INDEX ON crm.deal USING gin (mails);
SELECT leadscore.person_score('deals', 'b@x', '2026-03-01');
-- Above READ COMMITTED, two snapshots are looked at, and each key is marked once.
CALL crm.settle();
BEGIN ISOLATION LEVEL REPEATABLE READ;
INSERT INTO crm.deal (id, contact_ids, mails, points) VALUES (9, '{1,2,3}', '{c@x}', 1);
SELECT key, count(*) FROM leadscore.lead_pending GROUP BY key ORDER BY key;
TABLE crm.state;
COMMIT;
-- An expression that fails breaks the score and not the write.
INSERT INTO crm.deal (id, extra, points) VALUES (10, '{"leads": 7}', 1);
SELECT state, broken_because FROM leadscore.status ORDER BY entity;
DROP VIEW crm.state;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;

-- A key made of columns of several tables: whatever may change it marks all; other tables mark keys.
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead SELECT generate_series(1, 4);
CREATE TABLE crm.mail (id int PRIMARY KEY, list_id int, thread_id int, at timestamptz DEFAULT '2026-02-01', points float8 DEFAULT 1, note text);
CREATE TABLE crm.list (id int PRIMARY KEY, thread_id int);
CREATE TABLE crm.thread (id int PRIMARY KEY, lead_id int, owner_id int, note text);
CREATE TABLE crm.owner (id int PRIMARY KEY, lead_id int);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('mail', 'crm.mail', 'at');
SELECT leadscore.create_link('mail', 'lead', 'coalesce(through2.lead_id, through3.lead_id)', through => '{crm.list,crm.thread,crm.owner}',
                             join_on => 'through1.id = source.list_id AND through2.id = through1.thread_id AND through3.id = through2.owner_id');
SELECT leadscore.create_score('mails', '{lead}');
SELECT leadscore.create_rule('mails', 'mail', 'mail', 'points');
CALL leadscore.publish('mails');
CREATE VIEW crm.oracle AS
SELECT l.id, coalesce(sum(m.points), 0) AS points, count(m.id) AS activities
FROM crm.lead AS l LEFT JOIN (SELECT DISTINCT m.id, m.points, coalesce(t.lead_id, o.lead_id) AS reached FROM crm.mail AS m JOIN crm.list AS x ON x.id = m.list_id
                              JOIN crm.thread AS t ON t.id = x.thread_id JOIN crm.owner AS o ON o.id = t.owner_id) AS m ON m.reached = l.id GROUP BY l.id;
CREATE VIEW crm.state AS
SELECT (SELECT string_agg(lead_id || ': ' || points || ' in ' || activities, ', ' ORDER BY lead_id) FROM leadscore.lead_mails WHERE activities > 0) AS state,
       (SELECT count(*) FROM crm.oracle AS o FULL JOIN leadscore.lead_mails AS v ON v.lead_id = o.id WHERE (o.points, o.activities) IS DISTINCT FROM (v.points, v.activities)) AS wrong,
       (SELECT count(*) FROM leadscore.verify('mails')) AS verify,
       (SELECT coalesce(string_agg(DISTINCT coalesce(key::text, 'all'), ' ' ORDER BY coalesce(key::text, 'all')), 'none') FROM leadscore.lead_pending WHERE sign = 0) AS marked;
CREATE PROCEDURE crm.settle() LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. 200 LOOP
    CALL leadscore.tick();
    COMMIT;
    EXIT WHEN i > 1 AND NOT EXISTS (SELECT FROM leadscore.lead_pending WHERE sign = 0);
    PERFORM pg_sleep(CASE WHEN i > 1 THEN 0.05 ELSE 0 END);
  END LOOP;
END $$;
INSERT INTO crm.mail (id, list_id) VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO crm.list VALUES (1, 1), (2, 2), (3, 2);
TABLE crm.state;
INSERT INTO crm.thread VALUES (1, 1, 1), (2, NULL, 1);
TABLE crm.state;
CALL crm.settle();
INSERT INTO crm.owner VALUES (1, 2), (2, 3);
TABLE crm.state;
CALL crm.settle();
INSERT INTO crm.mail (id, list_id, points) VALUES (4, 2, 8);
TABLE crm.state;
CALL crm.settle();
UPDATE crm.list SET thread_id = 1 WHERE id = 3;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.thread SET note = 'x';
UPDATE crm.owner SET lead_id = lead_id;
TABLE crm.state;
UPDATE crm.thread SET owner_id = 2;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.owner SET lead_id = 4 WHERE id = 2;
TABLE crm.state;
CALL crm.settle();
DELETE FROM crm.owner;
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;

-- The activity's own column is one part of the key; one condition needs three tables; nothing connects a table.
SELECT leadscore.drop_link('mail', 'lead');
SELECT leadscore.create_link('mail', 'lead', 'coalesce(through.lead_id, source.thread_id)', through => '{crm.owner}', join_on => 'through.id = source.list_id');
SELECT leadscore.create_link('mail', 'lead', 'through2.lead_id', through => '{crm.list,crm.owner}', join_on => 'through1.thread_id + source.thread_id = through2.id', filter => $$source.note = 'sum'$$);
CREATE OR REPLACE VIEW crm.oracle AS
SELECT l.id, coalesce(sum(m.points), 0) AS points, count(m.id) AS activities
FROM crm.lead AS l LEFT JOIN crm.mail AS m
  ON l.id IN (SELECT coalesce(o.lead_id, m.thread_id) FROM crm.owner AS o WHERE o.id = m.list_id
              UNION ALL SELECT o.lead_id FROM crm.owner AS o, crm.list AS x WHERE x.thread_id + m.thread_id = o.id AND m.note = 'sum') GROUP BY l.id;
CALL leadscore.publish('mails');
INSERT INTO crm.owner VALUES (1, NULL), (2, 2), (3, 3);
TABLE crm.state;
CALL crm.settle();
UPDATE crm.mail SET thread_id = 4 WHERE id = 1;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.mail SET thread_id = 1, note = 'sum' WHERE id = 2;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.list SET thread_id = 2 WHERE id = 1;
TABLE crm.state;
CALL crm.settle();
UPDATE crm.owner SET lead_id = 1 WHERE id = 3;
TABLE crm.state;
CALL crm.settle();
DELETE FROM crm.list;
TABLE crm.state;
CALL crm.settle();
TABLE crm.state;

-- Points that cannot be counted are found by the write of the activity, if it counts and reaches somebody.
SELECT leadscore.drop_rule('mails', 'mail');
SELECT leadscore.create_rule('mails', 'mail', 'mail', 'points / 1', filter => $$note IS DISTINCT FROM 'no'$$);
SELECT leadscore.create_rule('mails', 'other', 'mail', '10 / (list_id - 3)', filter => $$note = 'divided'$$);
CALL leadscore.publish('mails');
\set VERBOSITY terse
SET client_min_messages = notice;
CREATE FUNCTION crm.why() RETURNS text LANGUAGE sql AS 'SELECT broken_because FROM leadscore.status';
INSERT INTO crm.mail (id, list_id, note, points) VALUES (10, 2, 'no', 'NaN');
INSERT INTO crm.mail (id, list_id, at, points) VALUES (11, 2, NULL, 'NaN');
INSERT INTO crm.mail (id, list_id, points) VALUES (12, 99, 'NaN');
INSERT INTO crm.mail (id, list_id, note) VALUES (13, 99, 'divided'), (14, 2, 'divided');
DELETE FROM crm.mail WHERE points = 'NaN';
SELECT crm.why(), count(*) AS verify FROM leadscore.verify('mails');
INSERT INTO crm.mail (id, list_id, points) VALUES (20, 2, 'NaN');
SELECT crm.why();
DELETE FROM crm.mail WHERE id = 20;
CALL leadscore.publish('mails');
UPDATE crm.mail SET points = '-infinity' WHERE id = 2;
SELECT crm.why();
UPDATE crm.mail SET points = 1 WHERE id = 2;
CALL leadscore.publish('mails');
UPDATE crm.mail SET points = 1e291 WHERE id = 2;
SELECT crm.why();
UPDATE crm.mail SET points = 1 WHERE id = 2;
CALL leadscore.publish('mails');
INSERT INTO crm.mail (id, list_id, note) VALUES (21, 3, 'divided');
SELECT crm.why();
UPDATE crm.mail SET note = NULL WHERE id = 21;
CALL leadscore.publish('mails');
SELECT crm.why(), count(*) AS verify FROM leadscore.verify('mails');
DROP VIEW crm.state;
SELECT leadscore.drop_score('mails');
SELECT leadscore.create_score('strict', '{lead}', on_error => 'fail');
SELECT leadscore.create_rule('strict', 'mail', 'mail', 'points');
CALL leadscore.publish('strict');
INSERT INTO crm.mail (id, list_id, points) VALUES (30, 2, 'NaN');
SELECT count(*) FROM crm.mail WHERE id = 30;
SET client_min_messages = warning;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
