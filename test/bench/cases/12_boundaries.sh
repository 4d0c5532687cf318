# shellcheck shell=bash
TITLE="One day's boundaries of step(30 days: 0.5, 90 days: 0) over all leads"
UNIT=ms
CONTENDERS=('tick()' 'materialised view, refreshed' 'nightly job that updates what changed' 'finding the leads')
wanted 'tick()' value '<=' 1000

# The clock goes ahead by a day in each round; nothing happens on those days. A copy is used, since it cannot go back.
set_up() {
  need_score short 'step(30 days: 0.5, 90 days: 0)'
  drop_database boundaries
  copy_database reading boundaries
  # the scores of other cases have boundaries of their own
  sql boundaries --command "DO \$\$ DECLARE other text; BEGIN
      FOR other IN SELECT score FROM leadscore.scores WHERE score <> 'short' AND state = 'live' LOOP
        PERFORM leadscore.drop_score(other);
      END LOOP; END \$\$"
  set_clock 0
  sql boundaries --command 'CALL leadscore.tick()' --command "CREATE TABLE kept_points AS
      SELECT l.id AS lead_id, coalesce(r.points, 0) AS points FROM crm.lead AS l LEFT JOIN ($(recomputed)) AS r ON r.lead_id = l.id" \
    --command 'ALTER TABLE kept_points ADD PRIMARY KEY (lead_id)' --command "CREATE MATERIALIZED VIEW kept_view AS $(recomputed)" \
    --command 'VACUUM (ANALYZE)'
}

set_clock() { # DAYS
  DAY=$1
  [[ -n ${TODAY:-} ]] || TODAY=$(sql boundaries --command 'SELECT now()')
  NOW="(timestamptz '$TODAY' + interval '24 hours' * $DAY)"
  sql postgres --command "ALTER DATABASE boundaries SET pg_leadscore.clock = '$(sql boundaries --command "SELECT $NOW")'"
}

recomputed() {
  echo "SELECT lead_id, sum(CASE WHEN occurred_at >= $NOW - interval '720 hours' THEN points ELSE 0.5::float8 * points END) AS points
        FROM crm.activity WHERE occurred_at BETWEEN $NOW - interval '2160 hours' AND $NOW GROUP BY lead_id"
}

crossing() {
  echo "SELECT DISTINCT lead_id FROM crm.activity
        WHERE occurred_at >= $NOW - interval '744 hours' AND occurred_at < $NOW - interval '720 hours'
           OR occurred_at >= $NOW - interval '2184 hours' AND occurred_at < $NOW - interval '2160 hours'"
}

measure() {
  ((DAY == ROUND)) || set_clock "$ROUND"
  case $1 in
    'tick()') record "$1" "$(once_milliseconds boundaries 'CALL leadscore.tick()')" ;;
    materialised*) record "$1" "$(once_milliseconds boundaries 'REFRESH MATERIALIZED VIEW kept_view')" ;;
    nightly*) record "$1" "$(once_milliseconds boundaries "UPDATE kept_points AS k SET points = n.points
      FROM (SELECT l.id, coalesce(r.points, 0) AS points FROM crm.lead AS l LEFT JOIN ($(recomputed)) AS r ON r.lead_id = l.id) AS n
      WHERE n.id = k.lead_id AND n.points <> k.points")" ;;
    *)
      record "$1" "$(once_milliseconds boundaries "SELECT count(*) FROM ($(crossing)) AS c")"
      ((ROUND > 1)) || note "$(sql boundaries --command "SELECT count(*) FROM ($(crossing)) AS c") leads pass a boundary in a day"
      ;;
  esac
}

check() {
  local number
  number=$(sql boundaries --command "SELECT count(*) FROM leadscore.verify('short')")
  note "verify() after the last day: $number differences"
  [[ $number == 0 ]] || fail "verify() finds $number differences"
  same_rows boundaries 'the score against plain SQL' 'SELECT lead_id, points FROM leadscore.lead_short WHERE points <> 0' "$(recomputed)"
  drop_database boundaries
}
