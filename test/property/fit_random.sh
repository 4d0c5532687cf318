#!/usr/bin/env bash
# Random writes to entities that score by what they are; each round ends with verify finding nothing and every reader agreeing
# with an oracle in plain SQL.
folder=$(dirname -- "${BASH_SOURCE[0]}")
source "$folder/lib/rounds.bash"

print_round() { # NUMBER
  cat <<SQL
SET default_transaction_isolation = '$(level_of "$1")';
CALL crm.write(40);
DELETE FROM crm.lead WHERE id = 7;
COPY crm.lead (id, city, title, employees) FROM stdin;
7	Leeds	director	$1
\.
SELECT CASE WHEN count(*) = 0 THEN 'ok' ELSE 'not ok' END || ' $1 - $(level_of "$1"), clock ' || leadscore.clock() || ', '
       || (SELECT count(*) FROM crm.lead) || ' leads, ' || (SELECT count(*) FROM oracle.once) || ' records'
       || coalesce(E'\n' || string_agg('# ' || part || ': ' || fault, E'\n'), '')
FROM (SELECT * FROM oracle.faults() LIMIT 20) AS faults;
SQL
}

run_rounds "$folder/fit_random.sql" 100 30 print_round
