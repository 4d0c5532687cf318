-- A small CRM with a score for every kind of decay, with several components, caps and without, random writes and folds,
-- and a clock that moves; teams get it by a roll-up. lead_hottest and team_hottest must be what their views say, and lead_hot what
-- the rows say. Driven by hottest.sh.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET pg_leadscore.clock = '2026-01-01 00:00:00+00';
CREATE EXTENSION pg_leadscore;

CREATE SCHEMA crm;
CREATE TABLE crm.team (id bigint PRIMARY KEY);
INSERT INTO crm.team SELECT generate_series(1, 30);
CREATE TABLE crm.lead (id int PRIMARY KEY, is_lead boolean NOT NULL DEFAULT true, team_id int);
CREATE TABLE crm.activity (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, kind text, points float8, at timestamptz);
CREATE INDEX ON crm.activity (lead_id);
INSERT INTO crm.lead SELECT id, id % 10 <> 3, nullif(id % 32, 0) FROM generate_series(1, 400) AS id;
SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'is_lead');
SELECT leadscore.create_entity('team', 'crm.team');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_source('early', 'crm.activity', 'at', filter => $$kind = 'mail'$$, ahead => '6 hours');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_link('early', 'lead', 'lead_id');

CREATE FUNCTION crm.create_scores() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  decay text;
  score text;
  number int := 0;
BEGIN
  FOREACH decay IN ARRAY ARRAY['none', 'window(5 days)', 'exponential(3 days)', 'exponential(2 days, expire 8 days)', 'exponential(2 days, hold 1 day, expire 8 days)',
                               'exponential(1 day, hold 3 days)', 'step(1 day: 0.5, 4 days: 0.25, 9 days: 0)', 'step(every 1 day: 0.5)',
                               'step(every 2 days: 0.7, hold 12 hours, expire 20 days)', 'linear(6 days)', 'linear(3 days, hold 2 days)', 'exponential(1 second)'] LOOP
    number := number + 1;
    score := 'plain' || number;
    PERFORM leadscore.create_score(score, '{lead}', decay::leadscore.decay);
    PERFORM leadscore.create_rule(score, 'points', 'activity', 'points');
    PERFORM leadscore.create_rollup(score, 'team', of => 'lead', key => 'team_id');
    CALL leadscore.publish(score);
    CONTINUE WHEN number % 2 = 1;
    score := 'mixed' || number;
    PERFORM leadscore.create_score(score, '{lead}', decay::leadscore.decay, min_points => CASE WHEN number % 3 = 0 THEN -2 END,
                                   max_points => CASE WHEN number % 4 = 0 THEN 40 END);
    PERFORM leadscore.create_rule(score, 'points', 'activity', 'points', filter => $f$kind <> 'call'$f$);
    PERFORM leadscore.create_rule(score, 'call', 'activity', 'points', filter => $f$kind = 'call'$f$, decay => 'linear(10 days)', max_points => 7);
    PERFORM leadscore.create_rule(score, 'mail', 'early', '1.1');
    PERFORM leadscore.create_rollup(score, 'team', of => 'lead', key => 'team_id');
    CALL leadscore.publish(score);
  END LOOP;
END
$$;
SELECT crm.create_scores();

-- Most leads earn little and some a lot, so that the best stand out. A round writes, folds now and then, and moves the clock, sometimes back.
CREATE PROCEDURE crm.write(round int) LANGUAGE plpgsql AS $$
DECLARE
  now timestamptz := leadscore.clock();
