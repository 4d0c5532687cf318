-- rename_…: at once, with activity before and after; what users made of the views follows.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE DATABASE regress_leadscore_rename_objects;
\c regress_leadscore_rename_objects
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE SCHEMA acme;
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int);
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, points float8, at timestamptz);
INSERT INTO crm.account VALUES (1), (2);
INSERT INTO crm.lead SELECT i, i % 2 + 1 FROM generate_series(1, 5) AS i;
CREATE TABLE crm.before AS
SELECT c.oid, c.relname::text AS name FROM pg_class AS c WHERE c.relkind IN ('r', 'v', 'i', 'S') AND c.relnamespace <> 'pg_toast'::regnamespace
UNION ALL SELECT p.oid, p.proname FROM pg_proc AS p UNION ALL SELECT t.oid, t.tgname FROM pg_trigger AS t
UNION ALL SELECT p.oid, p.polname FROM pg_policy AS p;
CREATE EXTENSION pg_leadscore;
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
CREATE PROCEDURE crm.write(seed int) LANGUAGE sql AS $$
  INSERT INTO crm.activity (lead_id, points, at)
  SELECT (seed + i) % 6, i, timestamptz '2026-02-28' - make_interval(days => i * 3 + seed) FROM generate_series(1, 12) AS i;
  UPDATE crm.activity SET points = points + 1, lead_id = (lead_id + 1) % 6 WHERE id % 5 = seed % 5;
  DELETE FROM crm.activity WHERE id % 11 = seed % 11;
$$;
CREATE VIEW crm.leads_by_hand AS
SELECT l.id AS k, coalesce(sum(points * 2 ^ (-extract(epoch FROM timestamptz '2026-03-01' - at)::float8 / 86400 / 30)), 0) AS p
FROM crm.lead AS l LEFT JOIN crm.activity AS a ON a.lead_id = l.id GROUP BY 1;
CREATE VIEW crm.accounts_by_hand AS
SELECT a.id AS k, coalesce(sum(h.p), 0) AS p FROM crm.account AS a LEFT JOIN crm.lead AS l ON l.account_id = a.id LEFT JOIN crm.leads_by_hand AS h ON h.k = l.id GROUP BY 1;
-- Each of the queries beside what plain SQL says: lines, and those that differ; written to and folded on the way.
CREATE PROCEDURE crm.compare(score text, seed int, by_lead text[], by_account text[]) LANGUAGE plpgsql AS $$
DECLARE
  q record;
  lines int;
  wrong int;
  found int;
