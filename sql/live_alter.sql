-- alter_…: a live score answers as it was published until it is published again; only what says which rows are entities holds
-- at once. The oracle is plain SQL over the CRM's rows.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE DATABASE regress_leadscore_alter;
\c regress_leadscore_alter
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.account (id int PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE crm.lead (id int PRIMARY KEY, ref int UNIQUE, account_id int, former_account_id int, deleted boolean NOT NULL DEFAULT false);
CREATE TABLE crm.prospect (id int PRIMARY KEY, account_id int);
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, other_id int, kind text, points float8,
                           at timestamptz, ended_at timestamptz);
CREATE TABLE crm.log (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, other_id int, kind text, points float8, at timestamptz);
CREATE TABLE crm.attendee (activity_id int, lead_id int);
INSERT INTO crm.account VALUES (1, 'one'), (2, 'two');
INSERT INTO crm.lead SELECT i, 10 - i, i % 2 + 1, (i + 1) % 2 + 1 FROM generate_series(1, 6) AS i;
INSERT INTO crm.prospect VALUES (1, 1), (2, 1), (7, 2);
CREATE TABLE crm.before AS
SELECT c.oid, c.relname::text AS name FROM pg_class AS c WHERE c.relkind IN ('r', 'v', 'i', 'S') AND c.relnamespace <> 'pg_toast'::regnamespace
UNION ALL SELECT p.oid, p.proname FROM pg_proc AS p UNION ALL SELECT t.oid, t.tgname FROM pg_trigger AS t
UNION ALL SELECT p.oid, p.polname FROM pg_policy AS p;
CREATE EXTENSION pg_leadscore;

-- Runs a command that must fail.
CREATE PROCEDURE crm.refuse(command text) LANGUAGE plpgsql AS $$
DECLARE
  h text;
BEGIN
  EXECUTE command;
  RAISE INFO 'not refused: %', command;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS h = PG_EXCEPTION_HINT;
  RAISE INFO '%', concat(SQLSTATE, ' ', SQLERRM, ' | ' || nullif(h, ''));
