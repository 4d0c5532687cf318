-- What users do for a link table: look the meeting up. It is wrong where a meeting and its attendees change at once.
CREATE FUNCTION meeting_points(meeting int) RETURNS float8 LANGUAGE sql STABLE
RETURN (SELECT 8 * power(2::float8, date_part('epoch', m.held_at - timestamptz '2026-01-01 00:00:00+00') / 2592000) FROM crm.meeting AS m WHERE m.id = meeting);

CREATE TABLE lead_sum (lead_id int PRIMARY KEY, points float8 NOT NULL) WITH (fillfactor = 70);
INSERT INTO lead_sum SELECT a.lead_id, sum(meeting_points(a.meeting_id)) FROM crm.attendee AS a WHERE NOT a.declined GROUP BY a.lead_id;

CREATE FUNCTION add_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NOT OLD.declined THEN
    UPDATE lead_sum SET points = points - meeting_points(OLD.meeting_id) WHERE lead_id = OLD.lead_id;
  END IF;
  IF NOT NEW.declined THEN
    INSERT INTO lead_sum AS s (lead_id, points) VALUES (NEW.lead_id, meeting_points(NEW.meeting_id))
    ON CONFLICT (lead_id) DO UPDATE SET points = s.points + excluded.points;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER add_points AFTER INSERT OR UPDATE ON crm.attendee FOR EACH ROW EXECUTE FUNCTION add_points();
