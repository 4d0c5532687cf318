-- Roll-ups over join tables, with an oracle in plain SQL at each step.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.contact (id int PRIMARY KEY, name text, account_code text, gone boolean DEFAULT false, unused int);
CREATE TABLE crm.account (code text PRIMARY KEY);
CREATE TABLE crm.holding (id int PRIMARY KEY);
INSERT INTO crm.contact SELECT g, 'contact ' || g FROM generate_series(1, 4) AS g;
INSERT INTO crm.account VALUES ('a'), ('b'), ('c');
INSERT INTO crm.holding VALUES (1), (2);
-- id and name are columns of the member, too.
CREATE TABLE crm.employment (id int, contact_id int, name text, ended boolean DEFAULT false);
CREATE TABLE crm.part (account_code text, holding_id int);
CREATE TABLE crm.share (part_of int, holding_id int);
CREATE TABLE crm.call (id int PRIMARY KEY, contact_ids int[], account_code text, at timestamptz DEFAULT '2026-02-01', points float8);
SELECT leadscore.create_entity('contact', 'crm.contact', filter => 'NOT gone');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_entity('holding', 'crm.holding');
SELECT leadscore.create_source('call', 'crm.call', 'at');
SELECT leadscore.create_link('call', 'contact', 'unnest(contact_ids)');
SELECT leadscore.create_link('call', 'account', 'account_code');
SELECT leadscore.create_score('calls', '{contact,account}');
SELECT leadscore.create_rule('calls', 'call', 'call', 'points');
-- Refusals.
SELECT leadscore.create_rollup('calls', 'account', 'contact', 'through.name', through => '{crm.employment}');
SELECT leadscore.create_rollup('calls', 'account', 'contact', 'through.name', join_on => 'true');
SELECT leadscore.create_rollup('calls', 'account', 'contact', 'source.name', through => '{crm.employment}', join_on => 'through.contact_id = member.id');
SELECT leadscore.create_rollup('calls', 'account', 'contact', 'through.id', through => '{crm.employment}', join_on => 'through.contact_id = member.id');
SELECT leadscore.create_rollup('calls', 'account', 'contact', 'unnest(ARRAY[through.name])', through => '{crm.employment}', join_on => 'through.contact_id = member.id');
CREATE ROLE regress_leadscore_seller;
CREATE ROLE regress_leadscore_reader;
GRANT CREATE, USAGE ON SCHEMA leadscore TO regress_leadscore_seller;
GRANT USAGE ON SCHEMA crm TO regress_leadscore_seller, regress_leadscore_reader;
ALTER TABLE crm.contact OWNER TO regress_leadscore_seller;
SET ROLE regress_leadscore_seller;
SELECT leadscore.create_rollup('calls', 'account', 'contact', 'through.name', through => '{crm.employment}', join_on => 'through.contact_id = member.id');
RESET ROLE;
SELECT leadscore.create_rollup('calls', 'account', 'contact', 'through.name', through => '{crm.employment}', join_on => 'through.contact_id = id AND NOT through.ended');
SELECT leadscore.create_rollup('calls', 'account', 'contact', 'through.name', through => '{crm.employment}', join_on => 'through.contact_id = member.id', if_not_exists => true);
SELECT leadscore.create_rollup('calls', 'holding', 'account', 'through2.part_of', through => '{crm.part,crm.share}',
                               join_on => 'through1.account_code = code AND through2.holding_id = through1.holding_id');
SELECT entity, "of", key, through, join_on FROM leadscore.rollups ORDER BY entity;
INSERT INTO crm.employment VALUES (1, 1, 'a'), (2, 2, 'a'), (3, 2, 'b');
INSERT INTO crm.part VALUES ('a', 1), ('b', 2);
INSERT INTO crm.share VALUES (1, 1), (1, 2);
INSERT INTO crm.call (id, contact_ids, account_code, points) VALUES (1, '{1,2}', NULL, 4), (2, '{2}', 'b', 8), (3, '{3}', 'c', 16);
CALL leadscore.publish('calls');

CREATE VIEW crm.own AS
SELECT 'contact' AS entity, k.id::text AS key, c.id, c.at, c.points FROM crm.contact AS k JOIN crm.call AS c ON k.id = ANY (c.contact_ids)
UNION ALL SELECT 'account', a.code, c.id, c.at, c.points FROM crm.account AS a JOIN crm.call AS c ON c.account_code = a.code;
CREATE VIEW crm.oracle AS
WITH employed AS (SELECT DISTINCT k.id, e.name AS code FROM crm.contact AS k JOIN crm.employment AS e ON e.contact_id = k.id AND NOT e.ended WHERE NOT k.gone),
contact AS (SELECT k.id, coalesce(sum(o.points), 0) AS points, count(o.id) AS activities FROM crm.contact AS k LEFT JOIN crm.own AS o ON o.entity = 'contact' AND o.key = k.id::text GROUP BY k.id),
account AS (
  SELECT a.code, coalesce((SELECT sum(o.points) FROM crm.own AS o WHERE o.entity = 'account' AND o.key = a.code), 0) AS own, coalesce(sum(k.points), 0) AS sum, avg(k.points) AS avg,
         max(k.points) AS max, count(k.id) AS members, coalesce(sum(k.activities), 0) + (SELECT count(*) FROM crm.own AS o WHERE o.entity = 'account' AND o.key = a.code) AS activities
  FROM crm.account AS a LEFT JOIN (employed AS e JOIN contact AS k USING (id)) ON e.code = a.code GROUP BY a.code),
