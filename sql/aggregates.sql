-- The aggregates, against plain SQL.
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

-- The lead of the worked values, seen on day 60.
CREATE TEMP TABLE lead AS SELECT points::float8, timestamptz '2026-01-01' + make_interval(days => day) AS occurred_at FROM (VALUES (15, 0), (5, 10), (5, 40), (-10, 50)) AS activity (points, day);
SELECT decay, round(decayed_sum(points, occurred_at, decay, '2026-03-02')::numeric, 10) AS sum, round(decayed_count(occurred_at, decay, '2026-03-02')::numeric, 10) AS count,
  round(decayed_avg(points, occurred_at, decay, '2026-03-02')::numeric, 10) AS avg
FROM lead, unnest(ARRAY['none', 'step(30 days: 0.5, 90 days: 0)', 'exponential(30 days)', 'linear(90 days)', 'window(30 days)']::decay[]) AS decay GROUP BY decay ORDER BY decay;
SELECT decayed_sum(points, occurred_at, 'window(30 days)', '2026-03-02') = -5 AS window, abs((score_agg(points, occurred_at, '30 days') @ '2026-03-02') - decayed_sum(points, occurred_at, 'exponential(30 days)', '2026-03-02')) < 1e-14 AS score
FROM lead;

-- Random rows, with NULLs in every place and activities still to come.
SELECT setseed(0.75);
CREATE TABLE activity AS
SELECT n % 7 AS lead, CASE WHEN random() < 0.05 THEN NULL ELSE random() * 40 - 20 END AS points,
  CASE WHEN random() < 0.05 THEN NULL ELSE timestamptz '2026-11-21' - (random() * 400 - 20) * interval '1 day' END AS occurred_at
FROM generate_series(1, 5000) AS n;
CREATE TEMP TABLE decays AS SELECT unnest(ARRAY['none', 'window(90 days)', 'exponential(30 days)', 'exponential(30 days, hold 7 days, expire 90 days)', 'step(30 days: 0.5, 90 days: 0)', 'step(every 30 days: 0.5)', 'linear(90 days)']::decay[]) AS decay;
SELECT decay, count(*) FILTER (WHERE abs(own_sum - plain_sum) > 1e-10 OR abs(own_count - plain_count) > 1e-10 OR abs(own_avg - plain_sum / plain_count) > 1e-10) AS wrong, count(own_avg) AS leads
FROM (SELECT decay, lead, decayed_sum(points, occurred_at, decay, '2026-11-21') AS own_sum, sum(points * weight(decay, occurred_at, '2026-11-21')) AS plain_sum,
    decayed_count(occurred_at, decay, '2026-11-21') FILTER (WHERE points IS NOT NULL) AS own_count, sum(weight(decay, occurred_at, '2026-11-21')) FILTER (WHERE points IS NOT NULL) AS plain_count,
    decayed_avg(points, occurred_at, decay, '2026-11-21') AS own_avg
  FROM activity, decays GROUP BY decay, lead) AS both_ways GROUP BY decay ORDER BY decay;
SELECT count(*) AS leads, count(*) FILTER (WHERE abs((score @ '2026-11-21') - plain) > 1e-9) AS wrong, count(*) FILTER (WHERE reference_time(score) <> latest) AS wrong_reference
FROM (SELECT lead, score_agg(points, occurred_at, '30 days') AS score, max(occurred_at) FILTER (WHERE points IS NOT NULL) AS latest,
    sum(points * power(0.5::float8, (extract(epoch FROM timestamptz '2026-11-21' - occurred_at) / 2592000)::float8)) AS plain FROM activity GROUP BY lead) AS both_ways;
-- A sum of scores is the score of all.
SELECT abs((sum(score) @ '2026-11-21') - (SELECT score_agg(points, occurred_at, '30 days') @ '2026-11-21' FROM activity)) < 1e-9 AS sum, min(score) < max(score) AS order, min(score) = (SELECT min(score) FROM (SELECT score_agg(points, occurred_at, '30 days') AS score FROM activity GROUP BY lead) AS s) AS min
FROM (SELECT score_agg(points, occurred_at, '30 days') AS score FROM activity GROUP BY lead) AS scores;

