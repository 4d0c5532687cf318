-- Dropping a schema takes the model in it along, and nothing of another model.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE SCHEMA dropped_crm;
CREATE SCHEMA dropped_one;
CREATE SCHEMA dropped_two;
CREATE TABLE dropped_crm.lead (id int PRIMARY KEY);
CREATE TABLE dropped_crm.activity (lead_id int, at timestamptz);
INSERT INTO dropped_crm.lead VALUES (1);
INSERT INTO dropped_crm.activity VALUES (1, '2026-01-01 00:00+00');

CREATE PROCEDURE dropped_crm.set_up(model text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM leadscore.create_entity(model || '.lead', 'dropped_crm.lead');
  PERFORM leadscore.create_source(model || '.activity', 'dropped_crm.activity', occurred_at => 'at');
  PERFORM leadscore.create_link(model || '.activity', 'lead', key => 'lead_id');
  PERFORM leadscore.create_score(model || '.visits', entities => '{lead}');
  PERFORM leadscore.create_rule(model || '.visits', 'any', source => 'activity', points => '1');
  CALL leadscore.publish(model || '.visits');
END
$$;
CALL dropped_crm.set_up('dropped_one');
CALL dropped_crm.set_up('dropped_two');
INSERT INTO dropped_crm.activity VALUES (1, '2026-01-02 00:00+00');

-- Rolled back, it is as before.
BEGIN;
DROP SCHEMA dropped_one CASCADE;
ROLLBACK;
SELECT points FROM dropped_one.lead_visits;

DROP SCHEMA dropped_one CASCADE;
SELECT model, score, state FROM leadscore.status;
SELECT model FROM leadscore.entities UNION ALL SELECT model FROM leadscore.sources UNION ALL SELECT model FROM leadscore.links
UNION ALL SELECT model FROM leadscore.scores UNION ALL SELECT model FROM leadscore.rules;
SELECT count(*) AS triggers FROM pg_trigger WHERE tgrelid = 'dropped_crm.activity'::regclass;
INSERT INTO dropped_crm.activity VALUES (1, '2026-01-03 00:00+00');
CALL leadscore.tick();
SELECT points FROM dropped_two.lead_visits;
SELECT * FROM leadscore.verify('dropped_two.visits');

-- The name is free again.
CREATE SCHEMA dropped_one;
CALL dropped_crm.set_up('dropped_one');
SELECT points FROM dropped_one.lead_visits;

-- The views of what is set up, status among them, are for everybody.
CREATE ROLE regress_dropped_reader;
SET ROLE regress_dropped_reader;
SELECT model, score, state, pending, missing_indexes FROM leadscore.status ORDER BY model;
SELECT leadscore_internal.component_status(0);
RESET ROLE;
DROP ROLE regress_dropped_reader;

SELECT leadscore.drop_all();
DROP SCHEMA dropped_crm, dropped_one, dropped_two CASCADE;
