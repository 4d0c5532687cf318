-- lead_hot, lead_cold and lead_falling at their bounds, compared with plain SQL over the CRM's rows.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-31 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int, deleted boolean NOT NULL DEFAULT false);
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, points float8, at timestamptz);
INSERT INTO crm.account VALUES (1), (2);
INSERT INTO crm.lead SELECT id, 1 + id % 2 FROM generate_series(1, 6) AS id;
UPDATE crm.lead SET deleted = true WHERE id = 6;
-- The bounds of a week, and of a month: February 28, and January 28 before it.
INSERT INTO crm.activity (lead_id, points, at) VALUES
  (1, 10, '2026-03-24'), (1, 4, '2026-03-31'), (1, 7, '2026-03-31 00:00:00.000001'), (1, 16, '2026-03-17'), (1, 32, '2026-03-16 23:59:59.999999'),
  (2, 8, '2026-03-23 23:59:59.999999'), (2, 6, '2026-03-25'), (2, -4, '2026-03-20'), (3, -5, '2026-03-30'), (3, 5, '2026-03-18'),
  (4, 9, '2026-02-28'), (4, 3, '2026-02-27 23:59:59.999999'), (4, 1, '2026-01-28'), (4, 100, '2026-01-27 23:59:59.999999'), (6, 1000, '2026-03-30'), (6, 5000, '2026-03-20'), (5, 2, '-infinity');
SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'NOT deleted');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('heat', '{lead}', 'exponential(1 day)');
SELECT leadscore.create_rule('heat', 'points', 'activity', 'points');
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => 'account_id');
SELECT * FROM leadscore.lead_falling('heat', 0.5, '7 days');
CALL leadscore.publish('heat');

CREATE FUNCTION crm.earned(lead int, from_time timestamptz, to_time timestamptz) RETURNS float8 LANGUAGE sql AS $$
  SELECT coalesce(sum(points), 0) FROM crm.activity WHERE lead_id = lead AND at BETWEEN from_time AND to_time
$$;
SELECT * FROM leadscore.lead_hot('heat', 5, '7 days') ORDER BY 1;
SELECT * FROM leadscore.lead_hot('heat', 14, '7 days') ORDER BY 1;
SELECT * FROM leadscore.lead_cold('heat', 6, '7 days') ORDER BY 1;
SELECT * FROM leadscore.lead_cold('heat', 0, '7 days') ORDER BY 1;
SELECT * FROM leadscore.lead_hot('heat', 8.9, '1 month') ORDER BY 1;
SELECT * FROM leadscore.lead_hot('heat', 6, '0 days') ORDER BY 1;
SELECT * FROM leadscore.lead_hot('heat', 6, '0 days', '2026-03-31 00:00:00.000001') ORDER BY 1;
-- Longer than the calendar, than a timestamp, and than all.
SELECT within, (SELECT string_agg(lead_id || ': ' || points, ', ' ORDER BY lead_id) FROM leadscore.lead_hot('heat', 1, within)) AS hot
FROM unnest('{600 years,7000 years,9999 years,178000000 years}'::interval[]) AS within;
-- Where there is none: 0, 0 and NULL. The members of an account.
SELECT * FROM leadscore.account_cold('heat', 100, '1 hour') ORDER BY 1;
SELECT account_id, points, activities FROM leadscore.account_hot('heat', 1, '7 days') ORDER BY 1;
SELECT as_of, count(*), count(*) FILTER (WHERE h.points = crm.earned(h.lead_id, as_of - interval '9 days', as_of)) AS hot_right,
       count(*) = (SELECT count(*) FROM crm.lead AS l WHERE NOT deleted AND crm.earned(l.id, as_of - interval '9 days', as_of) > 3) AS none_missed
FROM generate_series('2026-03-01'::timestamptz, '2026-04-08', '9 days') AS as_of, leadscore.lead_hot('heat', 3, '9 days', as_of) AS h GROUP BY 1 ORDER BY 1;

