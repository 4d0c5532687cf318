#!/bin/sh
# Times the aggregates against sum(float8) and against the same sum in plain SQL, serial and with two workers, in a
# private cluster that is removed at the end. The extension must be installed.
#
#   PG_CONFIG=pg_config ROWS=10000000 RUNS=5 test/bench/aggregates.sh
#
# Each round runs every query once, so that whatever else the machine does meets all of them; shown are medians.
# JIT=on measures with it.
set -eu

ROWS=${ROWS:-10000000}
RUNS=${RUNS:-5}
BINDIR=$(${PG_CONFIG:-pg_config} --bindir)

directory=$(mktemp -d)
if [ "$(id -u)" = 0 ]; then
  chown postgres "$directory"
  as_server() { runuser -u postgres -- "$@"; }
else
  as_server() { "$@"; }
fi
stop() {
  as_server "$BINDIR/pg_ctl" -D "$directory/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$directory"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

as_server "$BINDIR/initdb" -D "$directory/data" -U postgres -A trust --no-sync >/dev/null
as_server "$BINDIR/pg_ctl" -D "$directory/data" -l "$directory/log" -w \
  -o "-c unix_socket_directories=$directory -c listen_addresses='' -c fsync=off -c autovacuum=off -c shared_buffers=1GB -c jit=${JIT:-off}" \
  start >/dev/null
query() { "$BINDIR/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$directory" -U postgres postgres "$@"; }

query <<SQL
CREATE EXTENSION pg_leadscore;
CREATE UNLOGGED TABLE activity (points float8, occurred_at timestamptz);
INSERT INTO activity
SELECT (random() * 40)::int - 10, timestamptz '2026-11-21' - random() * interval '730 days' FROM generate_series(1, $ROWS);
VACUUM ANALYZE activity;
SELECT count(*) FROM activity;
SQL

cat >"$directory/queries" <<'SQL'
sum(float8)|sum(points)
decayed_sum|leadscore.decayed_sum(points, occurred_at, 'exponential(30 days)', '2026-11-21')
decayed_count|leadscore.decayed_count(occurred_at, 'exponential(30 days)', '2026-11-21')
decayed_avg|leadscore.decayed_avg(points, occurred_at, 'exponential(30 days)', '2026-11-21')
decayed_sum window|leadscore.decayed_sum(points, occurred_at, 'window(90 days)', '2026-11-21')
score_agg|leadscore.score_agg(points, occurred_at, '30 days')
plain SQL|sum(points * power(0.5, extract(epoch FROM timestamptz '2026-11-21' - occurred_at) / 2592000.0))
plain SQL, float8|sum(points * power(0.5::float8, extract(epoch FROM timestamptz '2026-11-21' - occurred_at)::float8 / 2592000.0::float8))
SQL

for workers in 0 2; do
  for run in $(seq "$RUNS"); do
    while IFS='|' read -r name expression; do
      # Numeric arithmetic takes a minute: once is enough to tell.
      [ "$run" = 1 ] || [ "$name" != "plain SQL" ] || continue
      milliseconds=$(query -c "SET max_parallel_workers_per_gather = $workers" -c "SET min_parallel_table_scan_size = 0" \
        -c "SET parallel_setup_cost = 0" -c '\timing on' -c "SELECT $expression FROM activity" </dev/null |
        sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p')
      echo "$workers|$name|$run|$milliseconds"
    done <"$directory/queries"
  done
done | awk -F'|' -v runs="$RUNS" -v rows="$ROWS" '
  { key = $1 "|" $2; if (!(key in seen)) { seen[key] = 1; order[++keys] = key } times[key, $3] = $4 }
  function median(key,   i, j, n, sorted, swap) {
    n = 0
    for (i = 1; i <= runs; i++) if ((key, i) in times) sorted[++n] = times[key, i] + 0
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++)
      if (sorted[j] < sorted[i]) { swap = sorted[i]; sorted[i] = sorted[j]; sorted[j] = swap }
    return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
  }
  END {
    printf "%d rows, medians of %d runs\n", rows, runs
    printf "%-8s %-20s %10s %12s %14s\n", "workers", "aggregate", "ms", "x sum()", "plain SQL is x"
    for (i = 1; i <= keys; i++) {
      split(order[i], part, "|")
      sum = median(part[1] "|sum(float8)"); plain = median(part[1] "|plain SQL"); own = median(order[i])
      printf "%-8s %-20s %10.1f %12.2f %14.2f\n", part[1], part[2], own, own / sum, plain / own
    }
  }'
