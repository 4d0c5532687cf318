# shellcheck shell=bash
# The step that reads scores through the drivers of other languages: test/drivers/run, a server that they reach by TCP, and
# their packages. A driver that cannot be had here is skipped.

readonly DRIVERS_TO_TRY=(jdbc odbc psycopg2 node-postgres)

has_drivers() { [[ -e $SOURCE/test/drivers/run ]]; }

step_drivers() {
  local folder=$SCRATCH/drivers driver drivers=()
  for driver in "${DRIVERS_TO_TRY[@]}"; do
    if driver_works "$driver" || { get_driver "$driver" >>"$LOGS/get-drivers" 2>&1 && driver_works "$driver"; }; then
      drivers+=("$driver")
    else
      say "   there is no $driver here"
    fi
  done
  use_installation plain
  working_copy drivers-source
  # shellcheck disable=SC2034 # start_cluster reads it
  CLUSTER_TCP_PORT=$(free_port)
  start_cluster "$folder"
  cd -- "$SCRATCH/drivers-source" || exit
  NODE_PATH=$(node_folder) DRIVERS=${drivers[*]-} tap_result "drivers" "drivers" bash test/drivers/run
  server_faults "$folder" >"$LOGS/drivers-faults" || true
  if [[ -s $LOGS/drivers-faults ]]; then
    cat -- "$LOGS/drivers-faults"
    record "server crashed" 0 1
  fi
  stop_cluster "$folder"
}

# The release's own Python is the one that its packages are for.
driver_works() { # DRIVER
  case $1 in
    jdbc) [[ -e /usr/share/java/postgresql.jar ]] && has_java ;;
    odbc) /usr/bin/python3 -c 'import pyodbc; assert "PostgreSQL Unicode" in pyodbc.drivers()' ;;
    psycopg2) /usr/bin/python3 -c 'import psycopg2' ;;
    node-postgres) NODE_PATH=$(node_folder) node -e 'require("pg")' ;;
  esac >/dev/null 2>&1
}

get_driver() ( # DRIVER, in a subshell: what cannot be installed ends it
  set -e
  case $1 in
    jdbc)
      has_java || need_packages default-jdk-headless
      need_packages libpostgresql-jdbc-java
      ;;
    odbc) need_packages unixodbc odbc-postgresql python3-pyodbc ;;
    psycopg2) need_packages python3-psycopg2 ;;
    node-postgres)
      command -v node || need_packages nodejs
      unpack_node_packages node-pg node-split2 node-xtend
      ;;
  esac
)

# One that runs a source file: a JDK.
has_java() { java --list-modules 2>/dev/null | grep '^jdk\.compiler' >/dev/null; }

node_folder() { printf '%s\n' "$(cache_folder)/node-postgres/usr/share/nodejs"; }

# As packages they want the nodejs of the release; their files work with any.
unpack_node_packages() { # PACKAGE…
  local folder=$SCRATCH/node-packages package
  mkdir -p -- "$folder/root"
  cd -- "$folder"
  has_candidate "$1" || apt_get update
  apt_get download "$@"
  for package in ./*.deb; do
    dpkg-deb -x "$package" root
  done
  chmod -R a+rX -- root
  rm -rf -- "$(cache_folder)/node-postgres"
  mv -T -- root "$(cache_folder)/node-postgres"
}

# Nobody answers there now.
free_port() {
  local port
  for ((;;)); do
    port=$((20000 + RANDOM % 10000))
    (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null || break
  done
  echo "$port"
}
