-- Roll-ups: an entity's own points and its members', at every step compared with plain SQL.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.account (id bigint PRIMARY KEY, parent_id bigint, deleted boolean NOT NULL DEFAULT false);
CREATE TABLE crm.contact (id int PRIMARY KEY, account_id int);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int, contact_id int, deleted boolean NOT NULL DEFAULT false);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, account_id int, contact_id int, at timestamptz DEFAULT '2026-02-19', points float8);
INSERT INTO crm.account SELECT generate_series(1, 4);
INSERT INTO crm.contact VALUES (1, 1), (2, 2), (3, NULL);
INSERT INTO crm.lead VALUES (1, 1), (2, 1), (3, 2), (4, NULL), (5, 99), (6, 1);
UPDATE crm.lead SET deleted = true WHERE id = 6;
SELECT leadscore.create_entity('account', 'crm.account', filter => 'NOT deleted');
SELECT leadscore.create_entity('contact', 'crm.contact');
SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'NOT deleted');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_link('activity', 'account', 'account_id');
SELECT leadscore.create_link('activity', 'contact', 'contact_id');
SELECT leadscore.create_score('heat', '{lead}', 'exponential(10 days)');
SELECT leadscore.create_rule('heat', 'points', 'activity', 'points');

-- Refused.
SELECT leadscore.create_rollup('heat', 'account', of => 'contact', key => 'account_id');
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => NULL);
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => 'missing');
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => 'deleted');
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => '(SELECT 1)');
SELECT leadscore.create_rollup('heat', 'lead', of => 'lead', key => 'contact_id');
SELECT leadscore.create_rollup('none', 'account', of => 'lead', key => 'account_id');
SELECT leadscore.create_rollup('heat', 'none', of => 'lead', key => 'account_id');
SELECT leadscore.create_rollup('heat', 'account', of => 'none', key => 'account_id');
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => 'account_id');
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => 'account_id');
SELECT leadscore.create_rollup('heat', 'lead', of => 'account', key => 'parent_id::int');
TABLE leadscore.rollups;
SELECT score, entities FROM leadscore.scores;
INSERT INTO crm.activity (id, lead_id, account_id, points) VALUES (1, 1, NULL, 8), (2, 3, NULL, 4), (3, NULL, 1, 16), (4, 4, NULL, 100), (5, 6, NULL, 1000), (6, 5, NULL, 64);
CALL leadscore.publish('heat');

CREATE VIEW crm.oracle AS
WITH own AS (SELECT points, at, lead_id, account_id, power(0.5::float8, extract(epoch FROM leadscore.clock() - at)::float8 / 864000) AS weight
             FROM crm.activity WHERE at <= leadscore.clock()),
  leads AS (SELECT l.id, l.account_id, coalesce(sum(o.points * o.weight), 0) AS points, count(o.at) AS activities, max(o.at) AS last
            FROM crm.lead AS l LEFT JOIN own AS o ON o.lead_id = l.id WHERE NOT l.deleted GROUP BY l.id)
SELECT a.id, o.own, coalesce(m.total, 0) AS total, m.average, m.highest, coalesce(m.members, 0) AS members,
       o.activities + coalesce(m.activities, 0) AS activities, greatest(o.last, m.last) AS last
FROM crm.account AS a
CROSS JOIN LATERAL (SELECT coalesce(sum(o.points * o.weight), 0) AS own, count(*) AS activities, max(o.at) AS last FROM own AS o WHERE o.account_id = a.id) AS o
LEFT JOIN (SELECT account_id, sum(points) AS total, avg(points) AS average, max(points) AS highest, count(*) AS members,
                  sum(activities)::bigint AS activities, max(last) AS last FROM leads GROUP BY 1) AS m ON m.account_id = a.id
WHERE NOT a.deleted;
CREATE FUNCTION crm.near(a float8, b float8) RETURNS boolean LANGUAGE sql AS
$$ SELECT CASE WHEN a IS NULL OR b IS NULL THEN a IS NOT DISTINCT FROM b ELSE abs(a - b) <= 1e-9 * greatest(1, abs(a)) END $$;
-- One line: account: own points + members' (average, most, number) in so many activities; how many are right; verify.
CREATE VIEW crm.state AS
SELECT (SELECT string_agg(format('%s: %s + %s (%s, %s, %s) in %s', account_id, round(own_points::numeric, 3), round(members_sum::numeric, 3),
                                 round(members_avg::numeric, 3), round(members_max::numeric, 3), members, activities), E'\n' ORDER BY account_id) FROM leadscore.account_heat) AS state,
       (SELECT count(*) FROM crm.oracle AS o FULL JOIN leadscore.account_heat AS v ON v.account_id = o.id
        WHERE (crm.near(o.own, v.own_points) AND crm.near(o.total, v.members_sum) AND crm.near(o.own + o.total, v.points) AND crm.near(o.average, v.members_avg)
               AND crm.near(o.highest, v.members_max) AND o.members = v.members AND o.activities = v.activities AND o.last IS NOT DISTINCT FROM v.last_activity_at
               AND crm.near(v.points, leadscore.account_score('heat', o.id)) AND crm.near(v.points, leadscore.account_score('heat', o.id, leadscore.clock() + interval '10 days') * 2)) IS NOT TRUE) AS wrong,
       (SELECT count(*) FROM leadscore.verify('heat')) AS verify;
SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'leadscore.account_heat'::regclass AND attnum > 0 ORDER BY attnum;
TABLE crm.state;
-- Members that move, go, come back, and get points.
UPDATE crm.lead SET account_id = 3 WHERE id = 1;
TABLE crm.state;
UPDATE crm.lead SET account_id = 3 WHERE id IN (4, 5);
TABLE crm.state;
UPDATE crm.lead SET deleted = NOT deleted WHERE id IN (3, 6);
TABLE crm.state;
UPDATE crm.lead SET deleted = NOT deleted WHERE id IN (3, 6);
INSERT INTO crm.activity (id, lead_id, account_id, points) VALUES (7, 2, 2, -32);
TABLE crm.state;
CALL leadscore.tick();
UPDATE crm.activity SET at = '2026-02-27', points = -3 WHERE id = 7;
TABLE crm.state;
UPDATE crm.account SET deleted = true WHERE id = 1;
TABLE crm.state;
SELECT leadscore.account_score('heat', 1), leadscore.account_score('heat', 1, '2026-02-20');
UPDATE crm.account SET deleted = false WHERE id = 1;
DELETE FROM crm.lead WHERE id = 1;
TABLE crm.state;
INSERT INTO crm.lead VALUES (1, 4);
TABLE crm.state;
BEGIN;
TRUNCATE crm.activity;
TABLE crm.state;
ROLLBACK;
SET pg_leadscore.clock = '2026-03-11 00:00:00+00';
CALL leadscore.tick();
TABLE crm.state;
-- Another instant, rankings, windows, side by side.
SELECT id, round(leadscore.account_score('heat', id, '2026-02-19')::numeric, 3) AS then, leadscore.account_score('heat', id, '2026-02-18') AS before FROM crm.account ORDER BY id;
SELECT leadscore.account_score('heat', 99);
SELECT rank, account_id, round(points::numeric, 3) FROM leadscore.account_hottest('heat', 2);
SELECT rank, account_id, round(points::numeric, 3) FROM leadscore.account_coldest('heat', 2);
SELECT * FROM leadscore.account_hot('heat', 3, '1 month') ORDER BY 1;
SELECT * FROM leadscore.account_cold('heat', 4, '1 month') ORDER BY 1;
SELECT * FROM leadscore.account_cold('heat', 1, '13 days') ORDER BY 1;
SELECT account_id, round(heat::numeric, 3) AS heat FROM leadscore.account_scores ORDER BY 1;
SELECT lead_id, round(heat::numeric, 3) AS heat FROM leadscore.lead_scores ORDER BY 1;
-- The members' table is locked by nobody and has no trigger of ours.
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgname LIKE '!leadscore%' GROUP BY 1;

-- Two levels, and members of two kinds: leads of contacts of accounts, beside leads of accounts.
SELECT leadscore.create_rollup('heat', 'contact', of => 'lead', key => 'contact_id');
SELECT leadscore.create_rollup('heat', 'account', of => 'contact', key => 'account_id');
SELECT leadscore.create_rollup('heat', 'lead', of => 'account', key => 'id::int');
SELECT leadscore.create_rollup('heat', 'contact', of => 'account', key => 'id::int');
-- Until it is published, the version before answers.
TABLE crm.state;
DROP VIEW crm.state;
CALL leadscore.publish('heat');
SET pg_leadscore.clock = '2026-02-19 00:00:00+00';
UPDATE crm.activity SET at = '2026-02-19';
UPDATE crm.lead SET contact_id = 1 WHERE id IN (2, 4);
UPDATE crm.lead SET contact_id = 2, account_id = NULL WHERE id = 1;
INSERT INTO crm.activity (id, contact_id, points) VALUES (10, 1, 10000), (11, 3, 50000);
CREATE VIEW crm.tree AS
WITH leads AS (SELECT l.id, l.account_id, l.contact_id, (SELECT coalesce(sum(points), 0) FROM crm.activity AS a WHERE a.lead_id = l.id) AS points
               FROM crm.lead AS l WHERE NOT l.deleted),
  contacts AS (SELECT c.id, c.account_id, (SELECT coalesce(sum(points), 0) FROM crm.activity AS a WHERE a.contact_id = c.id)
                      + (SELECT coalesce(sum(points), 0) FROM leads AS l WHERE l.contact_id = c.id) AS points FROM crm.contact AS c),
  accounts AS (SELECT c.id, (SELECT coalesce(sum(points), 0) FROM crm.activity AS a WHERE a.account_id = c.id)
                      + (SELECT coalesce(sum(points), 0) FROM leads AS l WHERE l.account_id = c.id)
                      + (SELECT coalesce(sum(points), 0) FROM contacts AS x WHERE x.account_id = c.id) AS points FROM crm.account AS c WHERE NOT c.deleted)
