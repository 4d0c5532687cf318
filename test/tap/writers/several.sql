\set lead random(1, 65)
\set other random(1, 65)
BEGIN;
INSERT INTO crm.mail (from_id, to_id, at) VALUES (:lead, :other, now()), (:other, :lead, now() - interval '8 seconds');
INSERT INTO crm.activity (lead_id, at, points) SELECT :lead, now(), g FROM generate_series(1, 5) AS g;
SAVEPOINT s;
INSERT INTO crm.activity (lead_id, at, points) SELECT :lead, now(), 1e12 FROM generate_series(1, 20) AS g;
ROLLBACK TO SAVEPOINT s;
COMMIT;
