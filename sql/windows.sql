-- The aggregates as window functions: every kind of frame, against plain aggregation of the same frame.
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

CREATE TABLE activity AS
SELECT n AS id, n % 3 AS lead, CASE WHEN n % 17 = 0 THEN NULL WHEN n = 100 THEN 1e300 WHEN n = 101 THEN -1e300 WHEN n = 300 THEN 'NaN' WHEN n = 200 THEN 3e9 ELSE n * 7919 % 4001 / 100.0 - 20 END::float8 AS points,
  timestamptz '2026-01-01' + n * interval '6 hours' + n * 104729 % 32400 * interval '1 second' AS occurred_at
FROM generate_series(1, 360) AS n;
-- Aggregates of a frame, and the same rows aggregated once more: they differ by less than rounding.
CREATE FUNCTION pg_temp.check_frame(frame text, ordering text DEFAULT 'id') RETURNS TABLE (checked bigint, wrong bigint) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format($query$
    WITH framed AS (SELECT id,
        decayed_sum(points, occurred_at, 'exponential(30 days)', '2026-11-21') OVER frame AS sum, decayed_count(occurred_at, 'linear(400 days)', '2026-11-21') OVER frame AS count,
        decayed_avg(points, occurred_at, 'exponential(30 days)', '2026-11-21') OVER frame AS avg, score_agg(points, occurred_at, '30 days') OVER frame AS score,
        sum(score(points, occurred_at, '30 days')) OVER frame AS score_sum, max(score(points, occurred_at, '30 days')) OVER frame AS highest, peak_points(points, occurred_at, '2 days') OVER frame AS peak, array_agg(id) OVER frame AS ids
      FROM activity WINDOW frame AS (ORDER BY %s %s)),
    plain AS (SELECT framed.id, sum(points * weight('exponential(30 days)', occurred_at, '2026-11-21') ORDER BY abs(points)) AS sum, sum(weight('linear(400 days)', occurred_at, '2026-11-21')) AS count,
        sum(weight('exponential(30 days)', occurred_at, '2026-11-21')) FILTER (WHERE points IS NOT NULL) AS weight, score_agg(points, occurred_at, '30 days' ORDER BY abs(points)) AS score, max(score(points, occurred_at, '30 days')) AS highest,
        peak_points(points, occurred_at, '2 days') AS peak, max(abs(points)) FILTER (WHERE points <> 'NaN') AS largest
      FROM framed LEFT JOIN activity ON activity.id = ANY (ids) GROUP BY framed.id)
    SELECT count(*), count(*) FILTER (WHERE NOT coalesce(
      (framed.sum IS NOT DISTINCT FROM plain.sum OR abs(framed.sum - plain.sum) <= 1e-12 * greatest(plain.largest, 1))
      AND (framed.count IS NOT DISTINCT FROM plain.count OR abs(framed.count - plain.count) < 1e-9)
      AND (framed.avg IS NOT DISTINCT FROM plain.sum / plain.weight OR abs(framed.avg - plain.sum / plain.weight) <= 1e-9 * greatest(plain.largest, 1))
      AND (framed.score IS NOT DISTINCT FROM plain.score OR abs(points(framed.score) - points(plain.score)) <= 1e-12 * greatest(plain.largest, 1) AND reference_time(framed.score) = reference_time(plain.score))
      AND (framed.score_sum IS NOT DISTINCT FROM framed.score)
      AND framed.highest IS NOT DISTINCT FROM plain.highest AND framed.peak IS NOT DISTINCT FROM plain.peak, false))
    FROM framed JOIN plain USING (id) $query$, ordering, frame);
END $$;
SELECT frame, ordering, (pg_temp.check_frame(frame, ordering)).* FROM (VALUES
  ('ROWS BETWEEN 10 PRECEDING AND CURRENT ROW', 'id'), ('ROWS BETWEEN 5 PRECEDING AND 5 FOLLOWING', 'id'), ('ROWS BETWEEN 5 FOLLOWING AND 9 FOLLOWING', 'id'), ('ROWS BETWEEN 9 PRECEDING AND 5 PRECEDING', 'id'),
  ('ROWS BETWEEN CURRENT ROW AND 8 FOLLOWING', 'id DESC'), ('ROWS BETWEEN 10 PRECEDING AND CURRENT ROW', 'id DESC'), ('ROWS BETWEEN 10 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW', 'id'), ('ROWS BETWEEN 4 PRECEDING AND 4 FOLLOWING EXCLUDE TIES', 'id'),
  ('RANGE BETWEEN interval ''3 days'' PRECEDING AND interval ''1 day'' FOLLOWING', 'occurred_at'), ('RANGE BETWEEN interval ''2 days'' PRECEDING AND CURRENT ROW EXCLUDE GROUP', 'occurred_at'),
  ('GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW', 'id / 5'), ('GROUPS BETWEEN 1 FOLLOWING AND 2 FOLLOWING', 'id / 4'), ('ROWS BETWEEN 30 PRECEDING AND 20 PRECEDING', 'occurred_at DESC')) AS frames (frame, ordering);
SELECT frame, (pg_temp.check_frame(frame)).* FROM (VALUES ('ROWS UNBOUNDED PRECEDING'), ('ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING'), ('RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING')) AS frames (frame);

-- One huge row leaves the frame and leaves no trace.
SELECT n, decayed_sum(points, '2026-01-01', 'none', '2026-01-01') OVER frame AS sum, score_agg(points, '2026-01-01', '1 day') OVER frame AS score,
  decayed_avg(points, '2026-01-01', 'none', '2026-01-01') OVER frame AS average
FROM (VALUES (1, 1e300), (2, 1), (3, 2), (4, NULL), (5, 'NaN'), (6, 3), (7, 4)) AS activity (n, points) WINDOW frame AS (ORDER BY n ROWS 1 PRECEDING) ORDER BY n;
-- Partitions, and frames that become empty.
SELECT lead, count(*), round(sum(total)::numeric, 6) AS sum FROM (SELECT lead, decayed_sum(points, occurred_at, 'window(100 days)', '2026-06-01') OVER (PARTITION BY lead ORDER BY id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) AS total
  FROM activity WHERE points BETWEEN -20 AND 20) AS windowed GROUP BY lead ORDER BY lead;
SELECT n, decayed_count('2026-01-01', 'none', '2026-01-01') OVER (ORDER BY n ROWS BETWEEN 3 FOLLOWING AND 4 FOLLOWING) AS count FROM generate_series(1, 5) AS n;
DROP TABLE activity;
