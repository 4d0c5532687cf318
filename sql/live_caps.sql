-- Caps: a rule's max_points clamps its decayed sum, the score's min_points and max_points the total; a roll-up adds members'
-- clamped points, then clamps. The oracle is plain SQL over the CRM's rows.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE DATABASE regress_leadscore_caps;
\c regress_leadscore_caps
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE EXTENSION pg_leadscore;
CREATE SCHEMA crm;
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int);
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, kind text, points float8, at timestamptz);
INSERT INTO crm.account VALUES (1), (2), (3);
INSERT INTO crm.lead SELECT i, i % 2 + 1 FROM generate_series(1, 8) AS i;
-- What the caps say: $1 for the mail rule (NULL: none), $2 and $3 for the score.
CREATE FUNCTION crm.leads(cap float8, low float8, high float8, as_of timestamptz) RETURNS TABLE (k int, p float8) LANGUAGE sql AS $$
  SELECT l.id, greatest(low, least(high, coalesce(a.p, 0) + least(coalesce(m.p, 0), cap)))
  FROM crm.lead AS l
  LEFT JOIN (SELECT lead_id, sum(points * 2 ^ (-extract(epoch FROM as_of - at)::float8 / 86400 / 30)) AS p FROM crm.activity WHERE at <= as_of GROUP BY 1) AS a ON a.lead_id = l.id
  LEFT JOIN (SELECT lead_id, sum(2 * 2 ^ (-extract(epoch FROM as_of - at)::float8 / 86400 / 30)) AS p FROM crm.activity WHERE kind = 'mail' AND at <= as_of GROUP BY 1) AS m ON m.lead_id = l.id
$$;
CREATE FUNCTION crm.accounts(cap float8, low float8, high float8, as_of timestamptz) RETURNS TABLE (k int, p float8) LANGUAGE sql AS $$
  SELECT a.id, greatest(low, least(high, coalesce(sum(h.p), 0)))
  FROM crm.account AS a LEFT JOIN crm.lead AS l ON l.account_id = a.id LEFT JOIN crm.leads(cap, low, high, as_of) AS h ON h.k = l.id GROUP BY a.id
$$;
CREATE PROCEDURE crm.write(seed int) LANGUAGE sql AS $$
  INSERT INTO crm.activity (lead_id, kind, points, at)
  SELECT (seed + i) % 7 + 1, (ARRAY['mail', 'call'])[i % 2 + 1], i % 9 - 3, timestamptz '2026-02-28' - make_interval(days => i * 2 + seed) FROM generate_series(1, 20) AS i;
  UPDATE crm.activity SET points = points + 1, kind = 'mail' WHERE id % 5 = seed % 5;
  DELETE FROM crm.activity WHERE id % 11 = seed % 11;
$$;
SET check_function_bodies = off;
-- Lines that differ from the oracle under these caps: the view, side by side, hottest, and at other instants.
CREATE FUNCTION crm.wrong(cap float8, low float8, high float8, OUT clamped bigint, OUT wrong bigint, OUT verify bigint) LANGUAGE sql AS $$
  WITH g AS MATERIALIZED (
    SELECT 'lead' AS e, 'view' AS what, lead_id AS k, points AS p FROM leadscore.lead_heat
    UNION ALL SELECT 'lead', 'side', lead_id, heat FROM leadscore.lead_scores
    UNION ALL SELECT 'lead', 'hottest', lead_id, points FROM leadscore.lead_hottest('heat')
    UNION ALL SELECT 'account', 'view', account_id, points FROM leadscore.account_heat
    UNION ALL SELECT 'account', 'coldest', account_id, points FROM leadscore.account_coldest('heat')
    UNION ALL SELECT 'lead', x::text, id, leadscore.lead_score('heat', id, x) FROM crm.lead, unnest('{2026-02-01, 2026-03-01, 2026-05-01}'::timestamptz[]) AS x
    UNION ALL SELECT 'account', x::text, id, leadscore.account_score('heat', id, x) FROM crm.account, unnest('{2026-02-01, 2026-03-01, 2026-05-01}'::timestamptz[]) AS x
  ), o AS MATERIALIZED (
    SELECT 'lead' AS e, w.what, l.k, l.p FROM unnest('{view,side,hottest}'::text[]) AS w(what), crm.leads(cap, low, high, leadscore.clock()) AS l
    UNION ALL SELECT 'account', w.what, a.k, a.p FROM unnest('{view,coldest}'::text[]) AS w(what), crm.accounts(cap, low, high, leadscore.clock()) AS a
    UNION ALL SELECT 'lead', x::text, l.k, l.p FROM unnest('{2026-02-01, 2026-03-01, 2026-05-01}'::timestamptz[]) AS x, crm.leads(cap, low, high, x) AS l
    UNION ALL SELECT 'account', x::text, a.k, a.p FROM unnest('{2026-02-01, 2026-03-01, 2026-05-01}'::timestamptz[]) AS x, crm.accounts(cap, low, high, x) AS a
  )
  SELECT (SELECT count(*) FROM crm.leads(cap, low, high, leadscore.clock()) AS c JOIN crm.leads(NULL, NULL, NULL, leadscore.clock()) AS u USING (k) WHERE c.p <> u.p),
         count(*) FILTER (WHERE g.p IS NULL OR o.p IS NULL OR abs(g.p - o.p) > 1e-6), (SELECT count(*) FROM leadscore.verify('heat'))
  FROM g FULL JOIN o USING (e, what, k)
