# shellcheck shell=bash
# Steps that need PostgreSQL. Each runs in a subshell: what they share lies in the scratch folder and in the cache.

readonly SANITIZED_OPTIONS=("SANITIZE=address,undefined" "ASSERTIONS=1")

has_build() { [[ -e $SOURCE/Makefile ]]; }

step_build() {
  use_installation plain
  record "build" 1 0
}

# Sets INSTALLATION and PGBIN. A build that failed once is not tried again.
use_installation() { # plain|sanitized
  local log=$LOGS/build-$1 options=()
  [[ $1 == plain ]] || options=("${SANITIZED_OPTIONS[@]}")
  if [[ -e $SCRATCH/no-$1-build ]]; then
    say "   (nothing was built)"
    return 1
  fi
  if ! private_postgres "$POSTGRES_CONFIG" "$SOURCE" "$log" "${options[@]+"${options[@]}"}"; then
    : >"$SCRATCH/no-$1-build"
    grep -B 5 -A 8 -E '(error|warning):' -- "$log" | head -n 80 || tail -n 40 -- "$log"
    return 1
  fi
  export PATH=$PGBIN:$PATH
}

# One server for all steps of a kind of build; its further settings are in the environment of the caller.
use_server() { # plain|sanitized
  use_installation "$1"
  if [[ ! -e $SCRATCH/$1/data/postmaster.pid ]]; then
    [[ ! -d $SCRATCH/$1 ]] || mv -- "$SCRATCH/$1" "$SCRATCH/$1-stopped-$SECONDS"
    start_cluster "$SCRATCH/$1"
    : >"$SCRATCH/$1/server.seen"
  fi
  export PGHOST=$SCRATCH/$1 PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
}

# What the server's log says may be worse than what the tests saw.
check_server() { # plain|sanitized
  local folder=$SCRATCH/$1 faults
  faults=$(server_faults "$folder" | grep -v -x -F -f "$folder/server.seen" || true)
  if [[ -n $faults ]]; then
    printf '%s\n' "$faults" >>"$folder/server.seen"
    say "   the server's log:"
    grep -A 25 -E "$SERVER_FAULTS" -- "$folder/server.log" | head -n 80
    record "server crashed" 0 1
  fi
}

# A copy of the sources that the unprivileged user may write to.
working_copy() { # NAME
  mkdir -- "$SCRATCH/$1"
  cp -a -- "$SOURCE/." "$SCRATCH/$1"
  give_to_unprivileged "$SCRATCH/$1"
}

has_regress() { has_files "$SOURCE"/sql/*.sql; }
has_regress_sanitized() { has_regress; }

step_regress() {
  use_server plain
  pg_regress_suite "pg_regress" plain
}

# PostgreSQL itself is not instrumented, so the runtime of AddressSanitizer must be there before anything else; and
# libstdc++ with it, or the interceptor of C++ exceptions finds nothing to call. It must also be the first to be
# initialized: else the constructor of another library (p11-kit's newlocale) is the first to allocate, the runtime
# starts while the C library holds its lock on locales, and the server hangs. The stack check of PostgreSQL cannot follow
# a fake stack.
step_regress_sanitized() {
  local compiler=${CXX:-g++} first=$SCRATCH/asan_first.so library preload
  echo 'extern "C" void *malloc(unsigned long); extern "C" void free(void *);
    __attribute__((constructor)) static void first() { void *volatile memory = malloc(1); free(memory); }' |
    "$compiler" -xc++ -shared -fPIC -O0 -Wl,-z,initfirst -o "$first" -
  chmod 755 "$first"
  preload=$first
  for library in libstdc++.so.6 libasan.so; do
    preload=$(readlink -f "$("$compiler" -print-file-name="$library")"):$preload
  done
  # shellcheck disable=SC2034 # start_cluster reads it
  CLUSTER_ENVIRONMENT=(
    "LD_PRELOAD=$preload"
    "ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:abort_on_error=1:allow_user_segv_handler=1"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:abort_on_error=1"
  )
  use_server sanitized
  grep -q 'libasan\.so' "/proc/$(head -n 1 "$SCRATCH/sanitized/data/postmaster.pid")/maps" ||
    { say "   the server runs without libasan" && return 1; }
  pg_regress_suite "pg_regress, sanitized" sanitized
  stop_cluster "$SCRATCH/sanitized"
}

pg_regress_suite() { # KIND plain|sanitized
  local work=$SCRATCH/regress-$2
  working_copy "regress-$2"
  suite_result "$1" "$2" "$work" "$(find "$SOURCE/sql" -name '*.sql' | wc -l)" \
    make --no-print-directory -C "$work" PG_CONFIG="$PGBIN/pg_config" installcheck
}

has_isolation() { has_files "$SOURCE"/test/isolation/specs/*.spec; }

step_isolation() {
  local work=$SCRATCH/isolation specs=() spec
  use_server plain
  working_copy isolation
  for spec in "$SOURCE"/test/isolation/specs/*.spec; do
    spec=${spec##*/}
    specs+=("${spec%.spec}")
  done
  suite_result "isolation" plain "$work/output_iso" "${#specs[@]}" \
    "$PGXS_FOLDER/src/test/isolation/pg_isolation_regress" --bindir="$PGBIN" --inputdir="$work/test/isolation" \
    --outputdir="$work/output_iso" --dbname=isolation_regression --load-extension="$EXTENSION" "${specs[@]}"
}

