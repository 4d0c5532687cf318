-- lead_hottest reads a few states, found by the index on their ranks, and says what the view says.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY, team text);
CREATE TABLE crm.activity (lead_id int, at timestamptz, points float8);
CREATE INDEX ON crm.activity (lead_id);
INSERT INTO crm.lead SELECT id, CASE id % 2 WHEN 0 THEN 'even' ELSE 'odd' END FROM generate_series(1, 8000) AS id;
-- Some 200 leads have points of the same rank, and those of 8,001 are nobody's.
INSERT INTO crm.activity
SELECT id, '2026-03-01 00:00+00'::timestamptz - (id % 40) * interval '1 day', power(1.001, id) FROM generate_series(1, 8001) AS id;
\o /dev/null
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
CREATE TABLE crm.scores AS SELECT 'score_' || n AS score, decay
FROM unnest(ARRAY['none', 'exponential(30 days)', 'step(10 days: 0.5, 30 days: 0)', 'window(20 days)', 'linear(50 days)', 'exponential(5 days, hold 1 day)']) WITH ORDINALITY AS d(decay, n);
SELECT leadscore.create_score(score, '{lead}', decay::leadscore.decay), leadscore.create_rule(score, 'points', 'activity', 'points') FROM crm.scores ORDER BY score;
SELECT leadscore.create_score('capped', '{lead}', 'none', max_points => 500), leadscore.create_rule('capped', 'points', 'activity', 'points');
SELECT leadscore.create_score('tied', '{lead}', 'none'), leadscore.create_rule('tied', 'one', 'activity', '1');
\o
DO $$
DECLARE
  score text;
BEGIN
  FOR score IN SELECT s.score FROM leadscore.scores AS s ORDER BY 1 LOOP
    CALL leadscore.publish(score);
  END LOOP;
END $$;
ANALYZE crm.lead;

