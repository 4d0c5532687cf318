# shellcheck shell=bash
TITLE='Leads with fewer than 5 points in 90 days'
UNIT=ms
REFERENCE='plain SQL'
CONTENDERS=('plain SQL' 'lead_cold()' 'lead_cold() on a live window(90 days)' 'view of a live window(90 days)' 'view of a live window(90 days), by lead')
wanted 'lead_cold()' ratio '<=' 1.1
wanted 'view of a live window(90 days)' value '<=' 400
wanted 'view of a live window(90 days), by lead' value '<=' 400

# All of each result is computed, one row of it is sent.
PLAIN="SELECT l.id AS lead_id, coalesce(w.points, 0)::float8 AS points, coalesce(w.activities, 0) AS activities, w.last_activity_at
       FROM crm.lead AS l
       LEFT JOIN (SELECT a.lead_id, sum(a.points) AS points, count(*) AS activities, max(a.occurred_at) AS last_activity_at FROM crm.activity AS a
                  WHERE a.occurred_at BETWEEN now() - interval '90 days' AND now() GROUP BY a.lead_id) AS w ON w.lead_id = l.id
       WHERE coalesce(w.points, 0) < 5"
COLD="SELECT * FROM leadscore.lead_cold('engagement', fewer_than => 5, within => '90 days')"
COLD_LIVE="SELECT * FROM leadscore.lead_cold('quarter', fewer_than => 5, within => '90 days')"
LIVE='SELECT lead_id, points FROM leadscore.lead_quarter WHERE points < 5'

set_up() {
  need_score engagement 'exponential(30 days)'
  need_score quarter 'window(90 days)'
  note "$(sql reading --command "SELECT count(*) FROM ($PLAIN) AS c") leads are cold"
}

measure() {
  sql reading --command 'CALL leadscore.tick()'
  case $1 in
    'plain SQL') record "$1" "$(warm_milliseconds reading "SELECT count(*), sum(points), sum(activities), max(last_activity_at) FROM ($PLAIN) AS c")" ;;
    'lead_cold()') record "$1" "$(warm_milliseconds reading "SELECT count(*), sum(points), sum(activities), max(last_activity_at) FROM ($COLD) AS c")" ;;
    'lead_cold() on'*) record "$1" "$(warm_milliseconds reading "SELECT count(*), sum(points), sum(activities), max(last_activity_at) FROM ($COLD_LIVE) AS c")" ;;
    *'by lead') record "$1" "$(warm_milliseconds reading "SELECT count(*), sum(points) FROM ($LIVE ORDER BY lead_id) AS c")" ;;
    *) record "$1" "$(warm_milliseconds reading "SELECT count(*), sum(points) FROM ($LIVE) AS c")" ;;
  esac
}

check() {
  same_rows reading 'lead_cold() against plain SQL' "$COLD" "$PLAIN"
  same_rows reading 'lead_cold() on the live window against plain SQL' "$COLD_LIVE" "$PLAIN"
  same_rows reading 'the live window against plain SQL' "$LIVE" "SELECT lead_id, points FROM ($PLAIN) AS p"
  verify_later reading engagement
  verify_later reading quarter
}
