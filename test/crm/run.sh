# shellcheck shell=bash
# One CRM from beginning to end: its fixture, its oracle, the scores attached to it, and the ways in which it writes. All
# in one session, for the clock is a setting of it. Prints TAP; the counts stand in the last lines.
set -euo pipefail

CRM_FOLDER=$(dirname -- "${BASH_SOURCE[0]}")

prove_crm() { # NAME FILE…
  local name=$1 script file
  shift
  script=$(mktemp)
  {
    echo '\set ON_ERROR_STOP on'
    echo 'SET client_min_messages = warning;'
    echo "SET timezone = 'UTC';"
    # Compiling a query that reads a few hundred rows takes longer than running it.
    echo 'SET jit = off;'
    for file; do echo "\\i $CRM_FOLDER/$file"; done
    echo "\\i $CRM_FOLDER/finish.sql"
  } >"$script"
  echo "# $name"
  # A file that ends the session early ends the test: then there is no plan.
  psql -X -q -A -t -v ON_ERROR_STOP=1 -f "$script" | sed -n -E '/^(ok|not ok|#|1\.\.)/p'
  rm -f -- "$script"
}
