-- Sums of points as they weigh at a landmark, from the rows that are there.
CREATE FUNCTION landmark_points(points int, occurred_at timestamptz) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN points * power(2::float8, date_part('epoch', occurred_at - timestamptz '2026-01-01 00:00:00+00') / 2592000);

CREATE TABLE lead_sum (lead_id int PRIMARY KEY, points float8 NOT NULL) WITH (fillfactor = 70);
CREATE TABLE account_sum (account_id int PRIMARY KEY, points float8 NOT NULL) WITH (fillfactor = 70);
INSERT INTO lead_sum SELECT a.lead_id, sum(landmark_points(a.points, a.occurred_at)) FROM crm.activity AS a GROUP BY a.lead_id;
INSERT INTO account_sum SELECT a.account_id, sum(landmark_points(a.points, a.occurred_at)) FROM crm.activity AS a GROUP BY a.account_id;