holding AS (
  SELECT h.id::text, 0::float8, coalesce(sum(a.own + a.sum), 0), avg(a.own + a.sum), max(a.own + a.sum), count(a.code), coalesce(sum(a.activities), 0)
  FROM crm.holding AS h LEFT JOIN ((SELECT DISTINCT p.account_code AS code, s.part_of FROM crm.part AS p JOIN crm.share AS s USING (holding_id)) AS p JOIN account AS a USING (code)) ON p.part_of = h.id
  GROUP BY h.id)
SELECT 'account' AS entity, code AS key, own, sum, avg, max, members, activities FROM account UNION ALL SELECT 'holding', * FROM holding;
CREATE VIEW crm.kept AS
SELECT 'account' AS entity, account_id AS key, points, own_points AS own, members_sum AS sum, members_avg AS avg, members_max AS max, members, activities FROM leadscore.account_calls
UNION ALL SELECT 'holding', holding_id::text, points, own_points, members_sum, members_avg, members_max, members, activities FROM leadscore.holding_calls;
CREATE VIEW crm.state AS
SELECT (SELECT string_agg(k.key || ': ' || k.own || ' + ' || k.sum || ' of ' || k.members, ', ' ORDER BY k.key) FROM crm.kept AS k) AS state,
       (SELECT count(*) FROM crm.kept AS k FULL JOIN crm.oracle AS o USING (entity, key)
        WHERE (k.points, k.own, k.sum, k.avg, k.max, k.members, k.activities) IS DISTINCT FROM (o.own + o.sum, o.own, o.sum, o.avg, o.max, o.members, o.activities::bigint)) AS wrong,
       (SELECT count(*) FROM crm.oracle AS o
        WHERE o.own + o.sum IS DISTINCT FROM CASE o.entity WHEN 'account' THEN leadscore.account_score('calls', o.key, '2026-03-02') ELSE leadscore.holding_score('calls', o.key::int, '2026-03-02') END) AS at,
       (SELECT count(*) FROM crm.oracle AS o
        LEFT JOIN (SELECT 'account' AS entity, account_id AS key, points, activities FROM leadscore.account_hot('calls', 0, '90 days')
                   UNION ALL SELECT 'holding', holding_id::text, points, activities FROM leadscore.holding_hot('calls', 0, '90 days')) AS h USING (entity, key)
        WHERE (coalesce(h.points, 0), coalesce(h.activities, 0)) IS DISTINCT FROM (o.own + o.sum, o.activities::bigint)) AS hot,
       (SELECT count(*) FROM leadscore.verify('calls')) AS verify;
TABLE crm.state;
-- A member that reaches an entity twice counts once; employed by two it counts for both.
INSERT INTO crm.employment VALUES (4, 1, 'a'), (5, 1, 'b'), (6, 9, 'a'), (7, 3, NULL), (8, 4, 'nowhere'), (9, 4, 'c');
TABLE crm.state;
INSERT INTO crm.part VALUES ('c', 1), ('a', 2);
TABLE crm.state;
UPDATE crm.employment SET ended = true WHERE contact_id = 2;
TABLE crm.state;
UPDATE crm.employment SET name = 'c' WHERE contact_id = 1;
TABLE crm.state;
CALL leadscore.tick();
INSERT INTO crm.call (id, contact_ids, points) VALUES (4, '{1,3,4}', 32);
TABLE crm.state;
UPDATE crm.contact SET gone = true WHERE id = 1;
TABLE crm.state;
UPDATE crm.contact SET gone = false;
UPDATE crm.share SET part_of = 2 WHERE holding_id = 2;
TABLE crm.state;
DELETE FROM crm.employment WHERE name = 'a';
TABLE crm.state;
TRUNCATE crm.part;
TABLE crm.state;
UPDATE crm.employment SET ended = false, name = 'b';
TABLE crm.state;
-- Columns that are not used may go; tables that are read with the reader's rights.
ALTER TABLE crm.contact DROP COLUMN unused;
SELECT account_id, members FROM leadscore.account_calls ORDER BY 1;
GRANT USAGE ON SCHEMA leadscore TO regress_leadscore_reader;
GRANT SELECT ON crm.account, crm.contact TO regress_leadscore_reader;
SET ROLE regress_leadscore_reader;
SELECT members FROM leadscore.account_calls;
RESET ROLE;
GRANT SELECT ON crm.employment TO regress_leadscore_reader;
SET ROLE regress_leadscore_reader;
SELECT members FROM leadscore.account_calls ORDER BY 1;
RESET ROLE;
DROP VIEW crm.state, crm.kept;
SELECT leadscore.drop_all();
REVOKE ALL ON SCHEMA leadscore FROM regress_leadscore_seller, regress_leadscore_reader;
DROP SCHEMA crm CASCADE;
DROP ROLE regress_leadscore_seller, regress_leadscore_reader;