$$;
CALL crm.write(1);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', occurred_at => 'at');
SELECT leadscore.create_link('activity', 'lead', key => 'lead_id');
SELECT leadscore.create_score('heat', '{lead}', 'exponential(30 days)', min_points => 0, max_points => 12);
SELECT leadscore.create_rule('heat', 'any', source => 'activity', points => 'points');
SELECT leadscore.create_rule('heat', 'mail', source => 'activity', points => '2', filter => $$kind = 'mail'$$, max_points => 3);
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => 'account_id');
CALL leadscore.publish('heat');
SELECT * FROM crm.wrong(3, 0, 12);
CALL crm.write(2);
SELECT * FROM crm.wrong(3, 0, 12);
CALL leadscore.tick();
SELECT * FROM crm.wrong(3, 0, 12);
-- An activity that both rules match is counted once, and undecayed points are not clamped.
SELECT count(*) FILTER (WHERE v.activities <> x.n) AS wrong_activities, count(*) FILTER (WHERE h.points <> x.undecayed) AS wrong_points
FROM leadscore.lead_heat AS v JOIN leadscore.lead_hot('heat', -1e9, '1 year') AS h USING (lead_id)
JOIN (SELECT lead_id, count(*) AS n, sum(points + CASE WHEN kind = 'mail' THEN 2 ELSE 0 END) AS undecayed FROM crm.activity GROUP BY 1) AS x USING (lead_id);
SELECT score, min_points, max_points FROM leadscore.scores;
SELECT rule, max_points FROM leadscore.rules ORDER BY 1;
SELECT count(DISTINCT states) FROM leadscore_internal.component;

-- Other caps answer when they are published.
SELECT leadscore.alter_score('heat', min_points => 2, max_points => 5);
SELECT leadscore.alter_rule('heat', 'mail', max_points => 1.5);
CALL crm.write(3);
SELECT * FROM crm.wrong(3, 0, 12);
CALL leadscore.pause('heat');
CALL leadscore.resume('heat');
SELECT * FROM crm.wrong(3, 0, 12);
CALL leadscore.publish('heat');
SELECT * FROM crm.wrong(1.5, 2, 5);
CALL crm.write(4);
SELECT * FROM crm.wrong(1.5, 2, 5);
CALL leadscore.tick();
SELECT leadscore.alter_score('heat', reset => '{min_points}');
SELECT leadscore.alter_rule('heat', 'mail', reset => '{max_points}');
CALL leadscore.publish('heat');
SELECT * FROM crm.wrong(NULL, NULL, 5);
SELECT count(*) FROM leadscore_internal.component;
SELECT leadscore.alter_score('heat', reset => '{max_points}');
CALL leadscore.publish('heat');
SELECT * FROM crm.wrong(NULL, NULL, NULL);
-- Copied with the rules, not with the score.
SELECT leadscore.alter_rule('heat', 'mail', max_points => 4), leadscore.alter_score('heat', max_points => 7);
SELECT leadscore.create_score('long', based_on => 'heat');
SELECT r.rule, r.max_points, s.max_points AS of_score FROM leadscore.rules AS r JOIN leadscore.scores AS s USING (model, score) WHERE r.score = 'long' ORDER BY 1;
SELECT leadscore.create_rule('heat', 'x', 'activity', '1', max_points => 'NaN');
SELECT leadscore.create_rule('heat', 'x', 'activity', '1', max_points => -1);
SELECT leadscore.drop_all();
\c postgres
DROP DATABASE regress_leadscore_caps;
