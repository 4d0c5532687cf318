-- Malformed values of decay and score, of text and binary: a clear error, the server alive.
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

SELECT text, pg_temp.error_of(format('SELECT %L::leadscore.decay', text)) AS error FROM unnest(ARRAY[
  '', 'none()', 'none, hold 1 day', 'gaussian(1 day)', '(1 day)', 'window', 'window()', 'window(1 day', 'window(1 day))', 'window(1 day, 2 days)', 'window(,)',
  'window(soon)', 'window(0 days)', 'window(-1 day)', 'window(1 month)', 'window(1 year 1 day)', 'window(infinity)', 'window(3300001 days)', 'window(99999999999 days)',
  'exponential(0)', 'exponential(1 mon)', 'exponential(hold 1 day)', 'exponential(1 day, hold 1 day, hold 1 day)', 'exponential(1 day, hold 0)', 'exponential(1 day, hold -1 day)',
  'exponential(1 day, expire 1 month)', 'exponential(1 day, expire 1 day, hold 1 day)', 'exponential(1 day, expire 1 day, 2 days)', 'exponential(1 day, until 2 days)',
  'window(1 day, expire 2 days)', 'linear(1 day, expire 2 days)', 'linear(0 days)', 'step(1 day: 0.5, expire 2 days)',
  'step()', 'step(1 day)', 'step(1 day:)', 'step(: 0.5)', 'step(1 day: x)', 'step(1 day: -0.5)', 'step(1 day: NaN)', 'step(1 day: Infinity)', 'step(1 day: 1e400)',
  'step(2 days: 0.5, 1 day: 0)', 'step(1 day: 0.5, 24:00:00: 0)', 'step(1 day: 0.5, 1 month: 0)', 'step(hold 1 day)',
  'step(every 1 day: 1.1)', 'step(every 1 day: -1)', 'step(every 1 day: NaN)', 'step(every 59 minutes: 0.5)', 'step(every 1 month: 0.5)', 'step(every 1 day)',
  'step(every 1 day: 0.5, 2 days: 0)', 'step(1 day: 0.5, every 2 days: 0)']) AS text;
SELECT length(pg_temp.error_of(format('SELECT %L::leadscore.decay', 'window(' || repeat('é', 100000) || ')'))) < 1000 AS overlong;
SELECT length(pg_temp.error_of(format('SELECT %L::leadscore.decay', repeat('(', 1000000)))) < 1000 AS overlong;

SELECT text, pg_temp.error_of(format('SELECT %L::leadscore.score', text)) AS error FROM unnest(ARRAY[
  '', 'abc', '1@', '@', '1@2026-11-21T00:00:00Z', '1@2026-11-21T00:00:00Z/', '1@2026-11-21/P1D', '1@2026-11-21T00:00:00/P1D', '1@2026-02-30T00:00:00Z/P1D',
  '1@2026-11-21T25:00:00Z/P1D', '1@1399-12-31T23:59:59Z/P1D', '1@10000-01-01T00:00:00Z/P1D', '1@infinity/P1D', '1@2026-11-21T00:00:00Z/30 days', '1@2026-11-21T00:00:00Z/P1M',
  '1@2026-11-21T00:00:00Z/P1Y', '1@2026-11-21T00:00:00Z/P0D', '1@2026-11-21T00:00:00Z/PT0.999999S', '1@2026-11-21T00:00:00Z/P-1D', '1@2026-11-21T00:00:00Z/P9999999D', '1@2026-11-21T00:00:00Z/P1D x',
  'Infinity', '-inf', '1e999', '1e-999', '0x1p3', '1,5', 'inf@2026-11-21T00:00:00Z/P1D', '1@2026-11-21T00:00:00+99/P1D']) AS text;
SELECT length(pg_temp.error_of(format('SELECT %L::leadscore.score', repeat('9', 100000) || 'x'))) < 1000 AS overlong;

