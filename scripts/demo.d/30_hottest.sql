-- The ten hottest contacts: the function ranks, the CRM's tables say who they are.

\qecho
SELECT format('%sThe ten hottest%s of %s contacts in %s accounts, after %s messages, at %s UTC', :'bold', :'reset',
              (SELECT count(*) FROM crm.contact), (SELECT count(*) FROM crm.account),
              (SELECT pg_temp.number(count(*)) FROM crm.message), to_char(leadscore.clock() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'));
SELECT format('%s  %-6s %-34s %-25s %7s  %s%s', :'dim', '', 'account', 'title', 'points', s.decay, :'reset')
FROM leadscore.scores AS s WHERE s.score = 'engagement';
SELECT format('%s  %-4s %-34s %-25s %s%7s  %s%s', lpad(h.rank::text, 2), pg_temp.contact(h.contact_id),
              left(coalesce(a.name, '-'), 34), left(coalesce(c.title, '-'), 25), :'hot', to_char(h.points, 'FM9990.0'),
              pg_temp.bar(h.points, max(h.points) OVER (), 20, :'blocks'), :'reset')
FROM leadscore.contact_hottest('engagement', 10) AS h
JOIN crm.contact AS c ON c.id = h.contact_id
LEFT JOIN crm.account AS a ON a.id = c.account_id
ORDER BY h.rank;
