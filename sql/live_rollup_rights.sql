-- Who sees an account sees all that counts for it, and nothing of another: whatever the rights to its members' tables.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET jit = off;
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
\o /dev/null
CREATE SCHEMA crm;
CREATE TABLE crm.region (id int PRIMARY KEY);
CREATE TABLE crm.account (id int PRIMARY KEY, region_id int);
CREATE TABLE crm.contact (id int PRIMARY KEY, account_id int);
CREATE TABLE crm.meeting (id int PRIMARY KEY, at timestamptz, points float8);
CREATE TABLE crm.attendee (meeting_id int, contact_id int);
CREATE TABLE crm.mail (id int PRIMARY KEY, contact_id int, at timestamptz);
INSERT INTO crm.region VALUES (1), (2);
INSERT INTO crm.account SELECT g, 1 + g % 2 FROM generate_series(1, 40) AS g;
INSERT INTO crm.contact SELECT g, 1 + g % 40 FROM generate_series(1, 120) AS g;
INSERT INTO crm.meeting SELECT g, timestamptz '2026-02-28 12:00+00' - g * interval '7 hours', g % 5 FROM generate_series(1, 300) AS g;
INSERT INTO crm.attendee SELECT g, 1 + (g * 7) % 120 FROM generate_series(1, 300) AS g;
INSERT INTO crm.mail SELECT g, 1 + (g * 11) % 120, timestamptz '2026-02-28 12:00+00' - g * interval '5 hours' FROM generate_series(1, 300) AS g;
SELECT leadscore.create_entity('region', 'crm.region');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_entity('contact', 'crm.contact');
SELECT leadscore.create_source('meeting', 'crm.meeting', 'at');
SELECT leadscore.create_source('mail', 'crm.mail', 'at');
SELECT leadscore.create_link('meeting', 'contact', 'through.contact_id', through => '{crm.attendee}', join_on => 'through.meeting_id = source.id');
SELECT leadscore.create_link('mail', 'contact', 'contact_id');
SELECT leadscore.create_score('heat', '{contact}', 'step(10 days: 0.5, 40 days: 0)');
SELECT leadscore.create_rule('heat', 'meeting', 'meeting', 'points');
SELECT leadscore.create_rule('heat', 'mail', 'mail', '1', decay => 'exponential(10 days)');
SELECT leadscore.create_rollup('heat', 'account', of => 'contact', key => 'account_id');
SELECT leadscore.create_rollup('heat', 'region', of => 'account', key => 'region_id');
CALL leadscore.publish('heat');
CREATE ROLE regress_leadscore_reader;
GRANT USAGE ON SCHEMA crm, leadscore TO regress_leadscore_reader;
GRANT SELECT ON crm.account TO regress_leadscore_reader;
ALTER TABLE crm.account ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON crm.account TO regress_leadscore_reader USING (id % 2 = 1);
\o

-- What the owner sees, for the reader to compare with.
CREATE FUNCTION crm.seen() RETURNS TABLE (what text, key int, points float8, activities bigint, rest text) LANGUAGE sql STABLE AS $$
  SELECT 'view', account_id, points, activities, members || ' ' || coalesce(last_activity_at::text, '') FROM leadscore.account_heat
  UNION ALL SELECT 'scores', account_id, heat, NULL, NULL FROM leadscore.account_scores
  UNION ALL SELECT 'hot', account_id, points, activities, last_activity_at::text FROM leadscore.account_hot('heat', 3, '5 days')
  UNION ALL SELECT 'cold', account_id, points, activities, last_activity_at::text FROM leadscore.account_cold('heat', 3, '5 days')
  UNION ALL SELECT 'at', account_id, points, NULL, NULL FROM leadscore.account_scores_at('heat', '2026-02-20')
  UNION ALL SELECT 'explain', a, sum(x.contribution), count(*), string_agg(DISTINCT x.member, ', ' ORDER BY x.member)
            FROM unnest('{1,2,3,4}'::int[]) AS a CROSS JOIN LATERAL leadscore.account_explain('heat', a) AS x GROUP BY a
$$;
CREATE TABLE crm.truth AS SELECT 0 AS moment, s.* FROM crm.seen() AS s;
-- Deltas, marks and states that are due: what the states cannot answer is read for the reader, too.
SET pg_leadscore.clock = '2026-03-15 00:00:00+00';
INSERT INTO crm.mail SELECT 1000 + g, 1 + g % 120, '2026-03-14 12:00+00' FROM generate_series(1, 60) AS g;
INSERT INTO crm.attendee SELECT 5, g FROM generate_series(1, 50) AS g;
INSERT INTO crm.truth SELECT 1, s.* FROM crm.seen() AS s;
GRANT SELECT ON crm.truth TO regress_leadscore_reader;

