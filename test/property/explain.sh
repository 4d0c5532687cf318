#!/usr/bin/env bash
# Random activities and adjustments under every decay, over three levels: explanations add up to the score, timelines agree with it, and it
# cools when it is said to.
folder=$(dirname -- "${BASH_SOURCE[0]}")
source "$folder/lib/rounds.bash"

print_round() { # NUMBER
  cat <<SQL
SELECT crm.shuffle() \g /dev/null
SELECT CASE WHEN count(*) = 0 THEN 'ok' ELSE 'not ok' END || ' $1 - clock ' || leadscore.clock() || ', score$(($1 % 9 + 1))'
       || coalesce(E'\n' || string_agg('# ' || fault, E'\n'), '')
FROM (SELECT * FROM crm.faults('score$(($1 % 9 + 1))') LIMIT 20) AS faults;
SQL
}

run_rounds "$folder/explain.sql" 100 30 print_round
