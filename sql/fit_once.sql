-- Criteria with once => true: the points stay after the condition turns false, from when it was first true. What was true when,
-- a row trigger of the CRM's own writes down, and the scores are compared with that.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET jit = off;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE ROLE regress_leadscore_owner;
CREATE ROLE regress_leadscore_reader;
CREATE ROLE regress_leadscore_writer;
CREATE SCHEMA fit AUTHORIZATION regress_leadscore_owner;
-- Someone who is no superuser owns the CRM and sets up.
SET ROLE regress_leadscore_owner;
CREATE TABLE fit.account (id int PRIMARY KEY);
CREATE TABLE fit.lead (id int, region text, saved_at timestamptz, city text, worth float8 DEFAULT 1, account_id int, owner text) PARTITION BY LIST (region);
CREATE TABLE fit.north PARTITION OF fit.lead (PRIMARY KEY (id)) FOR VALUES IN ('north');
CREATE TABLE fit.south PARTITION OF fit.lead (PRIMARY KEY (id)) FOR VALUES IN ('south');
INSERT INTO fit.account VALUES (1), (2);
INSERT INTO fit.lead VALUES (1, 'north', '2026-02-19', 'Newcastle', 10, 1, 'regress_leadscore_reader'), (2, 'north', NULL, 'Newcastle', NULL, 1, NULL),
                            (3, 'south', NULL, 'Leeds', 30, 2, NULL), (4, 'south', '2026-03-21', 'Leeds', 40, NULL, NULL);
