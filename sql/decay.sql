-- The type decay: text, weights, order, binary.
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

SELECT text, text::decay FROM unnest(ARRAY[
  'none', 'window(90 days)', 'exponential(30 days)', 'exponential(30 days, expire 90 days)',
  'step(30 days: 0.5, 90 days: 0)', 'step(every 30 days: 0.5)', 'step(every 30 days: 0.5, expire 90 days)',
  'linear(90 days)', 'exponential(30 days, hold 7 days)',
  'Exponential ( 720:00:00 , EXPIRE 3 months 0 days - 3 months + 90 days, hold 1 week)',
  'exponential(30 days, expire 90 days, hold 7 days)', 'step(36:00:00: 0.5, 1 week 12 hours : 1e-7)',
  'window(1.5 hours)', 'window(@ 2 hours 3 mins)', 'step(every 2 hours: 1)', 'linear(1 microsecond)',
  'window(P1DT12H)', 'window(-1 day 48:00:00)', 'step(1 day: 2, 2 days: 0.25, hold 1 day)'
]) AS text WHERE text NOT LIKE '%months%';

-- The worked values.
SELECT age, 10 * weight('step(30 days: 0.5, 90 days: 0)', age) AS points
FROM unnest(ARRAY['30 days', '30 days 1 second', '90 days', '90 days 1 second']::interval[]) AS age;
SELECT weight('exponential(30 days)', '15 days') AS "15 d", weight('exponential(30 days)', '45 days') AS "45 d",
  25 * weight('exponential(14 days)', '14 days') AS "14 d",
  weight('exponential(30 days, hold 7 days)', '7 days') AS "held", weight('exponential(30 days, hold 7 days)', '37 days') AS "37 d";

-- A boundary belongs to the earlier side; before age 0 the weight is 0, at age 0 it is 1.
SELECT decay, age,
  weight(decay, age - interval '1 microsecond') AS before, weight(decay, age) AS at,
  weight(decay, age + interval '1 microsecond') AS behind
FROM (VALUES ('window(30 days)'::decay, interval '30 days'), ('step(30 days: 0.5)', '30 days'), ('step(every 30 days: 0.5)', '60 days'),
  ('step(every 30 days: 0.5)', '30 days'), ('step(every 1 day: 0.5)', '40 days'), ('step(every 1 day: 0)', '1 day'),
  ('step(every 30 days: 0.5, expire 90 days)', '90 days'), ('window(30 days, hold 7 days)', '37 days'),
  ('none', '0'), ('window(1 day)', '0'), ('step(1 day: 0)', '0'), ('step(30 days: 0.5, hold 7 days)', '37 days')) AS boundary (decay, age);
SELECT weight('exponential(30 days, expire 90 days)', '90 days') AS at,
  weight('exponential(30 days, expire 90 days)', '90 days 0.000001 seconds') AS behind,
  weight('linear(90 days)', '45 days') AS half, weight('linear(90 days)', '90 days') AS over;

-- By two times it is the same; an argument has a name.
SELECT weight(decay => 'linear(10 days)', age => '4 days') = weight(decay => 'linear(10 days)', occurred_at => '2026-01-01', as_of => '2026-01-05') AS same,
  weight('none', '2026-01-02', '2026-01-01') AS planned;
SELECT weight(NULL, '1 day'::interval) IS NULL AND weight('none', NULL, now()) IS NULL AS strict;

-- Accessors.
SELECT decay, half_life(decay), has_boundary(decay) FROM unnest(ARRAY['none', 'exponential(36 hours)', 'exponential(30 days, expire 90 days)',
  'exponential(30 days, hold 1 day)', 'window(1 day)', 'step(1 day: 0)', 'step(every 1 day: 0.5)', 'linear(1 day)']::decay[]) AS decay;

-- Random ages against the definitions in plain SQL.
SELECT setseed(0.25);
CREATE TEMP TABLE aged AS
SELECT make_interval(secs => seconds) AS age, seconds
FROM (SELECT round((random() * 200 - 10)::numeric * 86400)::float8 AS seconds FROM generate_series(1, 5000)) AS random_ages;
SELECT count(*) FILTER (WHERE weight('window(90 days)', age) <> CASE WHEN seconds BETWEEN 0 AND 90 * 86400 THEN 1 ELSE 0 END) AS window,
  count(*) FILTER (WHERE abs(weight('exponential(30 days)', age) - CASE WHEN seconds >= 0 THEN power(0.5::float8, seconds / 2592000) ELSE 0 END) > 1e-15) AS exponential,
  count(*) FILTER (WHERE weight('step(30 days: 0.5, 90 days: 0)', age) <>
    CASE WHEN seconds < 0 THEN 0 WHEN seconds <= 2592000 THEN 1 WHEN seconds <= 7776000 THEN 0.5 ELSE 0 END) AS step,
  count(*) FILTER (WHERE weight('step(every 30 days: 0.5)', age) <>
    CASE WHEN seconds < 0 THEN 0 ELSE power(0.5::float8, greatest(ceil(seconds / 2592000) - 1, 0)) END) AS every,
  count(*) FILTER (WHERE abs(weight('linear(90 days)', age) - CASE WHEN seconds < 0 THEN 0 ELSE greatest(1 - seconds / 7776000, 0) END) > 1e-15) AS linear,
  count(*) FILTER (WHERE abs(weight('exponential(30 days, hold 7 days, expire 90 days)', age) -
    CASE WHEN seconds < 0 OR seconds > 7776000 THEN 0 ELSE power(0.5::float8, greatest(seconds - 604800, 0) / 2592000) END) > 1e-15) AS options
