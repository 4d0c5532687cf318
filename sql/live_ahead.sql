-- Activities that count ahead of their time: exact at each instant around each boundary, before any fold and after.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET jit = off;
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead SELECT generate_series(1, 3);
CREATE TABLE crm.meeting (id int PRIMARY KEY, lead_id int, at timestamptz, points float8, note text);
SELECT leadscore.create_entity('lead', 'crm.lead');
-- The length must be fixed, and a day is 24 hours.
SELECT leadscore.create_source('bad', 'crm.meeting', 'at', ahead => '1 month');
SELECT leadscore.create_source('bad', 'crm.meeting', 'at', ahead => '-1 second');
SELECT leadscore.create_source('bad', 'crm.meeting', 'at', ahead => '40000 days');
SELECT leadscore.create_source('bad', 'crm.meeting', 'at', ahead => NULL);
SELECT leadscore.create_source('meeting', 'crm.meeting', 'at', ahead => '2 days');
SELECT leadscore.create_source('plain', 'crm.meeting', 'at', filter => $$note = 'twice'$$);
SELECT leadscore.create_source('marked', 'crm.meeting', 'at', filter => $$note = 'marked'$$, ahead => '1 day 6 hours');
SELECT leadscore.create_link('meeting', 'lead', 'lead_id');
SELECT leadscore.create_link('plain', 'lead', 'lead_id');
SELECT leadscore.create_link('marked', 'lead', 'unnest(ARRAY[lead_id, 3])');
SET intervalstyle = 'iso_8601';
SELECT source, ahead FROM leadscore.sources ORDER BY source;
RESET intervalstyle;
-- A score for each kind of decay, all with the same rules, and one with several.
CREATE TABLE crm.decay AS SELECT decay, 's' || row_number() OVER () AS score FROM (VALUES ('none'), ('window(3 days)'), ('exponential(4 days)'), ('exponential(4 days, expire 9 days)'), ('exponential(4 days, hold 1 day, expire 9 days)'),
  ('step(1 day: 0.5, 3 days: 0)'), ('step(every 2 days: 0.5, expire 5 days)'), ('linear(4 days)'), ('window(3 days, hold 1 day)')) AS v(decay);
SELECT * FROM crm.decay ORDER BY score;
DO $$
DECLARE d record;
BEGIN
  FOR d IN SELECT * FROM crm.decay ORDER BY score LOOP
    PERFORM leadscore.create_score(d.score, '{lead}', d.decay::leadscore.decay);
    PERFORM leadscore.create_rule(d.score, 'meeting', 'meeting', 'points');
    PERFORM leadscore.create_rule(d.score, 'plain', 'plain', 'points');
    PERFORM leadscore.create_rule(d.score, 'marked', 'marked', '10 * points', decay => CASE WHEN d.decay = 'none' THEN 'linear(4 days)'::leadscore.decay END);
    CALL leadscore.publish(d.score);
  END LOOP;
END $$;
SELECT score, decay FROM leadscore.status WHERE score IN ('s1', 's5') ORDER BY score, decay;

-- The oracle: the weight of what is ahead is that of what is now.
CREATE FUNCTION crm.oracle(of_score text, of_decay text, as_of timestamptz) RETURNS TABLE (id int, points float8, activities bigint, last_activity_at timestamptz) LANGUAGE sql AS $$
  WITH facts AS (
    SELECT 'meeting' || m.id AS activity, m.lead_id, m.at, m.points, of_decay AS decay, interval '48 hours' AS ahead FROM crm.meeting AS m
    UNION ALL SELECT 'plain' || m.id, m.lead_id, m.at, m.points, of_decay, interval '0' FROM crm.meeting AS m WHERE m.note = 'twice'
    UNION ALL SELECT 'marked' || m.id, r.lead_id, m.at, 10 * m.points, CASE of_decay WHEN 'none' THEN 'linear(4 days)' ELSE of_decay END, interval '30 hours'
    FROM crm.meeting AS m CROSS JOIN LATERAL (SELECT m.lead_id UNION SELECT 3) AS r WHERE m.note = 'marked')
  SELECT l.id, coalesce(sum(f.points * leadscore.weight(f.decay::leadscore.decay, greatest(as_of - f.at, interval '0'))), 0), count(DISTINCT f.activity), max(f.at)
  FROM crm.lead AS l LEFT JOIN facts AS f ON f.lead_id = l.id AND f.at <= as_of + f.ahead GROUP BY l.id
