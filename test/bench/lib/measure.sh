# shellcheck shell=bash
# Clocks and counters: how long a query takes, what CPU a backend used, what WAL was written.

# Milliseconds of one run of some SQL, by psql's own clock: the median of so many, after as many that do not count.
milliseconds() { # DATABASE WARM-UPS RUNS SQL
  local database=$1 warm_ups=$2 runs=$3 query=$4 i
  {
    printf '\\o /dev/null\n'
    for ((i = 0; i < warm_ups; i++)); do
      printf '%s;\n' "$query"
    done
    printf '\\timing on\n'
    for ((i = 0; i < runs; i++)); do
      printf '%s;\n' "$query"
    done
  } | "$PGBIN/psql" --no-psqlrc --quiet --set ON_ERROR_STOP=on --dbname "$database" |
    sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | median
}

median() {
  sort -g | awk '{ value[NR] = $1 }
    END { if (NR) print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

once_milliseconds() { milliseconds "$1" 0 1 "$2"; } # DATABASE SQL

# As in a session that has asked before; the more often, the less it takes.
warm_milliseconds() { # DATABASE SQL
  local first
  first=$(once_milliseconds "$1" "$2")
  case ${first%.*} in
    ? | ??) milliseconds "$1" 3 9 "$2" ;;
    ???) milliseconds "$1" 1 3 "$2" ;;
    *) milliseconds "$1" 0 1 "$2" ;;
  esac
}

calculate() { awk "BEGIN { printf \"%.6f\\n\", $1 }"; } # EXPRESSION

# Nanoseconds that the backend which reads it has spent on a CPU.
readonly BACKEND_CPU="split_part(pg_read_file('/proc/self/schedstat'), ' ', 1)::bigint"

wal_position() { sql postgres --command 'SELECT pg_current_wal_insert_lsn()'; }

# Bytes of the WAL's records between two positions, without the images of pages that the first change after a checkpoint
# brings: how many there are depends on when that was.
wal_bytes() { # FROM TO
  sql postgres --command "SELECT pg_switch_wal()" >/dev/null
  unprivileged "$PGBIN/pg_waldump" --path "$SCRATCH/server/data/pg_wal" --start "$1" --end "$2" --stats 2>/dev/null |
    awk '$1 == "Total" { print $3 }'
}

set_autovacuum() { # on|off
  sql postgres --command "ALTER SYSTEM SET autovacuum = $1" --command 'SELECT pg_reload_conf()' >/dev/null
}
