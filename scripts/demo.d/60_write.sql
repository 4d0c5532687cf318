-- A write of the CRM changes the score in its own transaction: seen from the next statement on, gone after a rollback.

SELECT contact_id AS writer FROM leadscore.contact_hottest('engagement', 11) ORDER BY rank DESC LIMIT 1 \gset
SELECT format('INSERT INTO crm.message (sent_at, sender_id) VALUES (leadscore.clock(), %s);', :writer) AS write \gset

PREPARE look AS
SELECT format('%s points, rank %s', to_char(e.points, 'FM9990.00'), e.rank) AS seen
FROM (SELECT v.*, rank() OVER (ORDER BY v.points DESC) FROM leadscore.contact_engagement AS v) AS e
WHERE e.contact_id = :writer;

EXECUTE look \gset before_
BEGIN;
:write
EXECUTE look \gset during_
ROLLBACK;
EXECUTE look \gset after_
SELECT pg_temp.check(:'before_seen' <> :'during_seen' AND :'before_seen' = :'after_seen',
                     'a write shows until it is rolled back') AS checked \gset

\qecho
SELECT format('%s%s writes a message:%s the score changes in the same transaction', :'bold', pg_temp.contact(:writer), :'reset');
SELECT format('  %-77s%s%s%s', v.statement, v.colour, v.seen, :'reset')
FROM (VALUES (1, 'BEGIN;', :'before_seen', ''),
             (2, :'write', :'during_seen', :'hot'),
             (3, 'ROLLBACK;', :'after_seen', '')) AS v(line, statement, seen, colour)
ORDER BY v.line;
