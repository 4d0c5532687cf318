-- EspoCRM: four scores of leads, contacts, opportunities and accounts, with contacts rolled up to their accounts.
CREATE EXTENSION pg_leadscore;
SELECT proof.set_clock('2026-11-01 00:00+00');
-- The oracle's own instant moves with the clock.
CREATE UNLOGGED TABLE proof.event (LIKE expect.event);
CREATE OR REPLACE VIEW expect.aged AS
SELECT e.*, extract(epoch FROM a.ts - e.ts)::float8 AS age FROM proof.event e, proof.asof a WHERE e.ts <= a.ts;
-- What the views of the oracle use several times is computed once for each question.
CREATE OR REPLACE FUNCTION proof.prepare_oracle() RETURNS void LANGUAGE sql AS $$
  TRUNCATE proof.event;
  INSERT INTO proof.event SELECT * FROM expect.event WHERE policy = 'distinct';
$$;

SELECT leadscore.create_entity(e, e::regclass, filter => 'NOT deleted') FROM unnest('{lead,contact,account,opportunity}'::text[]) AS e;
SELECT leadscore.create_source('meeting', 'meeting', 'date_start', time_zone => 'UTC', filter => $$NOT deleted AND status = 'Held'$$);
SELECT leadscore.create_source('call', '"call"', 'date_start', time_zone => 'UTC', filter => $$NOT deleted AND status = 'Held'$$);
SELECT leadscore.create_source('task', 'task', 'date_completed', time_zone => 'UTC', filter => $$NOT deleted AND status = 'Completed'$$);
SELECT leadscore.create_source('email', 'email', 'date_sent', time_zone => 'UTC', filter => $$NOT deleted AND status IN ('Sent', 'Archived')$$);
SELECT leadscore.create_source('note', 'note', 'created_at', time_zone => 'UTC', filter => $$NOT deleted AND type = 'Post'$$);
-- What an activity belongs to, by name and number.
SELECT leadscore.create_link(s, e, 'parent_id', filter => format('parent_type = %L', initcap(e)))
FROM unnest('{meeting,call,task,email,note}'::text[]) AS s, unnest('{lead,contact,account,opportunity}'::text[]) AS e;
-- Who took part, but for those who declined or were taken off the list.
SELECT leadscore.create_link(s, e, format('through.%s_id', e), through => ARRAY[t]::regclass[],
                             join_on => format('through.%s_id = source.id', s), filter => $$NOT through.deleted AND through.status <> 'Declined'$$)
FROM (VALUES ('meeting', 'contact', 'contact_meeting'), ('meeting', 'lead', 'lead_meeting'),
             ('call', 'contact', 'call_contact'), ('call', 'lead', 'call_lead')) AS v(s, e, t);
SELECT leadscore.create_link('task', 'contact', 'contact_id');

INSERT INTO proof.score VALUES ('engagement'), ('stepped'), ('year'), ('quarter');
SELECT leadscore.create_score('engagement', '{lead,contact,opportunity}', 'exponential(30 days)');
SELECT leadscore.create_score('stepped', '{lead,contact,opportunity}', 'step(30 days: 0.5, 90 days: 0)');
SELECT leadscore.create_score('year', '{lead,contact,opportunity}', 'window(365 days)');
SELECT leadscore.create_score('quarter', '{lead,contact,opportunity}', 'window(90 days)');
SELECT leadscore.create_rule(s.score, p.kind, p.kind, p.points::text) FROM proof.score AS s, expect.points AS p;
SELECT leadscore.create_rollup(s.score, 'account', of => 'contact', key => 'account_id') FROM proof.score AS s;
CALL leadscore.publish('engagement');
CALL leadscore.publish('stepped');
CALL leadscore.publish('year');
CALL leadscore.publish('quarter');

