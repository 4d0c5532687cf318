# shellcheck shell=bash
TITLE='The points of an account of 2,000 leads, rolled up from them'
UNIT=ms
CONTENDERS=('view of the score' 'account_score()' 'plain SQL from activities')
wanted 'view of the score' value '<=' 2

PLAIN="SELECT sum(a.points * power(0.5::float8, date_part('epoch', now() - a.occurred_at) / 2592000)) AS points
       FROM crm.lead AS l JOIN crm.activity AS a ON a.lead_id = l.id WHERE l.account_id = 1 AND a.occurred_at <= now()"
VIEW='SELECT points FROM leadscore.account_engagement WHERE account_id = 1'

set_up() { need_score engagement 'exponential(30 days)'; }

measure() {
  case $1 in
    view*) record "$1" "$(warm_milliseconds reading "$VIEW")" ;;
    account*) record "$1" "$(warm_milliseconds reading "SELECT leadscore.account_score('engagement', 1)")" ;;
    *) record "$1" "$(warm_milliseconds reading "$PLAIN")" ;;
  esac
}

check() {
  same_rows reading 'the roll-up against the rows' "SELECT round(v.points::numeric, 4) FROM ($VIEW) AS v" "SELECT round(p.points::numeric, 4) FROM ($PLAIN) AS p"
  verify_later reading engagement
}
