-- Bands, and row functions.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE SCHEMA acme;
CREATE TABLE crm.person (id int PRIMARY KEY, name text, type text, points int, leadscore_key int);
CREATE TABLE crm.account (code varchar(10) PRIMARY KEY);
CREATE TABLE crm.activity (id int PRIMARY KEY, person_id int, points float8, at timestamptz);
INSERT INTO crm.person SELECT id, 'person ' || id, CASE WHEN id < 7 THEN 'lead' ELSE 'customer' END FROM generate_series(1, 8) AS id;
INSERT INTO crm.account VALUES ('a');
INSERT INTO crm.activity SELECT id, id, points, '2026-03-01' FROM unnest('{50,49.999,20,19,-3,NULL,70,20}'::float8[]) WITH ORDINALITY AS p(points, id);
SELECT leadscore.create_entity('lead', 'crm.person', filter => $$type = 'lead'$$);
SELECT leadscore.create_entity('customer', 'crm.person', filter => $$type = 'customer'$$);
SELECT leadscore.create_entity('account', 'crm.account', key => 'lower(code)');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'person_id');
SELECT leadscore.create_link('activity', 'customer', 'person_id');
SELECT leadscore.create_link('activity', 'account', $$'a'$$);
SELECT leadscore.create_score('heat', '{lead,customer}', 'exponential(30 days)');
SELECT leadscore.create_rule('heat', 'points', 'activity', 'points');

-- Bands of a draft are there when it is published.
SELECT leadscore.set_bands('heat', '{"hot": 50, "warm": 20, "cold": null}');
CALL leadscore.publish('heat');
SELECT score, bands, edited FROM leadscore.scores;
SELECT lead_id, points, band, CASE WHEN points >= 50 THEN 'hot' WHEN points >= 20 THEN 'warm' ELSE 'cold' END = band AS is_right FROM leadscore.lead_heat ORDER BY 1;
-- They change at once, edit nothing, and follow the clock.
CREATE VIEW crm.banded AS SELECT lead_id, band FROM leadscore.lead_heat;
SELECT leadscore.set_bands('heat', '{"": 1}');
SELECT leadscore.set_bands('heat', '{"it''s \"hot\", {really}": 49.9995, "so, so": -2.5e0, "never": 1000000}');
SELECT edited, state FROM leadscore.scores;
SELECT * FROM crm.banded ORDER BY 1;
SET pg_leadscore.clock = '2026-03-31 00:00:00+00';
SELECT * FROM crm.banded ORDER BY 1;
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
SELECT pg_typeof(band), count(*) FROM leadscore.customer_heat GROUP BY 1;
-- Only names: points, and who is coldest, are the same.
SELECT * FROM leadscore.lead_coldest('heat', 2);
SELECT leadscore.set_bands('heat', NULL);
SELECT count(band), count(*) FROM leadscore.lead_heat;
SELECT leadscore.set_bands('heat', '{"x": 0}');
SELECT count(band), count(*) FROM leadscore.lead_heat;
SELECT leadscore.set_bands('heat', '{}');
SELECT count(band), count(*) FROM leadscore.lead_heat;
SELECT bands IS NULL AS none FROM leadscore.scores;
-- Refused, and the bands before stay.
SELECT leadscore.set_bands('heat', '{"x": 0}');
SELECT leadscore.set_bands('heat', '[50, 20]');
SELECT leadscore.set_bands('heat', '50');
SELECT leadscore.set_bands('heat', 'null');
SELECT leadscore.set_bands('heat', '{"a": "50"}');
SELECT leadscore.set_bands('heat', '{"a": true}');
SELECT leadscore.set_bands('heat', '{"a": 1e400}');
SELECT leadscore.set_bands('heat', '{"a": 1e-400}');
SELECT leadscore.set_bands('heat', '{"a": null, "b": null}');
SELECT leadscore.set_bands('heat', '{"a": 5, "c": 7, "b": 5.0}');
SELECT leadscore.set_bands('heat', '{"a": 0, "b": -0.0}');
SELECT leadscore.set_bands('none', '{"a": 0}');
SELECT bands FROM leadscore.scores;
-- Paused, the points are NULL, and so is the band.
CALL leadscore.pause('heat');
SELECT leadscore.set_bands('heat', '{"y": 20}');
SELECT count(band), count(*) FROM leadscore.lead_heat;
CALL leadscore.resume('heat');
SELECT band, count(*) FROM leadscore.lead_heat GROUP BY 1 ORDER BY 1;

