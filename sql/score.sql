-- The type score: text, values, arithmetic, order.
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

SELECT text, text::score FROM unnest(ARRAY['57.3@2026-11-21T00:00:00Z/P30D', '57.3', ' 1e3 @ 2026-11-21 02:00:00.5+02 / p1dt12h ', '-0', 'NaN', 'nan@2026-11-21T00:00:00Z/PT36H',
  '1@2026-11-21t00:00z/P2W', '100000', '1e15', '0.1', '1e-7', '4.9406564584124654e-324', '1.7976931348623157e308', '1@1400-01-01T00:00:00Z/PT1S', '1@9999-12-31T23:59:59.999999Z/P3300000D',
  '1@2026-11-21T00:00:00Z/PT1H30M', '1@2026-11-21T00:00:00Z/P1DT0.5S']) AS text;
SELECT score(points => 57.3, at => '2026-11-21', half_life => '30 days'), score(57.3), 5::float8::score, points('5@2026-11-21T00:00:00Z/P30D'),
  reference_time('5@2026-11-21T00:00:00Z/P30D'::score), half_life('5@2026-11-21T00:00:00Z/PT36H'::score);
SELECT reference_time(score(5)) IS NULL AS no_time, half_life(score(5)) IS NULL AS no_half_life;
-- As a function of time.
SELECT day, score(10, '2026-11-21', '30 days') @ (timestamptz '2026-11-21' + make_interval(days => day)) AS points FROM unnest(ARRAY[-60, -30, 0, 15, 30, 60, 300000]) AS day;
SELECT score(5) @ now() AS constant, value_at(score => score(10, '2026-11-21', '1 second'), at => '2026-11-21 00:00:01') AS later,
  score(10, '2026-11-21', '1 second') @ '2027-11-21' AS far_after, score(0, '2026-11-21', '1 second') @ '1500-01-01' AS nothing, score('NaN', '2026-11-21', '1 day') @ '2026-01-01' AS nan;
-- Arithmetic.
SELECT '10@2026-11-21T00:00:00Z/P30D'::score + '5@2026-12-21T00:00:00Z/P30D' AS sum, '10@2026-11-21T00:00:00Z/P30D'::score - '5@2026-12-21T00:00:00Z/P30D' AS difference,
  - score(3) AS negated, score(3) * 2 AS product, 2 * '3@2026-11-21T00:00:00Z/P30D'::score AS commuted, score(3) / 2 AS quotient,
  score(0, '2026-12-21', '30 days') + score(7, '2026-11-21', '30 days') AS nothing_added;
SELECT cools_at(score(10, '2026-11-21', '30 days'), threshold => 5), cools_at(score(10, '2026-11-21', '30 days'), 40) AS before, cools_at(score(-10, '2026-11-21', '30 days'), -5) AS rises,
  cools_at(score(10, '2026-11-21', '30 days'), 0) AS never, cools_at(score(10, '2026-11-21', '30 days'), -1) AS never, cools_at(score(10), 10) AS never, cools_at(score(10, '2026-11-21', '30 days'), 'NaN') AS never;

-- Order.
SELECT score(10, '2026-11-21', '30 days') = score(5, '2026-12-21', '30 days') AS equal, score_hash(score(10, '2026-11-21', '30 days')) = score_hash(score(5, '2026-12-21', '30 days')) AS hash,
  score_hash_extended(score(10, '2026-11-21', '30 days'), 7) = score_hash_extended(score(5, '2026-12-21', '30 days'), 7) AS hash_extended,
  score(10, '2026-11-21', '30 days') < score(10, '2026-11-21 00:00:00.000001', '30 days') AS younger_is_more, score(1) <> score(2) AS unequal;
SELECT score FROM unnest(ARRAY['NaN', '1', '-1', '0', '5@2026-11-21T00:00:00Z/P30D', 'NaN@2026-11-21T00:00:00Z/P30D', '-5@2026-11-21T00:00:00Z/P30D', '-5@2026-11-22T00:00:00Z/P30D', '0@2026-11-21T00:00:00Z/P30D',
  '7@2026-11-21T00:00:00Z/P1D', '1e-300@2026-11-21T00:00:00Z/P30D', 'NaN@2026-11-21T00:00:00Z/P1D', '1e300']::score[]) AS score ORDER BY score;

-- The same by index, sort and value at an instant, for scores of random points and times.
SELECT setseed(0.5);
CREATE TABLE kept_score AS
SELECT n AS id, score(random() * 200 - 100, timestamptz '2026-11-21' - random() * interval '300 days', '30 days') AS score FROM generate_series(1, 20000) AS n;
SELECT count(*) AS out_of_order FROM (SELECT score @ '2026-11-21' AS points, lag(score @ '2026-11-21') OVER (ORDER BY score) AS before FROM kept_score) AS sorted WHERE before > points + 1e-12;
SELECT count(*) AS out_of_order FROM (SELECT score @ '2020-01-01' AS points, lag(score @ '2020-01-01') OVER (ORDER BY score DESC) AS before FROM kept_score) AS sorted WHERE before < points - abs(points) * 1e-12;
CREATE INDEX kept_score_btree ON kept_score (score);
ANALYZE kept_score;
SET enable_sort = off;
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM kept_score ORDER BY score DESC LIMIT 5;
CREATE TEMP TABLE by_index AS SELECT id, row_number() OVER () AS rank FROM (SELECT id FROM kept_score ORDER BY score DESC LIMIT 1000) AS top;
SELECT max(score) = (SELECT score FROM kept_score ORDER BY score DESC LIMIT 1) AS max, min(score) = (SELECT score FROM kept_score ORDER BY score LIMIT 1) AS min FROM kept_score;
EXPLAIN (COSTS OFF) SELECT count(*) FROM kept_score WHERE score = '5@2026-11-21T00:00:00Z/P30D';
SELECT count(*) AS found FROM kept_score AS k WHERE id <= 50 AND EXISTS (SELECT FROM kept_score AS other WHERE other.score = k.score * 4 / 4 AND other.id = k.id);
RESET enable_sort;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
RESET enable_seqscan;
SELECT count(*) AS differ FROM by_index JOIN (SELECT id, row_number() OVER (ORDER BY score DESC) AS rank FROM kept_score) AS sorted USING (id) WHERE by_index.rank <> sorted.rank;
DROP INDEX kept_score_btree;
CREATE INDEX kept_score_hash ON kept_score USING hash (score);
SET enable_seqscan = off;
RESET enable_indexscan;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM kept_score WHERE score = '5@2026-11-21T00:00:00Z/P30D';
UPDATE kept_score SET score = '10@2026-11-21T00:00:00Z/P30D' WHERE id = 7;
SELECT id FROM kept_score WHERE score = '5@2026-12-21T00:00:00Z/P30D';
DROP TABLE kept_score;
RESET enable_seqscan;
RESET enable_indexonlyscan;
RESET enable_bitmapscan;

-- Text I/O is immutable: no setting changes it.
SET TimeZone = 'Asia/Kolkata';
SET DateStyle = 'German';
SET IntervalStyle = 'sql_standard';
SELECT '57.3@2026-11-21T05:30:00+05:30/P1DT0.5S'::leadscore.score;
SET extra_float_digits = -5;
SELECT leadscore.score(1.0 / 3);
SELECT leadscore.score_send('10@2000-01-01T00:00:01Z/PT1S');
