\set lead random(1, 60)
\set account random(1, 9)
\set points random(-5, 20)
UPDATE crm.lead SET account_id = nullif(:account, 9), title = CASE :account WHEN 1 THEN 'director' ELSE 'clerk' END,
                    city = CASE :account % 3 WHEN 0 THEN 'Newcastle' END WHERE id = :lead;
SELECT crm.give(:lead, :points);
