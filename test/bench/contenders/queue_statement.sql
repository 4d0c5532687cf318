-- The queue as who loads in bulk would have it: filled from the transition table.
DROP TRIGGER queue_points ON crm.activity;

CREATE OR REPLACE FUNCTION queue_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO score_queue SELECT a.lead_id, a.account_id, landmark_points(a.points, a.occurred_at) FROM added AS a;
  RETURN NULL;
END
$$;
CREATE TRIGGER queue_points AFTER INSERT ON crm.activity REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION queue_points();
