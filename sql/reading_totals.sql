-- The hottest of roll-ups come from one pass over each table, and are those of plain SQL over the rows.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
SET track_functions = 'all';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
\o /dev/null
CREATE SCHEMA crm;
-- Keys of several types, and columns of other types that lead to them.
CREATE TABLE crm.account (id bigint PRIMARY KEY, closed boolean NOT NULL DEFAULT false);
CREATE TABLE crm.contact (code text UNIQUE, account_id smallint);
CREATE TABLE crm.lead (id int PRIMARY KEY, contact_code varchar(9), account_id int, deleted boolean NOT NULL DEFAULT false);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, contact_code text, account_id bigint, at timestamptz, points float8);
CREATE INDEX ON crm.activity (lead_id);
CREATE INDEX ON crm.activity (contact_code);
CREATE INDEX ON crm.activity (account_id);
INSERT INTO crm.account SELECT n FROM generate_series(1, 50) AS n;
INSERT INTO crm.contact SELECT 'c' || n, CASE WHEN n % 7 > 0 THEN n % 60 END FROM generate_series(1, 300) AS n;
-- Entities without a key.
INSERT INTO crm.contact VALUES (NULL, 59), (NULL, 59), (NULL, NULL);
-- Some count for a contact, some for an account, some for both, some for nobody that is there.
INSERT INTO crm.lead SELECT n, CASE WHEN n % 3 > 0 THEN 'c' || n % 310 END, CASE WHEN n % 2 > 0 THEN n % 53 END, n % 11 = 0 FROM generate_series(1, 1000) AS n;
INSERT INTO crm.activity SELECT n, 1 + n * 7 % 970, NULL, NULL, timestamptz '2026-03-01 00:00+00' - n * interval '4 minutes', (n * 13 % 97) / 16.0 - 1 FROM generate_series(1, 3000) AS n;
INSERT INTO crm.activity SELECT 10000 + n, NULL, 'c' || n, NULL, timestamptz '2026-02-27 00:00+00' - n * interval '40 minutes', n % 17 FROM generate_series(1, 290, 3) AS n;
INSERT INTO crm.activity SELECT 20000 + n, NULL, NULL, n, timestamptz '2026-02-26 00:00+00' - n * interval '4 hours', n % 5 FROM generate_series(1, 40) AS n;
SELECT leadscore.create_entity('account', 'crm.account', filter => 'NOT closed');
SELECT leadscore.create_entity('contact', 'crm.contact', key => 'code');
SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'NOT deleted');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_link('activity', 'contact', 'contact_code');
SELECT leadscore.create_link('activity', 'account', 'account_id');
SELECT leadscore.create_score('heat', '{lead,contact,account}', 'exponential(10 days)');
SELECT leadscore.create_rule('heat', 'points', 'activity', 'points');
SELECT leadscore.create_score('recent', '{lead,contact,account}', 'window(5 days)');
SELECT leadscore.create_rule('recent', 'points', 'activity', 'points');
SELECT leadscore.create_score('capped', '{lead,contact,account}', 'none', min_points => 0.125, max_points => 160);
SELECT leadscore.create_rule('capped', 'points', 'activity', 'points', max_points => 6);
SELECT leadscore.create_rule('capped', 'more', 'activity', '0.5', filter => 'points > 3');
SELECT leadscore.create_rollup(score, 'contact', of => 'lead', key => 'contact_code'), leadscore.create_rollup(score, 'account', of => 'lead', key => 'account_id'),
       leadscore.create_rollup(score, 'account', of => 'contact', key => 'account_id') FROM unnest('{heat,recent,capped}'::text[]) AS score;
CALL leadscore.publish('heat');
CALL leadscore.publish('recent');
CALL leadscore.publish('capped');
\o

CREATE FUNCTION crm.points_of(score text, lead int, contact text, account bigint) RETURNS float8 LANGUAGE sql STABLE AS $$
  SELECT CASE score
    WHEN 'heat' THEN sum(a.points * power(0.5::float8, extract(epoch FROM leadscore.clock() - a.at)::float8 / 864000))
    WHEN 'recent' THEN sum(a.points) FILTER (WHERE a.at >= leadscore.clock() - interval '5 days')
    ELSE least(6, coalesce(sum(a.points), 0)) + 0.5 * count(*) FILTER (WHERE a.points > 3) END
  FROM crm.activity AS a WHERE (a.lead_id = lead OR a.contact_code = contact OR a.account_id = account) AND a.at <= leadscore.clock()
