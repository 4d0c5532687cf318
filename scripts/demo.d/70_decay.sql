-- The top contact's points day by day: 90 days back with all that happened, 90 days ahead if nothing more does.

\set days 90
\set rows 6
\set columns 91

\qecho
SELECT format('%sThe points of %s%s in the %s days before and, if nothing more happens, in the %s days after', :'bold',
              pg_temp.contact(:top), :'reset', :days, :days);

WITH point AS (
  SELECT c.col, leadscore.contact_score('engagement', :top, leadscore.clock() + c.col * 2.0 * :days / (:columns - 1) * interval '1 day') AS points
  FROM generate_series(-(:columns / 2), :columns / 2) AS c(col)
), scale AS (
  SELECT max(points) AS top FROM point
), cell AS (
  SELECT p.col, r.row_number, pg_temp.cell(p.points / s.top * :rows, r.row_number, :'blocks') AS drawn
  FROM point AS p CROSS JOIN scale AS s CROSS JOIN generate_series(1, :rows) AS r(row_number)
), curve AS (
  SELECT row_number, string_agg(drawn, '' ORDER BY col) FILTER (WHERE col <= 0) AS past,
         string_agg(drawn, '' ORDER BY col) FILTER (WHERE col > 0) AS future
  FROM cell GROUP BY row_number
)
SELECT format('%6s %s%s%s%s%s%s',
              CASE WHEN c.row_number IN (:rows, :rows / 2) THEN round(s.top * c.row_number / :rows)::text ELSE '' END,
              CASE WHEN :'blocks' THEN CASE WHEN c.row_number IN (:rows, :rows / 2) THEN '┤' ELSE '│' END ELSE '|' END,
              :'hot', c.past, :'cold', c.future, :'reset')
FROM curve AS c CROSS JOIN scale AS s ORDER BY c.row_number DESC;

-- The axis, with a mark every 30 days.
WITH mark AS (
  SELECT c.col, (c.col * 2 * :days / (:columns - 1)) AS day FROM generate_series(-(:columns / 2), :columns / 2) AS c(col)
)
SELECT format('%6s %s%s', '0', CASE WHEN :'blocks' THEN '└' ELSE '+' END,
              string_agg(CASE WHEN day % 30 = 0 THEN CASE WHEN :'blocks' THEN '┴' ELSE '+' END
                              WHEN :'blocks' THEN '─' ELSE '-' END, '' ORDER BY col))
FROM mark;

WITH label AS (
  SELECT d.day, CASE d.day WHEN 0 THEN to_char(leadscore.clock() AT TIME ZONE 'UTC', 'YYYY-MM-DD') ELSE to_char(d.day, 'SGFM990') || ' days' END AS says,
         to_char(leadscore.contact_score('engagement', :top, leadscore.clock() + d.day * interval '1 day'), 'FM9990.0') AS points
  FROM generate_series(-:days, :days, 30) AS d(day)
)
-- Each in the middle of the 15 columns around its mark.
SELECT rtrim(' ' || string_agg(rpad(lpad(says, (16 + length(says)) / 2), 15), '' ORDER BY day)) FROM label
UNION ALL
SELECT :'dim' || rtrim(' ' || string_agg(rpad(lpad(points, (16 + length(points)) / 2), 15), '' ORDER BY day)) || :'reset' FROM label;
