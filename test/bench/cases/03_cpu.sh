# shellcheck shell=bash
TITLE='CPU of the writing backend per INSERT, one client on another CPU, synchronous_commit off'
UNIT=µs
REFERENCE='no scoring'
TURNS=4
AUTOVACUUM=off
ONCE=(ivm)
PLACE=apart
mapfile -t CONTENDERS < <(writers)
if [[ $CASE == cpu ]]; then
  wanted pg_leadscore ratio '<=' 1.4
  wanted 'pg_leadscore with all folding' ratio '<=' 2.0
fi

# The backend notes its CPU after every thousand inserts.
set_up() {
  local contender
  need_writers
  for contender in "${CONTENDERS[@]}"; do
    sql "$contender" --command 'DROP TABLE IF EXISTS cpu_used' --command 'CREATE UNLOGGED TABLE cpu_used (transactions int, nanoseconds bigint)'
  done
  write_script cpu <<SCRIPT
\\set transactions :transactions + 1
$(insert_activity :account)
\\if :transactions % 1000 = 0
INSERT INTO cpu_used VALUES (:transactions, $BACKEND_CPU);
\\endif
SCRIPT
}

# The median over the thousands, but for the first two.
measure() {
  local inserts=$((DIVISOR == 1 ? 12000 : 7000)) used rest label
  fold_rest "$1" >/dev/null
  sql "$1" --command 'TRUNCATE cpu_used'
  start_job "$1" "$(folding_job "$1")"
  PGOPTIONS='-c synchronous_commit=off' pinned_pgbench "$PLACE" "$1" cpu --client 1 --transactions "$inserts" --define transactions=0
  stop_job
  rest=$(fold_rest "$1")
  label=$(label_of "$1")
  used=$(sql "$1" --command "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY nanoseconds / 1e6)
    FROM (SELECT transactions, nanoseconds - lag(nanoseconds) OVER (ORDER BY transactions) AS nanoseconds FROM cpu_used) AS c WHERE transactions > 2000")
  record "$label" "$used"
  if [[ -n $(folding_job "$1") ]]; then
    record "$label with all folding" "$(calculate "$used + ($JOB_CPU + $rest) / $inserts / 1000")"
  fi
}

check() { verify_later pg_leadscore engagement; }
