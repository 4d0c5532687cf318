# shellcheck shell=bash
TITLE='WAL per INSERT, over that of no scoring'
UNIT=bytes
AUTOVACUUM=off
mapfile -t CONTENDERS < <(writers)
wanted pg_leadscore value '<=' 150
wanted 'pg_leadscore with all folding' value '<=' 300

set_up() {
  need_writers
  insert_activity :account | write_script insert
}

# What no scoring writes is known from the first turn of the first round.
measure() {
  local inserts=$((DIVISOR == 1 ? 25000 : DIVISOR == 10 ? 10000 : 2000)) before after folded label written
  fold_rest "$1" >/dev/null
  keep_unfolded "$1"
  before=$(wal_position)
  PGOPTIONS='-c synchronous_commit=off' run_pgbench "$1" insert --client 1 --transactions "$inserts"
  after=$(wal_position)
  let_fold
  label=$(label_of "$1")
  written=$(calculate "$(wal_bytes "$before" "$after") / $inserts")
  if [[ $1 == bare ]]; then
    [[ -n ${BARE:-} ]] || note "$written bytes with no scoring"
    BARE=$written
    return
  fi
  record "$label" "$(calculate "$written - $BARE")"
  if [[ -n $(folding_job "$1") ]]; then
    before=$(wal_position)
    fold_rest "$1" >/dev/null
    folded=$(wal_position)
    record "$label with all folding" "$(calculate "$written - $BARE + $(wal_bytes "$before" "$folded") / $inserts")"
  fi
}

# Our writers fold a batch now and then: not while somebody else holds the lock for it.
keep_unfolded() { # CONTENDER
  [[ $1 == pg_leadscore ]] || return 0
  : >"$SCRATCH/holding"
  {
    echo "SELECT pg_advisory_lock(leadscore_internal.fold_lock_key('leadscore'));"
    while [[ -e $SCRATCH/holding ]]; do
      sleep 0.1
    done
  } | "$PGBIN/psql" --no-psqlrc --quiet --dbname "$1" >/dev/null &
  HOLDER=$!
  until [[ -n $(sql "$1" --command "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = '$1')") ]]; do
    sleep 0.1
  done
}

let_fold() {
  [[ -e $SCRATCH/holding ]] || return 0
  rm -f -- "$SCRATCH/holding"
  wait "$HOLDER"
}

check() {
  verify_later pg_leadscore engagement
  # this is the last case that writes activities: their room is for the others
  drop_database bare
  drop_database row_trigger
  drop_database statement_trigger
  drop_database queue
  drop_database queue_statement
  drop_database ivm
  drop_database landmark
}
