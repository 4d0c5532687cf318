-- What a criterion recorded once and for all follows when two entities become one, and goes when one is forgotten.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE SCHEMA crm;
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, city text, worth float8, account_id int);
INSERT INTO crm.account VALUES (1), (2);
INSERT INTO crm.lead VALUES (1, 'Newcastle', 10, 1), (2, 'Leeds', 20, 2), (3, 'Newcastle', 30, 2);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_score('fit', '{lead}');
SELECT leadscore.create_criterion('fit', 'was local', 'lead', points => 'worth', filter => $$city = 'Newcastle'$$, once => true, decay => 'exponential(10 days)');
SELECT leadscore.create_criterion('fit', 'was in Leeds', 'lead', points => '5', filter => $$city = 'Leeds'$$, once => true);
SELECT leadscore.create_rollup('fit', 'account', of => 'lead', key => 'account_id');
CALL leadscore.publish('fit');

CREATE FUNCTION crm.state() RETURNS TABLE (lead_id int, points float8, explained float8, recorded text) LANGUAGE sql STABLE AS $$
  SELECT f.lead_id, f.points, (SELECT sum(e.contribution) FROM leadscore.lead_explain('fit', f.lead_id) AS e),
         (SELECT string_agg(format('%s for %s', o.since::date, o.points), ', ' ORDER BY o.since, o.points) FROM leadscore.lead_once AS o WHERE o.key = f.lead_id)
  FROM leadscore.lead_fit AS f ORDER BY 1 $$;
SELECT * FROM crm.state();
-- Ten days later one moves; the other one becomes local, too.
SET pg_leadscore.clock = '2026-03-11 00:00:00+00';
UPDATE crm.lead SET city = 'Leeds' WHERE id = 1;
UPDATE crm.lead SET city = 'Newcastle' WHERE id = 2;
SELECT * FROM crm.state();
-- What either has been, the merged one has been since the earlier of the two times, with the points of then.
BEGIN;
SELECT leadscore.lead_merge(1, 2);
DELETE FROM crm.lead WHERE id = 1;
SELECT * FROM crm.state();
SELECT account_id, points, members FROM leadscore.account_fit ORDER BY 1;
SELECT * FROM leadscore.verify('fit');
COMMIT;
CALL leadscore.tick();
SELECT * FROM crm.state();
SELECT count(*) FROM leadscore.lead_once WHERE key = 1;
-- The other way round, the record that is there already is the earlier one and stays.
INSERT INTO crm.lead VALUES (4, 'Newcastle', 40, 1);
SELECT leadscore.lead_merge(4, 3);
DELETE FROM crm.lead WHERE id = 4;
SELECT * FROM crm.state();
-- Forgotten: also what it is now counts no more, until the condition becomes true again.
SELECT leadscore.lead_forget(3);
SELECT * FROM crm.state();
SELECT * FROM leadscore.verify('fit');
UPDATE crm.lead SET worth = 31 WHERE id = 3;
SELECT * FROM crm.state();
CALL leadscore.tick();
SELECT * FROM crm.state();
SELECT * FROM leadscore.verify('fit');
SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
