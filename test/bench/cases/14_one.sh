# shellcheck shell=bash
TITLE='One lead: its points, and what they are made of'
UNIT=ms
CONTENDERS=('lead_score()' 'view of the score' 'plain SQL from activities' 'lead_explain()')

PLAIN="SELECT sum(points * power(0.5::float8, date_part('epoch', now() - occurred_at) / 2592000)) FROM crm.activity
       WHERE lead_id = 77 AND occurred_at <= now()"

set_up() { need_score engagement 'exponential(30 days)'; }

measure() {
  case $1 in
    'lead_score()') record "$1" "$(warm_milliseconds reading "SELECT leadscore.lead_score('engagement', 77)")" ;;
    view*) record "$1" "$(warm_milliseconds reading 'SELECT points FROM leadscore.lead_engagement WHERE lead_id = 77')" ;;
    plain*) record "$1" "$(warm_milliseconds reading "$PLAIN")" ;;
    *) record "$1" "$(warm_milliseconds reading "SELECT * FROM leadscore.lead_explain('engagement', 77)")" ;;
  esac
}

check() {
  same_rows reading 'lead_explain() against the rows' \
    "SELECT round(sum(contribution)::numeric, 6) FROM leadscore.lead_explain('engagement', 77)" "SELECT round(p.sum::numeric, 6) FROM ($PLAIN) AS p"
  verify_later reading engagement
}
