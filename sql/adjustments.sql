-- Points given by hand: that every reader counts them, and only those that were not withdrawn, by the decay of the score.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int, gone boolean NOT NULL DEFAULT false);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, at timestamptz, points int);
CREATE INDEX ON crm.activity (lead_id);
INSERT INTO crm.account SELECT generate_series(1, 4);
INSERT INTO crm.lead SELECT i, i % 3 + 1, i = 8 FROM generate_series(1, 8) AS i;
INSERT INTO crm.activity SELECT i, i % 6 + 1, '2026-01-01 00:00+00'::timestamptz + i * interval '1 day 1 hour', i % 7 - 1 FROM generate_series(1, 70) AS i;
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'NOT gone');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');

-- What each score is, and what was given, for plain SQL to add up.
CREATE TABLE crm.setup (score text PRIMARY KEY, decay leadscore.decay, rule_decay leadscore.decay, rule_cap float8, least float8, most float8);
INSERT INTO crm.setup VALUES
  ('plain', 'none', 'none', NULL, NULL, NULL),
  ('fading', 'exponential(30 days, hold 2 days, expire 90 days)', 'linear(60 days)', NULL, NULL, NULL),
  ('steps', 'step(30 days: 0.5, 90 days: 0)', 'step(30 days: 0.5, 90 days: 0)', NULL, NULL, NULL),
  ('line', 'linear(40 days)', 'none', NULL, NULL, NULL),
  ('capped', 'exponential(30 days)', 'exponential(30 days)', 4, -3, 20);
