-- lead_hot and lead_cold add up rows of all kinds of keys, in parts where memory is short, compared with plain SQL over the
-- CRM's rows; candidates from the states of a score that is the window itself.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET pg_leadscore.clock = '2026-03-31 00:00:00+00';
CREATE SCHEMA crm;
-- int4 and text are hashed in their own ways; money has an order, but no hash.
CREATE TABLE crm.lead (id int PRIMARY KEY, big bigint UNIQUE, name text UNIQUE, price money UNIQUE, code uuid UNIQUE);
INSERT INTO crm.lead SELECT i, i + 5000000000::bigint * (i % 3 - 1), 'lead ' || i || repeat('x', i % 50), i::money, md5(i::text)::uuid FROM generate_series(1, 3000) AS i;
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, big bigint, name text, price money, code uuid, points float8, at timestamptz);
INSERT INTO crm.activity (lead_id, big, name, price, code, points, at)
SELECT l.id, l.big, l.name, l.price, l.code, i % 7 - 1, timestamptz '2026-03-31' - i * interval '1 minute'
FROM generate_series(1, 12000) AS i JOIN crm.lead AS l ON l.id = 1 + (i * 7919 + i / 13) % 2500;
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_entity(k, 'crm.lead', key => k), leadscore.create_link('activity', k, CASE k WHEN 'id' THEN 'lead_id' ELSE k END)
FROM unnest('{id,big,name,price,code}'::text[]) AS k;
SELECT leadscore.create_score('heat', entities => '{id,big,name,price,code}', decay => 'window(7 days)');
SELECT leadscore.create_rule('heat', 'points', 'activity', 'points');
CALL leadscore.publish('heat');

-- What the functions say of everybody, beside the rows: how many they list, and how many lines differ. A window of 7 days asks
-- the states who may be hot.
CREATE FUNCTION crm.compare(points float8, within interval) RETURNS TABLE (kind text, hot bigint, wrong_hot bigint, cold bigint, wrong_cold bigint)
LANGUAGE plpgsql AS $$
BEGIN
  FOREACH kind IN ARRAY '{id,big,name,price,code}'::text[] LOOP
    EXECUTE format($query$
      WITH rows AS (
        SELECT l.%1$I::text AS key, coalesce(sum(x.points), 0) AS points, count(x.id) AS activities, max(x.at) FILTER (WHERE x.id IS NOT NULL) AS last_activity_at
        FROM crm.lead AS l LEFT JOIN (
          SELECT a.%2$I AS key, a.points, a.id, a.at FROM crm.activity AS a
          UNION ALL SELECT j.%1$I, j.points, NULL, j.occurred_at FROM leadscore.%1$s_adjustments AS j (n, %1$I, score, points, reason, occurred_at)
        ) AS x ON x.key = l.%1$I AND x.at BETWEEN leadscore.clock() - $2 AND leadscore.clock() GROUP BY 1
      ), hot AS (SELECT h.%1$s_id::text, h.points, h.activities, h.last_activity_at FROM leadscore.%1$s_hot('heat', $1, $2) AS h),
      cold AS (SELECT h.%1$s_id::text, h.points, h.activities, h.last_activity_at FROM leadscore.%1$s_cold('heat', $1, $2) AS h),
      right_hot AS (SELECT * FROM rows WHERE rows.points > $1), right_cold AS (SELECT * FROM rows WHERE rows.points < $1)
      SELECT (SELECT count(*) FROM hot),
             (SELECT count(*) FROM ((TABLE hot EXCEPT ALL TABLE right_hot) UNION ALL (TABLE right_hot EXCEPT ALL TABLE hot)) AS d),
             (SELECT count(*) FROM cold),
             (SELECT count(*) FROM ((TABLE cold EXCEPT ALL TABLE right_cold) UNION ALL (TABLE right_cold EXCEPT ALL TABLE cold)) AS d)$query$,
      kind, CASE kind WHEN 'id' THEN 'lead_id' ELSE kind END) INTO hot, wrong_hot, cold, wrong_cold USING points, within;
    RETURN NEXT;
  END LOOP;
END
$$;
CREATE VIEW crm.compared AS
SELECT w.*, c.* FROM (VALUES (8::float8, interval '7 days'), (8, '5 days'), (-1, '6 hours'), (20, '7 days'), (1e6, '7 days')) AS w(points, within), crm.compare(points, within) AS c;
SELECT * FROM crm.compared ORDER BY 1, 2, 3;
-- Too little memory for all of them at a time.
SET work_mem = '64kB';
SET hash_mem_multiplier = 1;
SELECT * FROM crm.compared WHERE hot + cold + wrong_hot + wrong_cold > 0 ORDER BY 1, 2, 3;
RESET work_mem;
RESET hash_mem_multiplier;

-- Changes that are not in the states yet: they come and go; what is at the limit, and near it; points given by hand.
INSERT INTO crm.activity (lead_id, big, name, price, code, points, at)
SELECT l.id, l.big, l.name, l.price, l.code, 30, '2026-03-30' FROM crm.lead AS l WHERE l.id <= 10;
DELETE FROM crm.activity WHERE lead_id BETWEEN 100 AND 120;
UPDATE crm.activity SET at = '2026-03-01' WHERE lead_id BETWEEN 200 AND 220;
INSERT INTO crm.activity (lead_id, big, name, price, code, points, at)
SELECT l.id, l.big, l.name, l.price, l.code, p, '2026-03-30' FROM crm.lead AS l CROSS JOIN unnest(CASE WHEN l.id < 2910 THEN '{13,7}' WHEN l.id < 2920 THEN '{19.9,0.1,1e-9}' ELSE '{19.9,0.1,-1e-9}' END::float8[]) AS p
WHERE l.id BETWEEN 2900 AND 2930;
SELECT count(*), count(leadscore.id_adjust('heat', id, CASE WHEN id % 2 = 0 THEN 9 ELSE -9 END, 'by hand', timestamptz '2026-03-31' - id % 9 * interval '1 day')) FROM crm.lead WHERE id BETWEEN 2880 AND 2905;
SELECT * FROM crm.compared WHERE kind = 'id' OR wrong_hot + wrong_cold > 0 ORDER BY 1, 2, 3;
CALL leadscore.tick();
SELECT * FROM crm.compared WHERE kind = 'id' OR wrong_hot + wrong_cold > 0 ORDER BY 1, 2, 3;
-- Two days later states are due.
SET pg_leadscore.clock = '2026-04-02 00:00:00+00';
SELECT * FROM crm.compared WHERE kind = 'id' OR wrong_hot + wrong_cold > 0 ORDER BY 1, 2, 3;
CALL leadscore.tick();
SELECT * FROM crm.compared WHERE kind = 'id' OR wrong_hot + wrong_cold > 0 ORDER BY 1, 2, 3;

SELECT leadscore.drop_all();
DROP SCHEMA crm CASCADE;
