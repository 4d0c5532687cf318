-- Tables that others inherit from; who owns what in a tree of tables; what cannot be followed.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET jit = off;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-01 00:00:00+00';
CREATE ROLE regress_leadscore_tree;
CREATE ROLE regress_leadscore_leaf;
CREATE SCHEMA trees AUTHORIZATION regress_leadscore_tree;
GRANT ALL ON SCHEMA trees TO regress_leadscore_leaf;
SET ROLE regress_leadscore_tree;
CREATE TABLE trees.lead (id int PRIMARY KEY);
INSERT INTO trees.lead SELECT generate_series(1, 4);
CREATE TABLE trees.activity (id int, lead_id int, points int, at timestamptz DEFAULT '2026-02-01');
CREATE TABLE trees.call (minutes int) INHERITS (trees.activity);
CREATE TABLE trees.long_call (topic text) INHERITS (trees.call);
CREATE TABLE trees.mail (subject text, at timestamptz DEFAULT '2026-02-01', points int, lead_id int, id int);
INSERT INTO trees.activity VALUES (1, 1, 1);
INSERT INTO trees.call VALUES (2, 1, 2);
INSERT INTO trees.long_call VALUES (3, 2, 4);
INSERT INTO trees.mail (id, lead_id, points) VALUES (4, 2, 8), (5, 3, 8);
SELECT leadscore.create_entity('trees.lead', 'trees.lead');
SELECT leadscore.create_source('trees.activity', 'trees.activity', 'at');
SELECT leadscore.create_link('trees.activity', 'lead', 'lead_id');
SELECT leadscore.create_score('trees.total', '{lead}');
SELECT leadscore.create_rule('trees.total', 'points', 'activity', 'points');
CALL leadscore.publish('trees.total');
RESET ROLE;
CREATE FUNCTION trees.look() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT format('%s; wrong: %s, verify %s', (SELECT string_agg(t.lead_id || ': ' || t.points, ', ' ORDER BY t.lead_id) FROM trees.lead_total AS t),
    (SELECT count(*) FROM trees.lead_total AS t
     WHERE t.points IS DISTINCT FROM coalesce((SELECT sum(a.points) FROM trees.activity AS a WHERE a.lead_id = t.lead_id), 0)),
    (SELECT count(*) FROM leadscore.verify('trees.total')))
$$;
\set check 'SELECT trees.look() AS before_folding; CALL leadscore.tick(); CALL leadscore.tick(); SELECT trees.look() AS folded, sum(marked) AS marked, sum(pending) AS pending FROM leadscore.status;'
:check

-- Children have columns of their own; what is written to a parent can be rows of theirs.
INSERT INTO trees.activity VALUES (11, 3, 16);
INSERT INTO trees.call VALUES (12, 3, 32, '2026-02-01', 5);
INSERT INTO trees.long_call VALUES (13, 4, 64, '2026-02-01', 50, 'price');
:check
UPDATE trees.activity SET points = points + 1;
UPDATE ONLY trees.activity SET lead_id = 4 WHERE id = 1;
UPDATE trees.call SET points = points + 1 WHERE id IN (12, 13);
DELETE FROM trees.activity WHERE id = 13;
DELETE FROM ONLY trees.call WHERE id = 2;
:check
TRUNCATE ONLY trees.call;
:check
-- One that comes has its columns in another order, and leaves again.
SET ROLE regress_leadscore_tree;
ALTER TABLE trees.mail INHERIT trees.activity;
RESET ROLE;
:check
UPDATE trees.activity SET points = points * 2 WHERE id IN (3, 4);
INSERT INTO trees.mail (id, lead_id, points) VALUES (14, 1, 128);
:check
SET ROLE regress_leadscore_tree;
ALTER TABLE trees.call NO INHERIT trees.activity;
UPDATE trees.long_call SET points = 1000;
RESET ROLE;
:check
ALTER TABLE trees.call INHERIT trees.activity;
DROP TABLE trees.mail;
CREATE TABLE trees.chat () INHERITS (trees.activity);
INSERT INTO trees.chat VALUES (15, 2, 256);
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgname LIKE '!leadscore%' GROUP BY tgrelid ORDER BY tgrelid::regclass::text COLLATE "C";
SELECT missing_indexes FROM leadscore.status;
:check
ALTER TABLE trees.long_call DISABLE TRIGGER ALL;
SELECT regexp_replace(array_to_string(disabled_triggers, ', '), 'leadscore_\d+', 'leadscore_n', 'g') AS disabled_triggers FROM leadscore.status;
ALTER TABLE trees.long_call ENABLE TRIGGER ALL;