END
$$;
-- Lines in which what is read differs from what plain SQL says, and what verify finds.
CREATE FUNCTION crm.wrong(given text, oracle text) RETURNS TABLE (given_lines bigint, wrong_lines bigint, verify_lines bigint) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format('WITH g AS MATERIALIZED (SELECT x.k, round(x.p::numeric, 6) FROM (%s) AS x(k, p)),
                                    o AS MATERIALIZED (SELECT x.k, round(x.p::numeric, 6) FROM (%s) AS x(k, p))
    SELECT (SELECT count(*) FROM g), (SELECT count(*) FROM ((TABLE g EXCEPT ALL TABLE o) UNION ALL (TABLE o EXCEPT ALL TABLE g)) AS d),
           (SELECT count(*) FROM leadscore.verify(''heat''))', given, oracle);
END
$$;
-- Activity of every kind on both tables, on both sides of each change.
CREATE PROCEDURE crm.write(seed int) LANGUAGE sql AS $$
  INSERT INTO crm.activity (lead_id, other_id, kind, points, at, ended_at)
  SELECT (seed + i) % 7, (seed * 3 + i) % 7, (ARRAY['call', 'meeting', NULL])[(seed + i) % 3 + 1], i,
         timestamptz '2026-02-28' - make_interval(days => i * 3 + seed), timestamptz '2026-02-28' - make_interval(days => i)
  FROM generate_series(1, 12) AS i;
  INSERT INTO crm.log (lead_id, other_id, kind, points, at)
  SELECT (seed + i) % 7, (seed + 2 * i) % 7, (ARRAY['call', 'meeting', NULL])[(seed + i) % 3 + 1], i + 0.5, timestamptz '2026-02-28' - make_interval(days => i)
  FROM generate_series(1, 8) AS i;
  INSERT INTO crm.attendee SELECT a.id, (a.id + seed) % 7 FROM crm.activity AS a WHERE a.id % 4 = seed % 4;
  UPDATE crm.activity SET points = points + 1, lead_id = (lead_id + 1) % 7 WHERE id % 5 = seed % 5;
  UPDATE crm.log SET points = points + 1 WHERE id % 3 = 0;
  DELETE FROM crm.activity WHERE id % 11 = seed % 11;
  DELETE FROM crm.log WHERE id % 9 = seed % 9;
$$;
-- What the set-up says, in plain SQL. $1: table, $2: time, $3: key, $4: points, $5: condition, $6: weight over age in days
CREATE FUNCTION crm.total(source text, occurred text, key text, points text, condition text, weight text) RETURNS text LANGUAGE sql AS $$
  SELECT format('SELECT l.id, coalesce(t.p, 0) FROM crm.lead AS l LEFT JOIN (
    SELECT %3$s AS k, sum(%4$s * %6$s) AS p FROM (SELECT *, extract(epoch FROM timestamptz ''2026-03-01'' - %2$s)::float8 / 86400 AS days FROM %1$s) AS a
    WHERE %5$s GROUP BY 1) AS t ON t.k = l.id', source, occurred, key, points, condition, weight)
$$;

CALL crm.write(1);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', occurred_at => 'at');
SELECT leadscore.create_source('log', 'crm.log', occurred_at => 'at');
SELECT leadscore.create_link('activity', 'lead', key => 'lead_id');
SELECT leadscore.create_link('log', 'lead', key => 'lead_id');
SELECT leadscore.create_score('heat', entities => '{lead}', decay => 'exponential(30 days)', description => 'Heat');
SELECT leadscore.create_rule('heat', 'any', source => 'activity', points => 'points');
CALL leadscore.publish('heat');
CALL crm.write(2);
SELECT crm.total('crm.activity', 'at', 'lead_id', 'points', 'true', '2 ^ (-days / 30)') AS first \gset
SELECT * FROM crm.wrong('SELECT lead_id, points FROM leadscore.lead_heat', :'first');

-- Nothing given, nothing changed but that it is an edit; what has no default cannot be reset.
SELECT leadscore.alter_rule('heat', 'any');
SELECT leadscore.alter_score('heat');
SELECT leadscore.alter_link('activity', 'lead');
SELECT leadscore.alter_source('activity');
SELECT leadscore.alter_source('activity', ahead => NULL, through => NULL);
SELECT leadscore.alter_entity('lead');
CALL crm.refuse($$SELECT leadscore.alter_rule('heat', 'any', reset => '{points}')$$);
CALL crm.refuse($$SELECT leadscore.alter_rule('heat', 'any', filter => 'true', reset => '{filter}')$$);
CALL crm.refuse($$SELECT leadscore.alter_score('heat', reset => ARRAY[NULL])$$);
CALL crm.refuse($$SELECT leadscore.alter_rule('heat', 'none', points => '1')$$);
CALL crm.refuse($$SELECT leadscore.alter_rule('heat', 'any', points => 'nothing')$$);
CALL crm.refuse($$SELECT leadscore.alter_rule('heat', 'any', points => 'sum(points)')$$);
CALL crm.refuse($$SELECT leadscore.alter_score('heat', on_error => 'ignore')$$);
CALL crm.refuse($$SELECT leadscore.alter_score('heat', entities => '{}')$$);
CALL crm.refuse($$SELECT leadscore.alter_score('heat', entities => '{nobody}')$$);
CALL crm.refuse($$SELECT leadscore.alter_score('heat', min_points => 2, max_points => 1)$$);
CALL crm.refuse($$SELECT leadscore.alter_link('activity', 'account', key => '1')$$);
CALL crm.refuse($$SELECT leadscore.alter_link('activity', 'lead', key => 'at')$$);
CALL crm.refuse($$SELECT leadscore.alter_link('activity', 'lead', through => '{crm.attendee}')$$);
CALL crm.refuse($$SELECT leadscore.alter_source('activity', time_zone => 'UTC')$$);
CALL crm.refuse($$SELECT leadscore.alter_source('activity', relation => 'crm.attendee')$$);
CALL crm.refuse($$SELECT leadscore.alter_source('activity', through => '{crm.attendee}')$$);
CALL crm.refuse($$SELECT leadscore.alter_source('activity', ahead => '1 month')$$);
CALL crm.refuse($$SELECT leadscore.alter_source('activity', ahead => '1 day', reset => '{ahead}')$$);
CALL crm.refuse($$SELECT leadscore.alter_source('activity', reset => '{occurred_at}')$$);
CALL crm.refuse($$SELECT leadscore.alter_entity('lead', filter => 'points > 1')$$);
CALL crm.refuse($$SELECT leadscore.alter_entity('lead', key => 'id::text')$$);
CALL crm.refuse($$SELECT leadscore.alter_rollup('heat', 'account', 'lead', key => 'account_id')$$);

-- A rule: filter, points, decay.
CREATE PROCEDURE crm.edit_and_publish(edit text, seed int, given text, old text, new text) LANGUAGE plpgsql AS $$
DECLARE
  step text;
  w record;
  e boolean;
BEGIN
  EXECUTE edit;
  CALL crm.write(seed);
  FOREACH step IN ARRAY '{edited,"edited, folded",published,"written to","folded"}'::text[] LOOP
    IF step = 'published' THEN
      CALL leadscore.publish('heat');
    ELSIF step = 'written to' THEN
      CALL crm.write(seed + 1);
    ELSIF step LIKE '%folded' THEN
      CALL leadscore.tick();
    END IF;
    SELECT edited INTO e FROM leadscore.scores WHERE score = 'heat';
    SELECT * INTO w FROM crm.wrong(given, CASE WHEN step LIKE 'edited%' THEN old ELSE new END);
    RAISE INFO '%: edited %, % lines, % wrong, % by verify', step, e, w.given_lines, w.wrong_lines, w.verify_lines;
  END LOOP;
END
$$;
\set leads 'SELECT lead_id, points FROM leadscore.lead_heat'
SELECT crm.total('crm.activity', 'at', 'lead_id', '2 * points', $$kind = 'call'$$, 'least(1, greatest(0, 1 - days / 60))') AS second \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_rule('heat', 'any', points => '2 * points', filter => 'kind = ''call''', decay => 'linear(60 days)')$$, 3, :'leads', :'first', :'second');
SELECT rule, points, filter, decay FROM leadscore.rules;
-- Back to the score's decay and no filter, and that decay another.
SELECT crm.total('crm.activity', 'at', 'lead_id', '2 * points', 'true', '(days <= 40)::int') AS third \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_rule('heat', 'any', reset => '{filter,decay}'), leadscore.alter_score('heat', decay => 'window(40 days)', description => 'Warmth')$$, 5, :'leads', :'second', :'third');
SELECT obj_description('leadscore.lead_heat'::regclass), decay, description FROM leadscore.scores;
-- The source of a rule.
SELECT crm.total('crm.log', 'at', 'lead_id', '2 * points', 'true', '(days <= 40)::int') AS fourth \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_rule('heat', 'any', source => 'log')$$, 7, :'leads', :'third', :'fourth');
-- The table of a source, its time and its filter: triggers stand on the table that is published.
SELECT crm.total('crm.activity', 'coalesce(ended_at, at)', 'lead_id', '2 * points', 'kind IS NOT NULL', '(days <= 40)::int') AS fifth \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_source('log', relation => 'crm.activity', occurred_at => 'coalesce(ended_at, at)', filter => 'kind IS NOT NULL')$$, 9, :'leads', :'fourth', :'fifth');
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgname LIKE '!leadscore%' GROUP BY 1;
-- Edited, paused and resumed, it is kept as it was published.
SELECT leadscore.alter_source('log', relation => 'crm.log', occurred_at => 'at', reset => '{filter}');
CALL leadscore.pause('heat');
SELECT count(*) FROM pg_trigger WHERE tgname LIKE '!leadscore%';
CALL crm.write(11);
CALL leadscore.resume('heat');
CALL crm.write(12);
SELECT * FROM crm.wrong(:'leads', :'fifth');
SELECT leadscore.alter_source('log', relation => 'crm.activity', occurred_at => 'at');
-- A link: its key, and through another table.
SELECT crm.total('crm.activity', 'at', 'other_id', '2 * points', $$kind = 'call'$$, '(days <= 40)::int') AS sixth \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_link('log', 'lead', key => 'other_id', filter => 'kind = ''call''')$$, 13, :'leads', :'fifth', :'sixth');
SELECT crm.total('(SELECT DISTINCT a.*, t.lead_id AS att FROM crm.activity AS a JOIN crm.attendee AS t ON t.activity_id = a.id) AS r', 'at', 'att', '2 * points', 'true', '(days <= 40)::int') AS seventh \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_link('log', 'lead', key => 'through.lead_id', through => '{crm.attendee}', join_on => 'through.activity_id = source.id', reset => '{filter}')$$, 15, :'leads', :'sixth', :'seventh');
-- Of several links, the one with the key that is named.
SELECT leadscore.create_link('log', 'lead', key => 'lead_id');
CALL crm.refuse($$SELECT leadscore.alter_link('log', 'lead', key => 'other_id')$$);
CALL crm.refuse($$SELECT leadscore.alter_link('log', 'lead', old_key => 'source.other_id')$$);
SELECT crm.total('crm.activity', 'at', 'CASE WHEN kind = ''call'' THEN other_id END', '2 * points', 'true', '(days <= 40)::int') AS eighth \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_link('log', 'lead', old_key => 'through.lead_id', key => 'other_id', filter => 'kind = ''call''', reset => '{through,join_on}'),
                                   leadscore.alter_link('log', 'lead', old_key => 'lead_id', key => 'other_id', filter => 'kind = ''call'' AND other_id > 0')$$, 17, :'leads', :'seventh', :'eighth');
