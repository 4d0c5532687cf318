# shellcheck shell=bash
# Random writes in rounds, each of which ends in a line of TAP. SEED repeats a run, ROUNDS and SECONDS_LIMIT bound it; CI
# always makes the same writes, so that what it finds is of the change.
set -euo pipefail

# The function named last prints the SQL of one round, given its number; the file makes the CRM and its oracle.
run_rounds() { # FILE ROUNDS SECONDS PRINT-ROUND
  local file=$1 rounds=${ROUNDS:-$2} limit=${SECONDS_LIMIT:-$3} print_round=$4 seed=${SEED:-${CI:+20261}} script round
  seed=${seed:-$RANDOM}
  echo "# SEED=$seed"
  psql -X -q -f "$file" >/dev/null

  # One session, so that the clock and the seed last; a file, as the session may end before it has read all of it.
  script=$(mktemp)
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
      cat <<SQL
SELECT clock_timestamp() - :'started' > interval '$limit seconds' AS late \gset
\if :late
  \echo '1..' :done
  \quit
\endif
SQL
      "$print_round" "$round"
      printf '%s\n' "\\set done $round"
    done
    printf '%s\n' "\\echo '1..' :done"
  } >"$script"
  psql -X -q -f "$script" 2>&1 | sed 's/^1\.\. /1../'
  rm -f -- "$script"
}

# Every third round is one of transactions whose snapshot lasts.
level_of() { # ROUND
  if (($1 % 3)); then echo 'read committed'; else echo 'repeatable read'; fi
}
