# shellcheck shell=bash
# A private PostgreSQL with the extension in it, and private clusters.
#
# Nothing is installed into the system's PostgreSQL. PostgreSQL finds its folders relative to its own binary, so a copy
# of them under another root, with the extension installed into it, is a complete installation. It is kept in the cache
# under a hash of all that made it, so that a second run has nothing to build.

# The folders of an installation that matter for building and running.
installation_folders() { # PG_CONFIG
  local option
  for option in --bindir --pkglibdir --sharedir --pkgincludedir --includedir-server; do
    readlink -f "$("$1" "$option")"
  done | sort -u
}

copy_postgres() { # PG_CONFIG FOLDER
  local folder
  installation_folders "$1" | while read -r folder; do
    mkdir -p "$2${folder%/*}"
    # bitcode is for inlining by the JIT compiler only, and large
    tar -C "${folder%/*}" --exclude='bitcode/*' -cf - "${folder##*/}" | tar -C "$2${folder%/*}" --no-same-owner -xf -
  done
}

installation_key() { # PG_CONFIG SOURCE MAKE-OPTION…
  local config=$1 source=$2
  shift 2
  {
    "$config" --version
    # a rebuilt package has the same version
    stat -c '%n %s %Y' "$("$config" --bindir)/postgres"
    "${CXX:-g++}" --version | head -n 1
    printf '%s\n' "$@" "${CXXFLAGS:-}" "${CPPFLAGS:-}"
    (cd -- "$source" && find Makefile ./*.control ./*--*.sql src -type f -print0 2>/dev/null | sort -z | xargs -0 sha256sum)
  } | sha256sum | cut -c 1-24
}

# Sets INSTALLATION, PGBIN and PGXS_FOLDER to an installation of the sources in SOURCE. Two runs at once build twice and
# one build wins; nobody ever sees a half-made one.
private_postgres() { # PG_CONFIG SOURCE LOG MAKE-OPTION…
  local config=$1 source=$2 log=$3 cache key building
  shift 3
  cache=$(cache_folder)/installations
  mkdir -p -- "$cache"
  forget_old_installations "$cache"
  key=$("$config" --version | sed 's/^PostgreSQL \([0-9.]*\).*/\1/')-$(installation_key "$config" "$source" "$@")
  INSTALLATION=$cache/$key
  PGBIN=$INSTALLATION$(readlink -f "$("$config" --bindir)")
  if [[ ! -d $INSTALLATION ]]; then
    say "Building $EXTENSION for $("$config" --version | cut -d ' ' -f 1,2)"
    building=$(mktemp -d "$cache/.building.XXXXXX")
    if ! build_into "$building" "$config" "$source" "$@" >"$log" 2>&1; then
      rm -rf -- "$building"
      return 1
    fi
    mv -T -- "$building/root" "$INSTALLATION" 2>/dev/null || [[ -d $INSTALLATION ]] || return 1
    rm -rf -- "$building"
  fi
  touch -- "$INSTALLATION"
  # shellcheck disable=SC2034 # read by others
  PGXS_FOLDER=$(dirname -- "$("$PGBIN/pg_config" --pgxs)")/../..
  "$PGBIN/psql" --version >>"$log"
}

build_into() { # FOLDER PG_CONFIG SOURCE MAKE-OPTION…
  local folder=$1 config=$2 source=$3 private
  shift 3
  mkdir -- "$folder/root" "$folder/source" &&
    copy_postgres "$config" "$folder/root" &&
    cp -a -- "$source/." "$folder/source" &&
    private=$folder/root$(readlink -f "$("$config" --bindir)")/pg_config &&
    make -C "$folder/source" -j"$(nproc)" PG_CONFIG="$private" "$@" all &&
    make -C "$folder/source" PG_CONFIG="$private" "$@" install &&
    chmod -R a+rX -- "$folder/root"
}

forget_old_installations() { # CACHE
  find "$1" -mindepth 1 -maxdepth 1 \( -name '.building.*' -mtime +0 -o -mtime +6 \) -exec rm -rf -- {} +
}

# A cluster in FOLDER, reached by a Unix socket only, so that its port is nobody else's; with CLUSTER_TCP_PORT also by
# password at that port of 127.0.0.1. Sets the variables by which clients find it. CLUSTER_ENVIRONMENT holds variables for
# the server alone; test/postgresql.conf its further settings, and CLUSTER_SETTINGS those that only the caller wants.
start_cluster() { # FOLDER
  local folder=$1
  mkdir -p -- "$folder"
  give_to_unprivileged "$folder"
  if ! unprivileged "$PGBIN/initdb" --pgdata="$folder/data" --username=postgres --auth-local=trust \
    --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1; then
    cat -- "$folder/initdb.log" >&2
    return 1
  fi
  {
    cat <<SETTINGS
listen_addresses = '${CLUSTER_TCP_PORT:+127.0.0.1}'
port = ${CLUSTER_TCP_PORT:-5432}
unix_socket_directories = '$folder'
fsync = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%a '
max_connections = 50
SETTINGS
    if [[ -e $PROJECT/test/postgresql.conf ]]; then
      cat -- "$PROJECT/test/postgresql.conf"
    fi
    printf '%s\n' "${CLUSTER_SETTINGS[@]+"${CLUSTER_SETTINGS[@]}"}"
  } | unprivileged tee -a "$folder/data/postgresql.conf" >/dev/null
  if ! (cd -- "$folder" && unprivileged env "${CLUSTER_ENVIRONMENT[@]+"${CLUSTER_ENVIRONMENT[@]}"}" \
    timeout 120 "$PGBIN/pg_ctl" start --pgdata="$folder/data" --log="$folder/server.log" --wait --silent </dev/null); then
    tail -n 30 -- "$folder/server.log" >&2
    return 1
  fi
  export PGHOST=$folder PGPORT=${CLUSTER_TCP_PORT:-5432} PGUSER=postgres PGDATABASE=postgres
}

stop_cluster() { # FOLDER [MODE]
  local bin=$PGBIN
  [[ -e $1/data/postmaster.pid ]] || return 0
  (cd -- "$1" && unprivileged "$bin/pg_ctl" stop --pgdata="$1/data" --mode="${2:-fast}" --wait --silent </dev/null)
}

# For traps: whatever runs below the scratch folder, also when PGBIN was set in a subshell only.
stop_all_clusters() {
  local pid_file pid
  for pid_file in "$SCRATCH"/{,*/}*/data/postmaster.pid "$SCRATCH"/*/tmp_check/{,data/}*/pgdata/postmaster.pid; do
    [[ -e $pid_file ]] || continue
    pid=$(head -n 1 -- "$pid_file")
    # SIGQUIT is the immediate shutdown; the server has nothing worth saving
    if [[ $(readlink "/proc/$pid/cwd") == "${pid_file%/*}" ]] && kill -QUIT "$pid"; then
      for _ in {1..100}; do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
      done
    fi
  done
}

# A crash, a failed assertion or a sanitizer's report, which a test need not notice.
SERVER_FAULTS='PANIC:|TRAP:|was terminated by signal|AddressSanitizer|runtime error:|terminate called'
server_faults() { # FOLDER
  grep -E "$SERVER_FAULTS" -- "$1/server.log" || true
}
