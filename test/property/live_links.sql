-- A small CRM whose activities reach their leads in every way that a link can, random writes on all of its tables, and an
-- oracle in plain SQL that knows nothing of the extension. Driven by live_links.sh.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET jit = off;
SET pg_leadscore.clock = '2026-01-01 00:00:00+00';
CREATE EXTENSION pg_leadscore;

CREATE SCHEMA crm;
CREATE TABLE crm.account (code text PRIMARY KEY);
CREATE TABLE crm.club (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, account text, is_lead boolean NOT NULL DEFAULT true);
CREATE TABLE crm.membership (lead_id int, club_id int, ended boolean NOT NULL DEFAULT false);
CREATE TABLE crm.kind (id int PRIMARY KEY, name text, points float8, active boolean);
CREATE TABLE crm.activity (id int PRIMARY KEY, lead_id int, kind_id int, contact_ids int[], at timestamptz, planned boolean NOT NULL);
CREATE TABLE crm.attendee (activity_id int, lead_id int, declined boolean NOT NULL DEFAULT false);
CREATE TABLE crm.thread (id int PRIMARY KEY, lead_id int);
CREATE TABLE crm.conversation (id int PRIMARY KEY, lead_id int, spam boolean NOT NULL DEFAULT false);
CREATE TABLE crm.message (id int PRIMARY KEY, thread_id int, conversation_id int, at timestamptz, points float8);
INSERT INTO crm.account SELECT 'account ' || g FROM generate_series(1, 3) AS g;
INSERT INTO crm.club SELECT generate_series(1, 3);
INSERT INTO crm.lead SELECT g, 'account ' || 1 + g % 3 FROM generate_series(1, 10) AS g;
INSERT INTO crm.kind SELECT g, (ARRAY['call', 'mail'])[1 + g % 2], g, true FROM generate_series(1, 4) AS g;

SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'is_lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_entity('club', 'crm.club');
SELECT leadscore.create_source('activity', 'crm.activity', 'at', filter => 'coalesce(through.active, true)',
                               through => '{crm.kind}', join_on => 'through.id = source.kind_id');
SELECT leadscore.create_source('told', 'crm.activity', 'at', through => '{crm.kind}', join_on => 'through.id = source.kind_id');
SELECT leadscore.create_source('planned', 'crm.activity', 'at', filter => 'planned', ahead => '36 hours');
SELECT leadscore.create_source('message', 'crm.message', 'at', ahead => '36 hours');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_link('activity', 'lead', 'through.lead_id', through => '{crm.attendee}', join_on => 'through.activity_id = source.id AND NOT through.declined');
SELECT leadscore.create_link('activity', 'lead', 'unnest(contact_ids)');
SELECT leadscore.create_link('told', 'lead', 'lead_id');
SELECT leadscore.create_link('planned', 'lead', 'lead_id');
SELECT leadscore.create_link('message', 'lead', 'coalesce(through1.lead_id, through2.lead_id)', through => '{crm.thread,crm.conversation}',
                             join_on => 'through1.id = source.thread_id AND through2.id = source.conversation_id AND NOT through2.spam');
SELECT leadscore.create_score('links', '{lead}', 'exponential(7 days)');
SELECT leadscore.create_rule('links', 'activity', 'activity', 'coalesce(through.points, 1)');
SELECT leadscore.create_rule('links', 'call', 'activity', '10', filter => $$through.name = 'call'$$, decay => 'none');
SELECT leadscore.create_rule('links', 'told', 'told', '2 * through.points', decay => 'window(5 days)');
SELECT leadscore.create_rule('links', 'planned', 'planned', '3');
SELECT leadscore.create_rule('links', 'message', 'message', 'points');
SELECT leadscore.create_rollup('links', 'account', 'lead', 'account');
SELECT leadscore.create_rollup('links', 'club', 'lead', 'through.club_id', through => '{crm.membership}', join_on => 'through.lead_id = member.id AND NOT through.ended');
CALL leadscore.publish('links');

-- The oracle --------------------------------------------------------------------------------------------------------

