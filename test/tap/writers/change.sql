\set id random(1, 1000)
\set lead random(1, 65)
UPDATE crm.activity SET points = points + 1 WHERE id = :id;
UPDATE crm.activity SET lead_id = :lead, at = now() WHERE id = :id + 1;
DELETE FROM crm.activity WHERE id = :id + 2;
DELETE FROM crm.mail WHERE id = :id;
