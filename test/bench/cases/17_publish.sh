# shellcheck shell=bash
TITLE='Publishing a score of all activities for leads'
UNIT=ms
REFERENCE='CREATE TABLE AS from plain SQL, with a key'
CONTENDERS=('CREATE TABLE AS from plain SQL, with a key' 'publish()' 'verify()')
ONCE=("${CONTENDERS[@]}")

set_up() { need_database reading; }

measure() {
  case $1 in
    CREATE*)
      record "$1" "$(calculate "$(once_milliseconds reading "CREATE TABLE public.published AS
        SELECT lead_id, sum(points * power(0.5::float8, date_part('epoch', now() - occurred_at) / 2592000)) AS points, count(*) AS activities,
               max(occurred_at) AS last_activity_at FROM crm.activity WHERE occurred_at <= now() GROUP BY lead_id") + $(once_milliseconds reading 'ALTER TABLE public.published ADD PRIMARY KEY (lead_id)')")"
      sql reading --command 'DROP TABLE public.published'
      ;;
    publish*)
      sql reading >/dev/null --command "SELECT leadscore.create_score('fresh', entities => '{lead}', decay => 'exponential(30 days)')" \
        --command "SELECT leadscore.create_rule('fresh', 'any', source => 'activity', points => 'points')"
      record "$1" "$(once_milliseconds reading "CALL leadscore.publish('fresh')")"
      ;;
    *)
      record "$1" "$(once_milliseconds reading "SELECT * FROM leadscore.verify('fresh')")"
      ;;
  esac
}

check() {
  local number
  number=$(sql reading --command "SELECT count(*) FROM leadscore.verify('fresh')")
  [[ $number == 0 ]] || fail "verify() finds $number differences"
  sql reading --command "SELECT leadscore.drop_score('fresh')" >/dev/null
}
