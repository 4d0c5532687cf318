-- Links whose key is on the activity's row, with a condition on another table; and what is refused, broken or dropped.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY);
INSERT INTO crm.lead SELECT generate_series(1, 3);
CREATE TABLE crm.kind (id int PRIMARY KEY, counts boolean, divisor int DEFAULT 1);
INSERT INTO crm.kind VALUES (1, true), (2, false), (3, NULL);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id bigint, kind_id int, at timestamptz DEFAULT '2026-02-01', points float8 DEFAULT 1, weight int DEFAULT 1);
CREATE VIEW crm.kinds AS SELECT * FROM crm.kind;
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kinds}', join_on => 'through.id = kind_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.missing}', join_on => 'through.id = kind_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', join_on => 'kind_id = 1');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{}', join_on => 'true');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{NULL}', join_on => 'true');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => array_fill('crm.kind'::regclass, '{9}'), join_on => 'true');
SELECT leadscore.create_link('activity', 'lead', NULL, through => '{crm.kind}', join_on => 'through.id = kind_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'EXISTS (SELECT FROM crm.kind)');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'through.missing = kind_id');
-- The versions word the hint differently.
\set VERBOSITY terse
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'counts');
\set VERBOSITY default
SELECT leadscore.create_link('activity', 'lead', 'through1.id', through => '{crm.kind}', join_on => 'through.id = kind_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'kind_id');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'through.id = kind_id AND now() > at');
SELECT leadscore.create_link('activity', 'lead', 'max(through.id)', through => '{crm.kind}', join_on => 'through.id = kind_id');
SELECT leadscore.create_link('activity', 'lead', 'at', through => '{crm.kind}', join_on => 'through.id = kind_id');
CREATE ROLE regress_leadscore_seller;
GRANT CREATE, USAGE ON SCHEMA leadscore TO regress_leadscore_seller;
GRANT USAGE ON SCHEMA crm TO regress_leadscore_seller;
GRANT SELECT ON crm.kind TO regress_leadscore_seller;
CREATE TABLE crm.call (id int, kind_id int, lead_id int, at timestamptz);
ALTER TABLE crm.call OWNER TO regress_leadscore_seller;
SET ROLE regress_leadscore_seller;
SELECT leadscore.create_source('call', 'crm.call', 'at');
SELECT leadscore.create_link('call', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'through.id = kind_id');
RESET ROLE;
SELECT leadscore.drop_source('call');
DROP TABLE crm.call;
SELECT count(*) FROM leadscore.links;

SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'through.id = kind_id AND through.counts');
SELECT leadscore.create_score('counted', '{lead}');
SELECT leadscore.create_rule('counted', 'points', 'activity', 'points');
CALL leadscore.publish('counted');
CREATE FUNCTION crm.state() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
  truth text;
BEGIN
  SELECT string_agg(lead_id || ': ' || points || ' in ' || activities, ', ' ORDER BY lead_id) INTO result FROM leadscore.lead_counted;
  SELECT string_agg(l.id || ': ' || coalesce(x.points, 0) || ' in ' || coalesce(x.activities, 0), ', ' ORDER BY l.id) INTO truth
  FROM crm.lead AS l LEFT JOIN (SELECT a.lead_id, sum(a.points) AS points, count(*) AS activities FROM crm.activity AS a
                                WHERE a.kind_id IN (SELECT k.id FROM crm.kind AS k WHERE k.counts) GROUP BY 1) AS x ON x.lead_id = l.id;
  RETURN format('%s, %s, verify %s, marked %s', result, CASE WHEN result = truth THEN 'right' ELSE 'wrong: ' || truth END,
                (SELECT count(*) FROM leadscore.verify('counted')),
                (SELECT coalesce(string_agg(DISTINCT key::text, ' ' ORDER BY key::text), 'none') FROM leadscore.lead_pending WHERE sign = 0));
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
-- Ticks until no mark is left: two do, unless another session has a snapshot.
CREATE PROCEDURE crm.settle() LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. 200 LOOP
    CALL leadscore.tick();
    COMMIT;
    EXIT WHEN i > 1 AND NOT EXISTS (SELECT FROM leadscore.lead_pending WHERE sign = 0);
    PERFORM pg_sleep(CASE WHEN i > 1 THEN 0.05 ELSE 0 END);
  END LOOP;
END $$;
INSERT INTO crm.activity (id, lead_id, kind_id) VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 1, NULL), (5, 5000000000, 1);
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();
UPDATE crm.kind SET counts = NOT counts;
SELECT crm.state();
CALL crm.settle();
UPDATE crm.kind SET divisor = 2;
UPDATE crm.activity SET weight = 3;
SELECT crm.state();
UPDATE crm.kind SET id = 4 WHERE id = 2;
SELECT crm.state();
CALL crm.settle();
UPDATE crm.activity SET kind_id = 4;
SELECT crm.state();
CALL crm.settle();
DELETE FROM crm.kind WHERE id = 4;
SELECT crm.state();
INSERT INTO crm.kind VALUES (4, true);
SELECT crm.state();
CALL crm.settle();
SELECT crm.state();

-- An expression that fails breaks the score and not the write.
SELECT leadscore.drop_link('activity', 'lead');
SELECT leadscore.create_link('activity', 'lead', 'lead_id', through => '{crm.kind}', join_on => 'through.id = kind_id AND 10 / through.divisor > source.weight - 5');
CALL leadscore.publish('counted');
SELECT crm.state();
UPDATE crm.kind SET divisor = 0 WHERE id = 4;
SELECT count(*) FROM crm.kind WHERE divisor = 0;
SELECT crm.state();
SELECT state, broken_because FROM leadscore.status;
CALL leadscore.publish('counted');
UPDATE crm.kind SET divisor = 1, counts = true;
CALL leadscore.publish('counted');
SELECT crm.state();
-- A key that no index can hold breaks the score, and not the write.
CREATE TABLE crm.person (id text PRIMARY KEY);
CREATE TABLE crm.invited (activity_id int, person_id text);
SELECT leadscore.create_entity('person', 'crm.person');
SELECT leadscore.create_link('activity', 'person', 'through.person_id', through => '{crm.invited}', join_on => 'through.activity_id = source.id');
SELECT leadscore.create_score('invited', '{person}');
SELECT leadscore.create_rule('invited', 'once', 'activity', '1');
CALL leadscore.publish('invited');
INSERT INTO crm.invited SELECT 1, string_agg(md5(g::text), '') FROM generate_series(1, 500) AS g;
SELECT length(person_id) FROM crm.invited;
SELECT state, broken_because FROM leadscore.status WHERE score = 'invited';
SELECT leadscore.drop_score('invited');
-- The table goes: the score cannot be read, writes go through, and so does the drop.
\set VERBOSITY terse
DROP TABLE crm.kind CASCADE;
UPDATE crm.activity SET points = 4 WHERE id = 1;
DROP SCHEMA crm CASCADE;
\set VERBOSITY default
SELECT leadscore.drop_all();
REVOKE ALL ON SCHEMA leadscore FROM regress_leadscore_seller;
DROP ROLE regress_leadscore_seller;
