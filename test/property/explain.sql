-- A small CRM of three levels with a score for every kind of decay, with and without caps and limits, random activities, and a view of what the reading
-- functions of all its entities must agree in. Driven by explain.sh.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET pg_leadscore.clock = '2026-01-01 00:00:00+00';
CREATE EXTENSION pg_leadscore;

CREATE SCHEMA crm;
CREATE TABLE crm.company (name text PRIMARY KEY);
CREATE TABLE crm.account (id bigint PRIMARY KEY, company text);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, account_id int, kind text, points float8, at timestamptz);
CREATE TABLE crm.attendee (activity_id int, lead_id int);
CREATE INDEX ON crm.activity (lead_id);
CREATE INDEX ON crm.attendee (activity_id);
INSERT INTO crm.company VALUES ('north'), ('south');
INSERT INTO crm.account SELECT id, CASE WHEN id < 4 THEN CASE id % 2 WHEN 0 THEN 'north' ELSE 'south' END END FROM generate_series(1, 4) AS id;
INSERT INTO crm.lead SELECT id, nullif(id % 5, 0) FROM generate_series(1, 9) AS id;

SELECT leadscore.create_entity('company', 'crm.company');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'id < 9');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_source('met', 'crm.activity', 'at', filter => $$kind = 'met'$$);
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_link('activity', 'account', 'account_id');
SELECT leadscore.create_link('met', 'lead', 'through.lead_id', through => '{crm.attendee}', join_on => 'through.activity_id = source.id');
CREATE FUNCTION crm.create_scores() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  decay text;
  score text;
  number int := 0;
BEGIN
  FOREACH decay IN ARRAY ARRAY['none', 'window(5 days)', 'exponential(3 days)', 'exponential(2 days, hold 1 day, expire 8 days)', 'step(1 day: 0.5, 4 days: 0.25, 9 days: 0)',
                               'step(every 1 day: 0.5)', 'step(every 2 days: 0.7, hold 12 hours, expire 20 days)', 'linear(6 days)', 'linear(3 days, hold 2 days)'] LOOP
    number := number + 1;
    score := 'score' || number;
    -- Every other one has caps, some of them between 0 and what is too little to be seen; every third one a limit.
    PERFORM leadscore.create_score(score, '{lead}', decay::leadscore.decay, min_points => CASE number % 4 WHEN 0 THEN 0 WHEN 2 THEN -4 END,
                                   max_points => CASE number % 4 WHEN 0 THEN 30.5 END);
    PERFORM leadscore.create_rule(score, 'points', 'activity', 'points', max_points => CASE number % 4 WHEN 2 THEN 12 END);
    PERFORM leadscore.create_rule(score, 'call', 'activity', '2', filter => $f$kind = 'call'$f$, max_points => CASE WHEN number % 2 = 0 THEN 3 END,
                                  at_most => CASE WHEN number % 3 = 0 THEN 1 END, per => CASE WHEN number % 3 = 0 THEN interval '4 days' END);
    PERFORM leadscore.create_rule(score, 'met', 'met', 'points * 2', decay => 'exponential(1 day)');
    PERFORM leadscore.create_rule(score, 'mail', 'activity', '-1', filter => $f$kind = 'mail'$f$, decay => 'linear(10 days)');
    PERFORM leadscore.create_rollup(score, 'account', of => 'lead', key => 'account_id');
    PERFORM leadscore.create_rollup(score, 'company', of => 'account', key => 'company');
    CALL leadscore.publish(score);
  END LOOP;
END
$$;
SELECT crm.create_scores();

