# shellcheck shell=bash
# Writers and the jobs that fold beside them.

# What folds what a contender's writers left; nothing for those that leave nothing.
folding_job() { # CONTENDER
  case $1 in
    pg_leadscore*) echo 'CALL leadscore.tick()' ;;
    queue | queue_statement) echo 'SELECT fold_queue()' ;;
  esac
}

# Rows that are not folded yet.
pending_rows() { # CONTENDER
  case $1 in
    pg_leadscore*) sql "$1" --command 'SELECT coalesce(sum(pending + marked), 0) FROM leadscore.status' ;;
    queue*) sql "$1" --command 'SELECT count(*) FROM score_queue' ;;
    *) echo 0 ;;
  esac
}

# A script for pgbench: the draw is that of crm.sql. Statements come from standard input.
write_script() { # NAME
  {
    cat <<SCRIPT
\\set drawn int($LEADS * pow(random(0, 999999999) / 1000000000.0, 2.2))
\\set lead 1 + :drawn * 7919 % $LEADS
\\set account case when :lead <= 2000 then 1 else 2 + int(($ACCOUNTS - 1) * pow((:lead * 7919 % $LEADS) / double($LEADS), 1.5)) end
\\set points random(1, 8)
SCRIPT
    cat
  } >"$SCRATCH/$1.pgbench"
}

insert_activity() { # ACCOUNT
  printf "INSERT INTO crm.activity (lead_id, account_id, kind, points, occurred_at, subject) VALUES (:lead, %s, 'call', :points, now(), 'Subject of it');\n" "$1"
}

run_pgbench() { # DATABASE SCRIPT PGBENCH-ARGUMENT…
  local database=$1 script=$2 log=$SCRATCH/pgbench.log
  shift 2
  if ! "${ON_CPU[@]+"${ON_CPU[@]}"}" "$PGBIN/pgbench" --no-vacuum --protocol prepared --file "$SCRATCH/$script.pgbench" "$@" "$database" >"$log" 2>&1 </dev/null; then
    tail -n 20 -- "$log" >&2
    return 1
  fi
  if grep -q 'aborted' "$log"; then
    grep -m 3 -E 'aborted|ERROR' -- "$log" >&2
    return 1
  fi
}

# One client on the first CPU, its backend on the last or beside it. What it costs the one to wake the other is several
# times as much where they are apart, and the scheduler puts them here or there. A backend begins where the postmaster is.
pinned_pgbench() { # apart|together DATABASE SCRIPT PGBENCH-ARGUMENT…
  local place=$1 postmaster cpus target status=0 ON_CPU
  shift
  postmaster=$(head -n 1 "$SCRATCH/server/data/postmaster.pid")
  cpus=$(taskset --cpu-list --pid "$postmaster" | sed 's/.*: //')
  ON_CPU=(taskset --cpu-list "${cpus%%[-,]*}") # run_pgbench reads it
  target=${cpus%%[-,]*}
  [[ $place == together ]] || target=${cpus##*[-,]}
  taskset --cpu-list --pid "$target" "$postmaster" >/dev/null
  run_pgbench "$@" || status=$?
  taskset --cpu-list --pid "$cpus" "$postmaster" >/dev/null
  return "$status"
}

# Sets TPS: of 8 clients that commit durably, after a second that does not count, with the folding job beside.
sustained() { # CONTENDER SCRIPT SECONDS
  local database=$1 script=$2 seconds=$3
  run_pgbench "$database" "$script" --client 8 --jobs 2 --time 1
  start_job "$database" "$(folding_job "$database")"
  run_pgbench "$database" "$script" --client 8 --jobs 2 --time "$seconds"
  TPS=$(sed -n 's/^tps = \([0-9.]*\) .*/\1/p' "$SCRATCH/pgbench.log")
  stop_job
}

# SQL once a second, in one session, until stop_job, which sets JOB_CPU: the nanoseconds of CPU that it took. Between two
# runs the session is idle and holds no snapshot.
start_job() { # DATABASE SQL-OR-EMPTY
  JOB=
  [[ -n $2 ]] || return 0
  : >"$SCRATCH/job.running"
  every_second "$1" "$2" &
  JOB=$!
}

stop_job() {
  JOB_CPU=0
  [[ -n $JOB ]] || return 0
  rm -f -- "$SCRATCH/job.running"
  wait "$JOB"
  JOB_CPU=$(cat "$SCRATCH/job.cpu")
}

every_second() { # DATABASE SQL
  local before after
  coproc SESSION { exec "$PGBIN/psql" --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=on --dbname "$1" 2>&1; }
  before=$(ask "SELECT $BACKEND_CPU;")
  while [[ -e $SCRATCH/job.running ]]; do
    ask "$2;" >/dev/null
    sleep 1
  done
  after=$(ask "SELECT $BACKEND_CPU;")
  echo $((after - before)) >"$SCRATCH/job.cpu"
}

# Asks the session of every_second and waits for its answer.
ask() { # SQL
  local line
  printf '%s\n\\echo answered\n' "$1" >&"${SESSION[1]}"
  while IFS= read -r -u "${SESSION[0]}" line; do
    [[ $line != answered ]] || return 0
    printf '%s\n' "$line"
  done
  die "the folding job ended: $1"
}

# Folds until nothing is left; prints the nanoseconds of CPU.
fold_rest() { # CONTENDER
  local job
  job=$(folding_job "$1")
  [[ -n $job ]] || { echo 0 && return; }
  sql "$1" --command "SELECT $BACKEND_CPU" --command "$job" --command "SELECT $BACKEND_CPU" |
    awk 'NF { value[++n] = $1 } END { print value[n] - value[1] }'
}

# The ways of keeping scores that writers are measured with. pg_ivm is there for some versions of PostgreSQL only.
writers() {
  printf '%s\n' bare pg_leadscore row_trigger statement_trigger queue
  [[ -z $(sql postgres --command "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_ivm'") ]] || echo ivm
}

label_of() { # CONTENDER
  case $1 in
    bare | bare_*) echo 'no scoring' ;;
    row_trigger*) echo 'PL/pgSQL row trigger' ;;
    statement_trigger) echo 'PL/pgSQL statement trigger' ;;
    queue | queue_statement) echo 'queue, folded by a job' ;;
    ivm) echo 'pg_ivm' ;;
    pg_leadscore*) echo 'pg_leadscore' ;;
  esac
}

need_writers() {
  local contender
  for contender in "${CONTENDERS[@]}"; do
    need_database "$contender"
  done
}

# Folding that keeps up leaves what was written since it last began; what is left after that is folded before another
# contender has its turn. pg_leadscore has a row for each entity of an activity.
check_backlog() { # CONTENDER TPS
  local rows
  [[ -n $(folding_job "$1") ]] || return 0
  rows=$(pending_rows "$1")
  note "$(label_of "$1"), round $ROUND: $(grouped "$rows") rows are pending after $(grouped "${2%.*}") activities a second"
  if [[ $1 == pg_leadscore* ]] && awk -v rows="$rows" -v tps="$2" 'BEGIN { exit !(rows > 5 * 2 * tps) }'; then
    fail "folding falls behind: $rows rows are pending after $2 activities a second"
  fi
  fold_rest "$1" >/dev/null
}