-- differences: lines of what the reader may see that differ from the owner's, lines too many included.
CREATE VIEW crm.differences AS
SELECT m.moment, (SELECT count(*) FROM crm.truth AS t WHERE t.moment = m.moment AND t.key % 2 = 1) AS lines,
       (SELECT count(*) FROM (SELECT what, key, round(points::numeric, 9) AS points, activities, rest FROM crm.truth AS t WHERE t.moment = m.moment AND t.key % 2 = 1) AS t
        FULL JOIN (SELECT what, key, round(points::numeric, 9) AS points, activities, rest FROM crm.seen()) AS s
          ON (s.what, s.key) = (t.what, t.key)
        WHERE (s.points, s.activities, s.rest) IS DISTINCT FROM (t.points, t.activities, t.rest)) AS differences
FROM (VALUES (0), (1)) AS m(moment);
ALTER VIEW crm.differences SET (security_invoker = true);
GRANT SELECT ON crm.differences TO regress_leadscore_reader;
SELECT m.id AS membership FROM leadscore_internal.membership AS m JOIN leadscore_internal.entity AS e ON e.id = m.entity WHERE e.name = 'account' \gset
SET ROLE regress_leadscore_reader;
SELECT moment, lines > 60 AS many, differences FROM crm.differences WHERE moment = 1;
RESET ROLE;
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
TRUNCATE crm.attendee;
INSERT INTO crm.attendee SELECT g, 1 + (g * 7) % 120 FROM generate_series(1, 300) AS g;
DELETE FROM crm.mail WHERE id > 1000;
SET ROLE regress_leadscore_reader;
SELECT moment, lines > 60 AS many, differences FROM crm.differences WHERE moment = 0;

-- Of what the reader does not see, nothing is told by the parts that the views are made of, nor by a function that listens.
CREATE FUNCTION pg_temp.listens(key int, points float8) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
  IF key % 2 = 0 THEN
    RAISE WARNING 'heard of account % with % points', key, points;
  END IF;
  RETURN true;
END $$;
SELECT count(*) FROM leadscore.account_heat WHERE pg_temp.listens(account_id, points);
SELECT leadscore.account_score('heat', 2) IS NULL AS hidden, (SELECT count(*) FROM leadscore.account_explain('heat', 2)) AS lines;
SELECT count(*) FILTER (WHERE e.parent % 2 = 0) AS hidden, count(*) FILTER (WHERE e.parent % 2 = 1) AS seen
FROM leadscore_internal.members(:membership, NULL::int[]) AS e(key int, parent int);
SELECT count(*) FROM leadscore_internal.members(:membership, '{2,4}'::int[]) AS e(key int, parent int);
SELECT count(*) FROM leadscore.contact_heat;
SELECT count(*) FROM leadscore.region_heat;
SELECT count(*) FROM leadscore.region_hot('heat', 0, '1 day');
RESET ROLE;

-- Who sees all accounts sees what counts for one of them, and no contact that counts for none.
ALTER TABLE crm.account DISABLE ROW LEVEL SECURITY;
INSERT INTO crm.contact VALUES (901, NULL), (902, 999);
INSERT INTO crm.mail VALUES (901, 901, '2026-02-28 12:00+00'), (902, 902, '2026-02-28 12:00+00');
SELECT id AS component FROM leadscore_internal.component WHERE decay::text LIKE 'exponential%' \gset
SELECT id AS score FROM leadscore_internal.score \gset
SELECT id AS contact FROM leadscore_internal.entity WHERE name = 'contact' \gset
SET ROLE regress_leadscore_reader;
SELECT count(*) FILTER (WHERE f.key <= 900) > 100 AS seen, count(*) FILTER (WHERE f.key > 900) AS hidden
FROM leadscore_internal.facts(:component, NULL::int[], NULL, NULL) AS f(key int, occurred_at timestamptz, points float8, activities int);
SELECT f.key FROM leadscore_internal.facts(:component, '{1,901,902}'::int[], NULL, NULL) AS f(key int, occurred_at timestamptz, points float8, activities int) GROUP BY f.key;
SELECT count(*) FILTER (WHERE f.key > 900) AS hidden
FROM leadscore_internal.earned(:score, :contact, NULL::int[], '2026-01-01', '2026-03-15', NULL) AS f(key int, points float8, activities bigint, last_activity_at timestamptz);
SELECT leadscore_internal.read_rows(:component, 902, '2026-03-15 00:00+00');
RESET ROLE;
\o /dev/null
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
REVOKE ALL ON SCHEMA leadscore FROM regress_leadscore_reader;
DROP FUNCTION pg_temp.listens(int, float8);
DROP ROLE regress_leadscore_reader;
\o
