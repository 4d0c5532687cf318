-- pg_ivm, where it is there: incrementally maintained views of the sums as they weigh at a landmark.
CREATE EXTENSION pg_ivm;
CREATE FUNCTION landmark_points(points int, occurred_at timestamptz) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN points * power(2::float8, date_part('epoch', occurred_at - timestamptz '2026-01-01 00:00:00+00') / 2592000);

SELECT pgivm.create_immv('lead_sum', 'SELECT lead_id, sum(landmark_points(points, occurred_at)) AS points FROM crm.activity GROUP BY lead_id');
SELECT pgivm.create_immv('account_sum', 'SELECT account_id, sum(landmark_points(points, occurred_at)) AS points FROM crm.activity GROUP BY account_id');
