#!/usr/bin/env bash
# Random activities under every decay, over three levels: explanations add up to the score, timelines agree with it, and it
# cools when it is said to. Each round is a line of TAP. SEED repeats a run, ROUNDS and SECONDS_LIMIT bound it.
set -euo pipefail

folder=$(dirname -- "${BASH_SOURCE[0]}")
seed=${SEED:-${CI:+20261}}
seed=${seed:-$RANDOM}
rounds=${ROUNDS:-100}
limit=${SECONDS_LIMIT:-30}

echo "# SEED=$seed"
psql -X -q -f "$folder/explain.sql" >/dev/null

# One session, so that the clock and the seed last; a file, as the session may end before it has read all of it.
script=$(mktemp)
trap 'rm -f -- "$script"' EXIT
{
  cat <<SQL
\set ON_ERROR_STOP on
\pset tuples_only on
\pset format unaligned
SET client_min_messages = warning;
SET pg_leadscore.clock = '2026-01-01 00:00:00+00';
DO \$\$ BEGIN PERFORM setseed($seed / 32768.0); END \$\$;
SELECT clock_timestamp() AS started \gset
SQL
  for ((round = 1; round <= rounds; round++)); do
    cat <<SQL
SELECT clock_timestamp() - :'started' > interval '$limit seconds' AS late \gset
\if :late
  \echo '1..' :done
  \quit
\endif
SELECT crm.shuffle() \g /dev/null
SELECT CASE WHEN count(*) = 0 THEN 'ok' ELSE 'not ok' END || ' $round - clock ' || leadscore.clock() || ', score$((round % 9 + 1))'
       || coalesce(E'\n' || string_agg('# ' || fault, E'\n'), '')
FROM (SELECT * FROM crm.faults('score$((round % 9 + 1))') LIMIT 20) AS faults;
\set done $round
SQL
  done
  printf '%s\n' "\\echo '1..' :done"
} >"$script"
psql -X -q -f "$script" 2>&1 | sed 's/^1\.\. /1../'