-- What is read, by everything that reads. MATERIALIZED: each view is read once, not once for each of its columns.
CREATE VIEW proof.kept AS
WITH leads AS MATERIALIZED (TABLE leadscore.lead_scores), contacts AS MATERIALIZED (TABLE leadscore.contact_scores),
opportunities AS MATERIALIZED (TABLE leadscore.opportunity_scores), engaged AS MATERIALIZED (TABLE leadscore.lead_engagement), accounts AS MATERIALIZED (
  SELECT 'engagement' AS score, * FROM leadscore.account_engagement UNION ALL SELECT 'stepped', * FROM leadscore.account_stepped
  UNION ALL SELECT 'year', * FROM leadscore.account_year UNION ALL SELECT 'quarter', * FROM leadscore.account_quarter
)
SELECT format('lead %s', x.score) AS part, s.lead_id AS key, x.points AS value
FROM leads AS s, LATERAL (VALUES ('engagement', engagement), ('stepped', stepped), ('year', year), ('quarter', quarter)) AS x(score, points)
UNION ALL
SELECT format('contact %s', x.score), s.contact_id, x.points
FROM contacts AS s, LATERAL (VALUES ('engagement', engagement), ('stepped', stepped), ('year', year), ('quarter', quarter)) AS x(score, points)
UNION ALL
SELECT format('opportunity %s', x.score), s.opportunity_id, x.points
FROM opportunities AS s, LATERAL (VALUES ('engagement', engagement), ('stepped', stepped), ('year', year), ('quarter', quarter)) AS x(score, points)
UNION ALL
SELECT format('account %s: %s', v.score, x.what), v.account_id, coalesce(x.value, 'NaN')
FROM accounts AS v, LATERAL (VALUES ('all', v.points), ('own', v.own_points), ('sum', v.members_sum), ('average', v.members_avg), ('members', v.members)) AS x(what, value)
UNION ALL
SELECT 'activities', lead_id, activities FROM engaged
UNION ALL
SELECT 'last activity', lead_id, coalesce(extract(epoch FROM last_activity_at), 'NaN') FROM engaged
UNION ALL
SELECT 'rank', rank::text, points FROM leadscore.lead_hottest('engagement', 10)
UNION ALL
SELECT 'hot lead', lead_id, points FROM leadscore.lead_hot('year', more_than => 19, within => '1 day')
UNION ALL
SELECT 'cold lead', lead_id, points FROM leadscore.lead_cold('engagement', fewer_than => 2, within => '90 days')
UNION ALL
SELECT 'cold contact', contact_id, points FROM leadscore.contact_cold('engagement', fewer_than => 2, within => '90 days')
UNION ALL
SELECT 'cold opportunity', opportunity_id, points FROM leadscore.opportunity_cold('engagement', fewer_than => 2, within => '90 days')
UNION ALL
SELECT 'cold account', account_id, points FROM leadscore.account_cold('quarter', fewer_than => 2, within => '90 days');

-- What the oracle says. An account's points are its own and its contacts'.
CREATE VIEW proof.expected AS
WITH raw AS MATERIALIZED (
  SELECT * FROM expect.score_raw WHERE policy = 'distinct'
), accounts AS (
  SELECT a.entity_key, x.score, x.own, coalesce(sum(m.points), 0) AS members_sum, avg(m.points) AS members_avg, count(c.entity_key) AS members
  FROM raw AS a
  CROSS JOIN LATERAL (VALUES ('engagement', a.decay_hl30), ('stepped', a.step_30_90), ('year', a.sum_365), ('quarter', a.sum_90)) AS x(score, own)
  LEFT JOIN raw AS c ON c.entity_type = 'contact' AND c.account_key = a.entity_key
  LEFT JOIN LATERAL (VALUES ('engagement', c.decay_hl30), ('stepped', c.step_30_90), ('year', c.sum_365), ('quarter', c.sum_90)) AS m(score, points)
         ON m.score = x.score
  WHERE a.entity_type = 'account' GROUP BY a.entity_key, x.score, x.own
)
SELECT format('%s %s', r.entity_type, x.score) AS part, r.entity_key AS key, x.points::float8 AS value
FROM raw AS r CROSS JOIN LATERAL (VALUES ('engagement', r.decay_hl30), ('stepped', r.step_30_90), ('year', r.sum_365), ('quarter', r.sum_90)) AS x(score, points)
WHERE r.entity_type <> 'account'
UNION ALL
SELECT format('account %s: %s', a.score, x.what), a.entity_key, coalesce(x.value::float8, 'NaN')
FROM accounts AS a CROSS JOIN LATERAL (VALUES ('all', own + members_sum), ('own', own), ('sum', members_sum), ('average', members_avg), ('members', members)) AS x(what, value)
UNION ALL
SELECT x.what, e.entity_key, x.value
FROM expect.entity AS e LEFT JOIN (SELECT entity_key, count(*) AS activities, max(ts) AS last_at FROM expect.aged
                                   WHERE policy = 'distinct' AND entity_type = 'lead' GROUP BY 1) AS a USING (entity_key)
CROSS JOIN LATERAL (VALUES ('activities', coalesce(a.activities, 0)::float8), ('last activity', coalesce(extract(epoch FROM a.last_at)::float8, 'NaN'))) AS x(what, value)
WHERE e.entity_type = 'lead'
UNION ALL
SELECT 'rank', row_number() OVER (ORDER BY decay_hl30 DESC)::text, decay_hl30
FROM (SELECT decay_hl30 FROM raw WHERE entity_type = 'lead' ORDER BY 1 DESC LIMIT 10) AS hottest
UNION ALL
SELECT 'hot lead', entity_key, sum_1 FROM raw WHERE entity_type = 'lead' AND sum_1 >= 20
UNION ALL
SELECT 'cold ' || entity_type, entity_key, sum_90 FROM raw WHERE entity_type <> 'account' AND sum_90 < 2
UNION ALL
SELECT 'cold account', a.entity_key, a.own + a.members_sum FROM accounts AS a WHERE a.score = 'quarter' AND a.own + a.members_sum < 2;
