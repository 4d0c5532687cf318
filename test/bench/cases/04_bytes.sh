# shellcheck shell=bash
TITLE='Bytes per lead and component, primary key in'
UNIT=bytes
CONTENDERS=('pg_leadscore, just published' pg_leadscore 'PL/pgSQL row trigger')
ONCE=("${CONTENDERS[@]}")
wanted pg_leadscore value '<=' 100

set_up() {
  local database
  need_score engagement 'exponential(30 days)'
  insert_activity :account | write_script insert
  for database in pg_leadscore row_trigger; do
    need_database "$database"
    if [[ $(updates "$database" | cut -d '|' -f 1) -lt $LEADS ]]; then
      sustained "$database" insert "$SHORT"
    fi
  done
}

states() { # DATABASE
  case $1 in
    pg_leadscore | reading) echo "(SELECT states FROM leadscore_internal.component AS c JOIN leadscore_internal.entity AS e ON e.id = c.entity JOIN leadscore_internal.score AS s ON s.id = c.score
        WHERE e.name = 'lead' AND s.name = 'engagement')" ;;
    *) echo "'lead_sum'::regclass" ;;
  esac
}

updates() { # DATABASE
  sql "$1" --command "SELECT n_tup_upd, round(100.0 * n_tup_hot_upd / nullif(n_tup_upd, 0), 1) FROM pg_stat_user_tables WHERE relid = $(states "$1")"
}

measure() {
  local database=pg_leadscore rows
  case $1 in
    *published) database=reading ;;
    PL*) database=row_trigger ;;
  esac
  rows=$(sql "$database" --command "SELECT sum(reltuples) FROM pg_class WHERE oid = $(states "$database")")
  record "$1" "$(sql "$database" --command "SELECT pg_total_relation_size($(states "$database")) / $rows")"
  [[ $database == reading ]] || note "$1: $(updates "$database" | sed -E 's/^(.*)\|(.*)$/of \1 updates of states of leads \2 % were HOT/')"
}

check() {
  local share
  share=$(updates pg_leadscore | cut -d '|' -f 2)
  awk -v share="${share:-0}" 'BEGIN { exit !(share < 80) }' && note 'wanted: 80 % or more HOT updates: **missed**'
  verify_later pg_leadscore engagement
}
