-- The reading functions of a score with caps; row functions of what is renamed.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, kind text, points float8, at timestamptz);
INSERT INTO crm.account VALUES (1);
INSERT INTO crm.lead VALUES (1, 1), (2, 1), (3, NULL);
INSERT INTO crm.activity VALUES (1, 1, 'call', 30, '2026-03-01'), (2, 1, 'mail', 8, '2026-03-01'), (3, 2, 'mail', 50, '2026-02-19'), (4, 3, 'mail', -9, '2026-03-01');
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('heat', '{lead}', 'exponential(10 days)', min_points => 0, max_points => 20);
SELECT leadscore.create_rule('heat', 'call', 'activity', 'points', filter => $$kind = 'call'$$, max_points => 10);
SELECT leadscore.create_rule('heat', 'mail', 'activity', 'points', filter => $$kind = 'mail'$$);
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => 'account_id');
CALL leadscore.publish('heat');
CREATE FUNCTION crm.lead_points(lead int, instant timestamptz) RETURNS float8 LANGUAGE sql AS $$
  SELECT greatest(0, least(20, least(10, coalesce(sum(p) FILTER (WHERE kind = 'call'), 0)) + coalesce(sum(p) FILTER (WHERE kind = 'mail'), 0)))
  FROM (SELECT kind, points * power(0.5::float8, extract(epoch FROM instant - at)::float8 / 864000) AS p FROM crm.activity WHERE lead_id = lead AND at <= instant) AS x
$$;
SELECT at, lead_id, round(points::numeric, 4) AS points, abs(points - crm.lead_points(lead_id, at)) < 1e-9 AS is_right
FROM unnest('{2026-02-19,2026-03-01,2026-03-21}'::timestamptz[]) AS at, leadscore.lead_scores_at('heat', at) ORDER BY 1, 2;
SELECT count(*), count(*) FILTER (WHERE abs(points - crm.lead_points(1, at)) < 1e-9) AS right FROM leadscore.lead_timeline('heat', 1, '2026-02-28', '2026-05-01', '5 days');
SELECT count(*), count(*) FILTER (WHERE abs(points - least(20, crm.lead_points(1, at) + crm.lead_points(2, at))) < 1e-9) AS right
FROM leadscore.account_timeline('heat', 1, '2026-02-28', '2026-05-01', '5 days');
-- A line for what the caps do; the lines add up.
SELECT rule, source, row_key, points, round(weight::numeric, 4) AS weight, round(contribution::numeric, 4) AS contribution FROM leadscore.lead_explain('heat', 1);
SELECT id, rule, round(contribution::numeric, 4) AS contribution FROM unnest('{2,3}'::int[]) AS id, leadscore.lead_explain('heat', id) ORDER BY 1, 3;
SELECT at, abs((SELECT sum(contribution) FROM leadscore.account_explain('heat', 1, at)) - leadscore.account_score('heat', 1, at)) < 1e-9 AS adds_up
FROM unnest('{2026-02-20,2026-03-01,2026-04-21}'::timestamptz[]) AS at;
-- When it cools, by the same limits: not a microsecond earlier, and not at all below the least.
SELECT id, threshold, leadscore.lead_cools_at('heat', id, threshold) AS cools_at FROM unnest('{1,2,3}'::int[]) AS id, unnest('{20,12,5,0,-1}'::float8[]) AS threshold ORDER BY 1, 2 DESC;
SELECT count(*), count(*) FILTER (WHERE crm.lead_points(id, at) <= threshold + 1e-9 AND crm.lead_points(id, at - interval '1 second') > threshold) AS right
FROM unnest('{1,2}'::int[]) AS id, unnest('{19,12,5,0.5}'::float8[]) AS threshold, leadscore.lead_cools_at('heat', id, threshold) AS at WHERE at > leadscore.clock();
SELECT threshold, round((leadscore.account_score('heat', 1, at) - threshold)::numeric, 9) AS off, leadscore.account_score('heat', 1, at - interval '1 microsecond') > threshold AS before
FROM unnest('{19,12,5,0.5}'::float8[]) AS threshold, leadscore.account_cools_at('heat', 1, threshold) AS at ORDER BY 1;
SELECT leadscore.account_cools_at('heat', 1, 20) = leadscore.clock() AS now, leadscore.account_cools_at('heat', 1, 0) AS never;
-- Renamed, row functions follow, and what was made of them.
CREATE VIEW crm.leads AS SELECT l.id, leadscore.heat(l) AS heat FROM crm.lead AS l;
SELECT leadscore.rename_score('heat', 'warmth');
SELECT id, heat, leadscore.warmth(l) FROM crm.leads JOIN crm.lead AS l USING (id) ORDER BY 1;
SELECT leadscore.rename_entity('lead', 'prospect');
SELECT * FROM crm.leads ORDER BY 1;
SELECT prospect_id, points FROM leadscore.prospect_scores_at('warmth', '2026-03-01') ORDER BY 1;
SELECT leadscore.set_bands('warmth', '{"top": 20}');
SELECT prospect_id, band FROM leadscore.prospect_warmth ORDER BY 1;
DROP VIEW crm.leads;
SELECT leadscore.drop_all();
SELECT proname FROM pg_proc WHERE pronamespace = 'leadscore'::regnamespace AND proname IN ('heat', 'warmth');
DROP SCHEMA crm CASCADE;
