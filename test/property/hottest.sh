#!/usr/bin/env bash
# Random writes and folds under every decay, with and without caps, and a moving clock: lead_hottest and that of a roll-up are what their views say.
folder=$(dirname -- "${BASH_SOURCE[0]}")
source "$folder/lib/rounds.bash"

print_round() { # NUMBER
  cat <<SQL
CALL crm.write($1);
SELECT CASE WHEN count(*) = 0 THEN 'ok' ELSE 'not ok' END || ' $1 - clock ' || leadscore.clock() || coalesce(E'\n' || string_agg('# ' || fault, E'\n'), '')
FROM (SELECT * FROM crm.faults() LIMIT 10) AS faults;
SQL
}

run_rounds "$folder/hottest.sql" 100 30 print_round