CREATE SCHEMA oracle;
-- One line for each rule that an activity matches and each lead that it reaches.
CREATE VIEW oracle.matches AS
WITH reached AS (
  SELECT id, lead_id FROM crm.activity
  UNION SELECT activity_id, lead_id FROM crm.attendee WHERE NOT declined
  UNION SELECT id, unnest(contact_ids) FROM crm.activity
), matched AS (
  SELECT 'activity ' || a.id AS activity, r.lead_id, a.at, coalesce(k.points, 1) AS points, 'exponential(7 days)' AS decay, interval '0' AS ahead
  FROM reached AS r JOIN crm.activity AS a USING (id) LEFT JOIN crm.kind AS k ON k.id = a.kind_id WHERE coalesce(k.active, true)
  UNION ALL
  SELECT 'activity ' || a.id, r.lead_id, a.at, 10, 'none', '0'
  FROM reached AS r JOIN crm.activity AS a USING (id) JOIN crm.kind AS k ON k.id = a.kind_id WHERE coalesce(k.active, true) AND k.name = 'call'
  UNION ALL
  SELECT 'told ' || a.id, a.lead_id, a.at, coalesce(2 * k.points, 0), 'window(5 days)', '0' FROM crm.activity AS a LEFT JOIN crm.kind AS k ON k.id = a.kind_id
  UNION ALL
  SELECT 'planned ' || id, lead_id, at, 3, 'exponential(7 days)', '36 hours' FROM crm.activity WHERE planned
  UNION ALL
  SELECT 'message ' || m.id, coalesce(t.lead_id, c.lead_id), m.at, coalesce(m.points, 0), 'exponential(7 days)', '36 hours'
  FROM crm.message AS m JOIN crm.thread AS t ON t.id = m.thread_id JOIN crm.conversation AS c ON c.id = m.conversation_id WHERE NOT c.spam
)
SELECT l.id AS lead_id, m.activity, m.at, m.points, m.decay, m.ahead
FROM matched AS m JOIN crm.lead AS l ON l.id = m.lead_id AND l.is_lead WHERE m.at < 'infinity';

-- age is in days; what is ahead counts as if now.
CREATE FUNCTION oracle.weight(age float8, decay text) RETURNS float8 LANGUAGE sql AS $$
  SELECT CASE decay WHEN 'none' THEN 1 WHEN 'window(5 days)' THEN CASE WHEN age <= 5 THEN 1 ELSE 0 END
                    WHEN 'exponential(7 days)' THEN power(0.5::float8, least(1000, greatest(0, age) / 7)) END
$$;
CREATE FUNCTION oracle.leads(as_of timestamptz)
RETURNS TABLE (id int, points float8, magnitude float8, activities bigint, last_activity_at timestamptz) LANGUAGE sql AS $$
  SELECT l.id, coalesce(sum(m.points * w), 0), coalesce(sum(abs(m.points) * w), 0), count(DISTINCT m.activity), max(m.at)
  FROM crm.lead AS l LEFT JOIN oracle.matches AS m ON m.lead_id = l.id AND m.at <= as_of + m.ahead
  LEFT JOIN LATERAL oracle.weight((extract(epoch FROM as_of - m.at) / 86400)::float8, m.decay) AS w ON true
  WHERE l.is_lead GROUP BY l.id
$$;
-- What each account and club has by its members; whoever reaches one twice counts once.
CREATE FUNCTION oracle.wholes(as_of timestamptz)
RETURNS TABLE (entity text, key text, points float8, magnitude float8, average float8, highest float8, members bigint, activities bigint, last_activity_at timestamptz)
LANGUAGE sql AS $$
  SELECT w.entity, w.key, coalesce(sum(o.points), 0), coalesce(sum(o.magnitude), 0), avg(o.points), max(o.points), count(o.id), coalesce(sum(o.activities), 0)::bigint, max(o.last_activity_at)
  FROM (SELECT 'account' AS entity, code AS key FROM crm.account UNION ALL SELECT 'club', id::text FROM crm.club) AS w
  LEFT JOIN (SELECT 'account' AS entity, l.account AS key, l.id AS lead_id FROM crm.lead AS l
             UNION SELECT 'club', m.club_id::text, m.lead_id FROM crm.membership AS m WHERE NOT m.ended) AS m USING (entity, key)
  LEFT JOIN oracle.leads(as_of) AS o ON o.id = m.lead_id
  GROUP BY 1, 2
$$;

-- Random writes -----------------------------------------------------------------------------------------------------

