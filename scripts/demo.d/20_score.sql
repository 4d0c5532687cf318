-- All that it takes to have a score.

CREATE EXTENSION pg_leadscore;
SET pg_leadscore.clock = :'now';

-- These functions return nothing worth a line.
\o /dev/null
SELECT leadscore.create_entity('contact', 'crm.contact');
SELECT leadscore.create_entity('account', 'crm.account');
-- A message counts for its sender and, less, for each of its recipients: two sources on one table.
SELECT leadscore.create_source('sent', 'crm.message', occurred_at => 'sent_at');
SELECT leadscore.create_source('received', 'crm.message', occurred_at => 'sent_at');
SELECT leadscore.create_link('sent', 'contact', key => 'sender_id');
SELECT leadscore.create_link('received', 'contact', through => '{crm.recipient}', join_on => 'through.message_id = source.id',
                             key => 'through.contact_id');
SELECT leadscore.create_score('engagement', entities => '{contact}', decay => 'exponential(30 days)');
SELECT leadscore.create_rule('engagement', 'sent', source => 'sent', points => '3');
SELECT leadscore.create_rule('engagement', 'at the weekend', source => 'sent', points => '2',
                             filter => $$extract(isodow FROM sent_at AT TIME ZONE 'UTC') >= 6$$);
SELECT leadscore.create_rule('engagement', 'received', source => 'received', points => '1');
SELECT leadscore.create_rollup('engagement', 'account', of => 'contact', key => 'account_id');
CALL leadscore.publish('engagement');
\o