SELECT key, filter, through, join_on FROM leadscore.links WHERE source = 'log' ORDER BY filter;
-- A lookup table, and what is ahead; columns of the same name stay those of the activity. Without it again, all goes on.
CREATE TABLE crm.kind (name text PRIMARY KEY, points float8, at timestamptz);
INSERT INTO crm.kind VALUES ('call', 3, '2026-01-01');
INSERT INTO crm.activity (lead_id, other_id, kind, points, at) VALUES (1, 1, 'call', 64, '2026-03-01 12:00:00+00'), (2, 2, 'call', 128, '2026-03-02 12:00:00+00');
SELECT crm.total('crm.activity', 'at', 'CASE WHEN kind = ''call'' THEN other_id END', '2 * points', 'at <= ''2026-03-01''', '(days <= 40)::int') AS eighth \gset
SELECT replace(:'eighth', 'at <= ''2026-03-01''', 'at <= ''2026-03-02''') AS eighth_ahead \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_source('log', through => '{crm.kind}', join_on => 'through.name = source.kind', ahead => '1 day')$$, 39, :'leads', :'eighth', :'eighth_ahead');
SELECT replace(:'eighth_ahead', '2 * points', '(SELECT k.points FROM crm.kind AS k WHERE k.name = a.kind) * a.points') AS eighth_of_kind \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_rule('heat', 'any', points => 'through.points * points')$$, 41, :'leads', :'eighth_ahead', :'eighth_of_kind');
UPDATE crm.kind SET points = 5;
SELECT * FROM crm.wrong(:'leads', :'eighth_of_kind');
SELECT points FROM leadscore.rules;
CALL crm.refuse($$SELECT leadscore.alter_source('log', reset => '{through,join_on}')$$);
CALL crm.edit_and_publish($$SELECT leadscore.alter_rule('heat', 'any', points => '2 * points'), leadscore.alter_source('log', reset => '{through,join_on,ahead}')$$, 43, :'leads', :'eighth_of_kind', :'eighth');
SELECT occurred_at, through, join_on, ahead, points FROM leadscore.sources JOIN leadscore.rules USING (source);
UPDATE crm.kind SET points = 6;
SELECT * FROM crm.wrong(:'leads', :'eighth');
DELETE FROM crm.activity WHERE points > 60 AND at > '2026-03-01';

