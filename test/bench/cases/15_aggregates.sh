# shellcheck shell=bash
TITLE='Aggregates over as many rows as there are activities'
UNIT=ms
REFERENCE='sum(float8)'
CONTENDERS=('sum(float8)' decayed_sum 'plain SQL, exp' 'plain SQL, as one writes it' decayed_count decayed_avg 'decayed_sum, window' score_agg)
WORKERS=0
wanted decayed_sum ratio '<=' 1.3

set_up() {
  need_database reading
  [[ -z $(sql reading --command "SELECT to_regclass('public.fact')") ]] || return 0
  sql reading >/dev/null --command "CREATE UNLOGGED TABLE public.fact AS
    SELECT (random() * 40)::int - 10::float8 AS points, timestamptz '2026-11-21' - random() * interval '730 days' AS occurred_at
    FROM generate_series(1, $ACTIVITIES)" --command 'VACUUM (ANALYZE) public.fact'
}

expression() {
  case $1 in
    'sum(float8)') echo 'sum(points)' ;;
    'decayed_sum, window') echo "leadscore.decayed_sum(points, occurred_at, 'window(90 days)', '2026-11-21')" ;;
    decayed_sum) echo "leadscore.decayed_sum(points, occurred_at, 'exponential(30 days)', '2026-11-21')" ;;
    decayed_count) echo "leadscore.decayed_count(occurred_at, 'exponential(30 days)', '2026-11-21')" ;;
    decayed_avg) echo "leadscore.decayed_avg(points, occurred_at, 'exponential(30 days)', '2026-11-21')" ;;
    score_agg) echo "leadscore.score_agg(points, occurred_at, '30 days')" ;;
    'plain SQL, exp') echo "sum(points * exp(date_part('epoch', occurred_at - timestamptz '2026-11-21') * (ln(2::float8) / 2592000)))" ;;
    'plain SQL, as one writes it') echo "sum(points * power(0.5::float8, extract(epoch FROM timestamptz '2026-11-21' - occurred_at)::float8 / 2592000))" ;;
  esac
}

measure() {
  record "$1" "$(PGOPTIONS="-c max_parallel_workers_per_gather=$WORKERS -c min_parallel_table_scan_size=0 -c parallel_setup_cost=0" \
    once_milliseconds reading "SELECT $(expression "$1") FROM public.fact")"
}

check() {
  local apart
  apart=$(sql reading --command "SELECT abs($(expression decayed_sum) / $(expression 'plain SQL, exp') - 1) > 1e-9 FROM public.fact")
  [[ $apart == f ]] || fail 'decayed_sum is not the sum of plain SQL'
}
