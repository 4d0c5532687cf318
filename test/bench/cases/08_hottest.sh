# shellcheck shell=bash
TITLE='The 50 hottest leads now'
UNIT=ms
CONTENDERS=('lead_hottest()' 'view of the score' 'recomputed from activities' 'materialised view, refreshed' 'value evaluated and sorted' 'key in a btree')
ONCE=('materialised view, refreshed')
wanted 'lead_hottest()' value '<=' 1

recomputed() { # INSTANT
  printf "SELECT lead_id, sum(points * power(0.5::float8, date_part('epoch', %s - occurred_at) / 2592000)) AS points
          FROM crm.activity WHERE occurred_at <= %s GROUP BY lead_id" "$1" "$1"
}
TOP='ORDER BY points DESC, lead_id LIMIT 50'

# What users keep: a value and when it was that, or a key that never changes its order, with an index.
set_up() {
  need_score engagement 'exponential(30 days)'
  sql reading >/dev/null --command 'CREATE SCHEMA IF NOT EXISTS kept' \
    --command "CREATE TABLE IF NOT EXISTS kept.value AS SELECT lead_id, points::float8, now() AS at FROM ($(recomputed 'now()')) AS r" \
    --command 'CREATE TABLE IF NOT EXISTS kept.key AS SELECT lead_id, ln(points) AS key FROM kept.value WHERE points > 0' \
    --command 'CREATE INDEX IF NOT EXISTS key_order ON kept.key (key DESC, lead_id)' \
    --command "CREATE MATERIALIZED VIEW IF NOT EXISTS kept.recomputed AS $(recomputed 'now()')" \
    --command 'VACUUM (ANALYZE)'
}

measure() {
  local value
  case $1 in
    'lead_hottest()') value=$(warm_milliseconds reading "SELECT * FROM leadscore.lead_hottest('engagement', 50)") ;;
    'view of the score') value=$(warm_milliseconds reading "SELECT lead_id, points FROM leadscore.lead_engagement $TOP") ;;
    recomputed*) value=$(once_milliseconds reading "$(recomputed 'now()') $TOP") ;;
    materialised*) value=$(calculate "$(once_milliseconds reading 'REFRESH MATERIALIZED VIEW kept.recomputed') + $(once_milliseconds reading "SELECT * FROM kept.recomputed $TOP")") ;;
    value*) value=$(warm_milliseconds reading "SELECT lead_id, points * power(0.5::float8, date_part('epoch', now() - at) / 2592000) AS points
                                                FROM kept.value $TOP") ;;
    key*) value=$(warm_milliseconds reading 'SELECT lead_id, key FROM kept.key ORDER BY key DESC, lead_id LIMIT 50') ;;
  esac
  record "$1" "$value"
}

check() {
  same_rows reading 'lead_hottest() against the rows' \
    "SELECT rank, lead_id, round(points::numeric, 6) FROM leadscore.lead_hottest('engagement', 50)" \
    "SELECT row_number() OVER (ORDER BY points DESC, lead_id), lead_id, round(points::numeric, 6) FROM ($(recomputed 'now()') $TOP) AS r"
  verify_later reading engagement
}
