-- Roles with one right each, and expressions that try to gain some: of the table's owner, who is no superuser, against a
-- superuser who writes, reads, folds and verifies.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE ROLE regress_leadscore_owner;
CREATE ROLE regress_leadscore_app;
CREATE ROLE regress_leadscore_lists;
CREATE ROLE regress_leadscore_boss;
CREATE SCHEMA crm AUTHORIZATION regress_leadscore_owner;
CREATE TABLE public.secret (word text);
INSERT INTO public.secret VALUES ('xyzzy');

-- So that names of states are the same in every run.
ALTER TABLE leadscore_internal.component ALTER id RESTART WITH 900001;

-- An owner who is no superuser sets up everything: links over tables, roll-ups, more than one model.
SET ROLE regress_leadscore_owner;
\o /dev/null
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int, boss text);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, at timestamptz DEFAULT '2026-02-01', points int DEFAULT 1);
CREATE TABLE crm.attendee (activity_id int, lead_id int);
INSERT INTO crm.account VALUES (1), (2);
INSERT INTO crm.lead VALUES (1, 1, 'regress_leadscore_boss'), (2, 1, 'nobody'), (3, 2, 'nobody');
SELECT leadscore.create_entity('crm.person', 'crm.lead');
SELECT leadscore.create_entity('crm.firm', 'crm.account');
SELECT leadscore.create_source('crm.event', 'crm.activity', 'at');
SELECT leadscore.create_source('crm.visit', 'crm.activity', 'at');
SELECT leadscore.create_link('crm.event', 'person', 'lead_id');
SELECT leadscore.create_link('crm.visit', 'person', 'through.lead_id', through => '{crm.attendee}', join_on => 'through.activity_id = source.id');
SELECT leadscore.create_score('crm.total', '{person}', 'exponential(30 days)');
SELECT leadscore.create_rule('crm.total', 'event', 'event', 'points');
SELECT leadscore.create_rule('crm.total', 'visit', 'visit', '10 * points');
SELECT leadscore.create_rollup('crm.total', 'firm', of => 'person', key => 'account_id');
CALL leadscore.publish('crm.total');
GRANT USAGE ON SCHEMA crm TO regress_leadscore_app, regress_leadscore_lists, regress_leadscore_boss;
GRANT INSERT ON crm.activity TO regress_leadscore_app;
GRANT INSERT ON crm.attendee TO regress_leadscore_lists;
GRANT SELECT ON crm.lead TO regress_leadscore_boss;
ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON crm.lead USING (boss = current_user);
\o
RESET ROLE;

-- One right each: to insert, and into one table only. What they write counts; they can read nothing of it.
SET ROLE regress_leadscore_app;
INSERT INTO crm.activity (id, lead_id) VALUES (1, 1), (2, 2), (3, 3);
SELECT count(*) FROM crm.activity;
SELECT count(*) FROM crm.person_total;
SELECT count(*) FROM crm.person_pending;
SET ROLE regress_leadscore_lists;
INSERT INTO crm.attendee VALUES (1, 2), (2, 3), (3, 1);
SELECT count(*) FROM crm.attendee;
SELECT count(*) FROM leadscore_internal.component;
RESET ROLE;
CREATE VIEW public.truth AS
SELECT l.id, coalesce(sum(x.points * power(0.5, 28 / 30.0)), 0) AS points
FROM crm.lead AS l
LEFT JOIN (SELECT lead_id, points FROM crm.activity UNION ALL SELECT t.lead_id, 10 * a.points FROM crm.attendee AS t JOIN crm.activity AS a ON a.id = t.activity_id) AS x ON x.lead_id = l.id
GROUP BY l.id;
SELECT person_id, round(v.points::numeric, 6) AS points, abs(v.points - t.points) < 1e-9 AS right FROM crm.person_total AS v JOIN public.truth AS t ON t.id = v.person_id ORDER BY 1;

-- The right to select from the CRM's table, under row-level security: one row of all that there is.
CALL leadscore.rebuild('crm.total');
INSERT INTO crm.activity (id, lead_id) SELECT g, 1 + g % 3 FROM generate_series(4, 9) AS g;
INSERT INTO crm.attendee VALUES (4, 1), (5, 2);
SELECT count(DISTINCT key) AS keys_kept FROM crm.person_states_900001;
SELECT count(DISTINCT key) AS keys_pending FROM crm.person_pending;
SET ROLE regress_leadscore_boss;
SELECT person_id FROM crm.person_total;
SELECT person_id FROM crm.person_scores;
SELECT person_id FROM crm.person_hottest('total');
SELECT person_id FROM crm.person_coldest('total');
SELECT person_id FROM crm.person_hot('total', 0, '1 year');
SELECT person_id FROM crm.person_cold('total', 1000, '1 year');
SELECT crm.person_score('total', 1) > 0 AS mine, crm.person_score('total', 2) AS not_mine;
SELECT key FROM crm.person_states_900001;
SELECT DISTINCT key FROM crm.person_pending;
SELECT firm_id FROM crm.firm_total;
SELECT score, entity, state, pending, marked FROM leadscore.status ORDER BY score, entity;
INSERT INTO crm.person_states_900001 (key) VALUES (1);
TRUNCATE crm.person_pending;
CALL leadscore.rebuild('crm.total');
SELECT leadscore.drop_score('crm.total');
SELECT * FROM leadscore.verify('crm.total');
RESET ROLE;