-- The highest total in a week, by trying every interval that begins or ends at an activity or just beside one.
WITH chosen AS (SELECT lead, points, occurred_at FROM activity WHERE lead < 3 AND points IS NOT NULL AND occurred_at IS NOT NULL AND occurred_at > '2026-10-01'),
tried AS (SELECT begins.lead, begins.at FROM (SELECT lead, occurred_at + beside * interval '1 microsecond' AS at FROM chosen, generate_series(-1, 1) AS beside
  UNION SELECT lead, occurred_at - interval '7 days' + beside * interval '1 microsecond' FROM chosen, generate_series(-1, 1) AS beside) AS begins),
totals AS (SELECT tried.lead, tried.at, sum(points) AS total FROM tried JOIN chosen ON chosen.lead = tried.lead AND chosen.occurred_at BETWEEN tried.at AND tried.at + interval '7 days' GROUP BY tried.lead, tried.at)
SELECT lead, abs(max(total) - (SELECT peak_points(points, occurred_at, '7 days') FROM chosen WHERE chosen.lead = totals.lead)) < 1e-9 AS same FROM totals GROUP BY lead ORDER BY lead;
SELECT peak_points(points, at, '1 day') AS peak FROM (VALUES (5, timestamptz '2026-01-01'), (-9, '2026-01-01 00:00:00.000001')) AS activity (points, at);
SELECT peak_points(points, at, '1 day') AS negative FROM (VALUES (-5, timestamptz '2026-01-01'), (-9, '2026-02-01')) AS activity (points, at);
SELECT peak_points(points, at, '1 day') AS closed, peak_points(points, at, '23:59:59.999999') AS shorter FROM (VALUES (1, timestamptz '2026-01-02'), (2, '2026-01-01')) AS activity (points, at);

-- No rows, and rows of which none counts.
SELECT decayed_sum(points, occurred_at, 'none', '2026-11-21'), decayed_count(occurred_at, 'none', '2026-11-21'), decayed_avg(points, occurred_at, 'none', '2026-11-21'), score_agg(points, occurred_at, '30 days'),
  peak_points(points, occurred_at, '1 day'), sum(score(points)), min(score(points)), max(score(points)) FROM activity WHERE false;
SELECT decayed_sum(points, now(), 'none', '2026-11-21'), decayed_count(NULL, 'none', '2026-11-21'), decayed_avg(points, now(), 'none', '2026-11-21'), score_agg(points, now(), '30 days'), peak_points(points, now(), '1 day'),
  sum(score(points)), decayed_sum(1, now(), NULL, now()) AS no_decay, decayed_sum(1, now(), 'none', NULL) AS no_time, score_agg(1, now(), NULL) AS no_half_life FROM activity WHERE points IS NULL;
-- What is still to come weighs 0; an average without weight is NULL.
SELECT decayed_sum(1, '2027-01-01', 'none', '2026-11-21'), decayed_count('2027-01-01', 'none', '2026-11-21'), decayed_avg(1, '2027-01-01', 'none', '2026-11-21');
-- NaN stays NaN; what one huge row covers is there again when others take it back.
SELECT decayed_sum('NaN', now(), 'none', now()), decayed_avg('NaN', now(), 'none', now()), points(score_agg('NaN', now(), '1 day')), peak_points('NaN', now(), '1 day');
SELECT decayed_sum(points, '2026-01-01', 'none', '2026-01-01') AS exact, sum(points) AS plain FROM (VALUES (1e20::float8), (3), (-1e20)) AS huge (points);

-- An operator such as @ binds less than - does: without parentheses this is score @ (time - span).
SELECT score_agg(10, '2026-11-21', '30 days') @ timestamptz '2026-12-22' - interval '1 day' AS half;

