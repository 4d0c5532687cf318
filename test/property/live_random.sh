#!/usr/bin/env bash
# Thousands of random writes of every kind; each round ends with verify finding nothing and every reader agreeing with an
# oracle in plain SQL.
folder=$(dirname -- "${BASH_SOURCE[0]}")
source "$folder/lib/rounds.bash"

print_round() { # NUMBER
  cat <<SQL
SET default_transaction_isolation = '$(level_of "$1")';
CALL crm.write(60);
COPY crm.activity (id, lead_id, kind, at, points) FROM stdin;
$((100000 + $1 * 2))	$(($1 % 12 + 1))	call	2026-01-01 00:00:00+00	2
$((100001 + $1 * 2))	$(($1 % 12 + 1))	visit	2026-01-01 12:00:00+00	-1
\.
SELECT CASE WHEN count(*) = 0 THEN 'ok' ELSE 'not ok' END || ' $1 - $(level_of "$1"), clock ' || leadscore.clock() || ', '
       || (SELECT count(*) FROM crm.activity) || ' activities' || coalesce(E'\n' || string_agg('# ' || part || ': ' || fault, E'\n'), '')
FROM (SELECT * FROM oracle.faults() LIMIT 20) AS faults;
SQL
}

run_rounds "$folder/live_random.sql" 150 40 print_round