-- Arguments.
SELECT statement, pg_temp.error_of('SELECT ' || statement) AS error FROM unnest(ARRAY[
  'score(''Infinity'', now(), ''1 day'')', 'score(1, ''infinity'', ''1 day'')', 'score(1, ''-infinity'', ''1 day'')', 'score(1, ''1399-12-31 00:00+00'', ''1 day'')',
  'score(1, ''10000-01-01 00:00+00'', ''1 day'')', 'score(1, ''0044-03-15 BC'', ''1 day'')', 'score(1, now(), ''0'')', 'score(1, now(), ''-1 day'')', 'score(1, now(), ''0.9 seconds'')',
  'score(1, now(), ''1 month'')', 'score(1, now(), ''9999999 days'')', 'score(''-Infinity''::float8)',
  'score(1) @ ''infinity''', 'value_at(score(1), ''10000-01-01 00:00+00'')', 'score(1, ''2026-01-01'', ''1 s'') @ ''2025-01-01''',
  'score(1, ''2026-01-01'', ''30 days'') + score(1, ''2026-01-01'', ''36 hours'')', 'score(1) - score(1, ''2026-01-01'', ''36 hours'')',
  'score(1e308) + score(1e308)', 'score(1e308) * 10', 'score(1) * ''Infinity''::float8', 'score(1) / 0', 'score(1) / 1e-320',
  'cools_at(score(1e300, ''2026-01-01'', ''3650 days''), 1e-300)',
  'weight(''none'', ''1 month'')', 'weight(''none'', ''9999999 days'')', 'weight(''none'', ''infinity'', now())', 'weight(''none'', now(), ''-infinity'')', 'weight(''none'', ''0044-03-15 BC'', now())']) AS statement;

-- Binary input, through COPY: the header, one row of one field, the end.
CREATE TABLE kept (id int DEFAULT 1, decay decay, score score);
INSERT INTO kept (decay, score) VALUES ('none', '1');
CREATE FUNCTION pg_temp.error_of_binary(type_column text, field bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  file bytea := '\x5047434f50590aff0d0a000000000000000000'::bytea || '\x0001'::bytea || int4send(length(field)) || field || '\xffff'::bytea;
  octal text := '';
BEGIN
  FOR place IN 0 .. length(file) - 1 LOOP
    octal := octal || '\0' || get_byte(file, place) / 64 || get_byte(file, place) / 8 % 8 || get_byte(file, place) % 8;
  END LOOP;
  RETURN pg_temp.error_of(format('COPY kept (%I) FROM PROGRAM %L (FORMAT binary)', type_column, 'printf %b ' || '''' || octal || ''''));
END $$;
WITH good AS (SELECT decay_send('step(30 days: 0.5, 90 days: 0)') AS bytes)
SELECT what, pg_temp.error_of_binary('decay', field) AS error FROM good,
  LATERAL (VALUES ('whole', bytes), ('empty', ''::bytea), ('truncated', substring(bytes FOR 20)), ('truncated in a step', substring(bytes FOR 60)),
    ('overlong', bytes || '\x00'), ('version unknown', set_byte(bytes, 0, 2)), ('kind unknown', set_byte(bytes, 1, 77)),
    ('NaN', overlay(bytes PLACING float8send('NaN') FROM 43)), ('infinite', overlay(bytes PLACING float8send('Infinity') FROM 43)),
    ('negative age', overlay(bytes PLACING int8send(-1) FROM 35)), ('not ascending', overlay(bytes PLACING int8send(7776000000000) FROM 35)),
    ('too long an age', overlay(bytes PLACING int8send(9223372036854775807) FROM 51))) AS cases (what, field);
WITH good AS (SELECT score_send('57.3@2026-11-21T00:00:00Z/P30D') AS bytes)
SELECT what, pg_temp.error_of_binary('score', field) AS error FROM good,
  LATERAL (VALUES ('whole', bytes), ('empty', ''::bytea), ('truncated', substring(bytes FOR 24)), ('overlong', bytes || '\x00'), ('version unknown', set_byte(bytes, 0, 0)),
    ('NaN', overlay(bytes PLACING float8send('NaN') FROM 2)), ('infinite', overlay(bytes PLACING float8send('-Infinity') FROM 2)),
    ('infinite time', overlay(bytes PLACING int8send(9223372036854775807) FROM 10)), ('time out of range', overlay(bytes PLACING int8send(-99999999999999999) FROM 10)),
    ('negative half-life', overlay(bytes PLACING int8send(-1) FROM 18)), ('short half-life', overlay(bytes PLACING int8send(999999) FROM 18)),
    ('time without half-life', overlay(bytes PLACING int8send(0) FROM 18))) AS cases (what, field);
SELECT decay, score FROM kept ORDER BY decay, score;
-- What is sent is received.
SELECT pg_temp.error_of_binary('decay', decay_send('exponential(30 days, hold 7 days)')) AS decay, pg_temp.error_of_binary('score', score_send('-1e-300@1999-12-31T23:59:59.999999Z/PT1.5S')) AS score;
SELECT decay, score FROM kept ORDER BY decay, score;
DROP TABLE kept;