-- Falling: what was earned at as_of - within belongs to the later interval, so nothing is in both.
SELECT * FROM leadscore.lead_falling('heat', -1000, '7 days') ORDER BY 1;
SELECT * FROM leadscore.lead_falling('heat', 0.125, '7 days') ORDER BY 1;
SELECT * FROM leadscore.lead_falling('heat', drop => 2, within => '7 days') ORDER BY 1;
SELECT * FROM leadscore.lead_falling('heat', -1000, '1 month') ORDER BY 1;
SELECT * FROM leadscore.lead_falling('heat', -1000, '7 days', as_of => '2026-03-23 23:59:59.999999') ORDER BY 1;
SELECT * FROM leadscore.account_falling('heat', -1000, '7 days') ORDER BY 1;
SELECT count(*), count(*) FILTER (WHERE f.points = crm.earned(f.lead_id, as_of - interval '5 days', as_of)
  AND f.points_before = crm.earned(f.lead_id, as_of - interval '10 days', as_of - interval '5 days 1 microsecond') AND f.points_before > 0 AND f.drop = 1 - f.points / f.points_before AND f.drop >= 0.2) AS right,
  count(*) = (SELECT count(*) FROM crm.lead AS l, generate_series('2026-03-01'::timestamptz, '2026-04-12', '1 day') AS as_of,
    LATERAL (SELECT crm.earned(l.id, as_of - interval '10 days', as_of - interval '5 days 1 microsecond') AS a, crm.earned(l.id, as_of - interval '5 days', as_of) AS b) AS x
    WHERE NOT deleted AND CASE WHEN a > 0 THEN 1 - b / a >= 0.2 END) AS none_missed
FROM generate_series('2026-03-01'::timestamptz, '2026-04-12', '1 day') AS as_of, leadscore.lead_falling('heat', 0.2, '5 days', as_of) AS f;
SELECT within, (SELECT count(*) FROM leadscore.lead_falling('heat', -1000, within)) FROM unnest('{0 days,300 years,400 years,700 years,178000000 years}'::interval[]) AS within;

-- Refused.
SELECT leadscore.lead_hot('heat', NULL, '7 days');
SELECT leadscore.lead_cold('heat', 'NaN', '7 days');
SELECT leadscore.lead_hot('heat', 1, NULL);
SELECT leadscore.lead_cold('heat', 1, '-1 day');
SELECT leadscore.lead_hot('heat', 1, '1 day', NULL);
SELECT leadscore.lead_cold('heat', 1, '1 day', 'infinity');
SELECT leadscore.lead_falling('heat', NULL, '7 days');
SELECT leadscore.lead_falling('heat', 'NaN', '7 days');
SELECT leadscore.lead_falling('heat', 0.5, NULL);
SELECT leadscore.lead_falling('heat', 0.5, '-7 days');
SELECT leadscore.lead_falling('heat', 0.5, '7 days', '9999-01-01');
SELECT leadscore.lead_falling('none', 0.5, '7 days');
SELECT leadscore.lead_score('heat', NULL), leadscore.lead_score('heat', 6), leadscore.lead_score('heat', 99, '2026-01-01');
SELECT leadscore.lead_score('heat', 1, NULL);
SELECT leadscore.lead_hottest('heat', NULL);
SELECT count(*) FROM leadscore.lead_hottest('heat', 0);

-- An account without any link of its own.
SELECT leadscore.create_score('plain', '{lead}');
SELECT leadscore.create_rule('plain', 'one', 'activity', '1');
SELECT leadscore.create_rollup('plain', 'account', of => 'lead', key => 'account_id');
CALL leadscore.publish('plain');
SELECT * FROM leadscore.account_hot('plain', 0, '14 days') ORDER BY 1;
CALL leadscore.pause('heat');
SELECT count(*) FROM leadscore.lead_falling('heat', -1000, '7 days');
SELECT count(*) FROM leadscore.lead_cold('heat', 1000, '7 days');
SELECT leadscore.drop_all();

-- What planners are told: few are hot, so the CRM's table is read by its index, not as a whole.
INSERT INTO crm.lead SELECT id, 1 FROM generate_series(10, 20000) AS id;
VACUUM ANALYZE crm.lead;
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT proname, prorows FROM pg_proc WHERE pronamespace = 'leadscore'::regnamespace AND proname LIKE 'lead\_%' AND proretset ORDER BY proname COLLATE "C";
SET max_parallel_workers_per_gather = 0;
EXPLAIN (COSTS OFF) SELECT l.*, h.points FROM leadscore.lead_hot('heat', 10, '7 days') AS h JOIN crm.lead AS l ON l.id = h.lead_id;
EXPLAIN (COSTS OFF) SELECT l.*, h.points FROM leadscore.lead_hottest('heat', 10) AS h JOIN crm.lead AS l ON l.id = h.lead_id;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
