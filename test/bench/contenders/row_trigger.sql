-- What users do: a row trigger in PL/pgSQL that upserts. Points are kept as they weigh at a landmark, the form that needs
-- the least work: a state is only ever added to, and a higher sum is a higher score at any time.
CREATE FUNCTION add_points() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  amount float8 := landmark_points(NEW.points, NEW.occurred_at);
BEGIN
  INSERT INTO lead_sum AS s (lead_id, points) VALUES (NEW.lead_id, amount)
  ON CONFLICT (lead_id) DO UPDATE SET points = s.points + excluded.points;
  INSERT INTO account_sum AS s (account_id, points) VALUES (NEW.account_id, amount)
  ON CONFLICT (account_id) DO UPDATE SET points = s.points + excluded.points;
  RETURN NULL;
END
$$;
CREATE TRIGGER add_points AFTER INSERT ON crm.activity FOR EACH ROW EXECUTE FUNCTION add_points();