-- An entity holds at once: which rows are listed, and their key.
CREATE VIEW crm.mine AS SELECT lead_id, points FROM leadscore.lead_heat;
CALL crm.edit_and_publish($$SELECT leadscore.alter_entity('lead', filter => 'NOT deleted AND id <> 2')$$, 19, :'leads',
  :'eighth' || ' WHERE NOT l.deleted AND l.id <> 2', :'eighth' || ' WHERE NOT l.deleted AND l.id <> 2');
UPDATE crm.lead SET deleted = true WHERE id = 3;
SELECT (SELECT array_agg(lead_id ORDER BY lead_id) FROM crm.mine) AS listed, (SELECT count(*) FROM leadscore.lead_scores) AS side_by_side,
       (SELECT count(*) FROM leadscore.lead_cold('heat', 1e9, '1 year')) AS cold, leadscore.lead_score('heat', 2) AS of_none;
SELECT leadscore.alter_entity('lead', reset => '{filter}');
SELECT * FROM crm.wrong('TABLE crm.mine', :'eighth');
CALL crm.edit_and_publish($$SELECT leadscore.alter_entity('lead', key => 'ref')$$, 21, :'leads',
  replace(:'eighth', 'l.id', 'l.ref'), replace(:'eighth', 'l.id', 'l.ref'));
