\set lead random(1, 65)
\set late random(-120, 4)
\set kind random(0, 2)
INSERT INTO crm.activity (lead_id, kind, at, points)
VALUES (:lead, CASE :kind WHEN 0 THEN 'call' END, now() + :late * interval '1 second', :lead % 40 - 5);
