-- lead_scores_at, lead_timeline and lead_cools_at, compared with plain SQL over the CRM's rows.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.account (code text PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, account text, deleted boolean NOT NULL DEFAULT false);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, kind text, points float8, at timestamptz);
CREATE INDEX ON crm.activity (lead_id);
INSERT INTO crm.account VALUES ('a'), ('b'), ('empty');
INSERT INTO crm.lead SELECT id, account, id = 5 FROM (VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, NULL), (5, 'b')) AS l(id, account);
INSERT INTO crm.activity VALUES
  (1, 1, 'call', 8, '2026-01-30'), (2, 1, 'mail', 10, '2026-02-19 12:00'), (3, 1, 'call', -4, '2026-03-20'), (4, 2, 'mail', 6, '2026-03-01'),
  (5, 2, 'call', 20, '2026-04-10'), (6, 3, 'call', -5, '2026-02-01'), (7, 5, 'call', 1000, '2026-02-01'), (8, 3, 'mail', 3, '2026-02-28 23:59:59.999999');
SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'NOT deleted');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('heat', '{lead}', 'exponential(30 days)');
SELECT leadscore.create_rule('heat', 'call', 'activity', 'points', filter => $$kind = 'call'$$);
SELECT leadscore.create_rule('heat', 'mail', 'activity', 'points', filter => $$kind = 'mail'$$, decay => 'step(10 days: 0.5, 40 days: 0)');
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => 'account');
-- A draft is refused.
SELECT * FROM leadscore.lead_scores_at('heat', '2026-03-01');
SELECT * FROM leadscore.lead_timeline('heat', 1, '2026-03-01', '2026-03-02', '1 day');
SELECT leadscore.lead_cools_at('heat', 1, 0);
CALL leadscore.publish('heat');

CREATE FUNCTION crm.weight(kind text, age float8) RETURNS float8 LANGUAGE sql AS $$
  SELECT CASE WHEN age < 0 THEN 0 WHEN kind = 'call' THEN power(0.5::float8, age / 30)
              WHEN age <= 10 THEN 1 WHEN age <= 40 THEN 0.5 ELSE 0 END
$$;
CREATE FUNCTION crm.lead_points(lead int, instant timestamptz) RETURNS float8 LANGUAGE sql AS $$
  SELECT coalesce(sum(points * crm.weight(kind, extract(epoch FROM instant - at)::float8 / 86400)), 0) FROM crm.activity WHERE lead_id = lead
$$;
CREATE FUNCTION crm.account_points(account text, instant timestamptz) RETURNS float8 LANGUAGE sql AS $$
  SELECT coalesce(sum(crm.lead_points(l.id, instant)), 0) FROM crm.lead AS l WHERE l.account = account_points.account AND NOT l.deleted
$$;
CREATE FUNCTION crm.near(a float8, b float8) RETURNS boolean LANGUAGE sql AS $$ SELECT abs(a - b) <= 1e-9 * greatest(1, abs(a)) $$;

-- Everybody, also the inactive, in the past and in the future.
SELECT count(*), count(*) FILTER (WHERE crm.near(s.points, crm.lead_points(s.lead_id, at)) AND s.points = leadscore.lead_score('heat', s.lead_id, at)) AS lead_right
FROM generate_series('2026-01-20'::timestamptz, '2026-06-01', '7 days 5 hours') AS at, leadscore.lead_scores_at('heat', at) AS s;
SELECT count(*), count(*) FILTER (WHERE crm.near(s.points, crm.account_points(s.account_id, at)) AND crm.near(s.points, leadscore.account_score('heat', s.account_id, at))) AS account_right
FROM generate_series('2026-01-20'::timestamptz, '2026-06-01', '7 days 5 hours') AS at, leadscore.account_scores_at('heat', at) AS s;
SELECT * FROM leadscore.lead_scores_at('heat', '2026-01-30') ORDER BY 1;
SELECT * FROM leadscore.lead_scores_at('heat', NULL);
SELECT * FROM leadscore.lead_scores_at('heat', '1399-01-01');
SELECT * FROM leadscore.lead_scores_at('heat', 'infinity');
SELECT * FROM leadscore.lead_scores_at('none', '2026-01-30');