SELECT leadscore.alter_entity('lead', reset => '{key}');
-- Another table altogether; who may read states follows.
CREATE ROLE regress_alter_reader;
GRANT USAGE ON SCHEMA crm TO regress_alter_reader;
GRANT SELECT ON crm.prospect TO regress_alter_reader;
SELECT replace(:'eighth', 'crm.lead AS l', 'crm.prospect AS l') AS ninth \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_entity('lead', relation => 'crm.prospect')$$, 23, :'leads', :'ninth', :'ninth');
CALL crm.write(24);
SET ROLE regress_alter_reader;
SELECT lead_id FROM leadscore.lead_heat ORDER BY 1;
SELECT count(*) > 0 AS reads, bool_and(key IN (1, 2, 7)) AS only_those FROM leadscore.lead_pending;
RESET ROLE;
SELECT leadscore.alter_entity('lead', relation => 'crm.lead');
SET ROLE regress_alter_reader;
SELECT lead_id FROM leadscore.lead_heat;
RESET ROLE;
SELECT * FROM crm.wrong(:'leads', :'eighth');

-- A roll-up, and the entities of a score.
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => 'account_id');
CALL leadscore.publish('heat');
\set accounts 'SELECT account_id, points FROM leadscore.account_heat'
SELECT format('SELECT a.id, coalesce(sum(t.coalesce), 0) FROM crm.account AS a LEFT JOIN crm.lead AS m ON m.account_id = a.id LEFT JOIN (%s) AS t ON t.id = m.id GROUP BY a.id', :'eighth') AS rolled \gset
SELECT replace(:'rolled', 'm.account_id', 'm.former_account_id') AS rolled_otherwise \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_rollup('heat', 'account', 'lead', key => 'former_account_id')$$, 25, :'accounts', :'rolled', :'rolled_otherwise');
-- Over another table, and by the member's row again.
CREATE TABLE crm.employment (lead_id int, account_id int, ended boolean);
INSERT INTO crm.employment SELECT l.id, a.id, l.id = 2 FROM crm.lead AS l, crm.account AS a WHERE l.id % 3 <> a.id;
SELECT replace(:'rolled', 'LEFT JOIN crm.lead AS m ON m.account_id = a.id',
               'LEFT JOIN (SELECT e.lead_id AS id, e.account_id FROM crm.employment AS e WHERE NOT e.ended) AS m ON m.account_id = a.id') AS rolled_through \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_rollup('heat', 'account', 'lead', key => 'through.account_id', through => '{crm.employment}', join_on => 'through.lead_id = id AND NOT through.ended')$$,
                          33, :'accounts', :'rolled_otherwise', :'rolled_through');
SELECT replace(:'rolled_through', 'WHERE NOT e.ended', 'WHERE e.lead_id > 2') AS rolled_from_three \gset
CALL crm.edit_and_publish($$SELECT leadscore.alter_rollup('heat', 'account', 'lead', join_on => 'through.lead_id = member.id AND through.lead_id > 2')$$,
                          35, :'accounts', :'rolled_through', :'rolled_from_three');
SELECT key, through, join_on FROM leadscore.rollups;
CALL crm.refuse($$SELECT leadscore.alter_rollup('heat', 'account', 'lead', reset => '{key}')$$);
CALL crm.refuse($$SELECT leadscore.alter_rollup('heat', 'account', 'lead', reset => '{through}')$$);
CALL crm.edit_and_publish($$SELECT leadscore.alter_rollup('heat', 'account', 'lead', key => 'former_account_id', reset => '{through,join_on}')$$,
                          37, :'accounts', :'rolled_from_three', :'rolled_otherwise');
SELECT key, through, join_on FROM leadscore.rollups;
CALL crm.refuse($$SELECT leadscore.alter_score('heat', entities => '{lead}')$$);
CALL crm.refuse($$SELECT leadscore.alter_entity('lead', relation => 'crm.prospect')$$);
SELECT leadscore.drop_rollup('heat', 'account', 'lead');
CALL crm.edit_and_publish($$SELECT leadscore.alter_score('heat', entities => '{lead,account}')$$, 27, :'leads', :'eighth', :'eighth');
SELECT array_agg(points ORDER BY account_id) FROM leadscore.account_heat;
SELECT leadscore.alter_score('heat', entities => '{lead}');
SELECT array_agg(points ORDER BY account_id) FROM leadscore.account_heat;
CALL leadscore.publish('heat');
SELECT to_regclass('leadscore.account_heat') AS gone, (SELECT array_agg(heat) FROM leadscore.account_scores) AS column_stays;
CALL crm.refuse($$SELECT leadscore.account_score('heat', 1)$$);
-- Added, but not published: what is read is what is published.
SELECT leadscore.alter_score('heat', entities => '{lead,account}');
CALL leadscore.pause('heat');
CALL leadscore.resume('heat');
CALL crm.refuse($$SELECT leadscore.account_score('heat', 1)$$);
SELECT to_regclass('leadscore.account_heat') AS not_yet;
SELECT leadscore.alter_score('heat', entities => '{lead}');
SELECT * FROM crm.wrong(:'leads', :'eighth');

