-- A small CRM whose leads score by what they are: criteria of every kind, beside a rule, rolled up to accounts, two entities
-- on one partitioned table. Random writes, and an oracle in plain SQL; what criteria once were, a row trigger of the CRM's own
-- writes down. Driven by fit_random.sh.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET pg_leadscore.clock = '2026-01-01 00:00:00+00';
CREATE EXTENSION pg_leadscore;

CREATE SCHEMA crm;
CREATE TABLE crm.account (id int PRIMARY KEY, industry text);
CREATE TABLE crm.lead (
  id int PRIMARY KEY, city text, title text, employees numeric, signed_at timestamptz, account_id int REFERENCES crm.account ON DELETE SET NULL,
  gone boolean NOT NULL DEFAULT false
) PARTITION BY RANGE (id);
CREATE TABLE crm.lead_1 PARTITION OF crm.lead FOR VALUES FROM (0) TO (8);
CREATE TABLE crm.lead_2 PARTITION OF crm.lead FOR VALUES FROM (8) TO (1000);
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, at timestamptz);
INSERT INTO crm.account SELECT g, (ARRAY['mining', 'wool', NULL])[1 + g % 3] FROM generate_series(1, 4) AS g;
INSERT INTO crm.lead SELECT g, (ARRAY['Newcastle', 'Leeds', NULL])[1 + g % 3], (ARRAY['director', 'clerk'])[1 + g % 2], g * 60, NULL, 1 + g % 4
FROM generate_series(1, 9) AS g;

-- What the criteria with once => true say of a row; customers have titles.
CREATE SCHEMA oracle;
CREATE FUNCTION oracle.holds(l crm.lead) RETURNS TABLE (score text, entity text, criterion text, since timestamptz, points float8) LANGUAGE sql STABLE AS $$
  SELECT 'fit', 'lead', 'was director', leadscore.clock(), coalesce(l.employees, 0)::float8 WHERE NOT l.gone AND l.title = 'director'
  UNION ALL
  SELECT 'fit', 'lead', 'was in Leeds', leadscore.clock(), 20 WHERE NOT l.gone AND l.city = 'Leeds'
  UNION ALL
  SELECT 'fit', 'lead', 'had signed', greatest(l.signed_at, '1400-01-02 00:00:00+00'), 30 WHERE NOT l.gone AND l.city IS NOT NULL AND l.signed_at <= '9998-12-31 00:00:00+00'
  UNION ALL
  SELECT 'ever', 'customer', 'big', leadscore.clock(), 5 WHERE l.title IS NOT NULL AND l.employees > 100
$$;
CREATE TABLE oracle.once (score text, entity text, criterion text, key int, since timestamptz, points float8, PRIMARY KEY (score, entity, criterion, key));
CREATE FUNCTION oracle.note_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO oracle.once SELECT h.score, h.entity, h.criterion, NEW.id, h.since, h.points FROM oracle.holds(NEW) AS h ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
INSERT INTO oracle.once SELECT h.score, h.entity, h.criterion, l.id, h.since, h.points FROM crm.lead AS l, oracle.holds(l) AS h;
CREATE TRIGGER note_once AFTER INSERT OR UPDATE ON crm.lead FOR EACH ROW EXECUTE FUNCTION oracle.note_once();
-- The CRM's own trigger: a wool account makes its leads bigger, in a statement within the statement.
CREATE FUNCTION crm.grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE crm.lead SET employees = coalesce(employees, 0) + 10 WHERE account_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER grow AFTER UPDATE ON crm.account FOR EACH ROW WHEN (NEW.industry = 'wool') EXECUTE FUNCTION crm.grow();