-- A timeline is what lead_score says at each instant; months go by the calendar in UTC, whatever the session's zone.
SELECT at, round(points::numeric, 4) AS points, points = leadscore.lead_score('heat', 1, at) AS is_score, crm.near(points, crm.lead_points(1, at)) AS is_right
FROM leadscore.lead_timeline('heat', 1, '2026-01-31', '2026-05-31', '1 month');
SET timezone = 'America/New_York';
SELECT string_agg(to_char(at AT TIME ZONE 'UTC', 'MM-DD HH24:MI'), ', ' ORDER BY at) FROM leadscore.lead_timeline('heat', 1, '2026-01-31 00:00+00', '2026-05-31 00:00+00', '1 month');
SELECT count(*), bool_and(at = '2026-03-06 00:00+00'::timestamptz + interval '86400 seconds' * (n - 1)) AS days_of_utc
FROM leadscore.lead_timeline('heat', 1, '2026-03-06 00:00+00', '2026-03-10 00:00+00', '1 day') WITH ORDINALITY AS t(at, points, n);
SET timezone = 'UTC';
SELECT count(*), count(*) FILTER (WHERE crm.near(points, crm.account_points('a', at)) AND crm.near(points, leadscore.account_score('heat', 'a', at))) AS right
FROM leadscore.account_timeline('heat', 'a', '2026-01-20', '2026-06-01', '3 days 7 hours 11 seconds 13 microseconds');
SELECT at, points FROM leadscore.lead_timeline('heat', 2, '2026-03-01', '2026-03-01', '1 year');
SELECT * FROM leadscore.lead_timeline('heat', 4, '2026-03-01', '2026-03-02', '12 hours');
SELECT count(*) FROM leadscore.lead_timeline('heat', 1, '2026-03-02', '2026-03-01', '1 day');
SELECT count(*) FROM leadscore.lead_timeline('heat', 1, '1400-01-02', '9998-12-31', '4000 years');
SELECT count(*) FROM leadscore.lead_timeline('heat', 1, '2026-03-01', '2026-03-02', '178000000 years');
-- No entity: none of this name, deleted, NULL.
SELECT count(*) FROM unnest('{99,5,NULL}'::int[]) AS id, leadscore.lead_timeline('heat', id, '2026-03-01', '2026-03-02', '1 day');
SELECT leadscore.lead_timeline('heat', 1, '2026-03-01', '2026-03-02', '0 days');
SELECT leadscore.lead_timeline('heat', 1, '2026-03-01', '2026-03-02', '-1 day');
SELECT leadscore.lead_timeline('heat', 1, '2026-03-01', '2026-03-02', NULL);
SELECT leadscore.lead_timeline('heat', 1, '2026-02-01', '2026-03-02', '1 month -29 days');
SELECT leadscore.lead_timeline('heat', 1, NULL, '2026-03-02', '1 day');
SELECT leadscore.lead_timeline('heat', 1, '2026-03-02', NULL, '1 day');
SELECT leadscore.lead_timeline('heat', 1, '-infinity', '2026-03-02', '1 day');
SELECT leadscore.lead_timeline('heat', 1, '2026-03-02', '9999-03-02', '1 day');

-- When it cools: the microsecond at which the sum over the rows is there, and not one before. 4.0 is 8 after 30 days.
CREATE FUNCTION crm.cooled(found timestamptz, threshold float8, points float8, points_before float8) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN found IS NULL THEN 'never' WHEN points > threshold + 1e-12 THEN 'too early' WHEN found = leadscore.clock() THEN 'now'
              WHEN points_before > threshold THEN 'right' ELSE 'too late' END
