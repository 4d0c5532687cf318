-- The data of the benchmark: a CRM with :leads leads in :accounts accounts and :activities activities over 365 days.
-- Nothing here knows of scores.
--
-- Skew: the lead of an activity is drawn by the power 2.2 of a uniform number, so that the busiest of a million has 0.2 %
-- of them; account 1 has 2,000 leads, those of the others are drawn by the power 1.5. lib/writing.sh draws in the same way.

CREATE SCHEMA crm;
SELECT setseed(0.5);

-- Prime to a million and its parts: spreads what is drawn over all numbers.
CREATE FUNCTION crm.spread(drawn bigint, number bigint) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (drawn * 7919 % number)::int;

CREATE FUNCTION crm.account_of(lead bigint, leads bigint, accounts bigint) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN lead <= 2000 THEN 1
            ELSE 2 + floor((accounts - 1) * power(crm.spread(lead, leads)::float8 / leads, 1.5::float8))::int END;

CREATE TABLE crm.account (
  id   int PRIMARY KEY,
  name text NOT NULL
);
INSERT INTO crm.account SELECT i, 'Account ' || i FROM generate_series(1, :accounts) AS i;

CREATE TABLE crm.lead (
  id         int PRIMARY KEY,
  account_id int NOT NULL,
  name       text NOT NULL,
  email      text NOT NULL
);
INSERT INTO crm.lead SELECT i, crm.account_of(i, :leads, :accounts), 'Lead ' || i, 'lead' || i || '@example.org'
FROM generate_series(1, :leads) AS i;
CREATE INDEX ON crm.lead (account_id);

CREATE TABLE crm.activity (
  id          bigint GENERATED ALWAYS AS IDENTITY,
  lead_id     int NOT NULL,
  account_id  int NOT NULL,
  kind        text NOT NULL,
  points      int NOT NULL,
  occurred_at timestamptz NOT NULL,
  subject     text
);
INSERT INTO crm.activity (lead_id, account_id, kind, points, occurred_at, subject)
SELECT d.lead, crm.account_of(d.lead, :leads, :accounts), (ARRAY['view', 'view', 'view', 'mail', 'mail', 'call', 'call', 'form', 'demo', 'meeting'])[d.kind],
       (ARRAY[1, 1, 1, 2, 2, 3, 3, 4, 5, 8])[d.kind], now() - interval '365 days' + i::float8 / :activities * interval '365 days', 'Subject of it'
FROM (SELECT i, 1 + crm.spread(floor(:leads * power(random(), 2.2::float8))::bigint, :leads) AS lead, 1 + floor(random() * 10)::int AS kind
      FROM generate_series(1, :activities) AS i OFFSET 0) AS d;

-- What any CRM has: the activities of a lead, of an account, of a day.
SET max_parallel_maintenance_workers = 2;
ALTER TABLE crm.activity ADD PRIMARY KEY (id);
CREATE INDEX ON crm.activity (lead_id);
CREATE INDEX ON crm.activity (account_id);
CREATE INDEX ON crm.activity (occurred_at);

VACUUM (ANALYZE, FREEZE);