$$;
CREATE TABLE crm.by_hand (score text, entity text, id text, points float8);
CREATE FUNCTION crm.clamped(score text, entity text, id text, own float8, members float8) RETURNS float8 LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN score = 'capped' THEN greatest(0.125, least(160, p)) ELSE p END
  FROM (SELECT coalesce(own, 0) + coalesce(members, 0)
               + coalesce((SELECT sum(b.points) FROM crm.by_hand AS b WHERE (b.score, b.entity, b.id) = (clamped.score, clamped.entity, clamped.id)), 0) AS p) AS x
$$;
CREATE FUNCTION crm.truth(score text) RETURNS TABLE (entity text, id text, points float8) LANGUAGE sql STABLE AS $$
  WITH leads AS MATERIALIZED (SELECT l.*, crm.clamped(score, 'lead', l.id::text, crm.points_of(score, l.id, NULL, NULL), 0) AS points FROM crm.lead AS l WHERE NOT l.deleted),
    contacts AS MATERIALIZED (SELECT c.*, crm.clamped(score, 'contact', c.code, crm.points_of(score, NULL, c.code, NULL),
                                (SELECT sum(l.points) FROM leads AS l WHERE l.contact_code = c.code)) AS points FROM crm.contact AS c)
  SELECT 'account', a.id::text, crm.clamped(score, 'account', a.id::text, crm.points_of(score, NULL, NULL, a.id),
    coalesce((SELECT sum(l.points) FROM leads AS l WHERE l.account_id = a.id), 0) + coalesce((SELECT sum(c.points) FROM contacts AS c WHERE c.account_id = a.id), 0))
  FROM crm.account AS a WHERE NOT a.closed
  UNION ALL SELECT 'contact', c.code, c.points FROM contacts AS c WHERE c.code IS NOT NULL
  UNION ALL SELECT 'lead', l.id::text, l.points FROM leads AS l
$$;
-- How many of the first n stand where they should not, and whether a view was read.
CREATE FUNCTION crm.look(n int) RETURNS TABLE (score text, entity text, listed bigint, wrong bigint, by_view boolean) LANGUAGE plpgsql AS $$
DECLARE
  sees regprocedure := 'leadscore_internal.sees(int, anyelement)';
  calls bigint;
BEGIN
  FOREACH score IN ARRAY '{heat,recent,capped}'::text[] LOOP
    CREATE TEMP TABLE truth ON COMMIT DROP AS SELECT * FROM crm.truth(score);
    FOREACH entity IN ARRAY '{account,contact,lead}'::text[] LOOP
      calls := coalesce(pg_stat_get_xact_function_calls(sees), 0);
      EXECUTE format('CREATE TEMP TABLE found ON COMMIT DROP AS SELECT h.rank, h.%I::text AS id, h.points FROM leadscore.%I(%L, %s) AS h', entity || '_id', entity || '_hottest', score, n);
      by_view := coalesce(pg_stat_get_xact_function_calls(sees), 0) > calls;
      SELECT count(f.id), count(*) FILTER (WHERE (f.rank = o.rank AND abs(f.points - o.points) <= 1e-9 * greatest(1, abs(o.points))) IS NOT TRUE) INTO listed, wrong
      FROM found AS f FULL JOIN (SELECT row_number() OVER (ORDER BY t.points DESC, CASE WHEN look.entity <> 'contact' THEN t.id::int END, t.id) AS rank, t.id, t.points
                                 FROM truth AS t WHERE t.entity = look.entity ORDER BY 1 LIMIT n) AS o USING (id);
      DROP TABLE found;
      RETURN NEXT;
    END LOOP;
    DROP TABLE truth;
  END LOOP;
END
$$;
SELECT * FROM crm.look(40);
SELECT rank, account_id, round(points::numeric, 6) AS points FROM leadscore.account_hottest('heat', 3);
-- What is pending, and members that move.
INSERT INTO crm.activity SELECT 30000 + n, n, NULL, NULL, '2026-02-28', 10 + n FROM generate_series(1, 20) AS n;
INSERT INTO crm.activity VALUES (40001, NULL, 'c9', NULL, '2026-02-28', 50), (40002, NULL, NULL, 45, '2026-02-28', 33);
UPDATE crm.activity SET points = 64 WHERE id BETWEEN 40 AND 44;
DELETE FROM crm.activity WHERE id BETWEEN 60 AND 66;
UPDATE crm.activity SET lead_id = 31 WHERE id BETWEEN 70 AND 80;
UPDATE crm.lead SET account_id = 7 WHERE id BETWEEN 100 AND 130;
UPDATE crm.lead SET contact_code = 'c12', account_id = NULL WHERE id BETWEEN 200 AND 230;
UPDATE crm.lead SET deleted = NOT deleted WHERE id BETWEEN 300 AND 330;
UPDATE crm.contact SET account_id = 50 WHERE code IN ('c1', 'c2', 'c3');
UPDATE crm.account SET closed = true WHERE id IN (3, 33);
SELECT * FROM crm.look(40);
-- Points given by hand.
\o /dev/null
INSERT INTO crm.by_hand VALUES ('heat', 'lead', '5', 90), ('heat', 'account', '11', 12.5), ('capped', 'contact', 'c20', 7), ('recent', 'lead', '999', 30);
SELECT leadscore.lead_adjust('heat', 5, 90, 'by hand', leadscore.clock()), leadscore.account_adjust('heat', 11, 12.5, 'by hand', leadscore.clock()),
       leadscore.contact_adjust('capped', 'c20', 7, 'by hand', leadscore.clock()), leadscore.lead_adjust('recent', 999, 30, 'by hand', leadscore.clock());
