SELECT proof.is('no score broke and nothing is left marked',
                NOT EXISTS (SELECT FROM leadscore.status AS s WHERE s.state <> 'live' OR s.pending > 0 OR s.marked > 0 OR s.broken_because IS NOT NULL));
SELECT format('# %s values compared with the oracle in %s comparisons, %s differ; verify returned %s lines', sum(compared), count(*), sum(differing), sum(verified))
FROM proof.tally;
SELECT '1..' || last_value FROM proof.number;