SELECT leadscore.create_entity('lead', 'crm.lead', filter => 'NOT gone');
SELECT leadscore.create_entity('customer', 'crm.lead', filter => 'title IS NOT NULL');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
-- The table of the leads is a source, too.
SELECT leadscore.create_source('signing', 'crm.lead', 'signed_at');
SELECT leadscore.create_link('signing', 'lead', 'id');
SELECT leadscore.create_score('fit', '{lead,account}', 'exponential(7 days)');
SELECT leadscore.create_rule('fit', 'activity', 'activity', '7');
SELECT leadscore.create_rule('fit', 'signing', 'signing', '1');
SELECT leadscore.create_criterion('fit', 'city', 'lead', '15', $$city = 'Newcastle' AND title = 'director'$$);
SELECT leadscore.create_criterion('fit', 'size', 'lead', 'employees / 10', max_points => 12);
SELECT leadscore.create_criterion('fit', 'signed', 'lead', '40', $$city IS NOT NULL$$, decay => 'step(3 days: 0.5, 9 days: 0)', occurred_at => 'signed_at');
SELECT leadscore.create_criterion('fit', 'since', 'lead', '-3', occurred_at => 'signed_at');
SELECT leadscore.create_criterion('fit', 'was director', 'lead', 'employees', $$title = 'director'$$, decay => 'linear(6 days)', once => true);
SELECT leadscore.create_criterion('fit', 'was in Leeds', 'lead', '20', $$city = 'Leeds'$$, once => true);
SELECT leadscore.create_criterion('fit', 'had signed', 'lead', '30', 'city IS NOT NULL', decay => 'exponential(36 hours)', occurred_at => 'signed_at', once => true);
SELECT leadscore.create_rollup('fit', 'account', 'lead', 'account_id');
SELECT leadscore.create_criterion('fit', 'industry', 'account', '9', $$industry = 'mining'$$);
SELECT leadscore.create_score('ever', '{customer}');
SELECT leadscore.create_criterion('ever', 'director', 'customer', '2', $$title = 'director'$$);
SELECT leadscore.create_criterion('ever', 'big', 'customer', '5', 'employees > 100', once => true);
CALL leadscore.publish('fit');
CALL leadscore.publish('ever');

-- The oracle: one line for each match; at is NULL for what counts always; capped: clamped at 12 by the key.
CREATE VIEW oracle.fact AS
SELECT 'fit' AS score, 'lead' AS entity, x.key, x.name, x.at, x.points::float8, x.decay, x.activities
FROM (
  SELECT a.lead_id AS key, 'activity' AS name, greatest(a.at, '1400-01-02 00:00+00') AS at, 7 AS points, 'exponential(7 days)' AS decay, 1 AS activities FROM crm.activity AS a WHERE a.at < 'infinity'
  UNION ALL SELECT l.id, 'signing', greatest(l.signed_at, '1400-01-02 00:00+00'), 1, 'exponential(7 days)', 1 FROM crm.lead AS l WHERE l.signed_at <= '9998-12-31'
  UNION ALL SELECT l.id, 'city', NULL, 15, 'none', 0 FROM crm.lead AS l WHERE l.city = 'Newcastle' AND l.title = 'director'
  UNION ALL SELECT l.id, 'size', NULL, least(12, coalesce(l.employees / 10, 0)), 'none', 0 FROM crm.lead AS l
  UNION ALL SELECT l.id, 'signed', greatest(l.signed_at, '1400-01-02 00:00+00'), 40, 'step(3 days: 0.5, 9 days: 0)', 0 FROM crm.lead AS l WHERE l.city IS NOT NULL AND l.signed_at <= '9998-12-31'
  UNION ALL SELECT l.id, 'since', greatest(l.signed_at, '1400-01-02 00:00+00'), -3, 'none', 0 FROM crm.lead AS l WHERE l.signed_at <= '9998-12-31'
) AS x JOIN crm.lead AS l ON l.id = x.key AND NOT l.gone
UNION ALL
SELECT o.score, o.entity, o.key, o.criterion, o.since, o.points,
       CASE o.criterion WHEN 'was director' THEN 'linear(6 days)' WHEN 'had signed' THEN 'exponential(36 hours)' ELSE 'none' END, 0
FROM oracle.once AS o JOIN crm.lead AS l ON l.id = o.key AND CASE o.entity WHEN 'lead' THEN NOT l.gone ELSE l.title IS NOT NULL END
UNION ALL
SELECT 'ever', 'customer', l.id, 'director', NULL, 2, 'none', 0 FROM crm.lead AS l WHERE l.title = 'director'
UNION ALL
SELECT 'fit', 'own account', a.id, 'industry', NULL, 9, 'none', 0 FROM crm.account AS a WHERE a.industry = 'mining';
-- An account has its own points and those of its leads.
CREATE VIEW oracle.all_fact AS
SELECT f.* FROM oracle.fact AS f WHERE f.entity <> 'own account'
UNION ALL
SELECT f.score, 'account', f.key, f.name, f.at, f.points, f.decay, f.activities FROM oracle.fact AS f WHERE f.entity = 'own account'
UNION ALL
SELECT f.score, 'account', l.account_id, f.name, f.at, f.points, f.decay, f.activities
FROM oracle.fact AS f JOIN crm.lead AS l ON l.id = f.key WHERE f.entity = 'lead' AND l.account_id IS NOT NULL;

