-- A state is as large after 10,000 activities as after 10, under every decay; and so is what a read of it touches.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead VALUES (1), (2);
CREATE TABLE crm.activity (lead_id int, at timestamptz, points float8);
\o /dev/null
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
CREATE TABLE crm.decays AS
SELECT 'score_' || n AS score, decay
FROM unnest(ARRAY['none', 'window(90 days)', 'exponential(30 days)', 'exponential(30 days, hold 7 days, expire 90 days)', 'step(30 days: 0.5, 90 days: 0)',
                  'step(every 30 days: 0.5)', 'linear(90 days)']) WITH ORDINALITY AS d(decay, n);
SELECT leadscore.create_score(score, '{lead}', decay::leadscore.decay),
       leadscore.create_rule(score, 'points', 'activity', 'points') FROM crm.decays ORDER BY score;
\o
DO $$
DECLARE
  score text;
BEGIN
  FOR score IN SELECT d.score FROM crm.decays AS d ORDER BY 1 LOOP
    CALL leadscore.publish(score);
  END LOOP;
END $$;

-- Lead 1 has 10, lead 2 has 10,000 in a thousand statements and folds; of every age, and one in ten still to come.
CREATE PROCEDURE crm.write(lead int, statements int) LANGUAGE plpgsql AS $$
BEGIN
  FOR n IN 1 .. statements LOOP
    INSERT INTO crm.activity SELECT lead, timestamptz '2026-03-02 00:00+00' - CASE WHEN g > 1 THEN 1 + (n * 7919 + g * 104729) % 120 ELSE 0 END * interval '1 day', 1 + g FROM generate_series(1, 10) AS g;
    IF n % 100 = 1 THEN
      CALL leadscore.tick();
    END IF;
  END LOOP;
END $$;
CALL crm.write(1, 1);
CALL crm.write(2, 1000);
CALL leadscore.tick();
CALL leadscore.tick();
SELECT count(*) AS pending FROM leadscore.lead_pending;

CREATE TABLE crm.size (score text, lead int, activities bigint, bytes int);
DO $$
DECLARE
  c record;
BEGIN
  FOR c IN SELECT s.name, x.states FROM leadscore_internal.component AS x JOIN leadscore_internal.score AS s ON s.id = x.score LOOP
    EXECUTE format('INSERT INTO crm.size SELECT %L, key, activities, pg_column_size(s) FROM %s AS s', c.name, c.states);
  END LOOP;
END $$;
-- What is held, and when something changes next, is NULL where there is nothing: 8 bytes each.
SELECT d.decay, small.activities AS few, large.activities AS many, large.bytes - small.bytes AS larger_by, large.bytes < 150 AS small_enough
FROM crm.decays AS d JOIN crm.size AS small ON small.score = d.score AND small.lead = 1 JOIN crm.size AS large ON large.score = d.score AND large.lead = 2
ORDER BY d.score;
-- Updated in place: the tables do not grow with what went through them.
SELECT bool_and(pg_relation_size(x.states) <= 4 * 8192) AS states_stay_small FROM leadscore_internal.component AS x;
SELECT s.score, v FROM crm.decays AS s CROSS JOIN LATERAL leadscore.verify(s.score) AS v;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
