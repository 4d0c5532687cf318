-- With whose rights what is evaluated, who may see what, and what happens to those who call what is not for them.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE ROLE regress_leadscore_owner;
CREATE ROLE regress_leadscore_writer;
CREATE ROLE regress_leadscore_reader;
CREATE SCHEMA crm AUTHORIZATION regress_leadscore_owner;
GRANT USAGE ON SCHEMA crm TO PUBLIC;
CREATE TABLE public.secret (word text);
INSERT INTO public.secret VALUES ('xyzzy');

-- Someone who owns tables sets up a model of their own, without being superuser.
SET ROLE regress_leadscore_owner;
CREATE TABLE crm.lead (id int PRIMARY KEY, boss text);
INSERT INTO crm.lead VALUES (1, 'regress_leadscore_reader'), (2, 'nobody');
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, at timestamptz DEFAULT '2026-02-01', points int, word text);
CREATE FUNCTION crm.who(points int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF current_user <> 'regress_leadscore_owner' THEN
    RAISE EXCEPTION 'runs as %', current_user;
  END IF;
  RETURN points;
END $$;
CREATE FUNCTION crm.spy(points int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF EXISTS (SELECT FROM public.secret) THEN
    RETURN 1000;
  END IF;
END $$;
CREATE FUNCTION crm.escape(points int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM set_config('role', 'none', false);
  RETURN points;
END $$;
SELECT leadscore.create_entity('crm.person', 'crm.lead');
SELECT leadscore.create_source('crm.event', 'crm.activity', 'at');
SELECT leadscore.create_link('crm.event', 'person', 'lead_id');
SELECT leadscore.create_score('crm.total', '{person}');
SELECT leadscore.create_rule('crm.total', 'who', 'event', 'crm.who(points) + crm.who(1)');
CALL leadscore.publish('crm.total');
GRANT INSERT, SELECT, UPDATE, DELETE ON crm.activity TO regress_leadscore_writer;
GRANT SELECT ON crm.lead TO regress_leadscore_reader;
RESET ROLE;

-- Writers need no right on what is the extension's; what they set in their session decides nothing.
CREATE SCHEMA regress_leadscore_evil AUTHORIZATION regress_leadscore_writer;
SET ROLE regress_leadscore_writer;
CREATE FUNCTION regress_leadscore_evil.eq(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$;
CREATE FUNCTION regress_leadscore_evil.plus(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$;
CREATE OPERATOR regress_leadscore_evil.= (LEFTARG = int, RIGHTARG = int, FUNCTION = regress_leadscore_evil.eq);
CREATE OPERATOR regress_leadscore_evil.+ (LEFTARG = int, RIGHTARG = int, FUNCTION = regress_leadscore_evil.plus);
CREATE FUNCTION regress_leadscore_evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT '1999-01-01'::timestamptz $$;
RESET ROLE;
\c -
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
SELECT max(id) AS component FROM leadscore_internal.component \gset
SELECT set_config('crm.components', :'component', false) <> '' AS known;
SET ROLE regress_leadscore_writer;
SET search_path = regress_leadscore_evil, pg_catalog;
INSERT INTO crm.activity SELECT g, CASE WHEN g OPERATOR(pg_catalog.<) 300 THEN 1 ELSE 2 END, '2026-02-01', 1 FROM generate_series(1, 600) AS g;
INSERT INTO crm.activity SELECT g, 1, '2026-02-01', 1 FROM generate_series(601, 1000) AS g;
DELETE FROM crm.activity WHERE id OPERATOR(pg_catalog.>) 3;
INSERT INTO crm.activity SELECT g, 2, '2026-02-01', 1 FROM generate_series(10, 320) AS g;
DELETE FROM crm.activity WHERE id OPERATOR(pg_catalog.>) 5;
RESET search_path;
-- They see no score.
SELECT * FROM crm.person_total;
SELECT * FROM crm.person_hottest('total');
SELECT crm.person_score('total', 1);
SELECT * FROM leadscore_internal.facts(:component, NULL::int[], NULL, NULL) AS f(key int, occurred_at timestamptz, points float8, activities int);
TABLE crm.person_pending;
RESET ROLE;
-- Readers see those whose rows they see.
SET ROLE regress_leadscore_reader;
SELECT person_id, points FROM crm.person_total ORDER BY 1;
SELECT crm.person_score('total', 1), crm.person_score('total', 1, '2026-02-15');
RESET ROLE;
ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON crm.lead USING (boss = current_user);
INSERT INTO crm.activity VALUES (2000, 2, '2026-02-01', 50);
SET ROLE regress_leadscore_reader;
SELECT person_id, points FROM crm.person_total ORDER BY 1;
SELECT * FROM crm.person_scores;
SELECT rank, person_id FROM crm.person_hottest('total');
SELECT person_id, points FROM crm.person_hot('total', 0, '1 year');
SELECT person_id FROM crm.person_cold('total', 1000, '1 year');
SELECT crm.person_score('total', 2), crm.person_score('total', 2, '2026-02-15');
SELECT DISTINCT key FROM crm.person_pending;
-- What is behind the views says no more than they do.
DO $$
DECLARE
  c int;
  n bigint;
BEGIN
  FOR c IN 0 .. current_setting('crm.components')::int + 10 LOOP
    BEGIN
      SELECT count(*) INTO n FROM leadscore_internal.facts(c, NULL::int[], NULL, NULL) AS f(key int, occurred_at timestamptz, points float8, activities int) WHERE key = 2;
      ASSERT n = 0;
      SELECT count(*) INTO n FROM leadscore_internal.facts(c, '{1,2}'::int[], NULL, NULL) AS f(key int, occurred_at timestamptz, points float8, activities int) WHERE key = 2;
      ASSERT n = 0;
    EXCEPTION WHEN insufficient_privilege THEN
      NULL;
    END;
  END LOOP;
END $$;
SELECT * FROM leadscore_internal.facts(NULL, NULL::int[], NULL, NULL) AS f(key int, occurred_at timestamptz, points float8, activities int);
SELECT * FROM leadscore_internal.facts(0, NULL::int[], NULL, NULL) AS f(key int, occurred_at timestamptz, points float8, activities int);
SELECT * FROM leadscore_internal.facts(-1, '{1}'::int[], NULL, NULL) AS f(a text);
SELECT leadscore_internal.facts(0, NULL::int[], NULL, NULL);
TABLE leadscore_internal.component;
UPDATE crm.person_pending SET points = 1000;
DELETE FROM crm.person_pending;
CALL leadscore.publish('crm.total');
SELECT score, state FROM leadscore.status;
RESET ROLE;
ALTER TABLE crm.lead DISABLE ROW LEVEL SECURITY;

-- Shapes of facts() that are not its own.
DO $$
DECLARE
  component int := (SELECT max(id) FROM leadscore_internal.component);
  shape text;
BEGIN
  FOREACH shape IN ARRAY ARRAY[
    'SELECT count(*) FROM leadscore_internal.facts(%s, ''{1}''::int[], NULL, NULL) AS f(key text, occurred_at timestamptz, points float8, activities int)',
    'SELECT count(*) FROM leadscore_internal.facts(%s, ''{1}''::int[], NULL, NULL) AS f(key int)',
    'SELECT count(*) FROM leadscore_internal.facts(%s, ''{1}''::text[], NULL, NULL) AS f(key int, occurred_at timestamptz, points float8, activities int)',
    'SELECT count(*) FROM leadscore_internal.facts(%s, ARRAY[NULL, 1]::int[], ''infinity'', ''-infinity'') AS f(key int, occurred_at timestamptz, points float8, activities int)',
    'SELECT count(*) FROM leadscore_internal.facts(%s, ''{{1,2},{1,2}}''::int[], ''-infinity'', ''infinity'') AS f(key int, occurred_at timestamptz, points float8, activities int)',
    'SELECT leadscore_internal.must_read_rows(%s)',
    'SELECT leadscore_internal.must_read_rows(-%s)',
    'SELECT leadscore_internal.read_rows(%s, ''x''::text, now())'] LOOP
    BEGIN
      EXECUTE format(shape, component);
      RAISE WARNING 'went through';
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING '%: %', SQLSTATE, SQLERRM;
    END;
  END LOOP;
END $$;

-- Rules run with the rights of the table's owner and cannot leave them.
SET ROLE regress_leadscore_owner;
SELECT leadscore.create_score('crm.spying', '{person}');
SELECT leadscore.create_rule('crm.spying', 'spy', 'event', 'crm.spy(points)');
CALL leadscore.publish('crm.spying');
DELETE FROM crm.activity;
CALL leadscore.publish('crm.spying');
SELECT leadscore.create_score('crm.escaping', '{person}');
SELECT leadscore.create_rule('crm.escaping', 'escape', 'event', 'crm.escape(points)');
CALL leadscore.publish('crm.escaping');
RESET ROLE;
INSERT INTO crm.activity VALUES (1, 1, '2026-02-01', 5);
SELECT current_user = session_user AS still_the_same;
SET ROLE regress_leadscore_writer;
INSERT INTO crm.activity VALUES (2, 1, '2026-02-01', 5);
SELECT current_user;
RESET ROLE;
SELECT score, state, broken_because FROM leadscore.status ORDER BY score;
SELECT person_id, points FROM crm.person_total ORDER BY 1;

-- The trigger function where it does not belong.
SELECT leadscore_internal.capture();
CREATE TABLE crm.copy (LIKE crm.activity);
DO $$
DECLARE
  number int := (SELECT id FROM leadscore_internal.source WHERE name = 'event');
  definition text;
BEGIN
  FOREACH definition IN ARRAY ARRAY[
    'AFTER INSERT ON crm.copy REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(%s)',
    'AFTER INSERT ON crm.copy REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture()',
    'AFTER INSERT ON crm.copy REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(%s, 1)',
    'AFTER INSERT ON crm.copy REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(x)',
    'AFTER INSERT ON crm.copy REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(99999999999)',
    'AFTER INSERT ON crm.copy REFERENCING NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(-1)',
    'AFTER INSERT ON crm.copy REFERENCING NEW TABLE AS n FOR EACH ROW EXECUTE FUNCTION leadscore_internal.capture(%s)',
    'AFTER INSERT ON crm.copy FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(%s)',
    'AFTER INSERT OR DELETE ON crm.copy FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(%s)',
    'BEFORE INSERT ON crm.copy FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(%s)',
    'BEFORE INSERT ON crm.copy FOR EACH ROW EXECUTE FUNCTION leadscore_internal.capture(%s)',
    'AFTER TRUNCATE ON crm.copy FOR EACH STATEMENT EXECUTE FUNCTION leadscore_internal.capture(%s)'] LOOP
    BEGIN
      EXECUTE format('CREATE TRIGGER wrong ' || definition, number);
      INSERT INTO crm.copy VALUES (1, 1, '2026-02-01', 7);
      TRUNCATE crm.copy;
      RAISE WARNING 'went through';
    EXCEPTION WHEN OTHERS THEN
      RAISE WARNING '%: %', SQLSTATE, SQLERRM;
    END;
    DROP TRIGGER IF EXISTS wrong ON crm.copy;
  END LOOP;
END $$;
SELECT person_id, points FROM crm.person_total ORDER BY 1;
SELECT * FROM leadscore.verify('crm.total');

-- Keys too long for an index, and values out of line.
SET ROLE regress_leadscore_owner;
CREATE TABLE crm.named (name text PRIMARY KEY);
INSERT INTO crm.named VALUES ('a'), (repeat('b', 1500));
SELECT leadscore.create_entity('crm.named', 'crm.named');
SELECT leadscore.create_link('crm.event', 'named', 'word');
SELECT leadscore.create_score('crm.named', '{named}');
SELECT leadscore.create_rule('crm.named', 'points', 'event', 'points');
CALL leadscore.publish('crm.named');
INSERT INTO crm.activity VALUES (100, 1, '2026-02-01', 1, repeat('b', 1500)), (101, 1, '2026-02-01', 2, 'a');
SELECT left(named_id, 3), points FROM crm.named_named ORDER BY 1;
INSERT INTO crm.activity VALUES (102, 1, '2026-02-01', 4, (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 40000) AS g));
SELECT length(word) FROM crm.activity WHERE id = 102;
\set VERBOSITY terse
SELECT left(named_id, 3), points FROM crm.named_named ORDER BY 1;
\set VERBOSITY default
UPDATE crm.activity SET word = 'a' WHERE id = 102;
CALL leadscore.publish('crm.named');
SELECT left(named_id, 3), points FROM crm.named_named ORDER BY 1;
RESET ROLE;
CALL leadscore.tick();
SELECT left(named_id, 3), points FROM crm.named_named ORDER BY 1;

SELECT leadscore.drop_all();
DROP SCHEMA crm, regress_leadscore_evil CASCADE;
DROP TABLE public.secret;
DROP ROLE regress_leadscore_owner, regress_leadscore_writer, regress_leadscore_reader;
