# shellcheck shell=bash
TITLE='CPU of the writing backend per INSERT, one client, synchronous_commit off'
UNIT=µs
REFERENCE='no scoring'
TURNS=4
AUTOVACUUM=off
mapfile -t CONTENDERS < <(writers)
wanted pg_leadscore ratio '<=' 1.4
wanted 'pg_leadscore with all folding' ratio '<=' 2.0

# The backend notes its CPU after a quarter of its inserts, which warms it up, and after the last.
set_up() {
  local contender
  need_writers
  for contender in "${CONTENDERS[@]}"; do
    sql "$contender" --command 'CREATE UNLOGGED TABLE IF NOT EXISTS cpu_used (transactions int, nanoseconds bigint)'
  done
  {
    echo '\set transactions :transactions + 1'
    insert_activity :account
    echo '\if :transactions = :first or :transactions = :last'
    echo "INSERT INTO cpu_used VALUES (:transactions, $BACKEND_CPU);"
    printf '\\endif\n'
  } | write_script cpu
}

measure() {
  local last=$((DIVISOR == 1 ? 12000 : 6000)) used rest label
  fold_rest "$1" >/dev/null
  sql "$1" --command 'TRUNCATE cpu_used'
  start_job "$1" "$(folding_job "$1")"
  PGOPTIONS='-c synchronous_commit=off' run_pgbench "$1" cpu --client 1 --transactions "$last" \
    --define transactions=0 --define first=$((last / 4)) --define last="$last"
  stop_job
  rest=$(fold_rest "$1")
  label=$(label_of "$1")
  used=$(sql "$1" --command 'SELECT (max(nanoseconds) - min(nanoseconds)) / (max(transactions) - min(transactions)) / 1000.0 FROM cpu_used')
  record "$label" "$used"
  if [[ -n $(folding_job "$1") ]]; then
    record "$label with all folding" "$(calculate "$used + ($JOB_CPU + $rest) / $last / 1000")"
  fi
}

check() { verify_later pg_leadscore engagement; }
