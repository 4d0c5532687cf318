-- All that it takes to have a score.

CREATE EXTENSION pg_leadscore;
SET pg_leadscore.clock = :'now';

-- These functions return nothing worth a line.
\o /dev/null
SELECT leadscore.create_entity('contact', 'crm.contact');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('message', 'crm.message', occurred_at => 'sent_at');
SELECT leadscore.create_link('message', 'contact', key => 'sender_id');
SELECT leadscore.create_score('engagement', entities => '{contact}', decay => 'exponential(30 days)');
SELECT leadscore.create_rule('engagement', 'message', source => 'message', points => '1');
SELECT leadscore.create_rule('engagement', 'weekend', source => 'message', points => '1',
                             filter => $$extract(isodow FROM sent_at AT TIME ZONE 'UTC') >= 6$$);
SELECT leadscore.create_rollup('engagement', 'account', of => 'contact', key => 'account_id');
CALL leadscore.publish('engagement');
\o