BEGIN
  FOR i IN 1 .. 3 LOOP
    IF i = 2 THEN CALL crm.write(seed); ELSIF i = 3 THEN CALL leadscore.tick(); END IF;
    FOR q IN SELECT x.query, 'leads_by_hand' AS oracle FROM unnest(by_lead) AS x(query) UNION ALL SELECT x.query, 'accounts_by_hand' FROM unnest(by_account) AS x(query) LOOP
      EXECUTE format('WITH g AS MATERIALIZED (SELECT x.k, round(x.p::numeric, 6) FROM (%s) AS x(k, p)),
                           o AS MATERIALIZED (SELECT x.k, round(x.p::numeric, 6) FROM crm.%I AS x(k, p))
        SELECT (SELECT count(*) FROM g), (SELECT count(*) FROM ((TABLE g EXCEPT ALL TABLE o) UNION ALL (TABLE o EXCEPT ALL TABLE g)) AS d)', q.query, q.oracle)
      INTO lines, wrong;
      IF i = 1 OR wrong > 0 THEN
        RAISE INFO '%: % lines, % wrong', q.query, lines, wrong;
      END IF;
    END LOOP;
    SELECT count(*) INTO found FROM leadscore.verify(score);
    IF found > 0 THEN
      RAISE INFO 'verify finds %', found;
    END IF;
  END LOOP;
END
$$;

CALL crm.write(1);
SELECT leadscore.create_entity('acme.lead', 'crm.lead');
SELECT leadscore.create_entity('acme.account', 'crm.account');
SELECT leadscore.create_source('acme.activity', 'crm.activity', occurred_at => 'at');
SELECT leadscore.create_source('acme.other', 'crm.activity', occurred_at => 'at');
SELECT leadscore.create_link('acme.activity', 'lead', key => 'lead_id');
SELECT leadscore.create_score('acme.heat', entities => '{lead}', decay => 'exponential(30 days)');
SELECT leadscore.create_rule('acme.heat', 'any', source => 'activity', points => 'points');
SELECT leadscore.create_rule('acme.heat', 'none', source => 'activity', points => '1', filter => 'false');
SELECT leadscore.create_rollup('acme.heat', 'account', of => 'lead', key => 'account_id');
SELECT leadscore.create_score('acme.old', entities => '{lead}', based_on => 'heat');
SELECT leadscore.create_score('acme.draft', entities => '{lead}', based_on => 'heat');
CALL leadscore.publish('acme.heat');
CALL leadscore.publish('acme.old');
CALL leadscore.retire('acme.old');
CREATE VIEW crm.mine AS SELECT lead_id, points FROM acme.lead_heat;
CREATE VIEW crm.all_of_mine AS SELECT lead_id, heat FROM acme.lead_scores;
CALL crm.compare('acme.heat', 2, '{SELECT lead_id\, points FROM acme.lead_heat,TABLE crm.mine,TABLE crm.all_of_mine}', '{SELECT account_id\, points FROM acme.account_heat}');

-- An entity.
REVOKE EXECUTE ON FUNCTION acme.lead_hot FROM PUBLIC;
CREATE ROLE regress_rename_reader;
GRANT EXECUTE ON FUNCTION acme.lead_hot TO regress_rename_reader WITH GRANT OPTION;
SELECT leadscore.rename_entity('acme.lead', 'person');
SELECT entity FROM leadscore.entities ORDER BY 1;
SELECT proname, proacl IS NULL AS default_rights, has_function_privilege('regress_rename_reader', oid, 'EXECUTE WITH GRANT OPTION') AS reader FROM pg_proc WHERE pronamespace = 'acme'::regnamespace AND proname ~ '_hot|_cold$' ORDER BY 1;
SELECT c.relname, c.relkind, (SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND attnum < 4) AS columns
FROM pg_class AS c WHERE c.relnamespace = 'acme'::regnamespace AND c.relkind IN ('r', 'v') ORDER BY 1;
SELECT proname FROM pg_proc WHERE pronamespace = 'acme'::regnamespace AND proname LIKE 'lead%';
SELECT objsubid, description FROM pg_description WHERE objoid = 'acme.person_heat'::regclass AND objsubid < 2 ORDER BY 1;
CALL crm.compare('acme.heat', 3, '{SELECT person_id\, points FROM acme.person_heat,TABLE crm.mine,TABLE crm.all_of_mine,SELECT person_id\, points FROM acme.person_hottest(''heat''),SELECT id\, acme.person_score(''heat''\, id) FROM crm.lead}',
                               '{SELECT account_id\, points FROM acme.account_heat}');
SELECT leadscore.rename_entity('acme.account', 'company');
CALL crm.compare('acme.heat', 4, '{TABLE crm.mine}', '{SELECT company_id\, points FROM acme.company_heat,SELECT company_id\, heat FROM acme.company_scores,SELECT company_id\, points FROM acme.company_coldest(''heat'')}');

-- A score: live, retired, draft.
SELECT leadscore.rename_score('acme.heat', 'warmth');
SELECT leadscore.rename_score('acme.old', 'older');
SELECT leadscore.rename_score('acme.draft', 'sketch');
SELECT attname FROM pg_attribute WHERE attrelid = 'acme.person_scores'::regclass AND attnum > 0 ORDER BY attnum;
SELECT score, state, edited FROM leadscore.scores ORDER BY 1;
CALL crm.compare('acme.warmth', 5, '{SELECT person_id\, points FROM acme.person_warmth,SELECT person_id\, warmth FROM acme.person_scores,TABLE crm.mine,TABLE crm.all_of_mine,SELECT person_id\, points FROM acme.person_hottest(''warmth'')}',
                               '{SELECT company_id\, points FROM acme.company_warmth}');
CALL leadscore.pause('acme.warmth');
SELECT leadscore.rename_score('acme.warmth', 'heat');
SELECT bool_and(points IS NULL) FROM acme.person_heat;
SELECT leadscore.rename_entity('acme.person', 'lead');
CALL leadscore.resume('acme.heat');
CALL leadscore.publish('acme.older');
CALL leadscore.publish('acme.sketch');
CALL crm.compare('acme.heat', 6, '{SELECT lead_id\, heat FROM acme.lead_scores,TABLE crm.mine}', '{SELECT company_id\, points FROM acme.company_heat}');
SELECT bool_and(older = sketch) AND sum(older) > 0 AS both_undecayed FROM acme.lead_scores;
SELECT attname FROM pg_attribute WHERE attrelid = 'acme.lead_scores'::regclass AND attnum > 0 ORDER BY attnum;

-- A source and a rule: the message of a rule that fails names it.
SELECT leadscore.rename_source('acme.activity', 'event');
SELECT leadscore.rename_rule('acme.heat', 'any', 'every one');
SELECT source FROM leadscore.sources ORDER BY 1;
SELECT score, rule, source FROM leadscore.rules ORDER BY 1, 2;
CALL crm.compare('acme.heat', 7, '{SELECT lead_id\, heat FROM acme.lead_scores}', '{SELECT company_id\, points FROM acme.company_heat}');
BEGIN;
INSERT INTO crm.activity (lead_id, points, at) VALUES (1, 'NaN', '2026-01-01');
SELECT broken_because FROM leadscore.status WHERE score = 'heat' ORDER BY 1 LIMIT 1;
ROLLBACK;

-- Refused, and nothing half done.
CREATE TABLE acme.lead_taken (id int);
CREATE FUNCTION acme.buyer_score(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW crm.hot AS SELECT * FROM acme.lead_hot('heat', 1, '1 year');
CALL crm.refuse($$SELECT leadscore.rename_entity('acme.none', 'x')$$);
CALL crm.refuse($$SELECT leadscore.rename_entity('acme.lead', 'company')$$);
CALL crm.refuse($$SELECT leadscore.rename_entity('acme.lead', 'lead')$$);
CALL crm.refuse($$SELECT leadscore.rename_entity('acme.lead', 'leadscore.x')$$);
CALL crm.refuse($$SELECT leadscore.rename_entity('acme.lead', 'buyer')$$);
CALL crm.refuse($$SELECT leadscore.rename_entity('acme.lead', 'x234567890123456789012345678901234567890y')$$);
CALL crm.refuse($$SELECT leadscore.rename_entity('acme.lead', 'prospect')$$);
CALL crm.refuse($$SELECT leadscore.rename_score('acme.heat', 'taken')$$);
CALL crm.refuse($$SELECT leadscore.rename_score('acme.heat', 'scores')$$);
CALL crm.refuse($$SELECT leadscore.rename_score('acme.heat', 'lead_id')$$);
CALL crm.refuse($$SELECT leadscore.rename_score('acme.heat', 'older')$$);
CALL crm.refuse($$SELECT leadscore.rename_score('acme.heat', NULL)$$);
CALL crm.refuse($$SELECT leadscore.rename_source('acme.event', 'other')$$);
CALL crm.refuse($$SELECT leadscore.rename_rule('acme.heat', 'every one', 'none')$$);
CALL crm.refuse($$SELECT leadscore.rename_rule('acme.heat', 'any', 'x')$$);
DROP VIEW crm.hot;
CALL crm.compare('acme.heat', 8, '{SELECT lead_id\, heat FROM acme.lead_scores,SELECT lead_id\, points FROM acme.lead_heat,TABLE crm.mine}', '{SELECT company_id\, points FROM acme.company_heat}');
DROP TABLE acme.lead_taken;
DROP FUNCTION acme.buyer_score;

-- Each object can be dropped under its new name, and nothing is left behind.
DROP VIEW crm.mine, crm.all_of_mine;
SELECT leadscore.drop_score('acme.heat'), leadscore.drop_score('acme.older');
SELECT leadscore.drop_rule('acme.sketch', 'any');
SELECT leadscore.drop_score('acme.sketch');
SELECT leadscore.drop_source('acme.event'), leadscore.drop_source('acme.other');
SELECT leadscore.drop_entity('acme.lead'), leadscore.drop_entity('acme.company');
SELECT relname FROM pg_class WHERE relnamespace = 'acme'::regnamespace;
DROP EXTENSION pg_leadscore;
DROP VIEW crm.accounts_by_hand, crm.leads_by_hand;
DROP PROCEDURE crm.refuse, crm.compare, crm.write;
SELECT name FROM (SELECT c.oid, c.relname::text AS name FROM pg_class AS c WHERE c.relkind IN ('r', 'v', 'i', 'S') AND c.relnamespace <> 'pg_toast'::regnamespace
UNION ALL SELECT p.oid, p.proname FROM pg_proc AS p UNION ALL SELECT t.oid, t.tgname FROM pg_trigger AS t
UNION ALL SELECT p.oid, p.polname FROM pg_policy AS p) AS now WHERE oid NOT IN (SELECT oid FROM crm.before) AND name <> 'before';
DROP ROLE regress_rename_reader;
\c postgres
DROP DATABASE regress_leadscore_rename_objects;