CREATE TABLE crm.given (adjustment bigint, kind text, score text, id int, points float8, at timestamptz);
CREATE FUNCTION crm.give(kind text, score text, id int, points float8, at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  adjustment bigint;
BEGIN
  EXECUTE format('SELECT leadscore.%I($1, $2, $3, ''by the test'', $4)', kind || '_adjust') INTO adjustment USING score, id, points, at;
  INSERT INTO crm.given VALUES (adjustment, kind, score, id, points, at);
END
$$;
CREATE FUNCTION crm.given_points(s crm.setup, of_kind text, of_id int, t timestamptz) RETURNS float8 LANGUAGE sql AS $$
  SELECT coalesce(sum(g.points * leadscore.weight(s.decay, g.at, t)), 0) FROM crm.given AS g WHERE g.score = s.score AND g.kind = of_kind AND g.id = of_id
$$;
CREATE FUNCTION crm.lead_points(s crm.setup, lead int, t timestamptz) RETURNS float8 LANGUAGE sql AS $$
  SELECT greatest(s.least, least(s.most, least(s.rule_cap, coalesce(sum(a.points * leadscore.weight(s.rule_decay, a.at, t)), 0)) + crm.given_points(s, 'lead', lead, t)))
  FROM crm.activity AS a WHERE a.lead_id = lead
$$;
CREATE FUNCTION crm.points(s crm.setup, kind text, id int, t timestamptz) RETURNS float8 LANGUAGE sql AS $$
  SELECT CASE kind WHEN 'lead' THEN crm.lead_points(s, id, t)
    ELSE greatest(s.least, least(s.most, crm.given_points(s, 'account', id, t)
           + (SELECT coalesce(sum(crm.lead_points(s, l.id, t)), 0) FROM crm.lead AS l WHERE l.account_id = points.id AND NOT l.gone))) END
$$;
-- Undecayed, of activities and by hand, in (or at) two bounds.
CREATE FUNCTION crm.earned(s text, kind text, id int, since timestamptz, until timestamptz) RETURNS float8 LANGUAGE sql AS $$
  WITH leads AS (SELECT l.id FROM crm.lead AS l WHERE NOT l.gone AND CASE earned.kind WHEN 'lead' THEN l.id ELSE l.account_id END = earned.id)
  SELECT (SELECT coalesce(sum(a.points), 0) FROM crm.activity AS a WHERE a.lead_id IN (SELECT l.id FROM leads AS l) AND a.at BETWEEN since AND until)
       + (SELECT coalesce(sum(g.points), 0) FROM crm.given AS g WHERE g.score = s AND g.at BETWEEN since AND until
          AND CASE g.kind WHEN 'lead' THEN g.id IN (SELECT l.id FROM leads AS l) ELSE earned.kind = 'account' AND g.id = earned.id END)
$$;
CREATE VIEW crm.everybody AS
SELECT s AS setup, s.score, e.kind, e.id
FROM crm.setup AS s CROSS JOIN (SELECT 'lead' AS kind, id FROM crm.lead WHERE NOT gone UNION ALL SELECT 'account', id FROM crm.account) AS e;

CREATE FUNCTION crm.ask(asked text, query text) RETURNS TABLE (reader text, score text, kind text, id int, what text, value float8) LANGUAGE plpgsql AS $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT s.score, k.kind FROM crm.setup AS s, (VALUES ('lead'), ('account')) AS k(kind) LOOP
    RETURN QUERY EXECUTE format('SELECT %L, %L, %L, x.id, x.what, x.value::float8 FROM (%s) AS x(id, what, value)', asked, one.score, one.kind, format(query, one.kind, one.score, one.kind || '_id'));
  END LOOP;
END
$$;
-- What every reader says, beside what it should say. what: an instant, or what else is asked.
SET jit = off;
CREATE FUNCTION crm.compared(t timestamptz) RETURNS TABLE (reader text, score text, kind text, id int, what text, actual float8, expected float8) LANGUAGE sql AS $$
  WITH actual AS (
    SELECT * FROM crm.ask('view', 'SELECT %3$I, leadscore.clock()::text, points FROM leadscore.%1$s_%2$s')
    UNION ALL SELECT * FROM crm.ask('scores', 'SELECT %3$I, leadscore.clock()::text, %2$I FROM leadscore.%1$s_scores')
    UNION ALL SELECT * FROM crm.ask('score', format('SELECT id, %1$L, leadscore.%%1$s_score(%%2$L, id, %1$L) FROM crm.everybody WHERE kind = %%1$L AND score = %%2$L', t))
    UNION ALL SELECT * FROM crm.ask('scores_at', format('SELECT %%3$I, %1$L, points FROM leadscore.%%1$s_scores_at(%%2$L, %1$L)', t))
    UNION ALL SELECT * FROM crm.ask('scores_at', 'SELECT %3$I, leadscore.clock()::text, points FROM leadscore.%1$s_scores_at(%2$L, leadscore.clock())')
    UNION ALL SELECT * FROM crm.ask('timeline', format('SELECT id, l.at::text, l.points FROM crm.everybody, leadscore.%%1$s_timeline(%%2$L, id, %1$L, %1$L::timestamptz + interval ''50 days'', ''25 days'') AS l WHERE kind = %%1$L AND score = %%2$L', t))
    UNION ALL SELECT * FROM crm.ask('explain', format('SELECT id, %1$L, coalesce(sum(l.contribution), 0) FROM crm.everybody LEFT JOIN LATERAL leadscore.%%1$s_explain(%%2$L, id, %1$L) AS l ON true WHERE kind = %%1$L AND score = %%2$L GROUP BY 1', t))
    UNION ALL SELECT * FROM crm.ask('hottest', 'SELECT %3$I, leadscore.clock()::text, points FROM leadscore.%1$s_hottest(%2$L, 100)')
    UNION ALL SELECT * FROM crm.ask('coldest', 'SELECT %3$I, leadscore.clock()::text, points FROM leadscore.%1$s_coldest(%2$L, 100)')
  ), windows AS (
    SELECT * FROM crm.ask('hot', format('SELECT %%3$I, ''25 days'', points FROM leadscore.%%1$s_hot(%%2$L, -1000, ''25 days'', %L)', t))
    UNION ALL SELECT * FROM crm.ask('cold', format('SELECT %%3$I, ''25 days'', points FROM leadscore.%%1$s_cold(%%2$L, 1000, ''25 days'', %L)', t))
    UNION ALL SELECT * FROM crm.ask('falling', format('SELECT %%3$I, ''drop'', drop FROM leadscore.%%1$s_falling(%%2$L, -1000, ''25 days'', %L)', t))
  ), facts AS (
    SELECT * FROM crm.ask('view', 'SELECT %3$I, ''activities'', activities FROM leadscore.%1$s_%2$s')
    UNION ALL SELECT * FROM crm.ask('view', 'SELECT %3$I, ''last'', extract(epoch FROM last_activity_at) FROM leadscore.%1$s_%2$s')
    UNION ALL SELECT * FROM crm.ask('cold', 'SELECT %3$I, ''activities'', activities FROM leadscore.%1$s_cold(%2$L, 1000, ''1000 days'')')
    UNION ALL SELECT * FROM crm.ask('cold', 'SELECT %3$I, ''last'', extract(epoch FROM last_activity_at) FROM leadscore.%1$s_cold(%2$L, 1000, ''1000 days'')')
  ), matched AS (
    SELECT e.score, e.kind, e.id, a.at FROM crm.everybody AS e
    LEFT JOIN (crm.lead AS l JOIN crm.activity AS a ON a.lead_id = l.id AND NOT l.gone AND a.at <= leadscore.clock())
      ON CASE e.kind WHEN 'lead' THEN l.id ELSE l.account_id END = e.id
  ), points AS MATERIALIZED (
    SELECT e.score, e.kind, e.id, a.what, crm.points(e.setup, e.kind, e.id, a.what::timestamptz) AS expected
    FROM (SELECT DISTINCT a.what FROM actual AS a) AS a CROSS JOIN crm.everybody AS e
  ), readers AS (
    SELECT a.reader, p.score, p.kind, p.id, p.what, p.expected FROM (SELECT DISTINCT a.reader, a.what FROM actual AS a) AS a JOIN points AS p USING (what)
    UNION ALL
    SELECT r.reader, e.score, e.kind, e.id, '25 days', crm.earned(e.score, e.kind, e.id, t - interval '25 days', t)
    FROM (VALUES ('hot'), ('cold')) AS r(reader) CROSS JOIN crm.everybody AS e
    UNION ALL
    SELECT 'falling', x.score, x.kind, x.id, 'drop', (x.before - x.after) / x.before
    FROM (SELECT e.score, e.kind, e.id, crm.earned(e.score, e.kind, e.id, t - interval '50 days', t - interval '25 days 0.000001 seconds') AS before,
                 crm.earned(e.score, e.kind, e.id, t - interval '25 days', t) AS after FROM crm.everybody AS e) AS x WHERE x.before > 0
    UNION ALL
    SELECT r.reader, m.score, m.kind, m.id, w.what, CASE w.what WHEN 'last' THEN extract(epoch FROM max(m.at)) ELSE count(m.at) END
    FROM matched AS m, (VALUES ('view'), ('cold')) AS r(reader), (VALUES ('last'), ('activities')) AS w(what) GROUP BY 1, 2, 3, 4, 5
  )
  SELECT coalesce(a.reader, r.reader), coalesce(a.score, r.score), coalesce(a.kind, r.kind), coalesce(a.id, r.id), coalesce(a.what, r.what), a.value, r.expected
  FROM (SELECT * FROM actual UNION ALL SELECT * FROM windows UNION ALL SELECT * FROM facts) AS a
  FULL JOIN readers AS r ON (a.reader, a.score, a.kind, a.id, a.what) = (r.reader, r.score, r.kind, r.id, r.what)
$$;
CREATE FUNCTION crm.report(t timestamptz, OUT compared bigint, OUT given bigint, OUT different text) LANGUAGE sql AS $$
  SELECT count(*), (SELECT count(*) FROM crm.given),
         string_agg(format('%s %s %s %s %s: %s, not %s', c.reader, c.score, c.kind, c.id, c.what, c.actual, c.expected), E'\n')
           FILTER (WHERE CASE WHEN c.expected IS NULL THEN c.actual IS NOT NULL ELSE (abs(c.actual - c.expected) <= 1e-9 * greatest(1, abs(c.expected))) IS NOT TRUE END)
  FROM crm.compared(t) AS c
$$;

CREATE FUNCTION crm.create_scores() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  s crm.setup;
BEGIN
  FOR s IN SELECT * FROM crm.setup LOOP
    PERFORM leadscore.create_score(s.score, '{lead}', s.decay, s.least, s.most);
    PERFORM leadscore.create_rule(s.score, 'any', 'activity', 'points', decay => s.rule_decay, max_points => s.rule_cap);
    PERFORM leadscore.create_rollup(s.score, 'account', of => 'lead', key => 'account_id');
  END LOOP;
END
$$;
SELECT crm.create_scores();
-- A draft takes them already.
SELECT count(crm.give('lead', score, 3, 6, '2026-02-27')) FROM crm.setup;
CALL leadscore.publish('plain');
CALL leadscore.publish('fading');
CALL leadscore.publish('steps');
CALL leadscore.publish('line');
CALL leadscore.publish('capped');
SELECT * FROM crm.report('2026-02-20');

-- Old and new, those that are still to count, those of somebody without any activity, of an account itself, of a lead that
-- is none any more.
SELECT count(crm.give('lead', s.score, x.id, x.points, x.at::timestamptz))
FROM crm.setup AS s,
     (VALUES (1, 10, '2026-03-01 00:00+00'), (1, 2.5, '2025-12-25 00:00+00'), (2, -20, '2026-01-31 07:00+00'), (3, 30, '2026-02-10 12:00+00'), (4, 5, '2026-03-15 00:00+00'),
             (7, 8, '2026-01-15 00:00+00'), (7, -1, '2026-02-20 00:00+00')) AS x(id, points, at);
SELECT count(crm.give('account', s.score, x.id, x.points, x.at::timestamptz))
FROM crm.setup AS s, (VALUES (1, 7, '2026-02-15 00:00+00'), (4, -50, '2026-02-28 00:00+00'), (4, 3, '2027-01-01 00:00+00')) AS x(id, points, at);
UPDATE crm.lead SET gone = false WHERE id = 8;
SELECT count(crm.give('lead', score, 8, 100, '2026-02-01')) FROM crm.setup;
UPDATE crm.lead SET gone = true WHERE id = 8;
SELECT * FROM crm.report('2026-04-01');
SELECT rule, source, row_key - 'author' AS row_key, row_key ->> 'author' = session_user AS by_me, member, occurred_at, points, weight, contribution FROM leadscore.lead_explain('steps', 7);
SELECT rule, source, row_key - 'author' AS row_key, member, occurred_at, points, weight, round(contribution::numeric, 6) AS contribution
FROM leadscore.account_explain('capped', 1) WHERE source IS NULL;

-- As time passes, and after folds, pauses and rebuilds.
SET pg_leadscore.clock = '2026-03-20 00:00:00+00';
CALL leadscore.tick();
CALL leadscore.pause('fading');
SELECT crm.give('lead', 'fading', 5, 9, '2026-03-19');
CALL leadscore.resume('fading');
CALL leadscore.rebuild('plain');
SELECT * FROM crm.report('2026-02-10 12:00');
SELECT s.score, count(v.*) AS wrong_states FROM crm.setup AS s LEFT JOIN LATERAL leadscore.verify(s.score) AS v ON true GROUP BY 1 ORDER BY 1;
-- When it cools, they fade, too: at that microsecond, and not before.
SELECT x.score, leadscore.lead_score(x.score, 1, x.at) <= 5 AS then_cool, leadscore.lead_score(x.score, 1, x.at - interval '1 microsecond') > 5 AS just_warm,
       x.at > leadscore.clock() AS later
FROM (SELECT s.score, leadscore.lead_cools_at(s.score, 1, 5) AS at FROM crm.setup AS s WHERE s.score IN ('fading', 'steps')) AS x ORDER BY 1;

-- Withdrawn, they count at no time, and stay for the record.
SELECT count(leadscore.lead_withdraw(adjustment, 'counted twice')) FROM crm.given WHERE kind = 'lead' AND id = 3 AND points = 30;
DELETE FROM crm.given WHERE kind = 'lead' AND id = 3 AND points = 30;
SELECT leadscore.account_withdraw(adjustment) FROM crm.given WHERE kind = 'account' AND id = 4 AND points = -50 AND score = 'plain';
DELETE FROM crm.given WHERE kind = 'account' AND id = 4 AND points = -50 AND score = 'plain';
SELECT * FROM crm.report('2026-04-10');
SELECT lead_id, score, points, reason, occurred_at, made_at, withdrawn_at, withdrawn_because
FROM leadscore.lead_adjustments WHERE lead_id = 3 AND score IN ('plain', 'line') ORDER BY score, occurred_at;
SELECT author = session_user AS by_me, withdrawn_by = session_user AS withdrawn_by_me FROM leadscore.account_adjustments WHERE withdrawn_at IS NOT NULL;

-- A new decay takes effect when it is published.
SELECT leadscore.alter_score('line', decay => 'linear(80 days)');
CALL leadscore.publish('line');
UPDATE crm.setup SET decay = 'linear(80 days)' WHERE score = 'line';
SELECT * FROM crm.report('2026-02-20');

-- Merged, by a tool that deletes first and by one that deletes later; withdrawn ones go along.
DELETE FROM crm.lead WHERE id = 3;
SELECT leadscore.lead_merge(3, 1);
UPDATE crm.given SET id = 1 WHERE kind = 'lead' AND id = 3;
SELECT leadscore.lead_merge(7, 2);
UPDATE crm.given SET id = 2 WHERE kind = 'lead' AND id = 7;
SELECT * FROM crm.report('2026-04-01');
SELECT leadscore.lead_merge(7, 2);
SELECT count(*) FILTER (WHERE withdrawn_at IS NOT NULL) AS withdrawn, count(DISTINCT score) AS scores FROM leadscore.lead_adjustments WHERE lead_id = 1;
-- Forgotten, also who is gone already; the rest stays.
DELETE FROM crm.lead WHERE id = 8;
SELECT leadscore.lead_forget(8), leadscore.lead_forget(2), leadscore.lead_forget(4711);
DELETE FROM crm.given WHERE kind = 'lead' AND id IN (2, 8);
SELECT * FROM crm.report('2026-02-10 12:00');
SELECT key FROM leadscore.lead_adjusted WHERE key IN (2, 3, 7, 8);

-- One lead is looked up by an index, whatever the others have.
SELECT count(leadscore.lead_adjust('plain', 1 + i % 2, 0.5, 'many', '2026-03-01'::timestamptz + i * interval '1 minute')) FROM generate_series(1, 500) AS i;
INSERT INTO crm.given SELECT NULL, 'lead', 'plain', 1 + i % 2, 0.5, '2026-03-01'::timestamptz + i * interval '1 minute' FROM generate_series(1, 500) AS i;
ANALYZE leadscore.lead_adjusted;
SELECT * FROM crm.report('2026-04-10');
CREATE FUNCTION crm.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT count(*) FILTER (WHERE p LIKE '%on lead_adjusted%') AS scans, bool_and(p NOT LIKE '%Seq Scan on lead_adjusted%') AS by_index
FROM crm.plan('SELECT points FROM leadscore.lead_plain WHERE lead_id = 5') AS p;

-- What cannot be given, or not to them.
SELECT leadscore.lead_adjust('plain', 1, 5, NULL);
SELECT leadscore.lead_adjust('plain', 1, 5, '  ');
SELECT leadscore.lead_adjust('plain', 1, NULL, 'why not');
SELECT leadscore.lead_adjust('plain', 1, 'NaN', 'why not');
SELECT leadscore.lead_adjust('plain', 1, '-Infinity', 'why not');
SELECT leadscore.lead_adjust('plain', 1, 2e290, 'why not');
SELECT leadscore.lead_adjust('plain', 1, 5, 'why not', 'infinity');
SELECT leadscore.lead_adjust('plain', 1, 5, 'why not', NULL);
SELECT leadscore.lead_adjust('plan', 1, 5, 'why not');
SELECT leadscore.lead_adjust('crm.plain', 1, 5, 'why not');
SELECT leadscore.lead_adjust('plain', 4711, 5, 'why not');
SELECT leadscore.lead_adjust('plain', NULL, 5, 'why not');
UPDATE crm.lead SET gone = true WHERE id = 6;
SELECT leadscore.lead_adjust('plain', 6, 5, 'why not');
SELECT leadscore.create_score('of_leads', '{lead}');
SELECT leadscore.account_adjust('of_leads', 1, 5, 'why not');
SELECT leadscore.lead_withdraw(4711);
SELECT leadscore.lead_withdraw(NULL);
SELECT leadscore.lead_withdraw(leadscore.lead_adjust('plain', 5, 1, 'for a moment'));
\set VERBOSITY terse
SELECT leadscore.lead_withdraw(max(id)) FROM leadscore.lead_adjustments;
\set VERBOSITY default
SELECT leadscore.lead_merge(1, 1);
SELECT leadscore.lead_merge(1, 6);
SELECT leadscore.lead_merge(1, NULL);
SELECT leadscore.lead_merge(NULL, 1);
SELECT leadscore.lead_forget(NULL);
SELECT leadscore.create_score('adjustments', '{lead}');

-- A retired score takes none, and has what it had when it is back; a dropped one takes its own along.
CALL leadscore.retire('steps');
SELECT leadscore.lead_adjust('steps', 1, 5, 'why not');
CALL leadscore.publish('steps');
UPDATE crm.lead SET gone = false WHERE id = 6;
SELECT leadscore.drop_score('steps');
DELETE FROM crm.setup WHERE score = 'steps';
DELETE FROM crm.given WHERE score = 'steps';
SELECT DISTINCT score FROM leadscore.lead_adjustments ORDER BY 1;
SELECT * FROM crm.report('2026-02-20');

-- Renamed, and dropped without a trace.
SELECT leadscore.rename_score('plain', 'bare');
SELECT leadscore.rename_entity('lead', 'person');
SELECT leadscore.person_adjust('bare', 5, 1, 'by its new name') > 0 AS adjusted;
SELECT person_id, score, points, reason FROM leadscore.person_adjustments WHERE reason <> 'by the test' AND score = 'bare' AND person_id = 5;
SELECT round(leadscore.person_score('bare', 5)::numeric, 6) = (SELECT sum(points) + 1 FROM crm.activity WHERE lead_id = 5 AND at <= leadscore.clock()) AS right;
SELECT has_function_privilege('public', 'leadscore.person_adjust(text, int, float8, text, timestamptz)', 'EXECUTE') AS for_public;
SELECT leadscore.drop_all();
SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'leadscore'::regnamespace AND c.relname ~ '^(lead|person|account)_' AND c.relkind IN ('r', 'v');
SELECT p.proname FROM pg_proc AS p WHERE p.pronamespace = 'leadscore'::regnamespace AND p.proname ~ '^(lead|person|account)_';
DROP SCHEMA crm CASCADE;
