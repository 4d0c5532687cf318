-- Every refusal when something is set up: SQLSTATE, message and hint.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY, name text, happened timestamp, jso json);
CREATE TABLE crm.pair (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE crm.nokey (a int, at timestamptz);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, at timestamptz, local timestamp, day date, kind text, points int, flag boolean);
CREATE TABLE crm.victim (id int);
CREATE VIEW crm.view AS SELECT * FROM crm.activity;
CREATE MATERIALIZED VIEW crm.matview AS SELECT * FROM crm.activity;
CREATE TEMP TABLE temporary (id int PRIMARY KEY, at timestamptz);
CREATE FOREIGN DATA WRAPPER regress_leadscore;
CREATE SERVER regress_leadscore FOREIGN DATA WRAPPER regress_leadscore;
CREATE FOREIGN TABLE crm.foreign (id int, at timestamptz) SERVER regress_leadscore;
CREATE TABLE crm.forced (id int PRIMARY KEY, at timestamptz);
ALTER TABLE crm.forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE SEQUENCE crm.seq;
CREATE FUNCTION crm.unsure(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT $1';
CREATE FUNCTION crm.several(int) RETURNS SETOF int LANGUAGE sql IMMUTABLE AS 'SELECT $1';

CREATE FUNCTION crm.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  said text;
  hint text;
BEGIN
  EXECUTE statement;
  RETURN 'went through';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
  RETURN SQLSTATE || ' ' || said || CASE WHEN hint <> '' THEN ' | ' || hint ELSE '' END;
END $$;
\pset format unaligned
\pset tuples_only on

-- Entities.
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.nothing')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', NULL)$$);
SELECT crm.try($$SELECT leadscore.create_entity(NULL, 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('""', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('a.b.c', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('my lead', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('nowhere.lead', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('pg_catalog.lead', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('information_schema.lead', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('leadscore_internal.lead', 'crm.lead')$$);
SELECT crm.try(format($$SELECT leadscore.create_entity('%s', 'crm.lead')$$, repeat('x', 41)));
SELECT crm.try(format($$SELECT leadscore.create_entity('%s', 'crm.lead')$$, repeat('é', 21)));
SELECT crm.try($$SELECT leadscore.create_entity('pair', 'crm.pair')$$);
SELECT crm.try($$SELECT leadscore.create_entity('pair', 'crm.nokey')$$);
SELECT crm.try($$SELECT leadscore.create_entity('view', 'crm.view', key => 'id')$$);
SELECT crm.try($$SELECT leadscore.create_entity('view', 'crm.matview', key => 'id')$$);
SELECT crm.try($$SELECT leadscore.create_entity('view', 'crm.foreign', key => 'id')$$);
SELECT crm.try($$SELECT leadscore.create_entity('view', 'crm.seq', key => 'last_value')$$);
SELECT crm.try($$SELECT leadscore.create_entity('view', 'crm.lead_pkey', key => 'id')$$);
SELECT crm.try($$SELECT leadscore.create_entity('temporary', 'temporary')$$);
SELECT crm.try($$SELECT leadscore.create_entity('forced', 'crm.forced')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead', key => 'jso')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead', key => 'ctid')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead', key => 'lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead', key => '*')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead', key => 'id, name')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead', key => '')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'name')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'happened > now()')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'nam = 1')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead', 'crm.lead')$$);
SET client_min_messages = notice;
SELECT crm.try($$SELECT leadscore.create_entity('LEAD', 'crm.lead', if_not_exists => true)$$);
SET client_min_messages = warning;

-- Sources.
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.view', 'at')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.foreign', 'at')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'temporary', 'at')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.forced', 'at')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'pg_catalog.pg_views', 'at')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', NULL)$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'kind')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'points')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'local')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'day')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'day', time_zone => 'Nowhere')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'day', time_zone => 'UTC''; DROP TABLE crm.victim; --')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'at', time_zone => 'UTC')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'now()')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'CURRENT_TIMESTAMP')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'local::timestamptz')$$);
SELECT crm.try($$SELECT leadscore.create_source('s', 'crm.activity', 'xmin')$$);
SELECT crm.try($$SELECT leadscore.create_source('activity', 'crm.activity', 'at', filter => 'at::date > ''2026-01-01''')$$);
SELECT crm.try($$SELECT leadscore.create_source('activity', 'crm.activity', 'at')$$);
SELECT crm.try($$SELECT leadscore.create_source('activity', 'crm.activity', 'at')$$);
SELECT crm.try($$SELECT leadscore.create_source('activity', 'crm.activity', 'at', if_not_exists => true)$$);

