# shellcheck shell=bash
TITLE='The points of 1,000 leads'
UNIT=ms
CONTENDERS=('view of the score' 'row function' 'lead_score()' 'plain SQL from activities')

FEW='SELECT id FROM crm.lead WHERE id BETWEEN 5000 AND 5999'
VIEW='SELECT lead_id, points FROM leadscore.lead_engagement WHERE lead_id BETWEEN 5000 AND 5999'
PLAIN="SELECT lead_id, sum(points * power(0.5::float8, date_part('epoch', now() - occurred_at) / 2592000)) AS points FROM crm.activity
       WHERE lead_id BETWEEN 5000 AND 5999 AND occurred_at <= now() GROUP BY lead_id"

set_up() { need_score engagement 'exponential(30 days)'; }

measure() {
  case $1 in
    view*) record "$1" "$(warm_milliseconds reading "$VIEW")" ;;
    row*) record "$1" "$(warm_milliseconds reading 'SELECT id, leadscore.engagement(lead) FROM crm.lead WHERE id BETWEEN 5000 AND 5999')" ;;
    lead*) record "$1" "$(warm_milliseconds reading "SELECT id, leadscore.lead_score('engagement', id) FROM ($FEW) AS f")" ;;
    *) record "$1" "$(warm_milliseconds reading "$PLAIN")" ;;
  esac
}

check() {
  same_rows reading 'the view against the rows' "SELECT lead_id, round(points::numeric, 5) FROM ($VIEW) AS v WHERE points <> 0" \
    "SELECT lead_id, round(points::numeric, 5) FROM ($PLAIN) AS p"
  verify_later reading engagement
}