# Its transactions hold marks back, of which expected outputs say that they are folded.
set_autovacuum() { # on|off
  unprivileged psql -X -q -c "ALTER SYSTEM SET autovacuum = $1" -c 'SELECT pg_reload_conf()' >/dev/null
}

# pg_regress and its kin: counts what they print, of as many tests as there are files.
suite_result() { # KIND SERVER OUTPUT-FOLDER EXPECTED-NUMBER COMMAND…
  local kind=$1 server=$2 output=$3 number=$4 log=$LOGS/suite-$1 status=0 passed failed skipped
  shift 4
  unprivileged mkdir -p -- "$output"
  set_autovacuum off
  (cd -- "$output" && unprivileged "$@" </dev/null) >"$log" 2>&1 || status=$?
  set_autovacuum on
  read -r passed failed skipped < <(count_regress "$log")
  ((passed + failed >= number)) || failed=$((number - passed))
  ((status == 0 || failed)) || failed=1
  if ((failed)); then
    tail -n 40 -- "$log"
    [[ ! -s $output/regression.diffs ]] || head -n 200 -- "$output/regression.diffs"
  fi
  record "$kind" "$passed" "$failed" "$skipped"
  check_server "$server"
}

has_property() { has_files "$SOURCE"/test/property/*.sh; }

step_property() {
  local script name
  use_server plain
  working_copy property
  for script in "$SCRATCH"/property/test/property/*.sh; do
    name=$(basename -- "$script" .sh)
    unprivileged createdb -- "property_$name"
    (
      export PGDATABASE=property_$name PG_CONFIG=$PGBIN/pg_config
      cd -- "$SCRATCH/property" || exit
      tap_result "property" "$name" bash "$script"
    )
    unprivileged dropdb --force -- "property_$name"
  done
  check_server plain
}

has_tap() { has_files "$SOURCE"/test/tap/*.pl; }

# As PGXS runs them, but file by file. They make clusters of their own.
step_tap() {
  local script name
  use_installation plain
  working_copy tap
  cd -- "$SCRATCH/tap" || exit
  unprivileged mkdir -p tmp_check/log tmp_check/data
  export TESTDIR=$PWD TESTLOGDIR=$PWD/tmp_check/log TESTDATADIR=$PWD/tmp_check/data top_builddir=$PWD PGPORT=65432 \
    PG_REGRESS=$PGXS_FOLDER/src/test/regress/pg_regress PERL5LIB=$PGXS_FOLDER/src/test/perl
  for script in test/tap/*.pl; do
    name=$(basename -- "$script" .pl)
    tap_result "tap" "$name" perl "$script"
    # what a test died of stands there only
    ! tail -n 1 -- "$REPORT" | has_failures /dev/stdin || tail -n 30 -- "tmp_check/log/regress_log_$name"
  done
}

has_docs() { [[ -e $SOURCE/test/docs/run ]]; }

step_docs() {
  use_server plain
  working_copy docs
  cd -- "$SCRATCH/docs" || exit
  set_autovacuum off
  tap_result "examples in docs" "docs" perl test/docs/run
  set_autovacuum on
  check_server plain
}

has_demo() { [[ -e $SOURCE/scripts/demo ]]; }

# The demo checks what it shows; what README.md shows of it must be what it prints.
step_demo() {
  local log=$LOGS/demo quoted=$LOGS/demo-quoted failed=0
  use_installation plain
  "$SOURCE/scripts/demo" --pg-config "$POSTGRES_CONFIG" >"$log" 2>&1 || failed=1
  sed 's/ *$//' -i "$log"
  sed -n '/^<!-- scripts\/demo -->/,/^```$/p' -- "$SOURCE/README.md" | grep -v -E '^(<!--|```|$)' >"$quoted" || true
  if grep -v -x -F -f "$log" -- "$quoted"; then
    say "   these lines of README.md are not in the demo's output"
    failed=1
  fi
  ((failed == 0)) || cat -- "$log"
  record "demo" $((1 - failed)) "$failed"
}

tap_result() { # KIND NAME COMMAND…
  local kind=$1 log=$LOGS/tap-$1-$2 name=$2 status=0 passed failed skipped
  shift 2
  unprivileged timeout --kill-after=10 "${TAP_SECONDS:-900}" "$@" >"$log" 2>&1 </dev/null || status=$?
  read -r passed failed skipped < <(count_tap "$log")
  if ((status && !failed || passed + failed + skipped == 0)); then
    failed=$((failed + 1))
  fi
  if ((failed)); then
    say "   $name ended with status $status:"
    grep -v '^ok' -- "$log" | tail -n 100 || true
  fi
  record "$kind" "$passed" "$failed" "$skipped"
}
