-- A domain's constraint is an expression of its owner's, and has the rights of the table's owner.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE ROLE regress_leadscore_owner;
CREATE SCHEMA owned AUTHORIZATION regress_leadscore_owner;
SET ROLE regress_leadscore_owner;
CREATE FUNCTION owned.who(float8) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF current_user <> 'regress_leadscore_owner' THEN RAISE EXCEPTION 'evaluated as somebody else'; END IF;
  RETURN true;
END $$;
CREATE DOMAIN owned.amount AS float8 CHECK (owned.who(VALUE));
CREATE TABLE owned.lead (id int PRIMARY KEY);
CREATE TABLE owned.visit (lead_id int, points float8, at timestamptz);
SELECT leadscore.create_entity('owned.lead', 'owned.lead');
SELECT leadscore.create_source('owned.visit', 'owned.visit', 'at');
SELECT leadscore.create_link('owned.visit', 'lead', 'lead_id');
SELECT leadscore.create_score('owned.total', '{lead}');
SELECT leadscore.create_rule('owned.total', 'visit', 'visit', '(points::owned.amount)::float8');
CALL leadscore.publish('owned.total');
INSERT INTO owned.lead VALUES (1);
RESET ROLE;
INSERT INTO owned.visit VALUES (1, 3, '2026-02-01');
SELECT owned.lead_score('total', 1);
SELECT leadscore.drop_all();
DROP OWNED BY regress_leadscore_owner;
DROP ROLE regress_leadscore_owner;
