-- An account's points are its contacts': a roll-up, read from the contacts' states.

\qecho
SELECT format('%sThe hottest accounts%s, by the points of their contacts', :'bold', :'reset');
SELECT format('%s  %-34s %-25s %s%7s  %s%s', lpad(h.rank::text, 2), left(a.name, 34),
              format('%s contacts, top %s', v.members, to_char(v.members_max, 'FM9990.0')), :'hot', to_char(h.points, 'FM9990.0'),
              pg_temp.bar(h.points, max(h.points) OVER (), 20, :'blocks'), :'reset')
FROM leadscore.account_hottest('engagement', 3) AS h
JOIN leadscore.account_engagement AS v USING (account_id)
JOIN crm.account AS a ON a.id = h.account_id
ORDER BY h.rank;