-- Expressions are functions of the owner's, said to be immutable. Each tries something as whoever makes it run.
SET ROLE regress_leadscore_owner;
CREATE FUNCTION crm.try(attack text) RETURNS void LANGUAGE plpgsql VOLATILE AS $$ BEGIN EXECUTE attack; END $$;
CREATE FUNCTION crm.attack(points int, attack text) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM crm.try(attack); RETURN points; END $$;
CREATE TABLE crm.attacks (id int PRIMARY KEY, lead_id int, at timestamptz DEFAULT '2026-02-01', attack text);
\o /dev/null
SELECT leadscore.create_source('crm.attack', 'crm.attacks', 'at');
SELECT leadscore.create_link('crm.attack', 'person', 'lead_id');
SELECT leadscore.create_score('crm.attacked', '{person}');
SELECT leadscore.create_rule('crm.attacked', 'attack', 'attack', 'crm.attack(1, attack)');
\o
CALL leadscore.publish('crm.attacked');
RESET ROLE;
-- The score breaks with the SQLSTATE of what was refused. What is allowed has no effect beyond the expression.
CREATE TEMP TABLE outcome (attack text, refused_with text);
SET client_min_messages = error;
DO $$
DECLARE
  attack text;
BEGIN
  FOREACH attack IN ARRAY ARRAY[
    'SET ROLE NONE', 'RESET ROLE', 'SET SESSION AUTHORIZATION DEFAULT', 'RESET SESSION AUTHORIZATION', 'SET LOCAL ROLE pg_read_all_data',
    'ALTER ROLE regress_leadscore_owner SUPERUSER', 'GRANT pg_read_all_data TO regress_leadscore_owner', 'UPDATE public.secret SET word = ''taken''',
    'GRANT SELECT ON public.secret TO PUBLIC', 'SELECT word FROM public.secret', 'CREATE TEMP TABLE lead (id int)',
    'DECLARE c CURSOR WITH HOLD FOR SELECT 1', 'LISTEN heard',
    'UPDATE leadscore_internal.score SET state = ''retired''', 'UPDATE crm.person_states_900001 SET points = 1000', 'SET pg_leadscore.clock = ''2000-01-01''',
    'SET session_replication_role = replica', 'COPY public.secret TO PROGRAM ''cat''', 'SET search_path = crm', 'COMMIT'] LOOP
    INSERT INTO crm.attacks VALUES ((SELECT count(*) FROM crm.attacks), 1, DEFAULT, attack);
    INSERT INTO outcome SELECT attack, (SELECT i.sqlstate FROM leadscore_internal.incident AS i ORDER BY i.id DESC LIMIT 1);
    DELETE FROM leadscore_internal.incident;
    ASSERT current_user = session_user, attack;
  END LOOP;
END $$;
SET client_min_messages = warning;
SELECT * FROM outcome;
SELECT current_user = session_user AS still_the_same, current_setting('search_path') AS search_path, current_setting('session_replication_role') AS role, current_setting('pg_leadscore.clock') AS clock;
SELECT word, has_table_privilege('regress_leadscore_owner', 'public.secret', 'SELECT') AS readable FROM public.secret;
SELECT rolsuper, pg_has_role('regress_leadscore_owner', 'pg_read_all_data', 'MEMBER') AS member FROM pg_roles WHERE rolname = 'regress_leadscore_owner';
SELECT count(*) FROM crm.attacks;

-- What a superuser has in the search_path while reading, folding and verifying decides nothing: operators and functions of the owner's.
SET ROLE regress_leadscore_owner;
CREATE FUNCTION crm.float_plus(float8, float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$;
CREATE FUNCTION crm.int_eq(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$;
CREATE FUNCTION crm.coalesce_sum(float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$;
CREATE OPERATOR crm.+ (LEFTARG = float8, RIGHTARG = float8, FUNCTION = crm.float_plus);
CREATE OPERATOR crm.* (LEFTARG = float8, RIGHTARG = float8, FUNCTION = crm.float_plus);
CREATE OPERATOR crm.= (LEFTARG = int, RIGHTARG = int, FUNCTION = crm.int_eq);
CREATE FUNCTION crm.abs(float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$;
CREATE FUNCTION crm.unnest(int[]) RETURNS SETOF int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$;
CREATE FUNCTION crm.format(text, VARIADIC text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'called as %', current_user; END $$;
RESET ROLE;
SET search_path = crm, pg_catalog;
INSERT INTO crm.activity (id, lead_id) SELECT g, 2 FROM generate_series(100, 400) AS g;
INSERT INTO crm.attendee VALUES (100, 3);
SELECT person_id FROM crm.person_hottest('total', 1);
SELECT person_id FROM crm.person_hot('total', 100, '1 year');
SELECT count(*) FROM crm.person_total;
SELECT count(*) FROM crm.firm_total;
CALL leadscore.tick();
CALL leadscore.rebuild('crm.total');
CALL leadscore.publish('crm.total');
SELECT count(*) FROM leadscore.verify('crm.total');
SELECT count(*) FROM leadscore.status;
RESET search_path;
SELECT person_id, round(v.points::numeric, 6) AS points, abs(v.points - t.points) < 1e-9 AS right FROM crm.person_total AS v JOIN public.truth AS t ON t.id = v.person_id ORDER BY 1;

\o /dev/null
SELECT leadscore.drop_all();
\o
DROP VIEW public.truth;
DROP SCHEMA crm CASCADE;
DROP TABLE public.secret;
DROP ROLE regress_leadscore_owner, regress_leadscore_app, regress_leadscore_lists, regress_leadscore_boss;
