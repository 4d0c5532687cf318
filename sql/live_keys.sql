-- Types of keys, odd names, models side by side, several links, sources and scores.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;

-- Sets up a score for one pair of tables and shows what comes of it.
CREATE FUNCTION crm.try(lead text, key text, link text, filter text DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM leadscore.create_entity('lead', lead::regclass, key => key);
  PERFORM leadscore.create_source('activity', 'crm.activity', 'at');
  PERFORM leadscore.create_link('activity', 'lead', link, filter);
  PERFORM leadscore.create_score('total', '{lead}');
  PERFORM leadscore.create_rule('total', 'points', 'activity', 'points');
  CALL leadscore.publish('total');
  RETURN NEXT (SELECT e.key || ' ' || e.key_type || ' <- ' || l.key FROM leadscore.entities AS e, leadscore.links AS l);
  UPDATE crm.activity SET points = points + 1;
  UPDATE crm.activity SET points = points WHERE id = 1;
  INSERT INTO crm.activity SELECT id + 100, i4, i8, i2, u, t, v, d, c, at, 10 FROM crm.activity WHERE id = 1;
  RETURN QUERY EXECUTE 'SELECT lead_id::text || '': '' || points || '', '' || leadscore.lead_score(''total'', lead_id, leadscore.clock() - interval ''1 day'') FROM leadscore.lead_hottest(''total'', 3)';
  RETURN QUERY SELECT v::text FROM leadscore.verify('total') AS v;
  CALL leadscore.tick();
  RETURN QUERY EXECUTE 'SELECT ''folded '' || lead_id::text || '': '' || points FROM leadscore.lead_hottest(''total'', 1)';
  RETURN QUERY EXECUTE 'SELECT ''hot '' || lead_id::text FROM leadscore.lead_hot(''total'', 0, ''1 year'') ORDER BY 1';
  RETURN QUERY SELECT v::text FROM leadscore.verify('total') AS v;
  PERFORM leadscore.drop_all();
  DELETE FROM crm.activity WHERE id > 100;
  UPDATE crm.activity SET points = points - 1;
END $$;

CREATE TABLE crm.activity (
  id int PRIMARY KEY, i4 int, i8 bigint, i2 smallint, u uuid, t text, v varchar(17), d date, c char(4), at timestamptz, points numeric
);
INSERT INTO crm.activity VALUES
  (1, 1, 1, 1, '11111111-1111-1111-1111-111111111111', 'a', 'a', '2026-01-01', 'a', '2026-01-01', 1.5),
  (2, 2, 5000000000, 2, '22222222-2222-2222-2222-222222222222', 'B ', 'B ', '2026-01-02', 'B', '2026-01-01', 4),
  (3, -2147483648, -5000000000, -1, NULL, NULL, NULL, NULL, NULL, '2026-01-01', 8);
CREATE TABLE crm.i4 (id int PRIMARY KEY);
INSERT INTO crm.i4 VALUES (1), (2), (705032704), (-705032704);
CREATE TABLE crm.i8 (id bigint PRIMARY KEY);
INSERT INTO crm.i8 VALUES (1), (2), (5000000000), (-2147483648);
CREATE TABLE crm.i2 (id smallint PRIMARY KEY);
INSERT INTO crm.i2 VALUES (1), (2), (-1);
CREATE TABLE crm.u (id uuid PRIMARY KEY);
INSERT INTO crm.u VALUES ('11111111-1111-1111-1111-111111111111'), ('33333333-3333-3333-3333-333333333333');
CREATE TABLE crm.t (id text PRIMARY KEY);
INSERT INTO crm.t VALUES ('a'), ('B'), ('B '), ('');
CREATE TABLE crm.v (id varchar(17) PRIMARY KEY);
INSERT INTO crm.v VALUES ('a'), ('B '), ('B');
CREATE TABLE crm.c (id char(4) PRIMARY KEY);
INSERT INTO crm.c VALUES ('a'), ('B');
CREATE TABLE crm.d (id date PRIMARY KEY, day text);
INSERT INTO crm.d VALUES ('2026-01-01', '1'), ('2026-01-02', '2');
CREATE TABLE crm.n (id numeric PRIMARY KEY);
INSERT INTO crm.n VALUES (1.00), (5000000000);
CREATE DOMAIN crm.code AS text CHECK (length(VALUE) < 4);
CREATE TABLE crm.dom (id crm.code PRIMARY KEY);
INSERT INTO crm.dom VALUES ('a'), ('B');
CREATE TYPE crm.colour AS ENUM ('a', 'B ', 'none');
CREATE TABLE crm.e (id crm.colour PRIMARY KEY);
INSERT INTO crm.e VALUES ('a'), ('none');

SELECT crm.try('crm.i4', NULL, 'i4');
SELECT crm.try('crm.i4', NULL, 'i8');
SELECT crm.try('crm.i4', NULL, 'i2');
SELECT crm.try('crm.i8', NULL, 'i4');
SELECT crm.try('crm.i8', NULL, 'i8');
SELECT crm.try('crm.i2', NULL, 'i8');
SELECT crm.try('crm.n', NULL, 'i8');
SELECT crm.try('crm.u', NULL, 'u');
SELECT crm.try('crm.t', NULL, 't');
SELECT crm.try('crm.t', NULL, 'v');
SELECT crm.try('crm.v', NULL, 't');
SELECT crm.try('crm.v', NULL, 'v');
SELECT crm.try('crm.c', NULL, 'c');
SELECT crm.try('crm.d', NULL, 'd');
SELECT crm.try('crm.dom', NULL, 'v');
SELECT crm.try('crm.e', NULL, 't::crm.colour', NULL);
CREATE TABLE crm.b (id bit(8) PRIMARY KEY);
INSERT INTO crm.b VALUES ('00000001'), ('00000010');
SELECT crm.try('crm.b', NULL, 'i4::bit(8)');
-- Where values that differ are equal, they are not the same to us.
CREATE COLLATION crm.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE crm.ci (id text COLLATE crm.ci PRIMARY KEY);
INSERT INTO crm.ci VALUES ('A'), ('b ');
SELECT crm.try('crm.ci', NULL, 't');
SELECT crm.try('crm.t', NULL, 't COLLATE crm.ci');
SELECT crm.try('crm.ci', 'lower(id) COLLATE "C"', 'lower(t) COLLATE "C"');
CREATE TYPE crm.pair AS (d date, i int);
CREATE TABLE crm.p (id crm.pair);
SELECT crm.try('crm.p', 'id', 'ROW(d, i4)::crm.pair');
-- Expressions.
SELECT crm.try('crm.i8', 'id + 1', 'i4 + 1');
SELECT crm.try('crm.i8', 'id % 1000', 'i8 % 1000');
SELECT crm.try('crm.t', 'lower(id)', 'lower(t)', filter => 't LIKE ''%a%''');
SELECT crm.try('crm.d', 'day || ''%s''', 'i4::text || ''%s''');
SELECT crm.try('crm.d', '(id, day)', 'ROW(d, i4::text)');
SELECT crm.try('crm.i4', 'ARRAY[id]', 'ARRAY[i4]');
-- What cannot be compared.
SELECT crm.try('crm.i4', NULL, 't');
SELECT crm.try('crm.u', NULL, 't');
SELECT crm.try('crm.t', NULL, 'i4');
SELECT crm.try('crm.i4', 'point(id, 1)', 'i4');
SELECT crm.try('crm.i4', 'NULL', 'i4');
SELECT crm.try('crm.i4', NULL, 'NULL');
DROP SCHEMA crm CASCADE;

-- A column that becomes one of such a collation breaks the score. A reference without the blanks that a key is filled up with.
CREATE SCHEMA crm;
CREATE COLLATION crm.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE crm.account (id char(4) PRIMARY KEY);
CREATE TABLE crm.lead (id text PRIMARY KEY, account_id text);
CREATE TABLE crm.activity (lead_id text, at timestamptz, points int);
INSERT INTO crm.account VALUES ('a'), ('b');
INSERT INTO crm.lead VALUES ('x', 'a'), ('y', 'a  '), ('z', 'b    ');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_score('total', '{lead}');
SELECT leadscore.create_rollup('total', 'account', of => 'lead', key => 'account_id');
SELECT leadscore.create_rule('total', 'points', 'activity', 'points');
CALL leadscore.publish('total');
INSERT INTO crm.activity VALUES ('x', '2026-01-01', 1), ('y', '2026-01-01', 2), ('z', '2026-01-01', 4);
SELECT account_id, points, members FROM leadscore.account_total ORDER BY account_id;
SELECT * FROM leadscore.account_hottest('total');
SELECT * FROM leadscore.account_scores_at('total', '2026-02-01') ORDER BY account_id;
SELECT account_id, points FROM leadscore.account_hot('total', 0, '1 year') ORDER BY account_id;
ALTER TABLE crm.activity ALTER lead_id TYPE text COLLATE crm.ci;
SELECT broken_because FROM leadscore.status;
ALTER TABLE crm.activity ALTER lead_id TYPE text;
CALL leadscore.publish('total');
SELECT * FROM leadscore.account_hottest('total');
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;

-- Names that need quotes, and columns called as ours are.
CREATE SCHEMA "Fräppé CRM";
CREATE TABLE "Fräppé CRM"."tabCRM Lead" ("Name" text PRIMARY KEY, "from" int, key int, points float8, e int, "select" boolean);
CREATE TABLE "Fräppé CRM"."tabCRM ""Task""" ("order" int PRIMARY KEY, "from" text, "occurred at" timestamptz, key text, points float8,
                                           sign int, component int, "%" int, stamp int);
INSERT INTO "Fräppé CRM"."tabCRM Lead" VALUES ('O''Hara "x"', 1, 1, 1, 1, true), ('$1 %s', 1, 1, 1, 1, false);
SELECT leadscore.create_entity('"tabCRM Lead"', '"Fräppé CRM"."tabCRM Lead"', filter => '"select" IS NOT NULL');
SELECT leadscore.create_source('"50% ""Task"""', '"Fräppé CRM"."tabCRM ""Task"""', '"occurred at"', filter => '"%" % 2 = 0');
SELECT leadscore.create_link('"50% ""Task"""', '"tabCRM Lead"', '"from"', filter => 'key <> ''''');
SELECT leadscore.create_score('"A ''score''%s"', ARRAY['"tabCRM Lead"'], description => 'it''s %s');
SELECT leadscore.create_rule('"A ''score''%s"', 'over 100% "sure"', '"50% ""Task"""', 'points * sign + component + stamp');
CALL leadscore.publish('"A ''score''%s"');
INSERT INTO "Fräppé CRM"."tabCRM ""Task""" VALUES (1, 'O''Hara "x"', '2026-01-01', 'k', 3, 2, 1, 4, 5), (2, '$1 %s', '2026-01-01', 'k', 1, 1, 1, 2, 0);
SELECT * FROM leadscore."tabCRM Lead_hottest"('"A ''score''%s"');
SELECT "tabCRM Lead_id", points FROM leadscore."tabCRM Lead_A 'score'%s" ORDER BY 1;
SELECT * FROM leadscore."tabCRM Lead_scores" ORDER BY 1;
SELECT leadscore."tabCRM Lead_score"('"A ''score''%s"', 'O''Hara "x"', '2026-02-01');
SELECT * FROM leadscore."tabCRM Lead_cold"('"A ''score''%s"', 10, '1 year');
SELECT * FROM leadscore.verify('"A ''score''%s"');
CALL leadscore.tick();
SELECT pending, what_to_do FROM leadscore.status;
SELECT leadscore.drop_all();
DROP SCHEMA "Fräppé CRM" CASCADE;

-- The same names in two models.
CREATE SCHEMA acme;
CREATE SCHEMA crm;
CREATE TABLE acme.lead (id int PRIMARY KEY);
CREATE TABLE acme.activity (lead_id int, at timestamptz, points int);
CREATE TABLE crm.lead (id text PRIMARY KEY);
CREATE TABLE crm.activity (lead_id text, at timestamptz, points int);
INSERT INTO acme.lead VALUES (1);
INSERT INTO crm.lead VALUES ('x');
DO $$
DECLARE m text; s text;
BEGIN
  FOR m, s IN VALUES ('', 'crm'), ('acme.', 'acme') LOOP
    PERFORM leadscore.create_entity(m || 'lead', (s || '.lead')::regclass);
    PERFORM leadscore.create_source(m || 'activity', (s || '.activity')::regclass, 'at');
    PERFORM leadscore.create_link(m || 'activity', 'lead', 'lead_id');
    PERFORM leadscore.create_score(m || 'total', '{lead}');
    PERFORM leadscore.create_rule(m || 'total', 'points', 'activity', 'points');
    CALL leadscore.publish(m || 'total');
  END LOOP;
END $$;
INSERT INTO acme.activity VALUES (1, '2026-01-01', 3);
INSERT INTO crm.activity VALUES ('x', '2026-01-01', 4);
SELECT leadscore.lead_score('total', 'x'), acme.lead_score('total', 1), acme.lead_score('acme.total', 1);
SELECT lead_id, points FROM leadscore.lead_total;
SELECT lead_id, points FROM acme.lead_total;
SELECT acme.lead_score('leadscore.total', 1);
SELECT leadscore.create_link('acme.activity', 'leadscore.lead', 'lead_id');
SELECT leadscore.create_rule('total', 'other', 'acme.activity', '1');
SELECT leadscore.create_score('acme.other', '{leadscore.lead}');
SELECT count(*) FROM leadscore.verify('acme.total');
SELECT model, score, state FROM leadscore.status ORDER BY model;
SELECT leadscore.drop_all();
SELECT c.relname FROM pg_class AS c WHERE relnamespace = 'acme'::regnamespace AND relkind <> 'i' ORDER BY 1;
SELECT count(*) FROM pg_proc WHERE pronamespace = 'acme'::regnamespace;
DROP SCHEMA acme, crm CASCADE;

-- Links: two columns that reach one entity count once; a reference that names its table; filters that flip.
CREATE SCHEMA crm;
CREATE TABLE crm.person (id int PRIMARY KEY, type text, deleted_at timestamptz);
CREATE TABLE crm.call (id int PRIMARY KEY, from_id int, to_id int, at timestamptz, deleted boolean DEFAULT false);
CREATE TABLE crm.note (id int PRIMARY KEY, parent_type text, parent_id text, at timestamptz);
INSERT INTO crm.person VALUES (1, 'lead'), (2, 'lead'), (3, 'contact');
SELECT leadscore.create_entity('lead', 'crm.person', filter => $$type = 'lead' AND deleted_at IS NULL$$);
SELECT leadscore.create_entity('contact', 'crm.person', filter => $$type = 'contact'$$);
SELECT leadscore.create_source('call', 'crm.call', 'at', filter => 'NOT deleted');
SELECT leadscore.create_source('note', 'crm.note', 'at');
SELECT leadscore.create_link('call', 'lead', 'from_id');
SELECT leadscore.create_link('call', 'lead', 'to_id');
SELECT leadscore.create_link('call', 'contact', 'to_id');
SELECT leadscore.create_link('note', 'lead', 'parent_id::int', filter => $$parent_type = 'Person'$$);
SELECT leadscore.create_score('total', '{lead,contact,lead}');
SELECT leadscore.create_rule('total', 'call', 'call', '10');
SELECT leadscore.create_rule('total', 'late call', 'call', '1', filter => $$at >= '2026-02-01 00:00:00+00'$$);
SELECT leadscore.create_rule('total', 'note', 'note', '100', decay => 'exponential(365 days)');
SELECT leadscore.create_rule('total', 'kept', 'call', '1000', decay => 'exponential(1000000 days)', filter => 'id = 1');
CALL leadscore.publish('total');
CREATE VIEW crm.state AS
SELECT (SELECT string_agg(lead_id || ': ' || round(points) || ' in ' || activities, ', ' ORDER BY lead_id) FROM leadscore.lead_total) AS leads,
       (SELECT string_agg(contact_id || ': ' || round(points) || ' in ' || activities, ', ' ORDER BY contact_id) FROM leadscore.contact_total) AS contacts,
       (SELECT count(*) FROM leadscore.verify('total')) AS wrong;
INSERT INTO crm.call VALUES (1, 1, 1, '2026-03-01'), (2, 1, 2, '2026-01-01'), (3, 2, 3, '2026-02-01'), (4, NULL, 9, '2026-01-01');
TABLE crm.state;
INSERT INTO crm.note VALUES (1, 'Person', '1', '2026-03-01'), (2, 'Deal', 'not a number', '2026-03-01'), (3, 'Person', NULL, '2026-03-01');
TABLE crm.state;
UPDATE crm.call SET to_id = 2 WHERE id = 1;
TABLE crm.state;
UPDATE crm.call SET from_id = to_id, to_id = from_id;
TABLE crm.state;
UPDATE crm.call SET deleted = true WHERE id = 2;
UPDATE crm.note SET parent_type = 'Person', parent_id = '2' WHERE id = 2;
TABLE crm.state;
-- A key without a row counts when the row is there; one that stops matching has its score back later.
INSERT INTO crm.person VALUES (9, 'lead');
UPDATE crm.person SET deleted_at = '2026-01-01' WHERE id = 1;
TABLE crm.state;
SELECT leadscore.lead_score('total', 1), leadscore.lead_score('total', 1, '2026-02-28'), leadscore.contact_score('total', 1);
UPDATE crm.person SET deleted_at = NULL, type = CASE id WHEN 3 THEN 'lead' ELSE 'contact' END WHERE id IN (1, 3);
TABLE crm.state;
CALL leadscore.tick();
TABLE crm.state;
UPDATE crm.person SET type = CASE id WHEN 3 THEN 'contact' ELSE 'lead' END WHERE id IN (1, 3);
TABLE crm.state;
DROP VIEW crm.state;
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
