#!/usr/bin/env bash
# Random writes on all tables that links go through, in rounds; each round ends with verify finding nothing and every
# reader agreeing with an oracle in plain SQL. SEED repeats a run, ROUNDS and SECONDS_LIMIT bound it; CI always makes the
# same writes, so that what it finds is of the change.
set -euo pipefail

folder=$(dirname -- "${BASH_SOURCE[0]}")
seed=${SEED:-${CI:+20261}}
seed=${seed:-$RANDOM}
rounds=${ROUNDS:-150}
limit=${SECONDS_LIMIT:-30}

echo "# SEED=$seed"
psql -X -q -f "$folder/live_links.sql" >/dev/null

# One session, so that the clock and the seed last; a file, as the session may end before it has read all of it.
script=$(mktemp)
trap 'rm -f -- "$script"' EXIT
{
  cat <<SQL
\set ON_ERROR_STOP on
\pset tuples_only on
\pset format unaligned
SET client_min_messages = warning;
SET jit = off;
SET pg_leadscore.clock = '2026-01-01 00:00:00+00';
DO \$\$ BEGIN PERFORM setseed($seed / 32768.0); END \$\$;
SELECT clock_timestamp() AS started \gset
SQL
  for ((round = 1; round <= rounds; round++)); do
    level='read committed'
    ((round % 3)) || level='repeatable read'
    cat <<SQL
SELECT clock_timestamp() - :'started' > interval '$limit seconds' AS late \gset
\if :late
  \echo '1..' :done
  \quit
\endif
SET default_transaction_isolation = '$level';
CALL crm.write(40);
SELECT CASE WHEN count(*) = 0 THEN 'ok' ELSE 'not ok' END || ' $round - $level, clock ' || leadscore.clock() || ', '
       || (SELECT count(*) FROM crm.activity) + (SELECT count(*) FROM crm.message) || ' activities' || coalesce(E'\n' || string_agg('# ' || part || ': ' || fault, E'\n'), '')
FROM (SELECT * FROM oracle.faults() LIMIT 20) AS faults;
\set done $round
SQL
  done
  printf '%s\n' "\\echo '1..' :done"
} >"$script"
psql -X -q -f "$script" 2>&1 | sed 's/^1\.\. /1../'
