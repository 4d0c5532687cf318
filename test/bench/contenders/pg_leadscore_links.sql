-- Meetings that count for the leads in a table between.
CREATE EXTENSION pg_leadscore;
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_source('meeting', 'crm.meeting', occurred_at => 'held_at');
SELECT leadscore.create_link('meeting', 'lead', through => '{crm.attendee}', join_on => 'through.meeting_id = source.id AND NOT through.declined',
                             key => 'through.lead_id');
SELECT leadscore.create_score('attention', entities => '{lead}', decay => 'exponential(30 days)');
SELECT leadscore.create_rule('attention', 'met', source => 'meeting', points => '8');
CALL leadscore.publish('attention');
