-- The aggregates in parallel plans: the plan is forced and shown, the results are those of one process.
SET search_path = leadscore, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
SET extra_float_digits = 1;
-- The error that a statement raises, with its SQLSTATE and hint.
CREATE FUNCTION pg_temp.error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  hint text;
BEGIN
  EXECUTE statement;
  RETURN 'no error';
EXCEPTION WHEN others THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN SQLSTATE || ': ' || SQLERRM || CASE WHEN hint <> '' THEN ' (' || left(hint, 40) || ')' ELSE '' END;
END $$;

-- Whether a plan has a line that begins so: the rest of it may differ between versions.
CREATE FUNCTION pg_temp.plan_has(statement text, node text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP
    IF ltrim(line, ' ->') LIKE node || '%' THEN
      RETURN true;
    END IF;
  END LOOP;
  RETURN false;
END $$;
SELECT setseed(0.3);
CREATE TABLE activity AS
SELECT n % 5 AS lead, (n % 41 - 20)::float8 AS points, timestamptz '2026-11-21' - random() * interval '400 days' AS occurred_at, score((n % 41 - 20)::float8, timestamptz '2026-11-21' - n % 300 * interval '1 day', '30 days') AS score
FROM generate_series(1, 20000) AS n;
ANALYZE activity;
CREATE VIEW totals AS
SELECT count(*) AS rows, decayed_sum(points, occurred_at, 'exponential(30 days)', '2026-11-21') AS sum, decayed_count(occurred_at, 'step(every 30 days: 0.5)', '2026-11-21') AS count,
  decayed_avg(points, occurred_at, 'linear(90 days)', '2026-11-21') AS avg, score_agg(points, occurred_at, '30 days') AS score, leadscore.sum(score) AS total, min(score) AS lowest, max(score) AS highest, peak_points(points, occurred_at, '7 days') AS peak
FROM activity;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial AS SELECT * FROM totals;
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
EXPLAIN (COSTS OFF) SELECT * FROM totals;
CREATE TEMP TABLE parallel AS SELECT * FROM totals;
SELECT p.rows = s.rows AS rows, abs(p.sum - s.sum) < 1e-9 AS sum, abs(p.count - s.count) < 1e-9 AS count, abs(p.avg - s.avg) < 1e-9 AS avg, abs((p.score @ '2026-11-21') - (s.score @ '2026-11-21')) < 1e-9 AS score,
  abs((p.total @ '2026-11-21') - (s.total @ '2026-11-21')) < 1e-9 AS total, p.lowest = s.lowest AS lowest, p.highest = s.highest AS highest, p.peak = s.peak AS peak FROM serial AS s, parallel AS p;
SELECT pg_temp.plan_has($$SELECT lead, decayed_sum(points, occurred_at, 'exponential(30 days)', '2026-11-21') FROM activity GROUP BY lead$$, 'Partial') AS partial_groups;
-- Weights and values are computed by workers too.
SELECT pg_temp.plan_has($$SELECT count(*) FROM activity WHERE weight('exponential(30 days)', occurred_at, '2026-11-21') > 0.5 AND (score @ '2026-11-21') > 1$$, 'Parallel Seq Scan') AS parallel_filter;
-- Mixed parameters are an error wherever they meet.
CREATE TABLE mixed AS SELECT score(1, '2026-11-21', CASE WHEN n <= 10000 THEN interval '30 days' ELSE '1 day' END) AS score, n FROM generate_series(1, 20000) AS n;
SELECT regexp_replace(pg_temp.error_of('SELECT leadscore.sum(score) FROM mixed'), '30 days and 1 day|1 day and 30 days', 'two half-lives') AS error;
SELECT pg_temp.error_of($$SELECT peak_points(1, '2026-11-21', CASE WHEN n <= 10000 THEN interval '1 day' ELSE '1 day' END) FROM mixed$$) AS one_span,
  left(pg_temp.error_of($$SELECT peak_points(1, '2026-11-21', CASE WHEN n <= 10000 THEN interval '2 days' ELSE '1 day' END) FROM mixed$$), 39) AS two_spans;
-- Groups without a counted row in one worker.
SELECT decayed_sum(CASE WHEN n = 1 THEN 5 END, '2026-11-21', 'none', '2026-11-21') AS sum, score_agg(CASE WHEN n = 20000 THEN 5 END, '2026-11-21', '1 day') AS score, peak_points(CASE WHEN n = 7 THEN 5 END, '2026-11-21', '1 day') AS peak,
  decayed_avg(NULL, '2026-11-21', 'none', '2026-11-21') AS none FROM mixed;
DROP TABLE mixed;
DROP VIEW totals;
DROP TABLE activity;