CREATE FUNCTION fit.as_owner(float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF current_user <> 'regress_leadscore_owner' THEN
    RAISE EXCEPTION 'runs as %', current_user;
  END IF;
  RETURN $1;
END $$;
CREATE TABLE fit.seen (criterion text, id int, since timestamptz, points float8, PRIMARY KEY (criterion, id));
CREATE PROCEDURE fit.define_holds(city text) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE OR REPLACE FUNCTION fit.holds(l fit.lead) RETURNS SETOF fit.seen LANGUAGE sql AS $holds$
    SELECT ''local'', l.id, leadscore.clock(), coalesce(l.worth, 0) WHERE l.%1$I = ''Newcastle''
    UNION ALL SELECT ''was local'', l.id, leadscore.clock(), 5 WHERE l.%1$I = ''Newcastle''
    UNION ALL SELECT ''saved'', l.id, l.saved_at, 15 WHERE l.saved_at IS NOT NULL $holds$', city);
END $$;
CALL fit.define_holds('city');
CREATE FUNCTION fit.see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO fit.seen SELECT * FROM fit.holds(NEW) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
INSERT INTO fit.seen SELECT h.* FROM fit.lead AS l, fit.holds(l) AS h;
CREATE TRIGGER see AFTER INSERT OR UPDATE ON fit.lead FOR EACH ROW EXECUTE FUNCTION fit.see();

SELECT leadscore.create_entity('fit.lead', 'fit.lead', key => 'id');
SELECT leadscore.create_entity('fit.account', 'fit.account');
SELECT leadscore.create_score('fit.total', '{lead}');
SELECT leadscore.create_criterion('fit.total', 'local', 'lead', points => 'fit.as_owner(worth)', filter => $$city = 'Newcastle'$$, once => true);
SELECT leadscore.create_criterion('fit.total', 'was local', 'lead', points => '5', filter => $$city = 'Newcastle'$$, once => true, decay => 'exponential(10 days)');
SELECT leadscore.create_criterion('fit.total', 'saved', 'lead', points => '15', once => true, occurred_at => 'saved_at', decay => 'linear(20 days)');
SELECT leadscore.create_criterion('fit.total', 'is local', 'lead', points => '100', filter => $$city = 'Newcastle'$$);
SELECT leadscore.create_rollup('fit.total', 'account', 'lead', 'account_id');
CALL leadscore.publish('fit.total');
RESET ROLE;

CREATE FUNCTION fit.truth(as_of timestamptz) RETURNS TABLE (id int, points float8) LANGUAGE sql AS $$
  SELECT l.id, CASE WHEN l.city = 'Newcastle' THEN 100 ELSE 0 END + coalesce(sum(s.points * CASE WHEN age < 0 THEN 0 ELSE
                 CASE s.criterion WHEN 'local' THEN 1 WHEN 'was local' THEN power(2::float8, -age / 10) ELSE greatest(0, 1 - age / 20) END END), 0)
  FROM fit.lead AS l LEFT JOIN (SELECT s.*, (extract(epoch FROM as_of - s.since) / 86400)::float8 AS age FROM fit.seen AS s) AS s USING (id) GROUP BY l.id, l.city $$;
CREATE FUNCTION fit.wrong() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('kept %s, actual %s', k, t) FROM fit.lead_total AS k FULL JOIN fit.truth(leadscore.clock()) AS t ON t.id = k.lead_id
  WHERE k.lead_id IS NULL OR t.id IS NULL OR NOT abs(k.points - t.points) <= 1e-9 * greatest(1, abs(t.points)) OR k.activities <> 0 OR k.last_activity_at IS NOT NULL
  UNION ALL
  SELECT format('kept %s, actual %s', k, t) FROM fit.account_total AS k
  JOIN (SELECT a.id, coalesce(sum(x.points), 0) AS points FROM fit.account AS a LEFT JOIN (fit.lead AS l JOIN fit.truth(leadscore.clock()) AS x USING (id)) ON l.account_id = a.id GROUP BY a.id) AS t
    ON t.id = k.account_id WHERE NOT abs(k.points - t.points) <= 1e-9 * greatest(1, abs(t.points))
  UNION ALL SELECT v::text FROM leadscore.verify('fit.total') AS v $$;
CREATE PROCEDURE fit.step(what text) LANGUAGE plpgsql AS $$
DECLARE
  before text[];
  after text[];
BEGIN
  EXECUTE what;
  before := ARRAY(SELECT fit.wrong());
  CALL leadscore.tick();
  after := ARRAY(SELECT fit.wrong());
  RAISE INFO '%: % % %', left(what, 60), CASE WHEN before || after = '{}' THEN 'right' ELSE 'WRONG' END, before, after;
END $$;

-- What held when it was published, from then on.
CALL fit.step('SELECT');
SELECT o.key, c.criterion, o.since, o.points FROM fit.lead_once AS o
JOIN leadscore_internal.rule AS r ON r.id = o.criterion CROSS JOIN LATERAL (SELECT r.name) AS c(criterion) ORDER BY 1, 2;
SELECT obj_description('fit.lead_once'::regclass);
SET pg_leadscore.clock = '2026-03-11 00:00:00+00';
CALL fit.step('SELECT');
-- It turns false: the points stay.
CALL fit.step($$UPDATE fit.lead SET city = 'York', saved_at = NULL, worth = 1000$$);
SELECT lead_id, points FROM fit.lead_total ORDER BY lead_id;
-- True again: as it was first; now for the first time: from now on.
CALL fit.step($$UPDATE fit.lead SET city = 'Newcastle', saved_at = '2026-03-11'$$);
SELECT lead_id, points FROM fit.lead_total ORDER BY lead_id;
CALL fit.step($$UPDATE fit.lead SET worth = 7$$);
-- Every way to write.
CALL fit.step($$INSERT INTO fit.lead VALUES (5, 'south', '2026-03-01', 'Newcastle', 50), (6, 'south', NULL, 'Leeds', 60)$$);
CALL fit.step($$MERGE INTO fit.lead AS l USING (VALUES (6, 'Newcastle'), (7, 'Newcastle'), (5, NULL)) AS n(id, city) ON l.id = n.id
                WHEN MATCHED AND n.city IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET city = n.city
                WHEN NOT MATCHED THEN INSERT (id, region, city, account_id) VALUES (n.id, 'north', n.city, 2)$$);
-- An entity that is gone and comes back has them again.
CALL fit.step($$INSERT INTO fit.lead VALUES (5, 'south', NULL, 'Leeds', 50)$$);
CALL fit.step($$INSERT INTO fit.lead VALUES (8, 'south', NULL, 'Leeds', 50)$$);
CALL fit.step($$UPDATE fit.lead SET id = 80 WHERE id = 7$$);
CALL fit.step($$UPDATE fit.lead SET region = 'north', city = 'Newcastle' WHERE id = 8$$);
INSERT INTO fit.lead VALUES (12, 'south', NULL, 'Leeds', 12);
CALL fit.step($$MERGE INTO fit.lead AS l USING (VALUES (12)) AS n(id) ON l.id = n.id WHEN MATCHED THEN UPDATE SET region = 'north', city = 'Newcastle'$$);
COPY fit.north (id, region, city, worth, account_id) FROM stdin;
9	north	Newcastle	90	1
\.
CALL fit.step('SELECT');
INSERT INTO fit.lead VALUES (10, 'north', NULL, 'Newcastle', 1);
BEGIN;
DELETE FROM fit.lead WHERE id = 10;
UPDATE fit.lead SET city = 'Newcastle', saved_at = '2026-01-01';
SAVEPOINT one;
INSERT INTO fit.lead VALUES (11, 'north', NULL, 'Newcastle', 1);
ROLLBACK TO one;
SELECT count(*) FROM fit.wrong();
ROLLBACK;
CALL fit.step('TRUNCATE fit.south');
SET pg_leadscore.clock = '2026-04-11 00:00:00+00';
CALL fit.step('SELECT');
-- A partition that comes.
CREATE TABLE fit.east (LIKE fit.lead INCLUDING ALL);
INSERT INTO fit.east VALUES (20, 'east', NULL, 'Newcastle', 20, 1);
INSERT INTO fit.seen SELECT h.* FROM fit.east AS e, fit.holds(ROW(e.*)::fit.lead) AS h;
ALTER TABLE fit.east OWNER TO regress_leadscore_owner;
ALTER TABLE fit.lead ATTACH PARTITION fit.east FOR VALUES IN ('east');
CALL fit.step('SELECT');
CALL fit.step($$UPDATE fit.east SET city = NULL$$);
-- Renames.
ALTER TABLE fit.lead RENAME COLUMN city TO town;
CALL fit.define_holds('town');
INSERT INTO fit.lead VALUES (21, 'east', NULL, 'Newcastle', 1);
SELECT lead_id, points FROM fit.lead_total WHERE lead_id = 21;
ALTER TABLE fit.lead RENAME COLUMN town TO city;
CALL fit.define_holds('city');
SELECT leadscore.rename_criterion('fit.total', 'saved', 'signed');
SELECT leadscore.rename_entity('fit.lead', 'person');
SELECT rule, source, row_key, member, occurred_at, points, round(weight::numeric, 4) AS weight FROM fit.person_explain('total', 1);
SELECT leadscore.rename_entity('fit.person', 'lead');
SELECT leadscore.rename_criterion('fit.total', 'signed', 'saved');
SELECT tgname LIKE '!leadscore%' FROM pg_trigger WHERE tgrelid = 'fit.lead_once'::regclass AND tgname LIKE '%insert';

-- The past: from when it first held.
SELECT s.lead_id FROM fit.lead_scores_at('total', '2026-03-05') AS s JOIN fit.truth('2026-03-05') AS t ON t.id = s.lead_id WHERE abs(s.points - t.points) > 1e-9;
SELECT lead_id, points FROM fit.lead_hot('total', 0, '32 days') WHERE lead_id < 5 ORDER BY 1;

-- Who sees an entity sees what was recorded of it, and nobody writes there.
ALTER TABLE fit.lead ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON fit.lead USING (owner = current_user OR current_user = 'regress_leadscore_writer');
GRANT USAGE ON SCHEMA fit TO regress_leadscore_reader, regress_leadscore_writer;
GRANT SELECT ON fit.lead TO regress_leadscore_reader;
GRANT SELECT, INSERT, UPDATE ON fit.lead TO regress_leadscore_writer;
SET ROLE regress_leadscore_reader;
SELECT DISTINCT key FROM fit.lead_once;
SELECT lead_id FROM fit.lead_total;
SELECT criterion, occurred_at, once FROM leadscore.criteria ORDER BY 1;
DELETE FROM fit.lead_once;
SELECT leadscore_internal.branch_facts(1);
SELECT leadscore_internal.record_unseen(1);
SET ROLE regress_leadscore_writer;
INSERT INTO fit.lead VALUES (30, 'north', '2026-04-01', 'Newcastle', 3, 2);
SELECT DISTINCT key FROM fit.lead_once WHERE key = 30;
RESET ROLE;
CALL fit.step('SELECT');

-- What no trigger saw: verify finds it, rebuild mends it.
SET session_replication_role = replica;
INSERT INTO fit.lead VALUES (31, 'north', NULL, 'Newcastle', 3);
RESET session_replication_role;
SELECT entity, id, what, kept, actual FROM leadscore.verify('fit.total') ORDER BY what;
CALL leadscore.rebuild('fit.total');
SELECT count(*) FROM leadscore.verify('fit.total');
SELECT lead_id, points FROM fit.lead_total WHERE lead_id = 31;
DELETE FROM fit.lead WHERE id = 31;
-- While a score is paused, nothing is recorded; what holds when it is resumed is.
CALL leadscore.pause('fit.total');
INSERT INTO fit.lead VALUES (32, 'north', NULL, 'Newcastle', 3), (33, 'north', NULL, 'Newcastle', 3);
UPDATE fit.lead SET city = 'York' WHERE id = 32;
CALL leadscore.resume('fit.total');
SELECT lead_id, points FROM fit.lead_total WHERE lead_id IN (32, 33) ORDER BY 1;
DELETE FROM fit.lead WHERE id IN (32, 33);

-- What fails on a row breaks the score and not the write; or the write, where that is wanted.
SELECT leadscore.create_score('fit.broken', '{lead}');
SELECT leadscore.create_criterion('fit.broken', 'ratio', 'lead', points => '1 / (worth - 66)', once => true);
CALL leadscore.publish('fit.broken');
UPDATE fit.lead SET worth = 66 WHERE id = 1;
INSERT INTO fit.lead VALUES (40, 'north', NULL, 'Leeds', 66);
SELECT worth FROM fit.lead WHERE id IN (1, 40);
SELECT * FROM fit.lead_broken;
DELETE FROM fit.lead WHERE id = 40;
UPDATE fit.lead SET worth = 10 WHERE id = 1;
SELECT leadscore.alter_criterion('fit.broken', 'ratio', points => '(worth - 66) * 1e300', filter => 'id > 1');
SELECT leadscore.alter_score('fit.broken', on_error => 'fail');
CALL leadscore.publish('fit.broken');
UPDATE fit.lead SET worth = 66;
SELECT leadscore.alter_criterion('fit.broken', 'ratio', points => '1 / (worth - 66)', filter => 'id > 1');
CALL leadscore.publish('fit.broken');
UPDATE fit.lead SET worth = 10;
CALL leadscore.publish('fit.broken');
INSERT INTO fit.lead VALUES (41, 'north', NULL, 'Leeds', 66);
SELECT count(*) FROM fit.lead WHERE id = 41;
SELECT leadscore.drop_score('fit.broken');

-- Only entities are recorded; who becomes one by an edit is then.
SELECT leadscore.alter_entity('fit.lead', filter => 'id < 51');
CALL leadscore.publish('fit.total');
INSERT INTO fit.lead VALUES (51, 'north', NULL, 'Newcastle', 3);
SELECT count(*) FROM fit.lead_once WHERE key = 51;
UPDATE fit.seen SET since = '2026-04-12' WHERE id = 51;
SET pg_leadscore.clock = '2026-04-12 00:00:00+00';
SELECT leadscore.alter_entity('fit.lead', reset => '{filter}');
SELECT DISTINCT since FROM fit.lead_once WHERE key = 51;
CALL fit.step('SELECT');

-- Edits: what is recorded stays; dropped and created again, it begins anew.
SELECT leadscore.alter_criterion('fit.total', 'was local', points => '50', reset => '{once}');
SELECT leadscore.alter_criterion('fit.total', 'was local', once => true);
CALL leadscore.publish('fit.total');
CALL fit.step('SELECT');
SELECT leadscore.drop_criterion('fit.total', 'was local');
SELECT count(*) > 0 FROM fit.lead_once AS o WHERE o.criterion NOT IN (SELECT r.id FROM leadscore_internal.rule AS r);
CALL leadscore.publish('fit.total');
SELECT count(*) FROM fit.lead_once AS o WHERE o.criterion NOT IN (SELECT r.id FROM leadscore_internal.rule AS r);
SELECT leadscore.create_criterion('fit.total', 'was local', 'lead', points => '5', filter => $$city = 'Newcastle'$$, once => true, decay => 'exponential(10 days)');
CALL leadscore.publish('fit.total');
DELETE FROM fit.seen WHERE criterion = 'was local';
INSERT INTO fit.seen SELECT h.* FROM fit.lead AS l, fit.holds(l) AS h WHERE h.criterion = 'was local';
CALL fit.step('SELECT');
SELECT leadscore.create_score('fit.copy', based_on => 'total');
CALL leadscore.publish('fit.copy');
SELECT DISTINCT o.since FROM fit.lead_once AS o JOIN leadscore_internal.rule AS r ON r.id = o.criterion JOIN leadscore_internal.score AS s ON s.id = r.score
WHERE s.name = 'copy' AND r.name = 'local';
SELECT leadscore.drop_score('fit.copy');
CALL fit.step('SELECT');

-- The table goes with the last criterion that needs it.
SELECT leadscore.alter_criterion('fit.total', 'local', once => false);
SELECT leadscore.drop_criterion('fit.total', 'was local');
SELECT leadscore.drop_criterion('fit.total', 'saved');
SELECT to_regclass('fit.lead_once');
CALL leadscore.publish('fit.total');
SELECT to_regclass('fit.lead_once');
SELECT count(*) FROM leadscore.verify('fit.total');
SELECT leadscore.create_criterion('fit.total', 'saved', 'lead', '15', 'saved_at IS NOT NULL', once => true);
CALL leadscore.publish('fit.total');
SELECT to_regclass('fit.lead_once');
CREATE TABLE fit.account_once ();
SELECT leadscore.create_criterion('fit.total', 'any', 'account', '1', once => true);
SELECT leadscore.create_score('fit.once', '{lead}');
SELECT leadscore.create_entity('fit.account', 'fit.account', if_not_exists => true);
DROP SCHEMA fit CASCADE;
SELECT count(*) FROM leadscore_internal.source;
DROP ROLE regress_leadscore_owner, regress_leadscore_reader, regress_leadscore_writer;
