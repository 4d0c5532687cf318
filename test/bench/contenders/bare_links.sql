-- Meetings of the last year, and who attended: two leads for each. The activities are not needed.
DROP TABLE crm.activity;
CREATE TABLE crm.meeting (id int PRIMARY KEY, held_at timestamptz NOT NULL);
CREATE TABLE crm.attendee (meeting_id int, lead_id int, declined boolean NOT NULL, PRIMARY KEY (meeting_id, lead_id));
INSERT INTO crm.meeting SELECT i, now() - i / (:leads / 10.0) * interval '365 days' FROM generate_series(1, :leads / 10) AS i;
INSERT INTO crm.attendee SELECT m.id, 1 + crm.spread(m.id::bigint * n, :leads), m.id % 10 = 0 FROM crm.meeting AS m, generate_series(1, 2) AS n
ON CONFLICT DO NOTHING;
CREATE INDEX ON crm.attendee (lead_id);