$$;
CREATE FUNCTION crm.kept(of_score text) RETURNS TABLE (id int, points float8, activities bigint, last_activity_at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT lead_id, points, activities, last_activity_at FROM leadscore.lead_%s', of_score);
END $$;
-- Faults of all readers at the clock's instant.
CREATE FUNCTION crm.faults() RETURNS TABLE (decay text, what text, fault text) LANGUAGE plpgsql AS $$
DECLARE
  d record;
  now timestamptz := leadscore.clock();
BEGIN
  FOR d IN SELECT * FROM crm.decay ORDER BY score LOOP
    RETURN QUERY SELECT d.decay, 'view', format('%s: kept %s, actual %s', now, k, o) FROM crm.oracle(d.score, d.decay, now) AS o FULL JOIN crm.kept(d.score) AS k USING (id)
      WHERE NOT coalesce(abs(k.points - o.points) < 1e-9, false) OR k.activities <> o.activities OR k.last_activity_at IS DISTINCT FROM o.last_activity_at;
    RETURN QUERY SELECT d.decay, 'verify', format('%s: %s', now, v) FROM leadscore.verify(d.score) AS v;
    RETURN QUERY SELECT d.decay, 'at an instant', format('%s: lead %s, actual %s', t.at, o.id, o.points)
      FROM (SELECT now + (hashtext(d.score || now) % 2) * interval '50 hours' - interval '1 microsecond' AS at) AS t, crm.oracle(d.score, d.decay, t.at) AS o
      WHERE NOT abs(leadscore.lead_score(d.score, o.id, t.at) - o.points) < 1e-9;
    -- The window asks for no decay.
    CONTINUE WHEN d.score <> 's5';
    RETURN QUERY SELECT d.decay, 'window', format('%s: %s, kept %s', now, o, h)
      FROM (SELECT l.id, coalesce(sum(m.points * f.times), 0) AS points, count(m.id) AS activities, max(m.at) AS last_activity_at
            FROM crm.lead AS l LEFT JOIN (crm.meeting AS m CROSS JOIN LATERAL (
              VALUES (true, 1, interval '48 hours', m.lead_id), (m.note = 'twice', 1, interval '0', m.lead_id),
                     (m.note = 'marked', 10, interval '30 hours', m.lead_id), (m.note = 'marked' AND m.lead_id <> 3, 10, interval '30 hours', 3)) AS f(matches, times, ahead, lead_id))
              ON f.lead_id = l.id AND f.matches AND m.at BETWEEN now - interval '1 day' AND now + f.ahead GROUP BY l.id) AS o
      FULL JOIN (SELECT lead_id AS id, h.points, h.activities, h.last_activity_at FROM leadscore.lead_hot(d.score, 0, '1 day') AS h
                 UNION ALL SELECT lead_id, c.points, c.activities, c.last_activity_at FROM leadscore.lead_cold(d.score, 0.001, '1 day') AS c) AS h ON h.id = o.id
      WHERE h.id IS NULL OR h.points <> o.points OR h.activities <> o.activities OR h.last_activity_at IS DISTINCT FROM o.last_activity_at;
  END LOOP;
END $$;
-- The clock in microseconds around every instant at which an activity's weight may change.
CREATE PROCEDURE crm.around(INOUT faults bigint DEFAULT 0) LANGUAGE plpgsql AS $$
DECLARE
  instant timestamptz;
  found bigint;
  round int := 0;
BEGIN
  FOR instant IN
    SELECT DISTINCT m.at + a.days * interval '6 hours' + u.n * interval '1 microsecond'
    FROM crm.meeting AS m, unnest('{-8,-5,0,4,16,36}'::int[]) AS a(days), generate_series(0, 1) AS u(n) WHERE m.at BETWEEN '2020-01-01' AND '2030-01-01' ORDER BY 1
  LOOP
    PERFORM set_config('pg_leadscore.clock', instant::text, false);
    round := round + 1;
    -- Some are read beside the state of an earlier instant.
    IF round % 3 = 0 THEN
      CALL leadscore.tick();
      COMMIT;
    END IF;
    SELECT count(*) INTO found FROM crm.faults();
    faults := faults + found;
  END LOOP;
END $$;
INSERT INTO crm.meeting VALUES (1, 1, '2026-03-03 00:00:00+00', 4, NULL), (2, 2, '2026-03-04 06:00:00.000001+00', 8, 'twice'), (3, 1, '2026-03-02 18:00:00+00', 1, 'marked');
SELECT decay, (SELECT string_agg(id || ': ' || round(points::numeric, 6) || ' in ' || activities, ', ' ORDER BY id) FROM crm.kept(score)) FROM crm.decay ORDER BY score;
SELECT * FROM crm.faults();
CALL crm.around();
SELECT lead_id, activities, last_activity_at FROM leadscore.lead_s3 ORDER BY lead_id;
SELECT last_activity_at, activities FROM leadscore.lead_hot('s3', 0, '0', '2026-03-01 00:00:00+00');
-- Moved, taken away, earlier than the calendar, never; and back in time.
SET pg_leadscore.clock = '2026-03-04 00:00:00+00';
UPDATE crm.meeting SET at = at + interval '3 days' WHERE id < 3;
SELECT * FROM crm.faults();
CALL leadscore.tick();
INSERT INTO crm.meeting VALUES (4, 1, 'infinity', 1, 'twice'), (5, 2, NULL, 1, 'twice'), (6, 2, '9998-12-30', 1, 'twice');
DELETE FROM crm.meeting WHERE id = 1;
SELECT * FROM crm.faults();
CALL leadscore.tick();
UPDATE crm.meeting SET points = 2, note = NULL WHERE id = 3;
SELECT * FROM crm.faults();
SET pg_leadscore.clock = '2026-03-05 00:00:00.000001+00';
SELECT * FROM crm.faults();
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
SELECT * FROM crm.faults();
INSERT INTO crm.meeting VALUES (7, 1, '-infinity', 1, NULL), (8, 2, '4713-01-01 00:00:00+00 BC', 1, 'marked');
SELECT leadscore.lead_score('s1', 1), leadscore.lead_score('s3', 1), activities, last_activity_at FROM leadscore.lead_s1 WHERE lead_id = 1;
CALL leadscore.tick();
SELECT count(*) FROM crm.decay CROSS JOIN LATERAL leadscore.verify(score);
-- The zone of the session does not move it, also where a day there has 23 hours.
SET pg_leadscore.clock = '2026-03-29 10:00:00+02';
SET timezone = 'Europe/Berlin';
INSERT INTO crm.meeting VALUES (9, 3, '2026-03-31 10:00:00+02', 2, NULL), (10, 3, '2026-03-31 10:00:00.000001+02', 64, NULL);
SELECT leadscore.lead_score('s1', 3), leadscore.lead_score('s1', 3, '2026-03-28 09:59:59+01'), leadscore.lead_score('s1', 3, '2026-03-29 10:00:00.000001+02');
SET timezone = 'UTC';
SELECT leadscore.lead_score('s1', 3), last_activity_at FROM leadscore.lead_s1 WHERE lead_id = 3;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