\o
SELECT * FROM crm.look(40);
-- What is due, before and after it is folded; more than there are, and one.
UPDATE crm.by_hand SET points = points * power(0.5, 0.1) WHERE score = 'heat';
SET pg_leadscore.clock = '2026-03-02 00:00:00+00';
SELECT * FROM crm.look(40);
CALL leadscore.tick();
SELECT * FROM crm.look(10000);
SELECT * FROM crm.look(1);
SELECT count(*) FROM leadscore.account_hottest('heat', 0);
-- A reader whose clock is before the states'.
DELETE FROM crm.by_hand;
\o /dev/null
SELECT leadscore.lead_withdraw(1, 'by mistake'), leadscore.lead_withdraw(2, 'by mistake'),
       leadscore.account_withdraw(1, 'by mistake'), leadscore.contact_withdraw(1, 'by mistake');
\o
SET pg_leadscore.clock = '2026-02-27 00:00:00+00';
SELECT * FROM crm.look(40);
SET pg_leadscore.clock = '2026-03-02 00:00:00+00';
-- All of it marked: only views can tell.
BEGIN;
TRUNCATE crm.activity;
INSERT INTO crm.activity VALUES (1, 1, 'c1', 1, '2026-02-28', 3);
SELECT * FROM crm.look(40);
ROLLBACK;

-- Who sees all accounts needs no right to their members; who sees some gets those.
CREATE TABLE crm.all_of_them AS SELECT * FROM leadscore.account_hottest('heat', 100);
CREATE ROLE regress_leadscore_reader;
GRANT USAGE ON SCHEMA crm TO regress_leadscore_reader;
GRANT SELECT ON crm.account, crm.all_of_them TO regress_leadscore_reader;
SET ROLE regress_leadscore_reader;
SELECT count(*) AS same FROM leadscore.account_hottest('heat', 100) AS h JOIN crm.all_of_them AS o USING (rank, account_id) WHERE h.points = o.points;
SELECT * FROM leadscore.contact_hottest('heat', 1);
-- Anybody may call what is behind it, with any columns.
\set VERBOSITY terse
SELECT * FROM leadscore_internal.hottest('leadscore', 'account', 'heat', 1) AS h(a text, b text, c text);
\set VERBOSITY default
RESET ROLE;
-- Nor to the schema that they are in.
REVOKE USAGE ON SCHEMA crm FROM regress_leadscore_reader;
SET ROLE regress_leadscore_reader;
SELECT count(*) FROM leadscore.account_hottest('heat', 100);
RESET ROLE;
-- Also where the members' states cannot answer, as at an instant before theirs.
SET pg_leadscore.clock = '2026-02-27 00:00:00+00';
SELECT sum(points) AS all_points FROM leadscore.account_heat \gset
SET ROLE regress_leadscore_reader;
SELECT abs(sum(points) - :all_points) < 1e-9 AS same FROM leadscore.account_heat;
RESET ROLE;
SET pg_leadscore.clock = '2026-03-02 00:00:00+00';
GRANT USAGE ON SCHEMA crm TO regress_leadscore_reader;
ALTER TABLE crm.account ENABLE ROW LEVEL SECURITY;
CREATE POLICY some_of_them ON crm.account TO regress_leadscore_reader USING (id % 3 = 0);
SET ROLE regress_leadscore_reader;
SELECT count(*) AS same, count(*) FILTER (WHERE o.account_id % 3 <> 0) AS hidden FROM leadscore.account_hottest('heat', 100) AS h JOIN crm.all_of_them AS o USING (account_id)
WHERE abs(h.points - o.points) < 1e-9;
RESET ROLE;
SELECT s.score, count(v.*) AS wrong_states FROM leadscore.scores AS s LEFT JOIN LATERAL leadscore.verify(s.score) AS v ON true GROUP BY 1 ORDER BY 1;
SELECT leadscore.drop_all();
DROP OWNED BY regress_leadscore_reader;
DROP ROLE regress_leadscore_reader;
DROP SCHEMA crm CASCADE;