-- A child of another owner: its rows are evaluated as the owner of the tree, and its owner may write as before.
CREATE FUNCTION trees.who(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF current_user <> 'regress_leadscore_tree' THEN
    RAISE EXCEPTION 'run by %', current_user;
  END IF;
  RETURN $1;
END $$;
SET ROLE regress_leadscore_tree;
SELECT leadscore.drop_rule('trees.total', 'points');
SELECT leadscore.create_rule('trees.total', 'points', 'activity', 'trees.who(points)');
CALL leadscore.publish('trees.total');
RESET ROLE;
ALTER TABLE trees.chat OWNER TO regress_leadscore_leaf;
SET ROLE regress_leadscore_leaf;
INSERT INTO trees.chat VALUES (16, 1, 512);
UPDATE trees.chat SET points = 3 WHERE id = 15;
-- The owner of the tree has no right to it by itself, so it cannot be said whom its rows led to.
ALTER TABLE trees.chat NO INHERIT trees.activity;
RESET ROLE;
SELECT marked FROM leadscore.status;
:check
ALTER TABLE trees.chat INHERIT trees.activity;
:check
-- The tree gets another owner: what is written to a leaf breaks the score as well.
INSERT INTO trees.chat VALUES (17, 1, 1);
ALTER TABLE trees.activity OWNER TO regress_leadscore_leaf;
INSERT INTO trees.chat VALUES (17, 1, 1);
ALTER TABLE trees.activity OWNER TO regress_leadscore_tree;
SET ROLE regress_leadscore_tree;
CALL leadscore.publish('trees.total');
RESET ROLE;
:check

-- Nothing is folded from rows whose triggers have not fired, also where a leaf is written to.
CREATE FUNCTION trees.tick() RETURNS int LANGUAGE plpgsql AS $$ BEGIN CALL leadscore.tick(); RETURN 1; END $$;
ALTER TABLE trees.chat NO INHERIT trees.activity;
ALTER TABLE trees.chat INHERIT trees.activity;
WITH written AS (INSERT INTO trees.chat VALUES (18, 1, 1) RETURNING 1) SELECT trees.tick() FROM written;
:check

-- In a transaction with a snapshot of its own.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM trees.lead;
ALTER TABLE trees.chat NO INHERIT trees.activity;
SELECT trees.look();
ALTER TABLE trees.chat INHERIT trees.activity;
INSERT INTO trees.chat VALUES (19, 4, 1);
SELECT trees.look();
COMMIT;
:check

-- What cannot be followed is refused, and breaks the score where it comes later; the command is carried out.
CREATE TABLE trees.other (id int, lead_id int, points int, at timestamptz);
SET ROLE regress_leadscore_tree;
SELECT leadscore.create_source('trees.call', 'trees.call', 'at');
SELECT leadscore.create_link('trees.activity', 'lead', 'through.lead_id', through => '{trees.call}', join_on => 'through.id = source.id');
RESET ROLE;
ALTER TABLE trees.chat INHERIT trees.other;
SELECT points FROM trees.lead_total WHERE lead_id = 1;
CALL leadscore.publish('trees.total');
ALTER TABLE trees.chat NO INHERIT trees.other;
CALL leadscore.publish('trees.total');
:check
CREATE TABLE trees.above (id int, lead_id int, points int, at timestamptz) PARTITION BY LIST (id);
CREATE TABLE trees.alone (id int, lead_id int, points int, at timestamptz);
SELECT leadscore.create_source('trees.alone', 'trees.alone', 'at');
SELECT leadscore.create_link('trees.alone', 'lead', 'lead_id');
SELECT leadscore.create_score('trees.strict', '{lead}', on_error => 'fail');
SELECT leadscore.create_rule('trees.strict', 'points', 'alone', 'points');
CALL leadscore.publish('trees.strict');
ALTER TABLE trees.above ATTACH PARTITION trees.alone FOR VALUES IN (1);
CALL leadscore.retire('trees.strict');
ALTER TABLE trees.above ATTACH PARTITION trees.alone FOR VALUES IN (1);
CALL leadscore.publish('trees.strict');
CREATE FOREIGN DATA WRAPPER regress_leadscore_wrapper;
CREATE SERVER regress_leadscore_server FOREIGN DATA WRAPPER regress_leadscore_wrapper;
CREATE FOREIGN TABLE trees.far () INHERITS (trees.activity) SERVER regress_leadscore_server;
SELECT state, broken_because FROM leadscore.status WHERE score = 'total';
DROP FOREIGN TABLE trees.far;
CALL leadscore.publish('trees.total');
CREATE TEMP TABLE here () INHERITS (trees.activity);
SELECT broken_because FROM leadscore.status WHERE score = 'total';
DROP TABLE here;
CALL leadscore.publish('trees.total');
:check
-- What no live score follows may be detached as always.
ALTER TABLE trees.above DETACH PARTITION trees.alone CONCURRENTLY;
DROP SERVER regress_leadscore_server CASCADE;
DROP FOREIGN DATA WRAPPER regress_leadscore_wrapper;

-- Paused and retired scores follow nothing, and leave nothing behind.
CALL leadscore.pause('trees.total');
SELECT count(*) FROM leadscore_internal.part;
SELECT count(*) FROM pg_trigger WHERE tgname LIKE '!leadscore%';
DROP TABLE trees.chat;
CALL leadscore.resume('trees.total');
:check
SELECT leadscore.drop_all();
SELECT count(*) FROM leadscore_internal.part;
SELECT count(*) FROM pg_trigger WHERE tgname LIKE '!leadscore%';
DROP SCHEMA trees CASCADE;
DROP ROLE regress_leadscore_tree, regress_leadscore_leaf;