-- Points by hand for somebody, now and then withdrawn.
CREATE FUNCTION crm.adjust(kind text, score text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  adjustment bigint;
BEGIN
  EXECUTE format('SELECT leadscore.%I(%L, %s, %L, ''by hand'', %L)', kind || '_adjust', score, 1 + trunc(random() * CASE kind WHEN 'lead' THEN 8 ELSE 4 END)::int,
                 round((random() * 20 - 8)::numeric, 2), '2026-01-01 00:00+00'::timestamptz + interval '1 second' * trunc(random() * 86400 * 30)) INTO adjustment;
  IF random() < 0.2 THEN
    EXECUTE format('SELECT leadscore.%I(%s)', kind || '_withdraw', adjustment);
  END IF;
END
$$;

-- Rows and adjustments anew, the clock somewhere among them.
CREATE FUNCTION crm.shuffle() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM crm.activity;
  DELETE FROM crm.attendee;
  INSERT INTO crm.activity
  SELECT id, 1 + random() * 10, 1 + random() * 5, (ARRAY['call', 'met', 'mail', 'visit'])[1 + trunc(random() * 4)::int],
         CASE trunc(random() * 10) WHEN 0 THEN NULL WHEN 1 THEN 0 ELSE round((random() * 20 - 6)::numeric, trunc(random() * 4)::int) END,
         '2026-01-01 00:00+00'::timestamptz + interval '1 second' * trunc(random() * 86400 * 20)
           + CASE trunc(random() * 3) WHEN 0 THEN interval '1 microsecond' * trunc(random() * 1000000) ELSE interval '0' END
  FROM generate_series(1, 60) AS id;
  INSERT INTO crm.attendee SELECT 1 + trunc(random() * 60), 1 + random() * 9 FROM generate_series(1, 60);
  PERFORM leadscore.lead_forget(id) FROM crm.lead;
  PERFORM leadscore.account_forget(id) FROM crm.account;
  PERFORM crm.adjust(CASE trunc(random() * 4) WHEN 0 THEN 'account' ELSE 'lead' END, score) FROM leadscore.scores, generate_series(1, 12);
  PERFORM set_config('pg_leadscore.clock', (timestamptz '2026-01-08 00:00+00' + interval '1 second' * trunc(random() * 86400 * 14))::text, false);
END
$$;

-- The functions of an entity have its name; here they have one for all.
CREATE FUNCTION crm.ask(function text, columns text, kind text, score text, id text, arguments text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT %s FROM leadscore.%I(%L, %L, %s) AS x', columns, kind || '_' || function, score, id, arguments);
END
$$;
CREATE FUNCTION crm.score(kind text, score text, id text, as_of timestamptz) RETURNS float8 LANGUAGE sql AS $$
  SELECT points FROM crm.ask('score', 'x', kind, score, id, quote_literal(as_of)) AS s(points float8)
$$;
CREATE VIEW crm.everybody AS
SELECT s.score, e.kind, e.id
FROM leadscore.scores AS s
CROSS JOIN (SELECT 'lead' AS kind, id::text FROM crm.lead WHERE id < 9 UNION ALL SELECT 'account', id::text FROM crm.account UNION ALL SELECT 'company', name FROM crm.company) AS e;

-- For whom each adjustment counts, over all levels.
CREATE VIEW crm.given AS
WITH kept AS (
  SELECT 'lead' AS kind, a.lead_id::text AS id, a.score, a.points FROM leadscore.lead_adjustments AS a WHERE a.withdrawn_at IS NULL
  UNION ALL
  SELECT 'account', a.account_id::text, a.score, a.points FROM leadscore.account_adjustments AS a WHERE a.withdrawn_at IS NULL
), counts AS (
  SELECT k.*, k.kind AS for_kind, k.id AS for_id FROM kept AS k
  UNION ALL
  SELECT k.*, 'account', l.account_id::text FROM kept AS k JOIN crm.lead AS l ON k.kind = 'lead' AND l.id::text = k.id
)
SELECT c.* FROM counts AS c
UNION ALL
SELECT c.kind, c.id, c.score, c.points, 'company', a.company FROM counts AS c JOIN crm.account AS a ON c.for_kind = 'account' AND a.id::text = c.for_id WHERE a.company IS NOT NULL;

CREATE FUNCTION crm.faults(score_asked text) RETURNS TABLE (fault text) LANGUAGE plpgsql AS $$
DECLARE
  one record;
  as_of timestamptz := timestamptz '2026-01-01 00:00+00' + interval '1 second' * trunc(random() * 86400 * 35);
  step interval := (ARRAY['5 days', '4 days 17 hours 3 minutes', '1 week', '1 month'])[1 + trunc(random() * 4)::int];
  actual float8;
  expected float8;
  magnitude float8;
  threshold float8;
  cooled timestamptz;
  early timestamptz;
BEGIN
  FOR one IN SELECT * FROM crm.everybody AS e WHERE e.score = score_asked LOOP
    -- Contributions add up, then and now, when the states answer.
    FOREACH as_of IN ARRAY ARRAY[as_of, leadscore.clock()] LOOP
      SELECT coalesce(sum(e.contribution), 0), coalesce(sum(abs(e.contribution)), 0) INTO actual, magnitude
      FROM crm.ask('explain', 'x.contribution', one.kind, one.score, one.id, quote_literal(as_of)) AS e(contribution float8);
      expected := crm.score(one.kind, one.score, one.id, as_of);
      IF (abs(actual - expected) <= 1e-9 * greatest(1, magnitude)) IS NOT TRUE THEN
        fault := format('%s %s at %s: lines add up to %s, the score is %s', one.kind, one.id, as_of, actual, expected);
        RETURN NEXT;
      END IF;
    END LOOP;
    -- What was given by hand and not withdrawn has a line for each.
    SELECT count(*), coalesce(sum(e.points), 0) INTO actual, magnitude
    FROM crm.ask('explain', 'x.rule, x.source, x.points', one.kind, one.score, one.id, quote_literal(as_of)) AS e(rule text, source text, points float8)
    WHERE e.rule = 'adjustment' AND e.source IS NULL;
    SELECT count(*), coalesce(sum(g.points), 0) INTO expected, threshold FROM crm.given AS g WHERE (g.score, g.for_kind, g.for_id) = (one.score, one.kind, one.id);
    IF actual <> expected OR abs(magnitude - threshold) > 1e-9 THEN
      fault := format('%s %s: %s adjustments explained, of %s points; there are %s, of %s', one.kind, one.id, actual, magnitude, expected, threshold);
      RETURN NEXT;
    END IF;
    -- A timeline, and everybody at an instant, are what the score is there.
    SELECT format('%s %s at %s: timeline %s, score %s', one.kind, one.id, t.at, t.points, crm.score(one.kind, one.score, one.id, t.at)) INTO fault
    FROM crm.ask('timeline', 'x.at, x.points', one.kind, one.score, one.id, format('%L, %L, %L', as_of - interval '10 days', as_of + interval '40 days', step)) AS t(at timestamptz, points float8)
    WHERE (abs(t.points - crm.score(one.kind, one.score, one.id, t.at)) <= 1e-9 * greatest(1, abs(t.points))) IS NOT TRUE LIMIT 1;
    IF FOUND THEN RETURN NEXT; END IF;
    EXECUTE format('SELECT s.points FROM leadscore.%I(%L, %L) AS s WHERE s.%I::text = %L', one.kind || '_scores_at', one.score, as_of, one.kind || '_id', one.id) INTO actual;
    IF (abs(actual - crm.score(one.kind, one.score, one.id, as_of)) <= 1e-9 * greatest(1, abs(actual))) IS NOT TRUE THEN
      fault := format('%s %s at %s: scores_at says %s', one.kind, one.id, as_of, actual);
      RETURN NEXT;
    END IF;
    -- It cools at the microsecond at which the rows say so, not at an earlier one, and never only if it is above later.
    threshold := round((random() * 30 - 8)::numeric, 1);
    SELECT c.at INTO cooled FROM crm.ask('cools_at', 'x', one.kind, one.score, one.id, quote_literal(threshold)) AS c(at timestamptz);
    IF cooled IS NULL THEN
      early := leadscore.clock() + interval '300 days';
    ELSE
      SELECT t.points INTO actual FROM crm.ask('timeline', 'x.points', one.kind, one.score, one.id, format('%1$L, %1$L, ''1 day''', cooled)) AS t(points float8);
      IF actual > threshold THEN
        fault := format('%s %s: cools to %s at %s, but has %s then', one.kind, one.id, threshold, cooled, actual);
        RETURN NEXT;
      END IF;
      early := cooled - interval '1 microsecond';
    END IF;
    SELECT format('%s %s: cools to %s at %s, but has %s at %s', one.kind, one.id, threshold, coalesce(cooled::text, 'never'), t.points, t.at) INTO fault
    FROM (SELECT leadscore.clock() AS from_time, CASE WHEN substr(one.score, 6)::int % 2 = 0 THEN '19 hours' ELSE '3 hours' END AS step, least(early, leadscore.clock() + interval '40 days') AS to_time
          UNION ALL SELECT early, '1 day', early WHERE early >= leadscore.clock()) AS r,
         crm.ask('timeline', 'x.at, x.points', one.kind, one.score, one.id, format('%L, %L, %L', r.from_time, r.to_time, r.step)) AS t(at timestamptz, points float8)
    WHERE t.points <= threshold LIMIT 1;
    IF FOUND THEN RETURN NEXT; END IF;
  END LOOP;
END
$$;