-- Links.
SELECT crm.try($$SELECT leadscore.create_link('nothing', 'lead', 'lead_id')$$);
SELECT crm.try($$SELECT leadscore.create_link('activity', 'nothing', 'lead_id')$$);
SELECT crm.try($$SELECT leadscore.create_link('activity', NULL, 'lead_id')$$);
SELECT crm.try($$SELECT leadscore.create_link('activity', 'lead', NULL)$$);
SELECT crm.try($$SELECT leadscore.create_link('activity', 'lead', 'kind')$$);
SELECT crm.try($$SELECT leadscore.create_link('activity', 'lead', 'crm.several(lead_id)')$$);
SELECT crm.try($$SELECT leadscore.create_link('activity', 'lead', 'unnest(ARRAY[lead_id])')$$);
SELECT crm.try($$SELECT leadscore.create_link('activity', 'lead', 'lead_id', filter => 'lead_id')$$);
SELECT crm.try($$SELECT leadscore.create_link('activity', 'lead', 'lead_id')$$);

-- Scores.
SELECT crm.try($$SELECT leadscore.create_score('s', '{nothing}')$$);
SELECT crm.try($$SELECT leadscore.create_score('s', '{}')$$);
SELECT crm.try($$SELECT leadscore.create_score('s', NULL)$$);
SELECT crm.try($$SELECT leadscore.create_score('s', ARRAY['lead', NULL])$$);
SELECT crm.try($$SELECT leadscore.create_score('s', '{lead}', decay => NULL)$$);
SELECT crm.try($$SELECT leadscore.create_score('s', '{lead}', decay => 'fast')$$);
SELECT crm.try($$SELECT leadscore.create_score('s', '{lead}', decay => 'exponential(0 days)')$$);
SELECT crm.try($$SELECT leadscore.create_score('s', '{lead}', decay => 'exponential(1 month)')$$);
SELECT crm.try($$SELECT leadscore.create_score('s', '{lead}', on_error => 'ignore')$$);
SELECT crm.try($$SELECT leadscore.create_score('s', '{lead}', on_error => NULL)$$);
SELECT crm.try($$SELECT leadscore.create_score('scores', '{lead}')$$);
SELECT crm.try($$SELECT leadscore.create_score('pending', '{lead}')$$);
SELECT crm.try($$SELECT leadscore.create_score('states_1', '{lead}')$$);
SELECT crm.try(format($$SELECT leadscore.create_score('%s', '{lead}')$$, repeat('s', 41)));
SELECT crm.try($$SELECT leadscore.create_score('total', '{lead}')$$);
SELECT crm.try($$SELECT leadscore.create_score('total', '{lead}')$$);
SELECT crm.try($$SELECT leadscore.create_score('total', '{lead}', if_not_exists => true)$$);
SELECT crm.try($$CALL leadscore.publish('total')$$);
SELECT crm.try($$CALL leadscore.publish('nothing')$$);
SELECT crm.try($$CALL leadscore.publish(NULL)$$);
SELECT crm.try($$SELECT * FROM leadscore.verify('nothing')$$);