FROM aged;

-- Text means the same under every setting of the session: what one writes, all others read.
CREATE TEMP TABLE written (decay decay, text text, setting text);
DO $$
DECLARE
  interval_style text; date_style text; zone text;
BEGIN
  FOREACH interval_style IN ARRAY ARRAY['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'] LOOP
    FOREACH date_style IN ARRAY ARRAY['ISO, DMY', 'SQL, MDY', 'Postgres, YMD', 'German'] LOOP
      FOREACH zone IN ARRAY ARRAY['UTC', 'America/New_York', 'Asia/Kolkata'] LOOP
        PERFORM set_config('IntervalStyle', interval_style, true), set_config('DateStyle', date_style, true), set_config('TimeZone', zone, true);
        INSERT INTO written
        SELECT input::decay, input::decay::text, interval_style || date_style || zone
        FROM unnest(ARRAY['exponential(30 days 1.5 sec, hold 36:00:00)', 'window(-1 day 48:00:00)', 'step(1 day 02:03:04.000005: 1e-7, 2 weeks: 0)', 'step(every 90 minutes: 0.3333333333333333)']) AS input;
      END LOOP;
    END LOOP;
  END LOOP;
END $$;
SELECT text, count(*), count(DISTINCT decay) AS values, bool_and(text::decay = decay) AS reads_back FROM written GROUP BY text ORDER BY text COLLATE "C";

-- Equality, order, hash.
SELECT 'window(1 day)'::decay = 'window(24 hours)' AS equal, 'window(1 day)'::decay <> 'window(25 hours)' AS unequal,
  'exponential(1 day, hold 1 hour, expire 2 days)'::decay = 'exponential(24:00, expire 48 hours, hold 60 min)' AS any_order,
  'window(1 day)'::decay < 'window(2 days)' AS less, 'window(2 days)'::decay >= 'window(2 days)' AS at_least,
  decay_hash('window(1 day)') = decay_hash('window(24 hours)') AS hash;
CREATE TABLE kept_decay AS SELECT n, format('step(%s hours: 0.5, hold %s minutes)', n % 100 + 1, n % 7 + 1)::decay AS decay FROM generate_series(1, 2000) AS n;
CREATE INDEX kept_decay_btree ON kept_decay (decay);
CREATE INDEX kept_decay_hash ON kept_decay USING hash (decay);
ANALYZE kept_decay;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
DROP INDEX kept_decay_hash;
EXPLAIN (COSTS OFF) SELECT count(*) FROM kept_decay WHERE decay = 'step(5 hours: 0.5, hold 5 minutes)';
SELECT count(*) FROM kept_decay WHERE decay = 'step(5 hours: 0.5, hold 5 minutes)';
DROP INDEX kept_decay_btree;
CREATE INDEX kept_decay_hash ON kept_decay USING hash (decay);
EXPLAIN (COSTS OFF) SELECT count(*) FROM kept_decay WHERE decay = 'step(300 minutes: 0.5, hold 5 minutes)';
SELECT count(*) FROM kept_decay WHERE decay = 'step(300 minutes: 0.5, hold 5 minutes)';
RESET enable_seqscan;
RESET enable_bitmapscan;
SELECT count(DISTINCT decay) AS by_sort FROM kept_decay;
SELECT count(*) AS by_hash FROM (SELECT decay FROM kept_decay GROUP BY decay) AS groups;
SELECT bool_and(before <= decay) FROM (SELECT decay, lag(decay) OVER (ORDER BY decay) AS before FROM kept_decay) AS sorted;
SELECT decay FROM kept_decay GROUP BY decay ORDER BY decay LIMIT 3;
DROP TABLE kept_decay;

-- Compressed and stored elsewhere it is read alike.
CREATE TABLE long_decay (decay decay);
INSERT INTO long_decay SELECT ('step(' || string_agg(n || ' days: ' || 1.0 / n, ', ' ORDER BY n) || ')')::decay FROM generate_series(1, 3000) AS n;
SELECT weight(decay, '1500 days 1 second') = 1.0::float8 / 1500 AS weight, length(decay::text) > 60000 AS long, decay::text::decay = decay AS reads_back FROM long_decay;
DROP TABLE long_decay;

-- Binary.
SELECT decay_send('window(1 day)'), decay_send('step(every 1 day: 0.5)');
SELECT count(*) AS kept FROM unnest(ARRAY['none', 'exponential(30 days, expire 90 days)']::decay[]) AS decay WHERE decay_send(decay) = decay_send(decay::text::decay);

-- Every object says what it is.
SELECT count(*) AS without_comment FROM pg_depend AS d JOIN pg_extension AS e ON d.refobjid = e.oid AND e.extname = 'pg_leadscore'
WHERE d.deptype = 'e' AND d.classid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass, 'pg_cast'::regclass)
  AND obj_description(d.objid, d.classid::regclass::name) IS NULL;
SELECT typname FROM pg_type WHERE typnamespace = 'leadscore'::regnamespace AND typtype = 'b' AND typelem = 0 AND obj_description(oid, 'pg_type') IS NULL;