-- age is in days, NULL for always.
CREATE FUNCTION oracle.weight(age float8, decay text) RETURNS float8 LANGUAGE sql AS $$
  SELECT CASE WHEN age IS NULL THEN 1 WHEN age < 0 THEN 0 WHEN decay = 'none' THEN 1
    WHEN decay = 'exponential(7 days)' THEN CASE WHEN age > 7000 THEN 0 ELSE power(0.5::float8, age / 7) END
    WHEN decay = 'exponential(36 hours)' THEN CASE WHEN age > 1500 THEN 0 ELSE power(0.5::float8, age / 1.5) END
    WHEN decay = 'linear(6 days)' THEN greatest(0, 1 - age / 6)
    WHEN decay = 'step(3 days: 0.5, 9 days: 0)' THEN CASE WHEN age <= 3 THEN 1 WHEN age <= 9 THEN 0.5 ELSE 0 END END $$;
CREATE FUNCTION oracle.keys() RETURNS TABLE (score text, entity text, key int) LANGUAGE sql AS $$
  SELECT 'fit', 'lead', id FROM crm.lead WHERE NOT gone
  UNION ALL SELECT 'fit', 'account', id FROM crm.account
  UNION ALL SELECT 'ever', 'customer', id FROM crm.lead WHERE title IS NOT NULL $$;
CREATE FUNCTION oracle.scores(as_of timestamptz)
RETURNS TABLE (score text, entity text, key int, points float8, magnitude float8, activities bigint, last_activity_at timestamptz) LANGUAGE sql AS $$
  SELECT k.score, k.entity, k.key, coalesce(sum(f.points * w), 0), coalesce(sum(abs(f.points) * w), 0),
         coalesce(sum(f.activities) FILTER (WHERE f.at <= as_of), 0), max(f.at) FILTER (WHERE f.at <= as_of AND f.activities > 0)
  FROM oracle.keys() AS k
  LEFT JOIN (oracle.all_fact AS f CROSS JOIN LATERAL oracle.weight((extract(epoch FROM as_of - f.at) / 86400)::float8, f.decay) AS w) USING (score, entity, key)
  GROUP BY 1, 2, 3 $$;

-- Random writes -----------------------------------------------------------------------------------------------------

CREATE FUNCTION crm.pick(n int) RETURNS int LANGUAGE sql VOLATILE AS $$ SELECT 1 + floor(random() * n)::int $$;
CREATE FUNCTION crm.any_time() RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $$
DECLARE dice float8 := random(); now timestamptz := leadscore.clock();
BEGIN
  RETURN CASE WHEN dice < 0.2 THEN NULL WHEN dice < 0.22 THEN 'infinity' WHEN dice < 0.24 THEN '-infinity' WHEN dice < 0.3 THEN now
              WHEN dice < 0.4 THEN now + random() * interval '3 days' ELSE now - random() * interval '12 days' END;
END $$;
CREATE FUNCTION crm.any_lead() RETURNS crm.lead LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RETURN ROW(crm.pick(14), (ARRAY['Newcastle', 'Leeds', 'York', NULL])[crm.pick(4)], (ARRAY['director', 'clerk', NULL])[crm.pick(3)],
             CASE WHEN random() > 0.1 THEN crm.pick(200) END, crm.any_time(), (SELECT a.id FROM crm.account AS a WHERE random() > 0.2 ORDER BY random() LIMIT 1),
             random() < 0.1)::crm.lead;
END $$;
CREATE FUNCTION crm.any_statement() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  one int := crm.pick(14);
  row text := format('(%L::crm.lead)', crm.any_lead());
