# shellcheck shell=bash
TITLE='The most points that a lead with 20,000 activities in 5 days had within any 24 hours'
UNIT=ms
CONTENDERS=('peak_points()' 'window frame over float8' 'window frame over integers')
ONCE=('window frame over float8')
wanted 'peak_points()' value '<=' 50

set_up() {
  need_database reading
  sql reading >/dev/null --command "CREATE TABLE IF NOT EXISTS public.busy AS
    SELECT 1 + i % 8 AS points, now() - random() * interval '5 days' AS occurred_at FROM generate_series(1, 20000) AS i" \
    --command 'VACUUM (ANALYZE) public.busy'
}

PEAK="SELECT leadscore.peak_points(points, occurred_at, '24 hours') FROM public.busy"

frame() { # TYPE
  echo "SELECT max(total) FROM (SELECT sum(points::$1) OVER (ORDER BY occurred_at RANGE BETWEEN '24 hours' PRECEDING AND CURRENT ROW) AS total
                                FROM public.busy) AS t"
}

measure() {
  case $1 in
    peak*) record "$1" "$(warm_milliseconds reading "$PEAK")" ;;
    *float8) record "$1" "$(once_milliseconds reading "$(frame float8)")" ;;
    *) record "$1" "$(warm_milliseconds reading "$(frame int)")" ;;
  esac
}

check() { same_rows reading 'peak_points() against the frame' "$PEAK" "SELECT f.max::float8 FROM ($(frame int)) AS f"; }
