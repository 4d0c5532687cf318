-- Two sources on one table, class by the letters of an id, members of two kinds in one account.
CREATE EXTENSION pg_leadscore;
SELECT proof.set_clock('2026-06-01 00:00+00');
SELECT leadscore.create_entity(e, ('sf.' || e)::regclass, key => 'id', filter => 'NOT is_deleted') FROM unnest('{account,contact,lead,opportunity}'::text[]) AS e;
SELECT leadscore.create_entity('deal', 'hs.deal', key => 'deal_id', filter => 'NOT is_deleted');
SELECT leadscore.create_source('task', 'sf.task', 'activity_date', time_zone => 'America/New_York', filter => 'is_closed AND NOT is_deleted');
SELECT leadscore.create_source('call', 'sf.task', $$coalesce(completed_date_time, activity_date::timestamp AT TIME ZONE 'UTC')$$,
                               filter => $$is_closed AND NOT is_deleted AND task_subtype = 'Call'$$);
SELECT leadscore.create_source('event', 'sf.event', 'activity_date_time', filter => 'NOT is_deleted');
SELECT leadscore.create_source('engagement', 'hs.engagement', '"timestamp"', filter => $$NOT is_deleted AND type <> 'NOTE'$$);
SELECT leadscore.create_link(s, e, 'who_id', filter => format('left(who_id, 3) = %L', prefix))
FROM unnest('{task,call,event}'::text[]) AS s, (VALUES ('lead', '00Q'), ('contact', '003')) AS v(e, prefix);
SELECT leadscore.create_link(s, e, 'what_id', filter => format('left(what_id, 3) = %L', prefix))
FROM unnest('{task,call,event}'::text[]) AS s, (VALUES ('account', '001'), ('opportunity', '006')) AS v(e, prefix);
SELECT leadscore.create_link('task', 'contact', 'through.relation_id', through => '{sf.task_who_relation}', join_on => 'through.task_id = source.id',
                             filter => $$NOT through.is_deleted AND left(through.relation_id, 3) = '003'$$);
SELECT leadscore.create_link('engagement', 'deal', 'through.deal_id', through => '{hs.engagement_deal}', join_on => 'through.engagement_id = source.id');

INSERT INTO proof.score VALUES ('engagement'), ('weekly'), ('quarter');
SELECT leadscore.create_score('engagement', '{account,contact,lead,opportunity,deal}', 'exponential(30 days, expire 200 days)');
SELECT leadscore.create_score('weekly', '{account,contact,lead,opportunity,deal}', 'step(every 7 days: 0.5)');
SELECT leadscore.create_score('quarter', '{account,contact,lead,opportunity,deal}', 'window(90 days)');
SELECT leadscore.create_rule(s.score, r.rule, r.source, r.points, filter => r.filter)
FROM proof.score AS s, (VALUES ('task', 'task', 'priority', 'priority > 0'), ('call', 'call', '2', NULL), ('event', 'event', '5', NULL),
                               ('engagement', 'engagement', '4', NULL)) AS r(rule, source, points, filter);
SELECT leadscore.create_rollup(s.score, 'account', of => m, key => 'account_id') FROM proof.score AS s, unnest('{contact,opportunity}'::text[]) AS m;
CALL leadscore.publish('engagement');
CALL leadscore.publish('weekly');
CALL leadscore.publish('quarter');

CREATE VIEW proof.fact AS
SELECT entity, id, points, at, activity
FROM (SELECT CASE left(x.id, 3) WHEN '001' THEN 'account' WHEN '003' THEN 'contact' WHEN '00Q' THEN 'lead' WHEN '006' THEN 'opportunity' END AS entity, x.id,
             a.points, a.at, a.activity
      FROM (SELECT id, who_id, what_id, priority AS points, activity_date::timestamp AT TIME ZONE 'America/New_York' AS at, 'task ' || id AS activity
            FROM sf.task WHERE is_closed AND NOT is_deleted AND priority > 0
            UNION ALL
            SELECT id, who_id, what_id, 2, coalesce(completed_date_time, activity_date::timestamp AT TIME ZONE 'UTC'), 'call ' || id
            FROM sf.task WHERE is_closed AND NOT is_deleted AND task_subtype = 'Call'
            UNION ALL
            SELECT id, who_id, what_id, 5, activity_date_time, 'event ' || id FROM sf.event WHERE NOT is_deleted) AS a
      CROSS JOIN LATERAL (VALUES (a.who_id, true), (a.what_id, false)) AS x(id, who)
      WHERE x.who = (left(x.id, 3) IN ('003', '00Q'))
      UNION -- the primary contact counts once
      SELECT 'contact', r.relation_id, t.priority, t.activity_date::timestamp AT TIME ZONE 'America/New_York', 'task ' || t.id
      FROM sf.task AS t JOIN sf.task_who_relation AS r ON r.task_id = t.id
      WHERE t.is_closed AND NOT t.is_deleted AND t.priority > 0 AND NOT r.is_deleted AND left(r.relation_id, 3) = '003'
      UNION
      SELECT 'deal', d.deal_id::text, 4, e."timestamp", 'engagement ' || e.id
      FROM hs.engagement AS e JOIN hs.engagement_deal AS d ON d.engagement_id = e.id WHERE NOT e.is_deleted AND e.type <> 'NOTE') AS f;
