-- The proof: every state that the triggers keep, compared with the rows.

SELECT count(*) AS differences FROM leadscore.verify('engagement') \gset
SELECT count(*) AS states FROM leadscore.contact_engagement WHERE activities > 0 \gset

\qecho
SELECT format('%sverify()%s compared the states of %s contacts with the rows: %s differences', :'bold', :'reset', :states, :differences);
SELECT pg_temp.check(:differences = 0, 'the states agree with the rows') AS checked \gset
