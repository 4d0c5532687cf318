-- Who may give points by hand, to whom, and what is told to whom.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE ROLE regress_leadscore_owner;
CREATE ROLE regress_leadscore_agent;
CREATE ROLE regress_leadscore_manager;
CREATE ROLE regress_leadscore_stranger;
CREATE SCHEMA crm AUTHORIZATION regress_leadscore_owner;
GRANT USAGE ON SCHEMA crm TO PUBLIC;
SET ROLE regress_leadscore_owner;
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int, agent text);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, at timestamptz);
INSERT INTO crm.account VALUES (1);
INSERT INTO crm.lead VALUES (1, 1, 'regress_leadscore_agent'), (2, 1, 'regress_leadscore_agent'), (3, 1, 'nobody'), (4, 1, 'nobody');
INSERT INTO crm.activity VALUES (1, 1, '2026-02-01'), (2, 3, '2026-02-02');
-- The filter is looked at with the owner's rights, whoever adjusts.
CREATE FUNCTION crm.is_lead(id int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF current_user LIKE 'regress%' OR current_setting('search_path') NOT LIKE 'pg_catalog%' THEN
    RETURN true;
  END IF;
  RAISE EXCEPTION 'runs as %', current_user;
END
$$;
SELECT leadscore.create_entity('crm.account', 'crm.account');
SELECT leadscore.create_entity('crm.lead', 'crm.lead', filter => 'crm.is_lead(id)');
SELECT leadscore.create_source('crm.activity', 'crm.activity', 'at');
SELECT leadscore.create_link('crm.activity', 'lead', 'lead_id');
SELECT leadscore.create_score('crm.total', '{lead}');
SELECT leadscore.create_rule('crm.total', 'any', 'activity', '1');
SELECT leadscore.create_rollup('crm.total', 'account', of => 'lead', key => 'account_id');
CALL leadscore.publish('crm.total');
GRANT SELECT ON crm.lead TO regress_leadscore_agent;
GRANT SELECT ON crm.account TO regress_leadscore_manager;
ALTER TABLE crm.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY agents ON crm.lead FOR SELECT TO regress_leadscore_agent USING (agent = current_user);
SELECT p.proname, a.grantee::regrole, a.is_grantable FROM pg_proc AS p CROSS JOIN aclexplode(p.proacl) AS a
WHERE p.pronamespace = 'crm'::regnamespace AND p.proname ~ '^lead_(adjust|withdraw|merge|forget)$' AND a.grantee <> p.proowner ORDER BY 1, 2;
SELECT crm.lead_adjust('total', 3, 10, 'by the owner');
SELECT crm.account_adjust('total', 1, 100, 'by the owner');
RESET ROLE;
SELECT crm.lead_adjust('total', 4, 1000, 'by a superuser');
SELECT s.id AS score, e.id AS entity, c.id AS component
FROM leadscore_internal.score AS s JOIN leadscore_internal.component AS c ON c.score = s.id JOIN leadscore_internal.entity AS e ON e.id = c.entity
WHERE s.model = 'crm' \gset

-- Not for PUBLIC, neither by the front door nor by the one behind it; and nobody writes to the table.
SET ROLE regress_leadscore_agent;
SELECT crm.lead_adjust('total', 1, 5, 'met');
SELECT crm.lead_withdraw(1);
SELECT crm.lead_merge(2, 1);
SELECT crm.lead_forget(1);
SELECT leadscore_internal.adjust('crm', 'lead', 'total', 1, 5, 'met', now());
SELECT leadscore_internal.withdraw_adjustment('crm', 'lead', 1, NULL);
SELECT leadscore_internal.merge_entity('crm', 'lead', 2, 1);
SELECT leadscore_internal.forget_entity('crm', 'lead', 1);
SELECT leadscore_internal.granted_adjust('crm', 'lead', 'total', 1, 5, 'met', now());
SELECT leadscore_internal.lock_entity(1, 1, true);
SELECT leadscore_internal.caller_sees(1, 1);
INSERT INTO crm.lead_adjusted (score, key, points, reason, occurred_at, author, made_at) VALUES (1, 1, 5, 'met', now(), 'me', now());
UPDATE crm.lead_adjusted SET points = 5;
DELETE FROM crm.lead_adjusted;
-- Nor does a function of one's own with the right name help.
RESET ROLE;
GRANT CREATE ON SCHEMA crm TO regress_leadscore_agent;
SET ROLE regress_leadscore_agent;
CREATE FUNCTION crm.lead_adjust(score text, id int) RETURNS bigint LANGUAGE sql AS $$ SELECT 1 $$;
SELECT leadscore_internal.adjust('crm', 'lead', 'total', 1, 5, 'met', now());
DROP FUNCTION crm.lead_adjust(text, int);

-- The owner of the table grants it: adjusting, withdrawing, merging and forgetting each for itself.
SET ROLE regress_leadscore_owner;
GRANT EXECUTE ON FUNCTION crm.lead_adjust, crm.lead_withdraw, crm.lead_merge, crm.lead_forget TO regress_leadscore_agent;
GRANT EXECUTE ON FUNCTION crm.lead_adjust TO regress_leadscore_stranger;
SET ROLE regress_leadscore_stranger;
SELECT crm.lead_adjust('total', 1, 5, 'met');
SELECT crm.lead_withdraw(1);
SET ROLE regress_leadscore_agent;
SELECT crm.lead_adjust('total', 1, 5, 'met'), crm.lead_adjust('total', 2, 3, 'called back');
-- Whom row-level security hides, is not there.
SELECT crm.lead_adjust('total', 3, 5, 'met');
SELECT crm.lead_adjust('total', 99, 5, 'met');
SELECT crm.lead_withdraw(1);
SELECT crm.lead_merge(3, 1);
SELECT crm.lead_merge(1, 3);
SELECT crm.lead_forget(3);
SELECT crm.lead_forget(4);
SELECT lead_id, score, points, reason, author FROM crm.lead_adjustments ORDER BY id;
SELECT lead_id, points FROM crm.lead_total ORDER BY 1;
SELECT lead_id, points FROM crm.lead_scores_at('total', '2026-03-01') ORDER BY 1;
SELECT rule, row_key, points FROM crm.lead_explain('total', 1);
SELECT * FROM crm.lead_explain('total', 3);
-- What reads them by number shows no more, whatever it is given.
SELECT f.key, f.points FROM leadscore_internal.adjustments(:score, :entity, NULL::int[]) AS f(key int, at timestamptz, points float8, row_key jsonb) ORDER BY 1;
SELECT f.key, f.points FROM leadscore_internal.adjustments(:score, :entity, '{1,3,4}'::int[]) AS f(key int, at timestamptz, points float8, row_key jsonb) ORDER BY 1;
SELECT * FROM leadscore_internal.adjustments(:score, :entity, '{a,b}'::text[]) AS f(key text, at timestamptz, points float8, row_key jsonb);
SELECT * FROM leadscore_internal.facts(:component, '{a,b}'::text[], NULL, NULL) AS f(key text, at timestamptz, points float8, activities int);
-- Versions say the detail in their own words.
\set VERBOSITY terse
SELECT * FROM leadscore_internal.adjustments(:score, :entity, NULL::int[]) AS f(key text, at timestamptz);
\set VERBOSITY default
SELECT * FROM leadscore_internal.adjustments(:score, 4711, NULL::int[]) AS f(key int, at timestamptz, points float8, row_key jsonb);
SELECT * FROM leadscore_internal.adjustments(NULL, NULL, NULL::int[]) AS f(key int, at timestamptz, points float8, row_key jsonb);

-- The author is who calls, also through a function that runs as somebody else; that somebody's rights decide.
CREATE FUNCTION crm.praise(id int) RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$ SELECT crm.lead_adjust('total', id, 1, 'praised') $$;
GRANT EXECUTE ON FUNCTION crm.praise TO regress_leadscore_manager;
SET ROLE regress_leadscore_manager;
SELECT crm.praise(1);
SELECT crm.praise(3);
-- Who sees an account sees what counts for it, its leads' adjustments included, without a right to the leads.
SELECT points, own_points, members_sum FROM crm.account_total;
SELECT points FROM crm.account_scores_at('total', '2026-03-01');
SELECT row_key ->> 'reason' AS reason, row_key ->> 'author' = session_user AS by_superuser, member, points FROM crm.account_explain('total', 1) WHERE rule = 'adjustment' ORDER BY points;
SELECT count(*) FROM crm.lead_adjustments;
RESET ROLE;
SELECT points, own_points, members_sum FROM crm.account_total;
SELECT id, lead_id, author FROM crm.lead_adjustments WHERE reason = 'praised';

-- Of who is gone, a superuser still sees what there is, and whoever may merge or forget them does.
DELETE FROM crm.lead WHERE id = 2;
SET ROLE regress_leadscore_agent;
SELECT id, points FROM crm.lead_adjustments WHERE lead_id = 2;
SELECT crm.lead_merge(2, 1);
SELECT lead_id, points FROM crm.lead_total;
SELECT crm.lead_forget(1);
SELECT lead_id, points FROM crm.lead_total;
RESET ROLE;
-- A rename keeps who may do what; a function that is made anew is for the owner alone.
SELECT leadscore.rename_entity('crm.lead', 'person');
DROP FUNCTION crm.person_forget(int);
ALTER SCHEMA crm RENAME TO crm2;
SELECT p.proname, r.rolname, has_function_privilege(r.rolname, p.oid, 'EXECUTE') AS may FROM pg_proc AS p, pg_roles AS r
WHERE p.pronamespace = 'crm2'::regnamespace AND p.proname ~ '^person_(adjust|withdraw|merge|forget)$' AND r.rolname ~ '^regress_leadscore_(agent|owner|stranger)' ORDER BY 1, 2;
SET ROLE regress_leadscore_agent;
SELECT crm2.person_adjust('total', 1, 7, 'under its new name') > 0 AS adjusted;
RESET ROLE;
SELECT leadscore.drop_all();
DROP SCHEMA crm2 CASCADE;
DROP ROLE regress_leadscore_owner, regress_leadscore_agent, regress_leadscore_manager, regress_leadscore_stranger;