-- Bad arguments.
SELECT statement, pg_temp.error_of('SELECT ' || statement) AS error FROM unnest(ARRAY[
  'decayed_sum(''Infinity'', now(), ''none'', now())', 'decayed_sum(''Infinity'', now() + ''1 day'', ''none'', now())', 'decayed_sum(1, ''infinity'', ''none'', now())', 'decayed_sum(1, now(), ''none'', ''-infinity'')', 'decayed_sum(1, ''0044-03-15 BC'', ''none'', now())',
  'decayed_count(''infinity'', ''none'', now())', 'decayed_avg(''-Infinity'', now(), ''none'', now())', 'decayed_sum(p, now(), ''none'', now()) FROM (VALUES (1e308), (1e308)) AS v (p)',
  'score_agg(1, ''infinity'', ''1 day'')', 'score_agg(1, now(), ''1 month'')', 'score_agg(1, now(), ''0'')', 'score_agg(1, now(), ''-1 day'')', 'score_agg(1, now(), ''0.5 seconds'')', 'score_agg(''Infinity'', now(), ''1 day'')',
  'score_agg(1, now(), h) FROM (VALUES (interval ''1 day''), (''2 days'')) AS v (h)', 'sum(s) FROM (VALUES (score(1)), (score(1, now(), ''30 days''))) AS v (s)', 'sum(s) FROM (VALUES (score(1e308)), (score(1e308))) AS v (s)',
  'peak_points(1, now(), ''0'')', 'peak_points(1, now(), ''-1 day'')', 'peak_points(1, now(), ''1 month'')', 'peak_points(1, ''infinity'', ''1 day'')', 'peak_points(''Infinity'', now(), ''1 day'')', 'peak_points(1, now(), s) FROM (VALUES (interval ''1 day''), (''2 days'')) AS v (s)',
  'leadscore.decayed_sum_combine(''1 1 1 0 5 0'', ''x'')']) AS statement;

-- States travel as text and are combined.
SELECT decayed_sum_combine('1 1 2 0 5 0', '1 1 1 0 0.25 0') AS state, decayed_sum_final(decayed_sum_combine('1 1 2 0 5 0', '1 1 1 0 0.25 0')) AS sum;
SELECT decayed_avg_final(decayed_avg_combine('1 1 2 0 2 0 10 0', '1 1 1 0 0.5 0 5 0')) AS average;
SELECT score_sum_final(score_sum_combine(score_agg_add(NULL, 10, '2026-11-21', '30 days'), score_agg_add(NULL, 5, '2026-12-21', '30 days'))) AS combined,
  score_agg_add(NULL, 10, '2026-11-21', '30 days')::text::score_sum_state::text AS state, score_sum_final('1 1 0 0 0 0 0 0 0') IS NULL AS nothing;
SELECT pg_temp.error_of($$SELECT score_sum_combine(score_agg_add(NULL, 10, '2026-11-21', '30 days'), score_agg_add(NULL, 5, '2026-12-21', '1 day'))$$) AS half_lives,
  pg_temp.error_of($$SELECT score_sum_combine(score_agg_add(NULL, 10, '2026-11-21', '30 days'), score_sum_add(NULL, '5'))$$) AS no_decay;
SELECT text, pg_temp.error_of(format('SELECT %L::leadscore.decayed_sum_state', text)) AS error FROM unnest(ARRAY['', '1 1 1 0 5', '2 1 1 0 5 0', '1 1 1 0 NaN 0', '1 1 1 0 Infinity 0', '1 1 -1 0 5 0', '1 1 1 0 5 0 0']) AS text;
SELECT pg_temp.error_of($$SELECT '1 1 1 0 1 0 1 5 0'::leadscore.score_sum_state$$) AS score_sum, pg_temp.error_of($$SELECT '1 1 1 0 -1 0 5 0'::leadscore.decayed_avg_state$$) AS decayed_avg;
-- A function that is called outside of an aggregate changes no value.
WITH kept AS MATERIALIZED (SELECT '1 1 1 0 5 0'::decayed_sum_state AS state) SELECT state AS before, decayed_sum_add(state, 3, now(), 'none', now()) AS changed, state AS after FROM kept;
SELECT score_sum_state_send(score_agg_add(NULL, 10, '2026-11-21', '30 days')) = score_sum_state_send('1 1 1 0 2592000000000 848534400000000 848534400000000 10 0') AS binary;
DROP TABLE activity;
