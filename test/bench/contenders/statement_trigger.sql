-- What users do: the same as the row trigger, once for a statement, from its transition table. In the order of keys, so
-- that two statements do not end in a deadlock over leads; over accounts after that.
CREATE FUNCTION add_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO lead_sum AS s (lead_id, points)
  SELECT a.lead_id, sum(landmark_points(a.points, a.occurred_at)) FROM added AS a GROUP BY a.lead_id ORDER BY a.lead_id
  ON CONFLICT (lead_id) DO UPDATE SET points = s.points + excluded.points;
  INSERT INTO account_sum AS s (account_id, points)
  SELECT a.account_id, sum(landmark_points(a.points, a.occurred_at)) FROM added AS a GROUP BY a.account_id ORDER BY a.account_id
  ON CONFLICT (account_id) DO UPDATE SET points = s.points + excluded.points;
  RETURN NULL;
END
$$;
CREATE TRIGGER add_points AFTER INSERT ON crm.activity REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION add_points();
