-- Where scores are read: what need_score publishes is made of the activities of leads.
CREATE EXTENSION pg_leadscore;
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', occurred_at => 'occurred_at');
SELECT leadscore.create_link('activity', 'lead', key => 'lead_id');
