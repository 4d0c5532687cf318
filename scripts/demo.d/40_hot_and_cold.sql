-- Who earned much within the last day, and who earned next to nothing in 90 though they had been active before.

\set more_than 20
\set fewer_than 2
\set shown 4

\qecho
WITH hot AS (
  SELECT h.*, row_number() OVER (ORDER BY h.points DESC, h.contact_id) AS line
  FROM leadscore.contact_hot('engagement', more_than => :more_than, within => '1 day') AS h
), cold AS (
  SELECT l.contact_id, e.activities, e.last_activity_at, row_number() OVER (ORDER BY e.activities DESC, l.contact_id) AS line
  FROM leadscore.contact_cold('engagement', fewer_than => :fewer_than, within => '90 days') AS l
  JOIN leadscore.contact_engagement AS e USING (contact_id)
  WHERE e.activities > l.activities
), lines AS (
  SELECT 0 AS line,
         format('%sHot: more than %s points within 1 day%s', :'bold', :more_than, :'reset') AS "left",
         format('%sCold: fewer than %s points in 90 days, but active before%s', :'bold', :fewer_than, :'reset') AS "right"
  UNION ALL
  SELECT n,
         format('  %-6s%s %5s  %-20s%s', pg_temp.contact(h.contact_id), :'hot', to_char(h.points, 'FM9990.0'),
                pg_temp.bar(h.points, (SELECT max(points) FROM hot), 20, :'blocks'), :'reset'),
         format('  %-6s%s %5s messages, the last on %s%s', pg_temp.contact(c.contact_id), :'cold', pg_temp.number(c.activities),
                to_char(c.last_activity_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), :'reset')
  FROM generate_series(1, :shown) AS n LEFT JOIN hot AS h ON h.line = n LEFT JOIN cold AS c ON c.line = n
  UNION ALL
  SELECT :shown + 1,
         format('  %s%s in all%s', :'dim', (SELECT count(*) FROM hot), :'reset'),
         format('  %s%s in all%s', :'dim', (SELECT count(*) FROM cold), :'reset')
)
-- Colours take no room on the screen.
SELECT l."left" || repeat(' ', 44 - length(regexp_replace(l."left", '\x1b\[[0-9;]*m', '', 'g'))) || l."right"
FROM lines AS l ORDER BY l.line;
