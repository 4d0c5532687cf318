-- Why the top contact has its points: the CRM's rows, each with its weight, add up to the score that the triggers keep.

SELECT contact_id AS top, points AS top_points FROM leadscore.contact_hottest('engagement', 1) \gset

\qecho
SELECT format('%sWhy %s has %s points:%s each message counts points × weight', :'bold', pg_temp.contact(:top),
              to_char(:top_points, 'FM9990.0'), :'reset') AS title \gset
SELECT CASE WHEN :'blocks' THEN :'title' ELSE replace(:'title', '×', 'x') END;

CREATE TEMP VIEW activity AS
SELECT m.*, leadscore.weight(s.decay, m.sent_at, leadscore.clock()) AS weight, row_number() OVER (ORDER BY m.sent_at DESC, m.id DESC) AS line
FROM (SELECT id, sent_at, 3 + CASE WHEN extract(isodow FROM sent_at AT TIME ZONE 'UTC') >= 6 THEN 2 ELSE 0 END AS points,
             (SELECT format(CASE WHEN count(*) = 1 THEN 'sent to %s contact' ELSE 'sent to %s contacts' END, count(*))
              FROM crm.recipient AS r WHERE r.message_id = m.id) AS what
      FROM crm.message AS m WHERE m.sender_id = :top
      UNION ALL
      SELECT id, sent_at, 1, 'received from ' || pg_temp.contact(sender_id)
      FROM crm.message AS m WHERE EXISTS (SELECT FROM crm.recipient AS r WHERE r.message_id = m.id AND r.contact_id = :top)) AS m
JOIN leadscore.scores AS s ON s.score = 'engagement';

WITH lines AS (
  SELECT a.line,
         format('  %s  %-20s %6s %8s %13s', to_char(a.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), a.what,
                a.points, to_char(a.weight, '0.0000'), to_char(a.points * a.weight, '9990.0000')) AS text
  FROM activity AS a WHERE a.line <= 4
  UNION ALL
  SELECT 5, format('  %-38s %6s %8s %13s', format('and %s before', pg_temp.number(count(*))), sum(a.points), '',
                   to_char(sum(a.points * a.weight), '9990.0000'))
  FROM activity AS a WHERE a.line > 4
  UNION ALL
  SELECT 6, format('  %-38s %6s %8s %13s   %s', 'sum of the rows', sum(a.points), '', :'hot' || to_char(sum(a.points * a.weight), '9990.0000') || :'reset',
                   'kept by the triggers: ' || :'hot' || to_char(:top_points, 'FM9990.0000') || :'reset')
  FROM activity AS a
  UNION ALL
  SELECT 0, format('%s  %-38s %6s %8s %13s%s', :'dim', 'message', 'points', 'weight', 'contribution', :'reset')
)
SELECT text FROM lines ORDER BY line;

SELECT pg_temp.check(abs(sum(points * weight) - :top_points) <= 1e-9 * sum(abs(points * weight)), 'the rows add up to the score') AS checked
FROM activity \gset
