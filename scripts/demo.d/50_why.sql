-- Why the top contact has its points: the CRM's rows, each with its weight, add up to the score that the triggers keep.

SELECT contact_id AS top, points AS top_points FROM leadscore.contact_hottest('engagement', 1) \gset

\qecho
SELECT format('%sWhy %s has %s points:%s each message counts points × weight', :'bold', pg_temp.contact(:top),
              to_char(:top_points, 'FM9990.0'), :'reset') AS title \gset
SELECT CASE WHEN :'blocks' THEN :'title' ELSE replace(:'title', '×', 'x') END;

CREATE TEMP VIEW activity AS
SELECT m.id, m.sent_at, 1 + (extract(isodow FROM m.sent_at AT TIME ZONE 'UTC') >= 6)::int AS points,
       leadscore.weight(s.decay, m.sent_at, leadscore.clock()) AS weight,
       row_number() OVER (ORDER BY m.sent_at DESC, m.id DESC) AS line
FROM crm.message AS m JOIN leadscore.scores AS s ON s.score = 'engagement'
WHERE m.sender_id = :top;

WITH lines AS (
  SELECT a.line,
         format('  %s  to %-15s %7s %8s %13s', to_char(a.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),
                (SELECT format(CASE WHEN count(*) = 1 THEN '%s contact' ELSE '%s contacts' END, count(*))
                 FROM crm.recipient AS r WHERE r.message_id = a.id),
                a.points, to_char(a.weight, '0.0000'), to_char(a.points * a.weight, '9990.0000')) AS text
  FROM activity AS a WHERE a.line <= 3
  UNION ALL
  SELECT 5, format('  %-35s %7s %8s %13s', format('and %s before', pg_temp.number(count(*))), sum(a.points), '',
                   to_char(sum(a.points * a.weight), '9990.0000'))
  FROM activity AS a WHERE a.line > 3
  UNION ALL
  SELECT 6, format('  %-35s %7s %8s %13s   %s', 'sum of the rows', sum(a.points), '', :'hot' || to_char(sum(a.points * a.weight), '9990.0000') || :'reset',
                   'kept by the triggers: ' || :'hot' || to_char(:top_points, 'FM9990.0000') || :'reset')
  FROM activity AS a
  UNION ALL
  SELECT 0, format('%s  %-35s %7s %8s %13s%s', :'dim', 'message sent', 'points', 'weight', 'contribution', :'reset')
)
SELECT text FROM lines ORDER BY line;

SELECT pg_temp.check(abs(sum(points * weight) - :top_points) <= 1e-9 * sum(abs(points * weight)), 'the rows add up to the score') AS checked
FROM activity \gset