BEGIN
  CASE crm.pick(27)
  WHEN 1, 2 THEN RETURN format('INSERT INTO crm.lead SELECT %s.* ON CONFLICT (id) DO NOTHING', row);
  WHEN 3, 4 THEN RETURN format('INSERT INTO crm.lead SELECT %s.* ON CONFLICT (id) DO UPDATE SET city = excluded.city, title = excluded.title, employees = excluded.employees', row);
  WHEN 5, 6 THEN
    RETURN format('MERGE INTO crm.lead AS l USING (SELECT %s.*) AS n ON l.id = n.id
                   WHEN MATCHED AND l.gone THEN DELETE
                   WHEN MATCHED THEN UPDATE SET city = n.city, employees = n.employees, title = n.title
                   WHEN NOT MATCHED THEN INSERT VALUES (n.id, n.city, n.title, n.employees, n.signed_at, n.account_id, n.gone)', row);
  WHEN 7 THEN RETURN format('UPDATE crm.lead SET city = CASE city WHEN ''Leeds'' THEN ''Newcastle'' ELSE ''Leeds'' END WHERE id %% 4 = %s', one % 4);
  WHEN 8 THEN RETURN format('UPDATE crm.lead SET title = CASE WHEN title IS NULL THEN ''director'' END WHERE id %% 5 = %s', one % 5);
  WHEN 9 THEN RETURN format('UPDATE crm.lead SET employees = employees * 2 WHERE id %% 3 = %s AND employees < 1e6', one % 3);
  WHEN 10 THEN RETURN format('UPDATE crm.lead SET signed_at = crm.any_time() WHERE id %% 3 = %s', one % 3);
  WHEN 11 THEN RETURN format('UPDATE crm.lead SET gone = NOT gone WHERE id %% 5 = %s', one % 5);
  WHEN 12 THEN RETURN format('UPDATE crm.lead SET account_id = (SELECT min(id) FROM crm.account WHERE id > %s) WHERE id %% 4 = %s', one % 4, one % 4);
  WHEN 13 THEN RETURN 'UPDATE crm.lead SET city = city, employees = employees';
  WHEN 14 THEN RETURN format('DELETE FROM crm.lead WHERE id = %s', one);
  WHEN 15 THEN RETURN CASE WHEN random() < 0.2 THEN 'TRUNCATE crm.lead' ELSE 'DELETE FROM crm.lead_1 WHERE employees > 150' END;
  -- Keys that change, within and between partitions.
  WHEN 16 THEN RETURN format('UPDATE crm.lead SET id = id + 20 WHERE id = %s', one);
  WHEN 17 THEN RETURN format('UPDATE crm.lead SET id = id - 20 WHERE id > 20 AND id - 20 NOT IN (SELECT x.id FROM crm.lead AS x)');
  WHEN 18 THEN RETURN format('MERGE INTO crm.lead AS l USING (VALUES (%s)) AS n(id) ON l.id = n.id WHEN MATCHED THEN UPDATE SET id = l.id + 40, title = ''director''', one);
  WHEN 19 THEN RETURN 'DELETE FROM crm.lead WHERE id > 30';
  WHEN 20 THEN RETURN format('UPDATE crm.account SET industry = (ARRAY[''mining'', ''wool'', NULL])[crm.pick(3)] WHERE id = %s', one % 4 + 1);
  WHEN 21 THEN RETURN format('DELETE FROM crm.account WHERE id = %s', one % 4 + 1);
  WHEN 22 THEN RETURN 'INSERT INTO crm.account SELECT g, ''mining'' FROM generate_series(1, 4) AS g ON CONFLICT DO NOTHING';
  WHEN 23 THEN RETURN format('INSERT INTO crm.activity (lead_id, at) SELECT crm.pick(14), crm.any_time() FROM generate_series(1, %s)', crm.pick(4));
  WHEN 24 THEN RETURN format('DELETE FROM crm.activity WHERE id %% 3 = %s', one % 3);
  WHEN 25 THEN RETURN 'CALL leadscore.tick()';
  ELSE RETURN format('SET pg_leadscore.clock = %L', leadscore.clock() + (random() - 0.1) * interval '36 hours');
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
      EXCEPTION WHEN SQLSTATE 'YY000' OR invalid_transaction_state OR unique_violation THEN
        PERFORM set_config('pg_leadscore.clock', before::text, false);
      END;
    ELSE
      BEGIN
        EXECUTE statement;
      EXCEPTION WHEN unique_violation THEN
        NULL;
      END;
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
DECLARE
  now timestamptz := leadscore.clock();
  instant timestamptz;
BEGIN
  RETURN QUERY SELECT 'verify', v::text FROM unnest('{fit,ever}'::text[]) AS s, leadscore.verify(s) AS v;
  RETURN QUERY
    WITH kept AS (
      SELECT 'fit' AS score, 'lead' AS entity, v.lead_id AS key, v.points, v.activities, v.last_activity_at FROM leadscore.lead_fit AS v
      UNION ALL SELECT 'fit', 'account', v.account_id, v.points, v.activities, v.last_activity_at FROM leadscore.account_fit AS v
      UNION ALL SELECT 'ever', 'customer', v.customer_id, v.points, v.activities, v.last_activity_at FROM leadscore.customer_ever AS v)
    SELECT 'view', format('kept %s, actual %s', k, o) FROM kept AS k FULL JOIN oracle.scores(now) AS o USING (score, entity, key)
    WHERE k.key IS NULL OR o.key IS NULL OR oracle.differ(k.points, o.points, o.magnitude) OR k.activities <> o.activities
       OR k.last_activity_at IS DISTINCT FROM o.last_activity_at;
  FOREACH instant IN ARRAY ARRAY[now - interval '50 hours', now + interval '2 days', '1500-01-01 00:00+00'] LOOP
    RETURN QUERY
      WITH kept AS (
        SELECT 'fit' AS score, 'lead' AS entity, v.lead_id AS key, v.points FROM leadscore.lead_scores_at('fit', instant) AS v
        UNION ALL SELECT 'fit', 'account', v.account_id, v.points FROM leadscore.account_scores_at('fit', instant) AS v
        UNION ALL SELECT 'ever', 'customer', v.customer_id, v.points FROM leadscore.customer_scores_at('ever', instant) AS v)
      SELECT 'another instant', format('%s: kept %s, actual %s', instant, k, o) FROM kept AS k FULL JOIN oracle.scores(instant) AS o USING (score, entity, key)
      WHERE k.key IS NULL OR o.key IS NULL OR oracle.differ(k.points, o.points, o.magnitude);
  END LOOP;
  -- Explanations add up, with a line for each match; at NULL where it counts always.
  RETURN QUERY
    SELECT 'explain', format('%s: %s, actual %s', o.key, x, o) FROM oracle.scores(now) AS o
    CROSS JOIN LATERAL (SELECT coalesce(sum(e.contribution), 0) AS points, count(*) FILTER (WHERE e.rule <> 'caps') AS lines,
                               count(*) FILTER (WHERE e.occurred_at IS NULL) AS always FROM leadscore.lead_explain('fit', o.key) AS e) AS x
    CROSS JOIN LATERAL (SELECT count(*) AS lines, count(*) FILTER (WHERE f.at IS NULL OR (f.activities = 0 AND f.at = '1400-01-02 00:00+00')) AS always
                        FROM oracle.all_fact AS f WHERE (f.score, f.entity, f.key) = ('fit', 'lead', o.key)) AS f
    WHERE o.entity = 'lead' AND (oracle.differ(x.points, o.points, o.magnitude) OR x.lines <> f.lines OR x.always <> f.always);
  -- What has no time was not earned in any window.
  RETURN QUERY
    SELECT 'window', format('%s: kept %s, actual %s', span, k, o)
    FROM unnest('{3 days,20 years,9000 years}'::interval[]) AS span
    CROSS JOIN LATERAL (
      SELECT a.key, coalesce(sum(f.points), 0) AS points, coalesce(sum(f.activities), 0) AS activities, max(f.at) FILTER (WHERE f.activities > 0) AS last_activity_at
      FROM oracle.keys() AS a LEFT JOIN oracle.all_fact AS f ON (f.score, f.entity, f.key) = (a.score, a.entity, a.key) AND f.at <= now
        AND (span > interval '600 years' OR f.at >= now - span) AND (f.activities > 0 OR f.at > '1400-01-02 00:00+00')
      WHERE a.entity = 'account' GROUP BY a.key) AS o
    LEFT JOIN LATERAL (SELECT * FROM leadscore.account_hot('fit', -1e9, span) AS h WHERE h.account_id = o.key) AS k ON true
    WHERE k.account_id IS NULL OR oracle.differ(k.points, o.points, 1000) OR k.activities <> o.activities OR k.last_activity_at IS DISTINCT FROM o.last_activity_at;
  RETURN QUERY
    SELECT 'once', format('kept %s, actual %s', r, o)
    FROM (SELECT t.rule AS criterion, x.key, x.since, x.points FROM leadscore.lead_once AS x
          JOIN leadscore_internal.rule AS c ON c.id = x.criterion CROSS JOIN LATERAL (SELECT c.name) AS t(rule)) AS r
    FULL JOIN (SELECT * FROM oracle.once AS y WHERE y.entity = 'lead') AS o USING (criterion, key)
    WHERE r.since IS DISTINCT FROM o.since OR r.points IS DISTINCT FROM o.points;
END $$;