-- on_error as published.
SELECT leadscore.alter_score('heat', on_error => 'fail');
SELECT leadscore.alter_rule('heat', 'any', points => '1 / (points - 100)::int');
CALL leadscore.publish('heat');
CALL crm.refuse($$INSERT INTO crm.activity (lead_id, other_id, kind, points, at) VALUES (1, 1, 'call', 100, '2026-02-01')$$);
SELECT leadscore.alter_score('heat', reset => '{on_error,decay}'), leadscore.alter_rule('heat', 'any', points => 'points');
CALL crm.refuse($$INSERT INTO crm.activity (lead_id, other_id, kind, points, at) VALUES (1, 1, 'call', 100, '2026-02-01')$$);
CALL leadscore.publish('heat');
CALL crm.write(29);
SELECT on_error, decay FROM leadscore.scores;
SELECT * FROM crm.wrong(:'leads', replace(replace(:'eighth', '2 * points', 'points'), '(days <= 40)::int', '1'));

-- A key of another type, where nothing uses it yet.
SELECT leadscore.alter_entity('account', key => 'code');
SELECT key, key_type, pg_get_function_arguments('leadscore.account_score'::regproc) FROM leadscore.entities WHERE entity = 'account';
SELECT account_id FROM leadscore.account_scores ORDER BY 1;

-- based_on: the same rules and roll-ups with another decay, as they are now.
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => '''one''');
SELECT leadscore.create_rule('heat', 'bonus', source => 'log', points => '1', decay => 'none', filter => 'kind = ''call''');
SELECT leadscore.create_score('long', based_on => 'heat', decay => 'window(400 days)', description => 'Long term');
SELECT leadscore.create_score('leads_only', ARRAY['lead'], based_on => 'heat');
SELECT leadscore.create_score('long', based_on => 'heat', if_not_exists => true);
CALL crm.refuse($$SELECT leadscore.create_score('x', based_on => 'none')$$);
CALL crm.refuse($$SELECT leadscore.create_score('x', '{account}', based_on => 'heat')$$);
CALL crm.refuse($$SELECT leadscore.create_score('x', '{lead}', max_points => 'NaN')$$);
SELECT leadscore.alter_rule('heat', 'bonus', points => '7');
SELECT score, rule, source, points, filter, decay FROM leadscore.rules ORDER BY score, rule;
SELECT score, entities, decay, description FROM leadscore.scores ORDER BY score;
SELECT score, entity, "of", key FROM leadscore.rollups ORDER BY score;
CALL leadscore.publish('long');
CALL crm.write(31);
SELECT * FROM crm.wrong('SELECT lead_id, points FROM leadscore.lead_long', replace(replace(:'eighth', '2 * points', 'points + 1'), '(days <= 40)::int', '1'));
SELECT count(*) FROM leadscore.verify('long');
DROP VIEW crm.mine;
DROP TABLE crm.kind, crm.employment;

-- drop_all leaves nothing.
SELECT leadscore.drop_all();
DROP EXTENSION pg_leadscore;
DROP PROCEDURE crm.refuse, crm.edit_and_publish, crm.write;
DROP FUNCTION crm.wrong, crm.total;
SELECT name FROM (SELECT c.oid, c.relname::text AS name FROM pg_class AS c WHERE c.relkind IN ('r', 'v', 'i', 'S') AND c.relnamespace <> 'pg_toast'::regnamespace
UNION ALL SELECT p.oid, p.proname FROM pg_proc AS p UNION ALL SELECT t.oid, t.tgname FROM pg_trigger AS t
UNION ALL SELECT p.oid, p.polname FROM pg_policy AS p) AS now WHERE oid NOT IN (SELECT oid FROM crm.before) AND name <> 'before';
DROP OWNED BY regress_alter_reader;
DROP ROLE regress_alter_reader;
\c postgres
DROP DATABASE regress_leadscore_alter;
