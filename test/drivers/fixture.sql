-- What the drivers read: keys of three types, a roll-up, bands, a grade, a paused score. The reader is an ordinary role.
CREATE EXTENSION pg_leadscore;
CREATE SCHEMA crm;
CREATE TABLE crm.account (id text PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, name text, account_id text);
CREATE TABLE crm.contact (id uuid PRIMARY KEY);
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, contact_id uuid, points float8, at timestamptz);
INSERT INTO crm.account VALUES ('Analytical & Söhne'), ('navy');
INSERT INTO crm.lead VALUES (1, 'Ada', 'Analytical & Söhne'), (2, 'Grace', 'navy'), (3, 'Edsger', 'navy'), (4, 'Barbara', NULL);
INSERT INTO crm.contact VALUES ('01234567-89ab-cdef-0123-456789abcdef'), ('fedcba98-7654-3210-fedc-ba9876543210');
INSERT INTO crm.activity (lead_id, contact_id, points, at) VALUES
  (1, '01234567-89ab-cdef-0123-456789abcdef', 10, '2026-10-22 12:00+00'), (1, NULL, 0.1, '2026-11-20 09:00:00.123+00'),
  (2, NULL, 1e10, '2026-11-18 15:00+00'), (2, NULL, -3, '2026-11-21 10:00+00'), (3, NULL, 7, '2026-12-24 00:00+00');
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_entity('contact', 'crm.contact');
SELECT leadscore.create_source('activity', 'crm.activity', occurred_at => 'at');
SELECT leadscore.create_link('activity', 'lead', key => 'lead_id');
SELECT leadscore.create_link('activity', 'contact', key => 'contact_id');
SELECT leadscore.create_score('engagement', entities => '{lead,contact}', decay => 'exponential(30 days)');
SELECT leadscore.create_rule('engagement', 'any', source => 'activity', points => 'points');
SELECT leadscore.create_rollup('engagement', 'account', of => 'lead', key => 'account_id');
SELECT leadscore.create_score('recent', entities => '{lead}', decay => 'window(14 days)');
SELECT leadscore.create_rule('recent', 'any', source => 'activity', points => 'points');
SELECT leadscore.create_score('asleep', entities => '{lead}');
SELECT leadscore.create_rule('asleep', 'any', source => 'activity', points => 'points');
SELECT leadscore.set_bands('engagement', '{"hot": 5, "cold": null}');
SELECT leadscore.create_grade('grade', 'lead', fit_score => 'recent', engagement_score => 'engagement', letters => '{"A": 1, "B": null}', digits => '{"1": 5, "2": null}');
CALL leadscore.publish('engagement');
CALL leadscore.publish('recent');
CALL leadscore.publish('asleep');
CALL leadscore.pause('asleep');
GRANT USAGE ON SCHEMA crm TO leadscore_bi;
GRANT SELECT ON crm.account, crm.lead, crm.contact TO leadscore_bi;
ALTER ROLE leadscore_bi SET pg_leadscore.clock = '2026-11-21 12:00:00+00';
ALTER ROLE leadscore_bi SET timezone = 'UTC';