SELECT 'contact' AS kind, id, points FROM contacts UNION ALL SELECT 'account', id, points FROM accounts UNION ALL SELECT 'lead', id, points FROM leads;
CREATE VIEW crm.state AS
SELECT v.kind, string_agg(v.id || ': ' || v.points || coalesce(' of ' || v.members, ''), ', ' ORDER BY v.id) AS state, count(*) FILTER (WHERE o.points IS DISTINCT FROM v.points) AS wrong,
       (SELECT count(*) FROM leadscore.verify('heat')) AS verify
FROM (SELECT 'account' AS kind, account_id AS id, points, members FROM leadscore.account_heat UNION ALL SELECT 'contact', contact_id, points, members FROM leadscore.contact_heat
      UNION ALL SELECT 'lead', lead_id, points, NULL FROM leadscore.lead_heat) AS v
FULL JOIN crm.tree AS o ON o.kind = v.kind AND o.id = v.id GROUP BY v.kind ORDER BY v.kind;
TABLE crm.state;
UPDATE crm.contact SET account_id = 4 WHERE id IN (1, 3);
TABLE crm.state;
UPDATE crm.lead SET contact_id = NULL, account_id = 3 WHERE id = 4;
TABLE crm.state;
SELECT id, leadscore.account_score('heat', id) - leadscore.account_score('heat', id, '2026-03-01') * 2 AS later FROM crm.account ORDER BY id;
SELECT * FROM leadscore.account_hot('heat', 5000, '1 day');
SELECT contact_id, own_points, members_sum, members_avg, members_max, members FROM leadscore.contact_heat ORDER BY 1;
DELETE FROM crm.contact WHERE id = 3;
TABLE crm.state;

-- A roll-up without any activity of its own, in a score of its own; a failing key is an error where it is read.
SELECT leadscore.create_score('plain', '{lead}');
SELECT leadscore.create_rule('plain', 'one', 'activity', '1');
SELECT leadscore.create_entity('group', 'crm.account');
SELECT leadscore.create_rollup('plain', 'group', of => 'lead', key => '12 / account_id');
CALL leadscore.publish('plain');
SELECT group_id, points, own_points, members_sum, members_avg, members_max, members, activities FROM leadscore.group_plain ORDER BY 1;
INSERT INTO crm.lead VALUES (8, 0);
SELECT count(*) FROM leadscore.lead_plain WHERE points >= 0;
\set VERBOSITY terse
SELECT sum(points) FROM leadscore.group_plain;
\set VERBOSITY default
DELETE FROM crm.lead WHERE id = 8;
-- Who may not see a member does not count it.
CREATE ROLE regress_leadscore_reader;
GRANT USAGE ON SCHEMA crm, leadscore TO regress_leadscore_reader;
GRANT SELECT ON crm.lead, crm.account, crm.contact TO regress_leadscore_reader;
ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON crm.lead TO regress_leadscore_reader USING (id <> 4);
SET ROLE regress_leadscore_reader;
SELECT account_id, points, members FROM leadscore.account_heat ORDER BY 1;
SELECT leadscore.account_score('heat', 3), leadscore.account_score('heat', 3, '2026-03-01');
RESET ROLE;
SELECT account_id, points, members FROM leadscore.account_heat ORDER BY 1;
REVOKE ALL ON SCHEMA crm, leadscore FROM regress_leadscore_reader;
REVOKE ALL ON ALL TABLES IN SCHEMA crm FROM regress_leadscore_reader;
DROP POLICY visible ON crm.lead;
ALTER TABLE crm.lead DISABLE ROW LEVEL SECURITY;
DROP ROLE regress_leadscore_reader;

-- Roll-ups dropped again.
DROP VIEW crm.state;
SELECT leadscore.drop_rollup('heat', 'account', 'none', if_exists => true);
SELECT leadscore.drop_rollup('heat', 'account', 'contact', if_exists => true);
SELECT leadscore.drop_rollup('heat', 'account', 'contact', if_exists => true);
SELECT leadscore.drop_rollup('heat', 'account', 'contact');
CALL leadscore.publish('heat');
SELECT account_id, points, own_points, members_sum, members FROM leadscore.account_heat ORDER BY 1;
SELECT leadscore.drop_rollup('heat', 'account', 'lead');
CALL leadscore.publish('heat');
SELECT account_id, points FROM leadscore.account_heat ORDER BY 1;
SELECT leadscore.account_score('heat', 1), leadscore.account_score('heat', 1, '2026-02-19');
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
