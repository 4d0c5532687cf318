# shellcheck shell=bash
TITLE='The 50 hottest leads under step(30 days: 0.5, 90 days: 0)'
UNIT=ms
CONTENDERS=('lead_hottest()' 'recomputed from activities')
wanted 'lead_hottest()' value '<=' 5

RECOMPUTED="SELECT lead_id, sum(CASE WHEN occurred_at >= now() - interval '720 hours' THEN points ELSE 0.5::float8 * points END) AS points
            FROM crm.activity WHERE occurred_at BETWEEN now() - interval '2160 hours' AND now() GROUP BY lead_id
            ORDER BY points DESC, lead_id LIMIT 50"

set_up() { need_score short 'step(30 days: 0.5, 90 days: 0)'; }

# Ticks come every few seconds in use; what falls due between two of them is read from the rows.
measure() {
  sql reading --command 'CALL leadscore.tick()'
  case $1 in
    'lead_hottest()') record "$1" "$(warm_milliseconds reading "SELECT * FROM leadscore.lead_hottest('short', 50)")" ;;
    *) record "$1" "$(once_milliseconds reading "$RECOMPUTED")" ;;
  esac
}

check() {
  same_rows reading 'lead_hottest() against the rows' "SELECT lead_id, points FROM leadscore.lead_hottest('short', 50)" "$RECOMPUTED"
  verify_later reading short
}