CREATE FUNCTION crm.pick(n int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT 1 + floor(random() * n)::int $$;
CREATE FUNCTION crm.any_lead() RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT CASE WHEN random() < 0.9 THEN crm.pick(12) END $$;
CREATE FUNCTION crm.any_leads() RETURNS int[] LANGUAGE sql VOLATILE AS
$$ SELECT CASE WHEN random() < 0.5 THEN ARRAY(SELECT crm.any_lead() FROM generate_series(0, crm.pick(4) - 1)) END $$;
CREATE FUNCTION crm.any_points() RETURNS float8 LANGUAGE sql VOLATILE AS
$$ SELECT CASE WHEN random() < 0.1 THEN NULL WHEN random() < 0.2 THEN -10 * random() WHEN random() < 0.5 THEN crm.pick(20) ELSE random() * 100 END $$;
CREATE FUNCTION crm.any_time() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
  SELECT CASE WHEN dice < 0.04 THEN NULL WHEN dice < 0.06 THEN 'infinity' WHEN dice < 0.1 THEN now WHEN dice < 0.3 THEN now + random() * interval '3 days'
              WHEN dice < 0.5 THEN date_trunc('day', now - random() * interval '6 days') ELSE now - random() * interval '20 days' END
  FROM (SELECT random() AS dice, leadscore.clock() AS now) AS x
$$;

-- Any one statement; ticks and moves of the clock count as such. Rows on the two sides of a join come in any order.
CREATE FUNCTION crm.any_statement() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  one int := crm.pick(150);
  many int := CASE WHEN random() < 0.1 THEN 40 ELSE crm.pick(4) END;
BEGIN
  CASE crm.pick(40)
  WHEN 1, 2, 3 THEN
    RETURN format('INSERT INTO crm.activity SELECT crm.pick(150), crm.any_lead(), crm.pick(6), crm.any_leads(), crm.any_time(), random() < 0.3
                   FROM generate_series(1, %s) ON CONFLICT DO NOTHING', many);
  WHEN 4 THEN RETURN format('UPDATE crm.activity SET lead_id = crm.any_lead() WHERE id %% 7 = %s', one % 7);
  WHEN 5 THEN RETURN format('UPDATE crm.activity SET kind_id = nullif(crm.pick(6), 6) WHERE id %% 7 = %s', one % 7);
  WHEN 6 THEN RETURN format('UPDATE crm.activity SET at = crm.any_time(), planned = NOT planned WHERE id %% 9 = %s', one % 9);
  WHEN 7 THEN RETURN format('UPDATE crm.activity SET contact_ids = crm.any_leads() WHERE id %% 5 = %s', one % 5);
  WHEN 8 THEN RETURN format('DELETE FROM crm.activity WHERE id %% 6 = %s', one % 6);
  WHEN 9 THEN
    RETURN format('MERGE INTO crm.activity AS a USING (SELECT %s AS id, crm.any_lead() AS lead_id) AS n ON a.id = n.id
                   WHEN MATCHED AND a.planned THEN DELETE WHEN MATCHED THEN UPDATE SET lead_id = n.lead_id
                   WHEN NOT MATCHED THEN INSERT VALUES (n.id, n.lead_id, 2, NULL, crm.any_time(), true)', one);
  WHEN 10 THEN RETURN CASE WHEN random() < 0.1 THEN 'TRUNCATE ' || (ARRAY['crm.activity', 'crm.attendee', 'crm.message', 'crm.thread, crm.conversation', 'crm.kind', 'crm.membership'])[crm.pick(6)]
                           ELSE format('UPDATE crm.activity SET id = id + 500 WHERE id = %s; UPDATE crm.activity SET id = id - 500 WHERE id > 500', one) END;
  WHEN 11, 12, 13 THEN RETURN format('INSERT INTO crm.attendee SELECT crm.pick(150), crm.any_lead(), random() < 0.1 FROM generate_series(1, %s)', many);
  WHEN 14 THEN RETURN format('UPDATE crm.attendee SET declined = NOT declined WHERE activity_id %% 6 = %s', one % 6);
  WHEN 15 THEN RETURN format('UPDATE crm.attendee SET lead_id = crm.any_lead(), activity_id = crm.pick(150) WHERE activity_id %% 8 = %s', one % 8);
  WHEN 16 THEN RETURN format('DELETE FROM crm.attendee WHERE activity_id %% 5 = %s', one % 5);
  WHEN 17, 18 THEN RETURN format('INSERT INTO crm.kind VALUES (crm.pick(6), ''call'', crm.any_points(), true) ON CONFLICT (id) DO UPDATE SET points = excluded.points');
  WHEN 19 THEN RETURN format('UPDATE crm.kind SET points = crm.any_points() WHERE id %% 2 = %s', one % 2);
  WHEN 20 THEN RETURN format('UPDATE crm.kind SET active = nullif(NOT coalesce(active, false), random() < 0.3), name = (ARRAY[''call'', ''mail''])[crm.pick(2)] WHERE id = %s', crm.pick(6));
  WHEN 21 THEN RETURN format('DELETE FROM crm.kind WHERE id = %s', crm.pick(6));
  WHEN 22, 23, 24 THEN
    RETURN format('INSERT INTO crm.message SELECT crm.pick(150), crm.pick(6), crm.pick(6), crm.any_time(), crm.any_points() FROM generate_series(1, %s) ON CONFLICT DO NOTHING', many);
  WHEN 25 THEN RETURN format('UPDATE crm.message SET thread_id = crm.pick(6), points = crm.any_points() WHERE id %% 6 = %s', one % 6);
  WHEN 26 THEN RETURN format('DELETE FROM crm.message WHERE id %% 6 = %s', one % 6);
  WHEN 27, 28 THEN RETURN 'INSERT INTO crm.thread SELECT crm.pick(6), crm.any_lead() ON CONFLICT (id) DO UPDATE SET lead_id = nullif(excluded.lead_id, 1)';
  WHEN 29, 30 THEN RETURN 'INSERT INTO crm.conversation SELECT crm.pick(6), crm.any_lead() ON CONFLICT (id) DO UPDATE SET lead_id = excluded.lead_id, spam = random() < 0.2';
  WHEN 31 THEN RETURN format('DELETE FROM crm.%I WHERE id = %s', (ARRAY['thread', 'conversation'])[crm.pick(2)], crm.pick(6));
  WHEN 32 THEN RETURN format('INSERT INTO crm.membership SELECT crm.any_lead(), crm.pick(4), random() < 0.2 FROM generate_series(1, %s)', many);
  WHEN 33 THEN RETURN CASE WHEN random() < 0.5 THEN 'UPDATE crm.membership SET ended = NOT ended' ELSE 'DELETE FROM crm.membership' END || format(' WHERE lead_id %% 4 = %s', one % 4);
  WHEN 34 THEN
    RETURN (ARRAY['DELETE FROM crm.lead WHERE id = %s', 'UPDATE crm.lead SET is_lead = NOT is_lead WHERE id = %s', 'UPDATE crm.lead SET account = ''account '' || crm.pick(4) WHERE id >= %s',
                  'INSERT INTO crm.lead SELECT g, ''account 1'' FROM generate_series(%s, 12) AS g ON CONFLICT DO NOTHING'])[crm.pick(4)];
  WHEN 35 THEN
    RETURN format('WITH kinds AS (UPDATE crm.kind SET points = points + 1), away AS (DELETE FROM crm.attendee WHERE activity_id %% 9 = %s RETURNING activity_id, lead_id)
                   INSERT INTO crm.activity SELECT DISTINCT 200 + activity_id, lead_id, 1, ARRAY[lead_id], leadscore.clock(), false FROM away ON CONFLICT DO NOTHING', one % 9);
  WHEN 36 THEN
    RETURN format('WITH threads AS (UPDATE crm.thread SET lead_id = NULL WHERE id = %1$s), talks AS (UPDATE crm.conversation SET lead_id = crm.any_lead())
                   UPDATE crm.message SET thread_id = %1$s WHERE id %% 5 = 0', crm.pick(6));
  WHEN 37 THEN RETURN 'CALL leadscore.tick()';
  -- As if that had been long ago: writers fold, too.
  WHEN 38 THEN RETURN 'CALL leadscore.tick(); UPDATE leadscore_internal.fold SET ticked_at = ''epoch''';
  ELSE RETURN format('SET pg_leadscore.clock = %L', leadscore.clock() + (random() - 0.2) * interval '36 hours');
  END CASE;
END $$;

CREATE PROCEDURE crm.write(statements int) LANGUAGE plpgsql AS $$
DECLARE
  statement text;
  before timestamptz;
BEGIN
  FOR i IN 1 .. statements LOOP
    statement := replace(crm.any_statement(), '%s', crm.pick(12)::text);
    IF statement LIKE '%tick%' AND current_setting('transaction_isolation') <> 'read committed' THEN
      COMMIT;
    ELSIF random() < 0.1 THEN
      before := leadscore.clock();
      BEGIN
        EXECUTE statement;
        EXECUTE replace(crm.any_statement(), '%s', crm.pick(12)::text);
        RAISE EXCEPTION 'rolled back' USING ERRCODE = 'YY000';
      EXCEPTION WHEN SQLSTATE 'YY000' OR invalid_transaction_state THEN
        PERFORM set_config('pg_leadscore.clock', before::text, false);
      END;
    ELSE
      EXECUTE statement;
    END IF;
    IF random() < 0.3 THEN
      COMMIT;
    END IF;
  END LOOP;
END $$;

-- What is wrong, one line each --------------------------------------------------------------------------------------

CREATE FUNCTION oracle.differ(kept float8, actual float8, magnitude float8) RETURNS boolean LANGUAGE sql AS
$$ SELECT CASE WHEN actual IS NULL THEN kept IS NOT NULL ELSE kept IS NULL OR NOT abs(kept - actual) <= 1e-9 * greatest(1, magnitude) END $$;

CREATE FUNCTION oracle.faults() RETURNS TABLE (part text, fault text) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  now timestamptz := leadscore.clock();
  at timestamptz;
  span interval;
BEGIN
  RETURN QUERY SELECT 'verify', v::text FROM leadscore.verify('links') AS v;
  RETURN QUERY
    WITH kept AS MATERIALIZED (SELECT * FROM leadscore.lead_links)
    SELECT 'view', format('lead: kept %s, actual %s', k, o)
    FROM kept AS k FULL JOIN oracle.leads(now) AS o ON o.id = k.lead_id
    WHERE k.lead_id IS NULL OR o.id IS NULL OR oracle.differ(k.points, o.points, o.magnitude) OR k.activities <> o.activities
       OR k.last_activity_at IS DISTINCT FROM o.last_activity_at;
  RETURN QUERY
    WITH kept AS MATERIALIZED (
      SELECT 'account' AS entity, account_id AS key, points, members_sum, members_avg, members_max, members, activities, last_activity_at FROM leadscore.account_links
      UNION ALL SELECT 'club', club_id::text, points, members_sum, members_avg, members_max, members, activities, last_activity_at FROM leadscore.club_links
    )
    SELECT 'view', format('%s: kept %s, actual %s', entity, k, o)
    FROM kept AS k FULL JOIN oracle.wholes(now) AS o USING (entity, key)
    WHERE k.key IS NULL OR o.key IS NULL OR oracle.differ(k.points, o.points, o.magnitude) OR oracle.differ(k.members_sum, o.points, o.magnitude)
       OR oracle.differ(k.members_avg, o.average, o.magnitude) OR oracle.differ(k.members_max, o.highest, o.magnitude)
       OR k.members <> o.members OR k.activities <> o.activities OR k.last_activity_at IS DISTINCT FROM o.last_activity_at;
  FOREACH at IN ARRAY ARRAY[now - interval '60 hours', now + interval '1 day', now + interval '40 days'] LOOP
    RETURN QUERY
      SELECT 'another instant', format('lead %s at %s: kept %s, actual %s', o.id, at, k, o.points)
      FROM oracle.leads(at) AS o, leadscore.lead_score('links', o.id, as_of => at) AS k
      WHERE o.id % 3 = extract(hour FROM now)::int % 3 AND oracle.differ(k, o.points, o.magnitude);
  END LOOP;
  RETURN QUERY
    SELECT 'another instant', format('%s: kept %s', o, k)
    FROM oracle.wholes(at) AS o,
         LATERAL (SELECT CASE o.entity WHEN 'account' THEN leadscore.account_score('links', o.key, at) ELSE leadscore.club_score('links', o.key::int, at) END AS k) AS x
    WHERE oracle.differ(k, o.points, o.magnitude);
  -- Both sides together are all who did not earn exactly as many.
  FOREACH span IN ARRAY ARRAY['3 days', '100 years']::interval[] LOOP
    RETURN QUERY
      SELECT 'window', format('within %s: kept %s, actual %s', span, k, o)
      FROM (SELECT l.id, coalesce(sum(m.points), 0) AS points, 1e-9 * greatest(1, sum(abs(m.points))) AS tolerance, count(DISTINCT m.activity) AS activities, max(m.at) AS last_activity_at
            FROM crm.lead AS l LEFT JOIN oracle.matches AS m ON m.lead_id = l.id AND m.at BETWEEN now - span AND now + m.ahead WHERE l.is_lead GROUP BY l.id) AS o
      FULL JOIN (SELECT true AS hot, h.* FROM leadscore.lead_hot('links', 20, span) AS h
                 UNION ALL SELECT false, c.* FROM leadscore.lead_cold('links', 20, span) AS c) AS k ON k.lead_id = o.id
      WHERE o.id IS NULL OR (k.lead_id IS NULL AND abs(o.points - 20) > o.tolerance) OR (abs(o.points - 20) > o.tolerance AND k.hot <> (o.points > 20))
         OR NOT abs(k.points - o.points) <= o.tolerance OR k.activities <> o.activities
         OR (k.lead_id IS NOT NULL AND k.last_activity_at IS DISTINCT FROM o.last_activity_at);
  END LOOP;
END $$;
