# shellcheck shell=bash
TITLE='The 50 hottest of all accounts, rolled up from their leads'
UNIT=ms
CONTENDERS=('account_hottest()' 'view of the score' 'plain SQL from activities')
wanted 'account_hottest()' value '<=' 400

PLAIN="SELECT l.account_id, sum(a.points * power(0.5::float8, date_part('epoch', now() - a.occurred_at) / 2592000)) AS points
       FROM crm.lead AS l JOIN crm.activity AS a ON a.lead_id = l.id WHERE a.occurred_at <= now() GROUP BY l.account_id
       ORDER BY points DESC, account_id LIMIT 50"
HOTTEST="SELECT account_id, points FROM leadscore.account_hottest('engagement', 50)"

set_up() { need_score engagement 'exponential(30 days)'; }

measure() {
  case $1 in
    account*) record "$1" "$(warm_milliseconds reading "$HOTTEST")" ;;
    view*) record "$1" "$(warm_milliseconds reading 'SELECT account_id, points FROM leadscore.account_engagement ORDER BY points DESC, account_id LIMIT 50')" ;;
    *) record "$1" "$(once_milliseconds reading "$PLAIN")" ;;
  esac
}

check() {
  same_rows reading 'the hottest accounts against the rows' "SELECT account_id, round(points::numeric, 4) FROM ($HOTTEST) AS h" \
    "SELECT account_id, round(points::numeric, 4) FROM ($PLAIN) AS p"
  verify_later reading engagement
}
