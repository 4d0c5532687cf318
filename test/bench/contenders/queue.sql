-- What careful users do: writers only append to a queue, one job folds it. A row trigger, because most statements write
-- one row, and there it costs less than a transition table.
CREATE TABLE score_queue (lead_id int NOT NULL, account_id int NOT NULL, points float8 NOT NULL);

CREATE FUNCTION queue_points() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO score_queue VALUES (NEW.lead_id, NEW.account_id, landmark_points(NEW.points, NEW.occurred_at));
  RETURN NULL;
END
$$;
CREATE TRIGGER queue_points AFTER INSERT ON crm.activity FOR EACH ROW EXECUTE FUNCTION queue_points();

CREATE FUNCTION fold_queue() RETURNS void LANGUAGE sql AS $$
  WITH taken AS (
    DELETE FROM score_queue RETURNING *
  ), leads AS (
    INSERT INTO lead_sum AS s (lead_id, points)
    SELECT t.lead_id, sum(t.points) FROM taken AS t GROUP BY t.lead_id ORDER BY t.lead_id
    ON CONFLICT (lead_id) DO UPDATE SET points = s.points + excluded.points
  )
  INSERT INTO account_sum AS s (account_id, points)
  SELECT t.account_id, sum(t.points) FROM taken AS t GROUP BY t.account_id ORDER BY t.account_id
  ON CONFLICT (account_id) DO UPDATE SET points = s.points + excluded.points
$$;