$$;
SELECT id, threshold, found, crm.cooled(found, threshold, crm.lead_points(id, found), crm.lead_points(id, found - interval '1 microsecond')) AS oracle,
       crm.cooled(found, threshold, leadscore.lead_score('heat', id, coalesce(found, '2026-01-01')), leadscore.lead_score('heat', id, coalesce(found, '2026-01-01') - interval '1 microsecond')) AS score
FROM (SELECT id, threshold, leadscore.lead_cools_at('heat', id, threshold) AS found FROM generate_series(1, 4) AS id, unnest('{12,5,1,0.25,0,-1,-2.5}'::float8[]) AS threshold OFFSET 0) AS x
ORDER BY id, threshold DESC;
SELECT id, threshold, found, crm.cooled(found, threshold, crm.account_points(id, found), crm.account_points(id, found - interval '1 microsecond')) AS oracle
FROM (SELECT id, threshold, leadscore.account_cools_at('heat', id, threshold) AS found FROM unnest('{a,b,empty}'::text[]) AS id, unnest('{20,5,1,-1}'::float8[]) AS threshold OFFSET 0) AS x
ORDER BY id, threshold DESC;
-- No earlier instant will do: looked at hour by hour.
SELECT count(*) FROM leadscore.lead_timeline('heat', 2, '2026-03-01', (SELECT leadscore.lead_cools_at('heat', 2, 0.9) - interval '1 microsecond'), '1 hour') WHERE points <= 0.9;
SELECT leadscore.lead_cools_at('heat', 99, 1), leadscore.lead_cools_at('heat', 5, 1), leadscore.lead_cools_at('heat', NULL, 1);
SELECT leadscore.lead_cools_at('heat', 1, 'infinity'), leadscore.lead_cools_at('heat', 1, '-infinity');
SELECT leadscore.lead_cools_at('heat', 1, NULL);
SELECT leadscore.lead_cools_at('heat', 1, 'NaN');
SELECT leadscore_internal.falls_to('{1}', '{2026-01-01}', '{none,none}', '{0}', '{0}', '{0}', '{1}', '2026-01-01', 0);
SELECT leadscore_internal.falls_to('{NULL}', '{2026-01-01}', '{none}', '{0}', '{0}', '{0}', '{1}', '2026-01-01', 0);
SELECT leadscore_internal.falls_to('{NaN}', '{2026-01-01}', '{none}', '{0}', '{0}', '{0}', '{1}', '2026-01-01', 0);
SELECT leadscore_internal.falls_to('{1}', '{2026-01-01}', '{none}', '{1}', '{0}', '{0}', '{1}', '2026-01-01', 0);
SELECT leadscore_internal.falls_to('{1}', '{2026-01-01}', '{none}', '{0}', '{0,1}', '{0,0}', '{1,1}', '2026-01-01', 0);
SELECT leadscore_internal.falls_to(NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-01', 0), leadscore_internal.falls_to(NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-01', -1);

-- Paused: nothing; broken: an error.
CALL leadscore.pause('heat');
SELECT count(*) FROM leadscore.lead_scores_at('heat', '2026-03-01');
SELECT count(*) FROM leadscore.lead_timeline('heat', 1, '2026-03-01', '2026-03-02', '1 day');
SELECT leadscore.lead_cools_at('heat', 1, 1);
CALL leadscore.resume('heat');
SELECT leadscore.create_rule('heat', 'fails', 'activity', '1 / (id - 9)');
CALL leadscore.publish('heat');
INSERT INTO crm.activity VALUES (9, 1, 'call', 1, '2026-02-01');
\set VERBOSITY sqlstate
SELECT * FROM leadscore.lead_scores_at('heat', '2026-03-01');
SELECT * FROM leadscore.lead_timeline('heat', 1, '2026-03-01', '2026-03-02', '1 day');
SELECT leadscore.lead_cools_at('heat', 1, 1);
\set VERBOSITY default
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
