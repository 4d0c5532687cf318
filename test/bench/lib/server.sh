# shellcheck shell=bash
# The private server: its build, its settings, and the machine that it runs on.

# pg_ivm is one of the contenders where this release has it for this PostgreSQL.
need_ivm() {
  if [[ -z $asked_config ]] && has_candidate "postgresql-$POSTGRES_MAJOR-pg-ivm"; then
    need_packages "postgresql-$POSTGRES_MAJOR-pg-ivm"
  fi
}

build_extension() {
  local log=$SCRATCH/build.log options=()
  # a copy of PostgreSQL that was made before pg_ivm was installed would go on without it
  [[ ! -e $("$POSTGRES_CONFIG" --sharedir)/extension/pg_ivm.control ]] || options=(WITH_IVM=yes)
  copy_sources "$SCRATCH/source"
  if ! private_postgres "$POSTGRES_CONFIG" "$SCRATCH/source" "$log" "${options[@]+"${options[@]}"}"; then
    tail -n 40 -- "$log" >&2
    die "the build failed"
  fi
}

of_meminfo() { awk -v name="$1:" '$1 == name { print int($2 / 1024) }' /proc/meminfo; } # NAME, in MB

# A quarter of the memory for the server, and nothing else that a user would not set as well. Checkpoints come when a case
# asks for one, so that none falls upon one contender and not upon another.
server_settings() {
  local memory shared
  memory=$(of_meminfo MemTotal)
  shared=$((memory / 4 < 4096 ? memory / 4 : 4096))
  cat <<SETTINGS
shared_buffers = ${shared}MB
effective_cache_size = $((memory / 2))MB
work_mem = $((memory / 192 < 128 ? memory / 192 : 128))MB
maintenance_work_mem = $((shared / 4))MB
fsync = on
synchronous_commit = on
full_page_writes = on
wal_buffers = 16MB
max_wal_size = 8GB
checkpoint_timeout = 1h
random_page_cost = 1.1
jit = off
SETTINGS
}

start_server() {
  local settings
  mapfile -t settings < <(server_settings)
  # shellcheck disable=SC2034 # start_cluster reads it
  CLUSTER_SETTINGS=("${settings[@]}")
  start_cluster "$SCRATCH/server" || die "the temporary PostgreSQL did not start"
  if [[ -n $keep ]]; then
    say "The server stays: $PGBIN/psql -h $SCRATCH/server -U postgres -l"
    say "To remove it: $PGBIN/pg_ctl -D $SCRATCH/server/data -m immediate stop, as $(unprivileged_user), and rm -r $SCRATCH"
  fi
}

# Databases are copies of each other, one for each way of keeping scores.
check_space() {
  local needed=$((24000 / DIVISOR + 2000)) free
  free=$(df --output=avail --block-size=1M "$SCRATCH" | tail -n 1)
  ((free > needed)) || die "this needs $needed MB of space in ${SCRATCH%/*}, there are $free (TMPDIR moves it)"
}

describe_machine() {
  local settings
  settings=$(server_settings | sed 's/ = /=/' | paste -s -d ' ')
  printf '%s\n' \
    "- Machine: $(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1), $(nproc) cores, $(of_meminfo MemTotal) MB of memory, $(uname -sr)" \
    "- Load before: $(cut -d ' ' -f 1-3 /proc/loadavg)" \
    "- $("$POSTGRES_CONFIG" --version), pg_leadscore built by $("${CXX:-g++}" --version | head -n 1)" \
    "- Settings: $settings, others as they come" \
    "- Data: $(grouped "$LEADS") leads in $(grouped "$ACCOUNTS") accounts, $(grouped "$ACTIVITIES") activities over 365 days; rounds: $rounds"
}

grouped() { sed -E ':a; s/^([0-9]+)([0-9]{3})/\1,\2/; ta' <<<"$1"; } # NUMBER
