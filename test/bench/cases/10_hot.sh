# shellcheck shell=bash
TITLE='Leads with more than 8 points in the last day'
UNIT=ms
REFERENCE='plain SQL'
CONTENDERS=('plain SQL' 'lead_hot()' 'lead_hot() on a live window(1 day)' 'view of a live window(1 day)')
wanted 'lead_hot()' ratio '<=' 1.1
wanted 'lead_hot() on a live window(1 day)' value '<=' 5

# All of each result is computed, one row of it is sent.
PLAIN="SELECT l.id AS lead_id, w.points::float8, w.activities, w.last_activity_at
       FROM (SELECT a.lead_id, sum(a.points) AS points, count(*) AS activities, max(a.occurred_at) AS last_activity_at FROM crm.activity AS a
             WHERE a.occurred_at BETWEEN now() - interval '1 day' AND now() GROUP BY a.lead_id HAVING sum(a.points) > 8) AS w
       JOIN crm.lead AS l ON l.id = w.lead_id"
HOT="SELECT * FROM leadscore.lead_hot('engagement', more_than => 8, within => '1 day')"
HOT_LIVE="SELECT * FROM leadscore.lead_hot('day', more_than => 8, within => '1 day')"
LIVE='SELECT lead_id, points FROM leadscore.lead_day WHERE points > 8'

set_up() {
  need_score engagement 'exponential(30 days)'
  need_score day 'window(1 day)'
  note "$(sql reading --command "SELECT count(*) FROM ($PLAIN) AS h") leads are hot"
}

measure() {
  sql reading --command 'CALL leadscore.tick()'
  case $1 in
    'plain SQL') record "$1" "$(warm_milliseconds reading "SELECT count(*), sum(points), sum(activities), max(last_activity_at) FROM ($PLAIN) AS h")" ;;
    'lead_hot()') record "$1" "$(warm_milliseconds reading "SELECT count(*), sum(points), sum(activities), max(last_activity_at) FROM ($HOT) AS h")" ;;
    'lead_hot() on'*) record "$1" "$(warm_milliseconds reading "SELECT count(*), sum(points), sum(activities), max(last_activity_at) FROM ($HOT_LIVE) AS h")" ;;
    *) record "$1" "$(warm_milliseconds reading "SELECT count(*), sum(points) FROM ($LIVE) AS h")" ;;
  esac
}

check() {
  same_rows reading 'lead_hot() against plain SQL' "$HOT" "$PLAIN"
  same_rows reading 'lead_hot() on the live window against plain SQL' "$HOT_LIVE" "$PLAIN"
  same_rows reading 'the live window against plain SQL' "$LIVE" "SELECT lead_id, points FROM ($PLAIN) AS p"
  verify_later reading engagement
  verify_later reading day
}
