-- A small CRM, five live scores on it, random writes of every kind, and an oracle in plain SQL that knows nothing of
-- the extension. Driven by live_random.sh.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET pg_leadscore.clock = '2026-01-01 00:00:00+00';
CREATE EXTENSION pg_leadscore;

CREATE SCHEMA crm;
CREATE TABLE crm.lead (id int PRIMARY KEY, is_lead boolean NOT NULL DEFAULT true);
CREATE TABLE crm.account (code varchar(17) PRIMARY KEY);
CREATE TABLE crm.activity (
  id int PRIMARY KEY, lead_id bigint, second_id int, account text, kind text, at timestamptz, points float8,
  gone boolean NOT NULL DEFAULT false
);
CREATE TABLE crm.mail (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "to" int REFERENCES crm.lead ON DELETE CASCADE ON UPDATE CASCADE,
  at timestamp, "Weight" numeric
);
CREATE TABLE crm.note (id int PRIMARY KEY, parent_type text, parent_id int, day date);
INSERT INTO crm.lead SELECT g FROM generate_series(1, 12) AS g;
INSERT INTO crm.account SELECT 'account ' || g FROM generate_series(1, 4) AS g;

-- The CRM's own triggers: a meeting sends a mail, some mails make a note, some updates fold in the midst of a statement.
CREATE FUNCTION crm.meeting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO crm.mail ("to", at, "Weight") SELECT l.id, '2026-01-03', 3 FROM crm.lead AS l WHERE l.id = NEW.lead_id;
  RETURN NULL;
END $$;
CREATE TRIGGER meeting AFTER INSERT ON crm.activity FOR EACH ROW WHEN (NEW.kind = 'meeting') EXECUTE FUNCTION crm.meeting();
CREATE FUNCTION crm.mailed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."Weight" = 2 THEN
    INSERT INTO crm.note VALUES ((SELECT coalesce(max(id), 0) + 1 FROM crm.note), 'Lead', NEW."to", '2026-01-02');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER mailed BEFORE INSERT ON crm.mail FOR EACH ROW EXECUTE FUNCTION crm.mailed();
CREATE FUNCTION crm.folding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') = 'read committed' AND random() < 0.1 THEN
    CALL leadscore.tick();
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "! first" AFTER UPDATE ON crm.activity FOR EACH STATEMENT EXECUTE FUNCTION crm.folding();
CREATE TRIGGER each_row AFTER INSERT OR UPDATE OR DELETE ON crm.note FOR EACH ROW EXECUTE FUNCTION crm.folding();

SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'is_lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', 'at', filter => 'NOT gone');
SELECT leadscore.create_source('mail', 'crm.mail', 'at', time_zone => 'Europe/Berlin');
SELECT leadscore.create_source('note', 'crm.note', 'day', time_zone => 'UTC');
SELECT leadscore.create_source('kinds', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_link('activity', 'lead', 'second_id', filter => $$kind <> 'call'$$);
SELECT leadscore.create_link('activity', 'account', 'account');
SELECT leadscore.create_link('mail', 'lead', '"to"');
SELECT leadscore.create_link('note', 'lead', 'parent_id', filter => $$parent_type = 'Lead'$$);
SELECT leadscore.create_link('note', 'account', $$'account ' || parent_id::text$$, filter => $$parent_type = 'Account'$$);
SELECT leadscore.create_link('kinds', 'lead', 'lead_id');

SELECT leadscore.create_score('total', '{lead}');
SELECT leadscore.create_rule('total', 'activity', 'activity', 'points');
SELECT leadscore.create_rule('total', 'mail', 'mail', '"Weight"', filter => '"Weight" > 1');
SELECT leadscore.create_score('engagement', '{lead,account}', 'exponential(7 days)');
SELECT leadscore.create_rule('engagement', 'call', 'activity', 'points', filter => $$kind = 'call'$$);
SELECT leadscore.create_rule('engagement', 'any', 'activity', '5', filter => $$kind IN ('call', 'meeting')$$);
SELECT leadscore.create_rule('engagement', 'short', 'activity', 'points', filter => $$kind = 'visit' OR points < 0$$, decay => 'exponential(1 day)');
SELECT leadscore.create_rule('engagement', 'kept', 'mail', '"Weight" / 2', decay => 'none');
SELECT leadscore.create_rule('engagement', 'note', 'note', '2');
SELECT leadscore.create_score('kinds', '{lead}', 'exponential(36 hours)');
SELECT leadscore.create_rule('kinds', 'activity', 'activity', '1');
SELECT leadscore.create_rule('kinds', 'kind', 'kinds', 'length(kind)');
CALL leadscore.publish('total');
CALL leadscore.publish('engagement');
SELECT leadscore.create_score('bounded', '{lead}', 'window(5 days)');
SELECT leadscore.create_rule('bounded', 'window', 'activity', 'points', filter => $$kind = 'call'$$);
SELECT leadscore.create_rule('bounded', 'step', 'activity', 'points', filter => $$kind = 'meeting'$$, decay => 'step(1 day: 0.5, 4 days: 0.25, 9 days: 0)');
SELECT leadscore.create_rule('bounded', 'linear', 'activity', 'points', filter => $$kind = 'visit'$$, decay => 'linear(6 days)');
SELECT leadscore.create_rule('bounded', 'hold', 'mail', '"Weight"', decay => 'exponential(2 days, hold 1 day, expire 8 days)');
CALL leadscore.publish('kinds');
CALL leadscore.publish('bounded');
SELECT leadscore.create_score('limited', '{lead}', 'exponential(7 days)');
SELECT leadscore.create_rule('limited', 'call', 'activity', 'points', filter => $$kind = 'call'$$, at_most => 2);
SELECT leadscore.create_rule('limited', 'mail', 'mail', '"Weight"', decay => 'step(1 day: 0.5, 4 days: 0.25, 9 days: 0)', at_most => 1, per => '1 week');
SELECT leadscore.create_rule('limited', 'visit', 'activity', 'points', filter => $$kind = 'visit'$$, decay => 'linear(6 days)', at_most => 3, per => '60 hours');
SELECT leadscore.create_rule('limited', 'meeting', 'activity', '5', filter => $$kind = 'meeting'$$, decay => 'window(5 days)');
CALL leadscore.publish('limited');

-- The oracle --------------------------------------------------------------------------------------------------------

CREATE SCHEMA oracle;
CREATE VIEW oracle.activity AS
SELECT a.*, CASE WHEN a.lead_id BETWEEN 1 AND 100000 THEN a.lead_id::int END AS first_id FROM crm.activity AS a;
-- What rules with a limit match, and the span of time that it is in, by the clock of the source.
CREATE VIEW oracle.spans AS
SELECT l.id::text AS key, 'call' AS rule, 'activity ' || a.id AS activity, t.at, coalesce(a.points, 0) AS points, 'exponential(7 days)' AS decay,
       2 AS at_most, to_char(t.at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS span
FROM oracle.activity AS a CROSS JOIN LATERAL greatest(a.at, '1400-01-02 00:00:00+00') AS t(at) JOIN crm.lead AS l ON l.id = a.first_id
WHERE NOT a.gone AND a.kind = 'call' AND a.at < 'infinity'
UNION ALL
SELECT DISTINCT l.id::text, 'visit', 'activity ' || a.id, t.at, coalesce(a.points, 0), 'linear(6 days)', 3,
       div(extract(epoch FROM t.at) - extract(epoch FROM timestamptz '0001-01-01 00:00:00+00'), 60 * 3600)::text
FROM oracle.activity AS a CROSS JOIN LATERAL greatest(a.at, '1400-01-02 00:00:00+00') AS t(at) JOIN crm.lead AS l ON l.id = a.first_id OR l.id = a.second_id
WHERE NOT a.gone AND a.kind = 'visit' AND a.at < 'infinity'
UNION ALL
SELECT m."to"::text, 'mail', 'mail ' || m.id, t.at, coalesce(m."Weight", 0), 'step(1 day: 0.5, 4 days: 0.25, 9 days: 0)', 1,
       to_char(t.at AT TIME ZONE 'Europe/Berlin', 'IYYY-IW')
FROM crm.mail AS m CROSS JOIN LATERAL greatest(m.at AT TIME ZONE 'Europe/Berlin', '1400-01-02 00:00:00+00') AS t(at)
WHERE m."to" IS NOT NULL AND m.at < 'infinity';
-- One line for each rule that an activity matches and each entity that it reaches.
CREATE VIEW oracle.matches AS
WITH reached AS (
  SELECT DISTINCT 'lead' AS entity, l.id::text AS key, a.id, a.kind, a.at, a.points
  FROM oracle.activity AS a JOIN crm.lead AS l ON l.id = a.first_id OR (l.id = a.second_id AND a.kind <> 'call')
  WHERE NOT a.gone
  UNION ALL
  SELECT 'account', c.code, a.id, a.kind, a.at, a.points FROM crm.activity AS a JOIN crm.account AS c ON c.code = a.account
  WHERE NOT a.gone
), matched AS (
  SELECT 'total' AS score, entity, key, 'activity ' || id AS activity, at, coalesce(points, 0) AS points, 'none' AS decay
  FROM reached WHERE entity = 'lead'
  UNION ALL
  SELECT 'total', 'lead', "to"::text, 'mail ' || id, at AT TIME ZONE 'Europe/Berlin', "Weight", 'none' FROM crm.mail WHERE "Weight" > 1
  UNION ALL
  SELECT 'engagement', entity, key, 'activity ' || id, at, CASE WHEN kind = 'call' THEN coalesce(points, 0) ELSE 0 END + 5, 'exponential(7 days)'
  FROM reached WHERE kind IN ('call', 'meeting')
  UNION ALL
  SELECT 'engagement', entity, key, 'activity ' || id, at, coalesce(points, 0), 'exponential(1 day)' FROM reached WHERE kind = 'visit' OR points < 0
  UNION ALL
  SELECT 'engagement', 'lead', "to"::text, 'mail ' || id, at AT TIME ZONE 'Europe/Berlin', coalesce("Weight", 0) / 2, 'none' FROM crm.mail
  UNION ALL
  SELECT 'engagement', lower(parent_type), CASE parent_type WHEN 'Lead' THEN '' ELSE 'account ' END || parent_id, 'note ' || id,
         day::timestamp AT TIME ZONE 'UTC', 2, 'exponential(7 days)'
  FROM crm.note WHERE parent_type IN ('Lead', 'Account')
  UNION ALL
  SELECT 'kinds', entity, key, 'activity ' || id, at, 1, 'exponential(36 hours)' FROM reached WHERE entity = 'lead'
  UNION ALL
  SELECT 'kinds', 'lead', first_id::text, 'kinds ' || id, at, coalesce(length(kind), 0), 'exponential(36 hours)' FROM oracle.activity
  UNION ALL
  SELECT 'bounded', entity, key, 'activity ' || id, at, coalesce(points, 0), r.decay
  FROM reached, (VALUES ('call', 'window(5 days)'), ('meeting', 'step(1 day: 0.5, 4 days: 0.25, 9 days: 0)'), ('visit', 'linear(6 days)')) AS r(of_kind, decay)
  WHERE entity = 'lead' AND kind = of_kind
  UNION ALL
  SELECT 'bounded', 'lead', "to"::text, 'mail ' || id, at AT TIME ZONE 'Europe/Berlin', coalesce("Weight", 0), 'exponential(2 days, hold 1 day, expire 8 days)' FROM crm.mail
  UNION ALL
  SELECT 'limited', 'lead', key, activity, at, points, decay
  FROM (SELECT *, row_number() OVER (PARTITION BY key, rule, span ORDER BY at, points DESC) AS number FROM oracle.spans) AS x WHERE number <= at_most
  UNION ALL
  SELECT 'limited', entity, key, 'activity ' || id, at, 5, 'window(5 days)' FROM reached WHERE entity = 'lead' AND kind = 'meeting'
)
SELECT score, entity, key, activity, greatest(at, '1400-01-02 00:00:00+00') AS at, points::float8, decay FROM matched
WHERE at < 'infinity';

CREATE FUNCTION oracle.half(exponent float8) RETURNS float8 LANGUAGE sql AS
$$ SELECT CASE WHEN exponent > 1000 THEN 0 ELSE power(0.5::float8, exponent) END $$;
-- age is in days.
CREATE FUNCTION oracle.weight(age float8, decay text) RETURNS float8 LANGUAGE sql AS $$
  SELECT CASE WHEN age < 0 THEN 0
    WHEN decay = 'none' THEN 1
    WHEN decay = 'exponential(7 days)' THEN oracle.half(age / 7)
    WHEN decay = 'exponential(1 day)' THEN oracle.half(age)
    WHEN decay = 'exponential(36 hours)' THEN oracle.half(age / 1.5)
    WHEN decay = 'window(5 days)' THEN CASE WHEN age <= 5 THEN 1 ELSE 0 END
    WHEN decay = 'step(1 day: 0.5, 4 days: 0.25, 9 days: 0)' THEN CASE WHEN age <= 1 THEN 1 WHEN age <= 4 THEN 0.5 WHEN age <= 9 THEN 0.25 ELSE 0 END
    WHEN decay = 'linear(6 days)' THEN greatest(0, 1 - age / 6)
    WHEN decay = 'exponential(2 days, hold 1 day, expire 8 days)' THEN CASE WHEN age > 8 THEN 0 ELSE oracle.half(greatest(0, age - 1) / 2) END
  END $$;

CREATE FUNCTION oracle.keys() RETURNS TABLE (score text, entity text, key text) LANGUAGE sql AS $$
  SELECT s, 'lead', id::text FROM crm.lead, unnest('{total,engagement,kinds,bounded,limited}'::text[]) AS s WHERE is_lead
  UNION ALL SELECT 'engagement', 'account', code FROM crm.account
$$;

CREATE FUNCTION oracle.scores(as_of timestamptz)
RETURNS TABLE (score text, entity text, key text, points float8, magnitude float8, activities bigint, last_activity_at timestamptz)
LANGUAGE sql AS $$
  SELECT k.score, k.entity, k.key, coalesce(m.points, 0), coalesce(m.magnitude, 0), coalesce(m.activities, 0), m.last_activity_at
  FROM oracle.keys() AS k LEFT JOIN (
    SELECT m.score, m.entity, m.key, sum(m.points * w) AS points, sum(abs(m.points) * w) AS magnitude,
           count(DISTINCT m.activity) AS activities, max(m.at) AS last_activity_at
    FROM oracle.matches AS m, oracle.weight((extract(epoch FROM as_of - m.at) / 86400)::float8, m.decay) AS w
    WHERE m.at <= as_of GROUP BY 1, 2, 3
  ) AS m USING (score, entity, key)
$$;

CREATE FUNCTION oracle.in_window(from_time timestamptz, to_time timestamptz)
RETURNS TABLE (score text, entity text, key text, points float8, tolerance float8, activities bigint, last_activity_at timestamptz)
LANGUAGE sql AS $$
  SELECT k.score, k.entity, k.key, coalesce(m.points, 0), 1e-9 * greatest(1, m.magnitude), coalesce(m.activities, 0), m.last_activity_at
  FROM oracle.keys() AS k LEFT JOIN (
    SELECT m.score, m.entity, m.key, sum(m.points) AS points, sum(abs(m.points)) AS magnitude, count(DISTINCT m.activity) AS activities, max(m.at) AS last_activity_at
    FROM oracle.matches AS m WHERE m.at BETWEEN from_time AND to_time GROUP BY 1, 2, 3
  ) AS m USING (score, entity, key)
$$;

-- Random writes -----------------------------------------------------------------------------------------------------

CREATE FUNCTION crm.pick(n int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT 1 + floor(random() * n)::int $$;
CREATE FUNCTION crm.any_time() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
DECLARE dice float8 := random(); now timestamptz := leadscore.clock();
BEGIN
  RETURN CASE WHEN dice < 0.02 THEN NULL WHEN dice < 0.03 THEN 'infinity' WHEN dice < 0.04 THEN '-infinity'
              WHEN dice < 0.05 THEN '0001-01-01 00:00:00+00' WHEN dice < 0.06 THEN '9999-06-01 00:00:00+00' WHEN dice < 0.1 THEN now
              WHEN dice < 0.2 THEN now + random() * interval '3 days'
              WHEN dice < 0.25 THEN now - random() * interval '3000 days'
              WHEN dice < 0.5 THEN date_trunc('day', now - random() * interval '3 days')
              ELSE now - random() * interval '20 days' END;
END $$;
CREATE FUNCTION crm.any_points() RETURNS float8 LANGUAGE plpgsql VOLATILE AS $$
DECLARE dice float8 := random();
BEGIN
  RETURN CASE WHEN dice < 0.05 THEN NULL WHEN dice < 0.1 THEN 0 WHEN dice < 0.15 THEN -10 * random() WHEN dice < 0.18 THEN 1e12
              WHEN dice < 0.2 THEN 1e-9 WHEN dice < 0.6 THEN crm.pick(20) ELSE random() * 100 END;
END $$;
CREATE FUNCTION crm.any_activity() RETURNS crm.activity LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN ROW(crm.pick(300), CASE WHEN random() < 0.03 THEN 5000000000 WHEN random() > 0.03 THEN crm.pick(14) END,
             CASE WHEN random() < 0.3 THEN crm.pick(14) END, CASE WHEN random() < 0.5 THEN 'account ' || crm.pick(5) END,
             (ARRAY['call', 'meeting', 'visit', 'other'])[crm.pick(4)], crm.any_time(), crm.any_points(), random() < 0.1)::crm.activity;
END $$;
CREATE SEQUENCE crm.activity_id START 1000;

-- Any one statement; ticks and moves of the clock count as such.
CREATE FUNCTION crm.any_statement() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  one int := crm.pick(300);
  new_row text := format('(%L::crm.activity)', crm.any_activity());
  many int := CASE WHEN random() < 0.1 THEN 200 ELSE crm.pick(4) END;
BEGIN
  CASE crm.pick(36)
  WHEN 1, 2, 3, 4 THEN
    RETURN format('INSERT INTO crm.activity SELECT nextval(''crm.activity_id''), r.lead_id, r.second_id, r.account, r.kind, r.at, r.points, r.gone
                   FROM generate_series(1, %s), LATERAL (SELECT (x).* FROM crm.any_activity() AS x) AS r', many);
  WHEN 5, 6 THEN
    RETURN format('INSERT INTO crm.activity SELECT %s.* ON CONFLICT (id) DO UPDATE SET points = excluded.points, kind = excluded.kind, at = excluded.at, lead_id = excluded.lead_id', new_row);
  WHEN 7 THEN
    RETURN format('INSERT INTO crm.activity SELECT %s.* ON CONFLICT (id) DO NOTHING', new_row);
  WHEN 8, 9 THEN
    RETURN format('MERGE INTO crm.activity AS a USING (SELECT %s.*) AS n ON a.id = n.id
                   WHEN MATCHED AND a.gone THEN DELETE
                   WHEN MATCHED THEN UPDATE SET kind = n.kind, second_id = n.second_id, points = coalesce(n.points, a.points + 1)
                   WHEN NOT MATCHED THEN INSERT VALUES (n.id, n.lead_id, n.second_id, n.account, n.kind, n.at, n.points, n.gone)', new_row);
  WHEN 10 THEN RETURN format('UPDATE crm.activity SET points = crm.any_points() WHERE id %% 7 = %s', one % 7);
  WHEN 11 THEN RETURN format('UPDATE crm.activity SET at = crm.any_time() WHERE id %% 11 = %s', one % 11);
  WHEN 12 THEN RETURN format('UPDATE crm.activity SET lead_id = crm.pick(14), second_id = lead_id %% 14 WHERE lead_id < 100 AND id %% 9 = %s', one % 9);
  WHEN 13 THEN RETURN format('UPDATE crm.activity SET gone = NOT gone WHERE id %% 5 = %s', one % 5);
  WHEN 14 THEN RETURN format('UPDATE crm.activity SET points = points, kind = kind WHERE id %% 3 = %s', one % 3);
  WHEN 15 THEN RETURN format('DELETE FROM crm.activity WHERE id %% 6 = %s', one % 6);
  WHEN 16 THEN RETURN format('DELETE FROM crm.activity WHERE lead_id = %s', crm.pick(14));
  WHEN 17 THEN RETURN 'DELETE FROM crm.activity WHERE points > 1e11';
  WHEN 18 THEN RETURN CASE WHEN random() < 0.1 THEN 'TRUNCATE crm.activity' ELSE 'DELETE FROM crm.activity WHERE at > leadscore.clock()' END;
  WHEN 19, 20 THEN
    RETURN format('INSERT INTO crm.mail ("to", at, "Weight") SELECT l.id, crm.any_time() AT TIME ZONE ''UTC'', crm.pick(9) FROM crm.lead AS l ORDER BY random() LIMIT %s', many);
  WHEN 21 THEN RETURN format('UPDATE crm.mail SET "Weight" = NULLIF(crm.pick(6), 3) WHERE id %% 4 = %s', one % 4);
  WHEN 22 THEN RETURN CASE WHEN random() < 0.1 THEN 'TRUNCATE crm.mail, crm.note' ELSE format('DELETE FROM crm.mail WHERE id %% 3 = %s', one % 3) END;
  WHEN 23, 24 THEN
    RETURN format('INSERT INTO crm.note SELECT coalesce((SELECT max(id) FROM crm.note), 0) + g, (ARRAY[''Lead'', ''Account'', ''Deal''])[crm.pick(3)], crm.pick(14), crm.any_time()
                   FROM generate_series(1, %s) AS g', crm.pick(4));
  WHEN 25 THEN RETURN format('UPDATE crm.note SET parent_type = CASE parent_type WHEN ''Lead'' THEN ''Account'' ELSE ''Lead'' END WHERE id %% 4 = %s', one % 4);
  WHEN 26 THEN RETURN format('DELETE FROM crm.note WHERE id %% 2 = %s', one % 2);
  WHEN 27 THEN RETURN format('DELETE FROM crm.lead WHERE id = %s', crm.pick(14));
  WHEN 28, 29 THEN RETURN format('INSERT INTO crm.lead SELECT g FROM generate_series(%s, 14) AS g ON CONFLICT DO NOTHING', crm.pick(14));
  WHEN 30 THEN RETURN format('UPDATE crm.lead SET is_lead = NOT is_lead WHERE id %% 4 = %s', one % 4);
  WHEN 31 THEN
    RETURN format('WITH added AS (INSERT INTO crm.activity SELECT nextval(''crm.activity_id''), r.lead_id, r.second_id, r.account, r.kind, r.at, r.points, r.gone
                                  FROM generate_series(1, 60), LATERAL (SELECT (x).* FROM crm.any_activity() AS x) AS r RETURNING lead_id),
                        removed AS (DELETE FROM crm.note WHERE id %% 3 = %s)
                   INSERT INTO crm.mail ("to", at, "Weight") SELECT l.id, ''2026-01-02'', 4 FROM added AS a JOIN crm.lead AS l ON l.id = a.lead_id', one % 3);
  WHEN 32 THEN RETURN format('UPDATE crm.lead SET id = id + 20 WHERE id = %s; UPDATE crm.lead SET id = id - 20 WHERE id > 20', crm.pick(14));
  WHEN 33 THEN RETURN 'CALL leadscore.tick()';
  -- As if that had been long ago: writers fold, too.
  WHEN 34 THEN RETURN 'CALL leadscore.tick(); UPDATE leadscore_internal.fold SET ticked_at = ''epoch''';
  ELSE
    RETURN format('SET pg_leadscore.clock = %L', leadscore.clock() + (random() - 0.2) * interval '36 hours');
  END CASE;
END $$;

CREATE PROCEDURE crm.write(statements int) LANGUAGE plpgsql AS $$
DECLARE
  statement text;
  before timestamptz;
BEGIN
  FOR i IN 1 .. statements LOOP
    statement := crm.any_statement();
    IF statement LIKE '%tick%' AND current_setting('transaction_isolation') <> 'read committed' THEN
      COMMIT;
    ELSIF random() < 0.1 THEN
      before := leadscore.clock();
      BEGIN
        EXECUTE statement;
        EXECUTE crm.any_statement();
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
$$ SELECT kept IS NULL OR NOT abs(kept - actual) <= 1e-9 * greatest(1, magnitude) $$;

CREATE FUNCTION oracle.faults() RETURNS TABLE (part text, fault text) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
  now timestamptz := leadscore.clock();
  at timestamptz;
  item record;
  kept float8;
  span interval;
  wanted text;
BEGIN
  FOR item IN SELECT unnest('{total,engagement,kinds,bounded,limited}'::text[]) AS score LOOP
    RETURN QUERY SELECT 'verify', format('%s %s', item.score, v) FROM leadscore.verify(item.score) AS v;
  END LOOP;

  RETURN QUERY
    WITH kept AS (
      SELECT 'total' AS score, 'lead' AS entity, lead_id::text AS key, points, activities, last_activity_at FROM leadscore.lead_total
      UNION ALL SELECT 'engagement', 'lead', lead_id::text, points, activities, last_activity_at FROM leadscore.lead_engagement
      UNION ALL SELECT 'kinds', 'lead', lead_id::text, points, activities, last_activity_at FROM leadscore.lead_kinds
      UNION ALL SELECT 'bounded', 'lead', lead_id::text, points, activities, last_activity_at FROM leadscore.lead_bounded
      UNION ALL SELECT 'limited', 'lead', lead_id::text, points, activities, last_activity_at FROM leadscore.lead_limited
      UNION ALL SELECT 'engagement', 'account', account_id, points, activities, last_activity_at FROM leadscore.account_engagement
    )
    SELECT 'view', format('kept %s, actual %s', k, o)
    FROM kept AS k FULL JOIN oracle.scores(now) AS o USING (score, entity, key)
    WHERE k.key IS NULL OR o.key IS NULL OR oracle.differ(k.points, o.points, o.magnitude) OR k.activities <> o.activities
       OR k.last_activity_at IS DISTINCT FROM o.last_activity_at;

  RETURN QUERY
    SELECT 'side by side', format('%s %s: %s, actual %s', o.score, o.key, v.points, o.points)
    FROM (SELECT lead_id::text AS key, x.score, x.points FROM leadscore.lead_scores,
                 LATERAL (VALUES ('total', total), ('engagement', engagement), ('kinds', kinds), ('bounded', bounded), ('limited', limited)) AS x(score, points)) AS v
    FULL JOIN (SELECT * FROM oracle.scores(now) AS s WHERE s.entity = 'lead') AS o USING (score, key)
    WHERE v.key IS NULL OR o.key IS NULL OR oracle.differ(v.points, o.points, o.magnitude);

  FOREACH at IN ARRAY ARRAY[now - interval '60 hours', now + interval '1 day', now + interval '40 days'] LOOP
    FOR item IN SELECT * FROM oracle.scores(at) AS s WHERE s.entity = 'lead' AND s.key::int % 4 = extract(hour FROM now)::int % 4 LOOP
      kept := leadscore.lead_score(item.score, item.key::int, as_of => at);
      IF oracle.differ(kept, item.points, item.magnitude) THEN
        part := 'another instant';
        fault := format('%s at %s: %s', item, at, kept);
        RETURN NEXT;
      END IF;
    END LOOP;
  END LOOP;
  IF leadscore.lead_score('total', 99) IS NOT NULL OR leadscore.lead_score('total', 99, now - interval '1 day') IS NOT NULL THEN
    RETURN QUERY SELECT 'another instant', 'points for what is no lead';
  END IF;

  -- Both sides together are all who did not earn exactly as many.
  FOREACH span IN ARRAY ARRAY['3 days', '1 month', '100 years']::interval[] LOOP
    FOREACH wanted IN ARRAY '{total,engagement,kinds,bounded,limited}'::text[] LOOP
      RETURN QUERY
        SELECT 'window', format('%s within %s: kept %s, actual %s', wanted, span, k, o)
        FROM (SELECT * FROM oracle.in_window(((now AT TIME ZONE 'UTC') - span) AT TIME ZONE 'UTC', now) AS w
              WHERE w.score = wanted AND w.entity = 'lead') AS o
        FULL JOIN (SELECT true AS hot, h.* FROM leadscore.lead_hot(wanted, 10, span) AS h
                   UNION ALL SELECT false, h.* FROM leadscore.lead_cold(wanted, 10, span) AS h) AS k ON k.lead_id::text = o.key
        WHERE o.key IS NULL OR (k.lead_id IS NULL AND abs(o.points - 10) > o.tolerance)
           OR (abs(o.points - 10) > o.tolerance AND k.hot <> (o.points > 10))
           OR NOT abs(k.points - o.points) <= o.tolerance OR k.activities <> o.activities
           OR (k.lead_id IS NOT NULL AND k.last_activity_at IS DISTINCT FROM o.last_activity_at);
    END LOOP;
  END LOOP;

  RETURN QUERY
    SELECT 'ranking', format('%s: kept %s, actual %s', s, k, o)
    FROM unnest('{total,engagement,kinds,bounded,limited}'::text[]) AS s
    CROSS JOIN LATERAL (SELECT row_number() OVER (ORDER BY x.points DESC) AS rank, row_number() OVER (ORDER BY x.points) AS cold_rank, x.points,
                               max(x.magnitude) OVER () AS magnitude FROM oracle.scores(now) AS x WHERE x.score = s AND x.entity = 'lead') AS o
    LEFT JOIN LATERAL leadscore.lead_hottest(s, 5) AS k ON k.rank = o.rank
    LEFT JOIN LATERAL leadscore.lead_coldest(s, 100) AS c ON c.rank = o.cold_rank
    WHERE (o.rank <= 5) <> (k.rank IS NOT NULL) OR (k.rank IS NOT NULL AND oracle.differ(k.points, o.points, o.magnitude))
       OR oracle.differ(c.points, o.points, o.magnitude);
END $$;
