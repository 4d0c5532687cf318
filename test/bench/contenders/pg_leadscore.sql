-- One score of leads and accounts, both linked by columns of the activity.
CREATE EXTENSION pg_leadscore;
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', occurred_at => 'occurred_at');
SELECT leadscore.create_link('activity', 'lead', key => 'lead_id');
SELECT leadscore.create_link('activity', 'account', key => 'account_id');
SELECT leadscore.create_score('engagement', entities => '{lead, account}', decay => 'exponential(30 days)');
SELECT leadscore.create_rule('engagement', 'any', source => 'activity', points => 'points');
CALL leadscore.publish('engagement');