-- Row functions: one for each table; a table of two entities has the points of the one that the row is.
SELECT p.name, leadscore.heat(p), v.points = leadscore.heat(p) AS is_right
FROM crm.person AS p LEFT JOIN (SELECT lead_id AS id, points FROM leadscore.lead_heat UNION ALL SELECT customer_id, points FROM leadscore.customer_heat) AS v ON v.id = p.id ORDER BY p.id;
SET search_path = public, leadscore;
SELECT p.name FROM crm.person AS p WHERE p.heat >= 50 ORDER BY p.heat DESC;
RESET search_path;
UPDATE crm.person SET type = 'none' WHERE id = 1;
SELECT leadscore.heat(p) FROM crm.person AS p WHERE id = 1;
UPDATE crm.person SET type = 'lead' WHERE id = 1;
SELECT leadscore.heat(p) FROM crm.account AS a LEFT JOIN crm.person AS p ON false;
-- The writer sees its own write.
BEGIN;
UPDATE crm.activity SET points = 1 WHERE id = 3;
SELECT leadscore.heat(p) FROM crm.person AS p WHERE id = 3;
ROLLBACK;
-- Publishing again keeps what depends on it, and follows new columns, keys and entities.
CREATE VIEW crm.people AS SELECT p.id, leadscore.heat(p) AS heat FROM crm.person AS p;
ALTER TABLE crm.person ADD COLUMN more text;
SELECT leadscore.create_rollup('heat', 'account', of => 'lead', key => 'type');
CALL leadscore.publish('heat');
SELECT * FROM crm.people WHERE id = 2;
SELECT leadscore.heat(a), (SELECT sum(coalesce(points, 0)) FROM crm.activity) AS oracle FROM crm.account AS a;
SELECT p.oid::regprocedure, obj_description(p.oid, 'pg_proc') FROM pg_proc AS p WHERE p.pronamespace = 'leadscore'::regnamespace AND p.proname = 'heat' ORDER BY p.oid::regprocedure::text COLLATE "C";
CALL leadscore.pause('heat');
SELECT heat FROM crm.people WHERE id = 2;
CALL leadscore.resume('heat');
-- With the rights of who reads.
CREATE ROLE regress_leadscore_row;
GRANT USAGE ON SCHEMA crm TO regress_leadscore_row;
GRANT SELECT ON crm.person TO regress_leadscore_row;
ALTER TABLE crm.person ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON crm.person TO regress_leadscore_row USING (id <> 2);
SET ROLE regress_leadscore_row;
SELECT leadscore.heat(p) FROM crm.person AS p WHERE id <= 3 ORDER BY id;
SELECT leadscore.heat(ROW(2, '', 'lead', 0, 0, '')::crm.person);
RESET ROLE;
REVOKE ALL ON SCHEMA crm FROM regress_leadscore_row;
REVOKE ALL ON ALL TABLES IN SCHEMA crm FROM regress_leadscore_row;
DROP POLICY visible ON crm.person;
ALTER TABLE crm.person DISABLE ROW LEVEL SECURITY;
DROP ROLE regress_leadscore_row;
-- What a user's view needs is not dropped under it; retired, they are gone, and come back.
CALL leadscore.retire('heat');
DROP VIEW crm.people;
DROP VIEW crm.banded;
CALL leadscore.retire('heat');
SELECT count(*) FROM pg_proc AS p WHERE p.pronamespace = 'leadscore'::regnamespace AND p.proname = 'heat';
-- Somebody else's function of the same name is left alone.
CREATE FUNCTION leadscore.heat(a crm.account) RETURNS float8 LANGUAGE sql AS 'SELECT 1.0::float8';
CALL leadscore.publish('heat');
DROP FUNCTION leadscore.heat(crm.account);
CREATE FUNCTION leadscore.heat(a text) RETURNS text LANGUAGE sql AS 'SELECT a';
CALL leadscore.publish('heat');
SELECT leadscore.heat(p), leadscore.heat('mine'::text) FROM crm.person AS p WHERE id = 2;
-- In another model; a score whose name is that of a function of ours; dropping leaves nothing behind but what is not ours.
SELECT leadscore.create_entity('acme.lead', 'crm.person');
SELECT leadscore.create_source('acme.activity', 'crm.activity', 'at');
SELECT leadscore.create_link('acme.activity', 'lead', 'person_id');
SELECT leadscore.create_score('acme.lead_hot', '{lead}');
SELECT leadscore.create_rule('acme.lead_hot', 'points', 'activity', 'points');
CALL leadscore.publish('acme.lead_hot');
SELECT acme.lead_hot(p), (SELECT count(*) FROM acme.lead_hot('lead_hot', 10, '1 day')) FROM crm.person AS p WHERE id = 2;
SELECT leadscore.drop_score('acme.lead_hot');
SELECT leadscore.drop_entity('acme.lead');
SELECT leadscore.drop_all();
SELECT p.oid::regprocedure FROM pg_proc AS p WHERE p.proname IN ('heat', 'lead_hot');
DROP FUNCTION leadscore.heat(text);
DROP SCHEMA acme;
DROP SCHEMA crm CASCADE;