-- Rules and what expressions may hold.
CREATE FUNCTION crm.points(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  result := crm.try(format('SELECT leadscore.create_rule(''total'', %L, ''activity'', points => %L)', expression, expression));
  RETURN result || coalesce(': ' || (SELECT r.points FROM leadscore.rules AS r WHERE r.rule = expression), '');
END $$;
SELECT crm.try($$SELECT leadscore.create_rule('nothing', 'r', 'activity', '1')$$);
SELECT crm.try($$SELECT leadscore.create_rule('total', 'r', 'nothing', '1')$$);
SELECT crm.try($$SELECT leadscore.create_rule('total', NULL, 'activity', '1')$$);
SELECT crm.try($$SELECT leadscore.create_rule('total', '', 'activity', '1')$$);
SELECT crm.try($$SELECT leadscore.create_rule('total', 'r', 'activity', NULL)$$);
SELECT crm.try($$SELECT leadscore.create_rule('total', 'r', 'activity', '1', filter => '1')$$);
SELECT crm.points('5');
SELECT crm.points('points + 1.5');
SELECT crm.points('CASE kind WHEN ''call'' THEN 1 WHEN ''%s'' THEN 2 END');
SELECT crm.points('''7''');
SELECT crm.points('NULL');
SELECT crm.points('activity.points');
SELECT crm.points('crm.activity.points');
SELECT crm.points('(crm.activity).points');
SELECT crm.points('lead.id');
SELECT crm.points('kind');
SELECT crm.points('flag');
SELECT crm.points('at');
SELECT crm.points('''a''');
SELECT crm.points('nothing');
SELECT crm.points('points +');
SELECT crm.points('points; DROP TABLE crm.victim');
SELECT crm.points('1); DROP TABLE crm.victim; --');
SELECT crm.points('1 FROM crm.victim');
SELECT crm.points('1 AS one');
SELECT crm.points('1 WHERE true');
SELECT crm.points('1 UNION SELECT 2');
SELECT crm.points('1 LIMIT 1');
SELECT crm.points('DISTINCT points');
SELECT crm.points('1 INTO x');
SELECT crm.points('1 -- comment');
SELECT crm.points('1 /* comment');
SELECT crm.points('(SELECT 1)');
SELECT crm.points('EXISTS (SELECT FROM crm.victim)');
SELECT crm.points('points IN (SELECT 1)');
SELECT crm.points('ARRAY(SELECT 1)');
SELECT crm.points('sum(points)');
SELECT crm.points('count(*)');
SELECT crm.points('row_number() OVER ()');
SELECT crm.points('random()');
SELECT crm.points('crm.unsure(points)');
SELECT crm.points('crm.several(points)');
SELECT crm.points('generate_series(1, points)');
SELECT crm.points('nextval(''crm.seq'')');
SELECT crm.points('extract(epoch FROM now() - at)');
SELECT crm.points('extract(hour FROM at)');
SELECT crm.points('extract(hour FROM at AT TIME ZONE ''UTC'')');
SELECT crm.points('tableoid::int');
SELECT crm.points('$1');
SELECT crm.points(':x');
SELECT crm.points('DEFAULT');
SELECT crm.points('GROUPING(points)');
SELECT crm.points('length(current_user)');
SELECT crm.points('points::numeric(4,2)');
SELECT crm.points(E'points\n + 1');
SELECT crm.points('');
SELECT crm.points(' ');
SELECT crm.points('5');
-- The position is that of the expression.
SELECT leadscore.create_rule('total', 'where', 'activity', points => '1 + nothing', filter => 'true');
SELECT leadscore.create_rule('total', 'where', 'activity', points => '1', filter => 'kind = ''é'' AND points > random()');

-- Names that hold SQL.
SELECT crm.try($$SELECT leadscore.create_score('"x; DROP TABLE crm.victim; --"', '{lead}', description => ''';DROP TABLE crm.victim;--')$$);
SELECT crm.try($$SELECT leadscore.create_rule('"x; DROP TABLE crm.victim; --"', '''; DROP TABLE crm.victim; --', 'activity', '1')$$);
SELECT crm.try($$CALL leadscore.publish('"x; DROP TABLE crm.victim; --"')$$);
SELECT crm.try($$SELECT leadscore.lead_score('"x; DROP TABLE crm.victim; --"', 1)$$);
SELECT crm.try($$SELECT leadscore.lead_score('x; DROP TABLE crm.victim; --', 1)$$);
SELECT crm.try($$SELECT leadscore.create_entity('"$$ || quote_ident('a"; DROP TABLE crm.victim; --') || $$"', 'crm.lead')$$) LIKE '42%';
SELECT crm.try($$SELECT leadscore.create_entity('lead"; DROP TABLE crm.victim; --', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_source('src', 'crm.activity', 'at) IS NULL OR pg_sleep(10) IS NULL OR (at')$$);
SELECT crm.try($$SELECT leadscore.create_link('activity', 'lead', 'lead_id) WHERE (true')$$);
SELECT count(*) FROM crm.victim;

-- Names that are taken.
CREATE VIEW leadscore.lead_mine AS SELECT 1 AS lead_id, 2::float8 AS points, now() AS last_activity_at, 1::bigint AS activities, ''::text AS band;
SELECT crm.try($$SELECT leadscore.create_score('mine', '{lead}')$$);
SELECT crm.try($$SELECT leadscore.create_rule('mine', 'r', 'activity', '1')$$);
SELECT crm.try($$CALL leadscore.publish('mine')$$);
DROP VIEW leadscore.lead_mine;
SELECT crm.try($$CALL leadscore.publish('mine')$$);
SELECT crm.try($$SELECT leadscore.create_entity('lead_mine', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_score('own', '{lead_mine}')$$);
SELECT crm.try($$SELECT leadscore.create_score('mine_own', '{lead}')$$);
SELECT leadscore.create_link('activity', 'lead_mine', 'lead_id');
SELECT leadscore.create_rule('own', 'r', 'activity', '1');
SELECT leadscore.create_rule('mine_own', 'r', 'activity', '1');
SELECT crm.try($$CALL leadscore.publish('own')$$);
SELECT crm.try($$CALL leadscore.publish('mine_own')$$);
CREATE TABLE leadscore.deal_pending (id int);
SELECT crm.try($$SELECT leadscore.create_entity('deal', 'crm.lead')$$);
DROP TABLE leadscore.deal_pending;
CREATE FUNCTION leadscore.deal_hot() RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT crm.try($$SELECT leadscore.create_entity('deal', 'crm.lead')$$);
DROP FUNCTION leadscore.deal_hot();
SELECT crm.try(format($$SELECT leadscore.create_entity('%s', 'crm.lead')$$, repeat('e', 40)));
SELECT crm.try(format($$SELECT leadscore.create_score('%s', '{%s}')$$, repeat('s', 40), repeat('e', 40)));

-- Whoever sets up must own the table and may create in the model's schema.
CREATE ROLE regress_leadscore_other;
GRANT USAGE ON SCHEMA crm TO regress_leadscore_other;
GRANT SELECT, TRIGGER ON ALL TABLES IN SCHEMA crm TO regress_leadscore_other;
CREATE SCHEMA regress_leadscore_model AUTHORIZATION regress_leadscore_other;
SET ROLE regress_leadscore_other;
SELECT crm.try($$SELECT leadscore.create_entity('mine', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_entity('regress_leadscore_model.mine', 'crm.lead')$$);
SELECT crm.try($$SELECT leadscore.create_source('regress_leadscore_model.mine', 'crm.activity', 'at')$$);
SELECT crm.try($$SELECT leadscore.create_link('activity', 'lead', 'lead_id')$$);
SELECT crm.try($$SELECT leadscore.create_rule('total', 'r', 'activity', '1')$$);
SELECT crm.try($$SELECT leadscore.create_score('regress_leadscore_model.mine', '{lead}')$$);
SELECT crm.try($$CALL leadscore.publish('total')$$);
SELECT crm.try($$CALL leadscore.tick()$$);
SELECT crm.try($$SELECT leadscore.verify('total')$$);
SELECT crm.try($$SELECT leadscore.drop_all()$$);
SELECT crm.try($$CREATE TRIGGER mine AFTER INSERT ON crm.victim FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(1)$$);
SELECT crm.try($$SELECT leadscore_internal.begin_publish('total')$$);
SELECT crm.try($$TABLE leadscore_internal.rule$$);
CREATE TABLE regress_leadscore_model.lead (id int PRIMARY KEY);
SELECT crm.try($$SELECT leadscore.create_entity('regress_leadscore_model.mine', 'regress_leadscore_model.lead')$$);
RESET ROLE;

SELECT leadscore.drop_all();
DROP SCHEMA crm, regress_leadscore_model CASCADE;
DROP ROLE regress_leadscore_other;
DROP FOREIGN DATA WRAPPER regress_leadscore CASCADE;
