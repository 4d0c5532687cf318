\set lead random(1, 61)
\set other random(1, 61)
\set meeting random(1, 150)
BEGIN;
INSERT INTO crm.meeting (at) VALUES (now());
INSERT INTO crm.attendee SELECT currval('crm.meeting_id_seq'), l FROM unnest(ARRAY[:lead, :other]) AS l ON CONFLICT DO NOTHING;
COMMIT;
INSERT INTO crm.attendee VALUES (:meeting, :lead) ON CONFLICT (meeting_id, lead_id) DO UPDATE SET declined = NOT crm.attendee.declined;
UPDATE crm.meeting SET held = NOT held, at = now() WHERE id = :meeting + 1;