CREATE VIEW proof.expected AS
WITH own AS MATERIALIZED (
  SELECT n.entity, n.id, n.account_id,
         coalesce(sum(CASE WHEN f.age <= 200 THEN f.points * power(0.5::float8, f.age / 30) END), 0) AS engagement,
         coalesce(sum(f.points * power(0.5::float8, greatest(0, ceil(f.age / 7) - 1))), 0) AS weekly,
         coalesce(sum(f.points) FILTER (WHERE f.age <= 90), 0)::float8 AS quarter, count(f.at) AS activities
  FROM (SELECT 'account' AS entity, id, NULL AS account_id FROM sf.account WHERE NOT is_deleted
        UNION ALL SELECT 'contact', id, account_id FROM sf.contact WHERE NOT is_deleted
        UNION ALL SELECT 'lead', id, NULL FROM sf.lead WHERE NOT is_deleted
        UNION ALL SELECT 'opportunity', id, account_id FROM sf.opportunity WHERE NOT is_deleted
        UNION ALL SELECT 'deal', deal_id::text, NULL FROM hs.deal WHERE NOT is_deleted) AS n
  LEFT JOIN (SELECT f.*, extract(epoch FROM a.ts - f.at)::float8 / 86400 AS age FROM proof.fact AS f, proof.asof AS a WHERE f.at <= a.ts) AS f USING (entity, id)
  GROUP BY 1, 2, 3
), whole AS (
  SELECT o.entity, o.id, o.engagement + coalesce(sum(m.engagement), 0) AS engagement, o.weekly + coalesce(sum(m.weekly), 0) AS weekly,
         o.quarter + coalesce(sum(m.quarter), 0) AS quarter, o.activities + coalesce(sum(m.activities), 0) AS activities,
         avg(m.weekly) AS average, count(m.id) AS members
  FROM own AS o LEFT JOIN own AS m ON o.entity = 'account' AND m.account_id = o.id GROUP BY o.entity, o.id, o.engagement, o.weekly, o.quarter, o.activities
)
SELECT format('%s %s', w.entity, x.score) AS part, w.id AS key, x.value::float8 AS value
FROM whole AS w CROSS JOIN LATERAL (VALUES ('engagement', engagement), ('weekly', weekly), ('quarter', quarter), ('activities', activities)) AS x(score, value)
UNION ALL
SELECT 'account average', id, coalesce(average, 'NaN') FROM whole WHERE entity = 'account'
UNION ALL
SELECT 'account members', id, members FROM whole WHERE entity = 'account'
UNION ALL
SELECT entity || CASE WHEN quarter > 9 THEN ' hot' ELSE ' cold' END, id, quarter FROM whole WHERE quarter <> 9 AND entity IN ('account', 'lead', 'deal');

CREATE VIEW proof.kept AS
WITH accounts AS MATERIALIZED (TABLE leadscore.account_scores), contacts AS MATERIALIZED (TABLE leadscore.contact_scores), leads AS MATERIALIZED (TABLE leadscore.lead_scores),
opportunities AS MATERIALIZED (TABLE leadscore.opportunity_scores), deals AS MATERIALIZED (TABLE leadscore.deal_scores), weekly AS MATERIALIZED (TABLE leadscore.account_weekly)
SELECT format('%s %s', s.entity, x.score) AS part, s.id AS key, x.value
FROM (SELECT 'account' AS entity, account_id AS id, engagement, weekly, quarter FROM accounts UNION ALL SELECT 'contact', contact_id, engagement, weekly, quarter FROM contacts
      UNION ALL SELECT 'lead', lead_id, engagement, weekly, quarter FROM leads UNION ALL SELECT 'opportunity', opportunity_id, engagement, weekly, quarter FROM opportunities
      UNION ALL SELECT 'deal', deal_id::text, engagement, weekly, quarter FROM deals) AS s
CROSS JOIN LATERAL (VALUES ('engagement', engagement), ('weekly', weekly), ('quarter', quarter)) AS x(score, value)
UNION ALL
SELECT 'account ' || x.what, account_id, coalesce(x.value, 'NaN')
FROM weekly CROSS JOIN LATERAL (VALUES ('activities', activities), ('average', members_avg), ('members', members)) AS x(what, value)
UNION ALL
SELECT 'contact activities', contact_id, activities FROM leadscore.contact_quarter
UNION ALL
SELECT 'lead activities', lead_id, activities FROM leadscore.lead_engagement
UNION ALL
SELECT 'opportunity activities', opportunity_id, activities FROM leadscore.opportunity_engagement
UNION ALL
SELECT 'deal activities', deal_id::text, activities FROM leadscore.deal_weekly
UNION ALL
SELECT 'account hot', account_id, points FROM leadscore.account_hot('quarter', 9, '90 days')
UNION ALL
SELECT 'account cold', account_id, points FROM leadscore.account_cold('weekly', 9, '90 days')
UNION ALL
SELECT 'lead hot', lead_id, points FROM leadscore.lead_hot('quarter', 9, '90 days')
UNION ALL
SELECT 'lead cold', lead_id, points FROM leadscore.lead_cold('weekly', 9, '90 days')
UNION ALL
SELECT 'deal hot', deal_id::text, points FROM leadscore.deal_hot('quarter', 9, '90 days')
UNION ALL
SELECT 'deal cold', deal_id::text, points FROM leadscore.deal_cold('engagement', 9, '90 days');