BEGIN
  INSERT INTO crm.activity (lead_id, kind, points, at)
  SELECT 1 + trunc(400 * power(random(), 3)), (ARRAY['call', 'mail', 'visit'])[1 + trunc(random() * 3)::int],
         CASE trunc(random() * 12) WHEN 0 THEN -round((random() * 20)::numeric, 1) WHEN 1 THEN 0 WHEN 2 THEN NULL WHEN 3 THEN 8
                                   ELSE round((random() * 10)::numeric, trunc(random() * 3)::int) END,
         now - interval '1 second' * trunc((random() * 13 - 1) * 86400)
  FROM generate_series(1, 10 + (random() * 300)::int);
  IF random() < 0.5 THEN
    DELETE FROM crm.activity AS a WHERE random() < 0.05;
  END IF;
  IF random() < 0.3 THEN
    UPDATE crm.activity AS a SET points = points + 1, lead_id = CASE WHEN random() < 0.2 THEN 1 + trunc(random() * 400) ELSE lead_id END WHERE random() < 0.05;
  END IF;
  IF random() < 0.1 THEN
    UPDATE crm.lead AS l SET is_lead = NOT is_lead WHERE random() < 0.1;
  END IF;
  IF random() < 0.1 THEN
    UPDATE crm.lead AS l SET team_id = 1 + trunc(random() * 32)::int WHERE random() < 0.1;
  END IF;
  IF random() < 0.02 THEN
    TRUNCATE crm.activity;
  END IF;
  IF random() < 0.6 THEN
    CALL leadscore.tick();
  END IF;
  PERFORM set_config('pg_leadscore.clock', (now + CASE trunc(random() * 8) WHEN 0 THEN interval '0' WHEN 1 THEN -random() * interval '1 day' WHEN 2 THEN random() * interval '9 days'
                                                    ELSE random() * interval '12 hours' END)::text, false);
  IF random() < 0.2 THEN
    CALL leadscore.tick();
  END IF;
END
$$;

-- Points and keys in their order, as one text; the order in which points are added up may show in the last digit.
CREATE FUNCTION crm.faults() RETURNS TABLE (fault text) LANGUAGE plpgsql AS $$
DECLARE
  score text;
  entity text;
  n int;
  asked text;
  expected text;
  more_than float8 := trunc(random() * 30);
BEGIN
  FOR score IN SELECT s.score FROM leadscore.scores AS s ORDER BY random() LIMIT 5 LOOP
    FOREACH n IN ARRAY ARRAY[1, 1 + trunc(random() * 10)::int, 1 + trunc(random() * 60)::int] LOOP
      FOREACH entity IN ARRAY '{lead,team}'::text[] LOOP
        EXECUTE format('SELECT string_agg(h.%1$I || '':'' || round(h.points::numeric, 9), '' '' ORDER BY round(h.points::numeric, 9) DESC, h.%1$I) FROM leadscore.%2$I(%3$L, %4$s) AS h',
                       entity || '_id', entity || '_hottest', score, n) INTO asked;
        EXECUTE format('SELECT string_agg(v.%1$I || '':'' || round(v.points::numeric, 9), '' '' ORDER BY round(v.points::numeric, 9) DESC, v.%1$I) FROM (SELECT * FROM leadscore.%2$I ORDER BY points DESC, %1$I LIMIT %3$s) AS v',
                       entity || '_id', entity || '_' || score, n) INTO expected;
        IF asked IS DISTINCT FROM expected THEN
          fault := format('%s of %s, %s at %s: %s instead of %s', entity, score, n, leadscore.clock(), asked, expected);
          RETURN NEXT;
        END IF;
      END LOOP;
    END LOOP;
  END LOOP;
  -- plain2 is about a window.
  SELECT string_agg(h.lead_id || ':' || round(h.points::numeric, 6) || ' of ' || h.activities, ' ' ORDER BY h.lead_id) INTO asked
  FROM leadscore.lead_hot('plain2', more_than, '5 days') AS h;
  SELECT string_agg(w.id || ':' || round(w.points::numeric, 6) || ' of ' || w.activities, ' ' ORDER BY w.id) INTO expected
  FROM (SELECT l.id, sum(coalesce(a.points, 0)) AS points, count(*) AS activities
        FROM crm.lead AS l JOIN crm.activity AS a ON a.lead_id = l.id
        WHERE l.is_lead AND a.at BETWEEN leadscore.clock() - interval '5 days' AND leadscore.clock() GROUP BY l.id) AS w
  WHERE w.points > more_than + 1e-9;
  IF asked IS DISTINCT FROM expected THEN
    fault := format('more than %s in 5 days at %s: %s instead of %s', more_than, leadscore.clock(), asked, expected);
    RETURN NEXT;
  END IF;
END
$$;