-- How many rows of leads and states a read fetched, and whether it says what the view says.
CREATE FUNCTION crm.rows_read() RETURNS bigint LANGUAGE sql AS $$
  SELECT sum(t.seq_tup_read + coalesce(t.idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables AS t WHERE t.relname LIKE 'lead\_states\_%' OR t.relname = 'lead'
$$;
CREATE FUNCTION crm.look(score text, n int, OUT few boolean, OUT is_right boolean) LANGUAGE plpgsql AS $$
DECLARE
  before bigint := crm.rows_read();
  found text;
  expected text;
BEGIN
  SELECT string_agg(h.lead_id || ' ' || h.points, ', ' ORDER BY h.rank) INTO found FROM leadscore.lead_hottest(score, n) AS h;
  few := crm.rows_read() - before < 2000;
  EXECUTE format('SELECT string_agg(lead_id || '' '' || points, '', '' ORDER BY points DESC, lead_id) FROM (SELECT * FROM leadscore.%I ORDER BY points DESC, lead_id LIMIT %s) AS v',
                 'lead_' || score, n) INTO expected;
  is_right := found = expected;
END
$$;
SELECT s.score, s.decay, n, l.* FROM leadscore.scores AS s CROSS JOIN unnest('{1,10}'::int[]) AS n CROSS JOIN LATERAL crm.look(s.score, n) AS l ORDER BY s.score, n;
SELECT rank, lead_id, round(points::numeric, 6) AS points FROM leadscore.lead_hottest('score_2', 3);
SELECT rank, lead_id, points FROM leadscore.lead_hottest('capped', 3);
SELECT rank, lead_id, points FROM leadscore.lead_hottest('tied', 3);
SELECT * FROM leadscore.lead_hottest('score_2', 0);

-- lead_hot of a score that is about the same window reads the activities of a few.
CREATE FUNCTION crm.activities_read() RETURNS bigint LANGUAGE sql AS $$
  SELECT t.seq_tup_read + coalesce(t.idx_tup_fetch, 0) FROM pg_stat_xact_user_tables AS t WHERE t.relname = 'activity'
$$;
CREATE FUNCTION crm.look_hot(more_than float8, within interval, OUT few boolean, OUT is_right boolean) LANGUAGE plpgsql AS $$
DECLARE
  before bigint := crm.activities_read();
  found int[] := ARRAY(SELECT h.lead_id FROM leadscore.lead_hot('score_4', more_than, within) AS h ORDER BY 1);
BEGIN
  few := crm.activities_read() - before < 2000;
  is_right := cardinality(found) > 0 AND found = ARRAY(
    SELECT a.lead_id FROM crm.activity AS a JOIN crm.lead AS l ON l.id = a.lead_id WHERE a.at BETWEEN leadscore.clock() - within AND leadscore.clock()
    GROUP BY a.lead_id HAVING sum(a.points) > more_than ORDER BY 1);
END
$$;
SELECT w.within, l.* FROM unnest('{20 days,480 hours}'::interval[]) AS w(within) CROSS JOIN LATERAL crm.look_hot(2900, w.within) AS l;
SELECT w.within, l.is_right FROM unnest('{2 days,1 month}'::interval[]) AS w(within) CROSS JOIN LATERAL crm.look_hot(2900, w.within) AS l;

-- What is pending, marked, due, or of a lead that is none counts at once.
INSERT INTO crm.activity VALUES (7, '2026-03-01 00:00+00', 5000), (8001, '2026-03-01 00:00+00', 9000);
UPDATE crm.activity SET points = 0 WHERE lead_id = 8000;
SELECT rank, lead_id, round(points::numeric, 6) AS points FROM leadscore.lead_hottest('score_1', 3);
SELECT s.score, l.* FROM leadscore.scores AS s CROSS JOIN LATERAL crm.look(s.score, 10) AS l ORDER BY s.score;
SET pg_leadscore.clock = '2026-03-01 00:00:01+00';
SELECT s.score, l.is_right FROM leadscore.scores AS s CROSS JOIN LATERAL crm.look(s.score, 10) AS l ORDER BY s.score;
SELECT l.is_right FROM crm.look_hot(2900, '20 days') AS l;
CALL leadscore.tick();
SELECT s.score, l.* FROM leadscore.scores AS s CROSS JOIN LATERAL crm.look(s.score, 10) AS l ORDER BY s.score;

-- A clock before the last fold: a penalty and what expired since are not to be seen yet.
INSERT INTO crm.activity VALUES (7999, '2026-03-05 00:00+00', -5000);
SET pg_leadscore.clock = '2026-03-06 00:00:00+00';
CALL leadscore.tick();
SELECT s.score, l.is_right FROM leadscore.scores AS s CROSS JOIN LATERAL crm.look(s.score, 10) AS l ORDER BY s.score;
SET pg_leadscore.clock = '2026-03-02 00:00:00+00';
SELECT rank, lead_id FROM leadscore.lead_hottest('score_1', 3);
SELECT s.score, l.is_right FROM leadscore.scores AS s CROSS JOIN LATERAL crm.look(s.score, 10) AS l ORDER BY s.score;
SET pg_leadscore.clock = '2026-03-06 00:00:00+00';

-- A reader who sees all leads has the index as well; one who sees some gets those.
CREATE ROLE leadscore_reader;
GRANT USAGE ON SCHEMA crm TO leadscore_reader;
GRANT SELECT ON crm.lead TO leadscore_reader;
SET ROLE leadscore_reader;
SELECT l.* FROM crm.look('score_2', 10) AS l;
RESET ROLE;
ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY even ON crm.lead FOR SELECT TO leadscore_reader USING (team = 'even');
SET ROLE leadscore_reader;
SELECT count(*), bool_and(lead_id % 2 = 0) AS even FROM leadscore.lead_hottest('score_2', 20);
SELECT l.is_right FROM crm.look('score_2', 10) AS l;
RESET ROLE;
ALTER TABLE crm.lead DISABLE ROW LEVEL SECURITY;
REVOKE SELECT ON crm.lead FROM leadscore_reader;
SET ROLE leadscore_reader;
SELECT * FROM leadscore.lead_hottest('score_2', 1);
RESET ROLE;

-- An update that leaves a state its rank is done in place.
BEGIN;
INSERT INTO crm.activity SELECT 80 * id, '2026-03-06 00:00+00', 0.0001 FROM generate_series(1, 90) AS id;
CALL leadscore.tick();
SELECT n_tup_upd >= 90 AS updated, n_tup_hot_upd >= 60 AS mostly_in_place FROM pg_stat_xact_user_tables AS t
WHERE t.relid = (SELECT c.states FROM leadscore_internal.component AS c JOIN leadscore_internal.score AS s ON s.id = c.score WHERE s.name = 'score_1');
COMMIT;

-- Marked as a whole, all is read from the rows.
TRUNCATE crm.activity;
INSERT INTO crm.activity VALUES (5, '2026-03-06 00:00+00', 3);
SELECT rank, lead_id, points FROM leadscore.lead_hottest('score_2', 2);
SELECT leadscore.drop_all();
REVOKE ALL ON SCHEMA crm FROM leadscore_reader;
DROP SCHEMA crm CASCADE;
DROP ROLE leadscore_reader;
