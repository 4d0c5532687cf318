# shellcheck shell=bash
TITLE='Single-row INSERT, all on one hot account, 8 clients, durable commit'
UNIT=TPS
REFERENCE='no scoring'
mapfile -t CONTENDERS < <(writers)
wanted pg_leadscore ratio '>=' 0.70

set_up() {
  need_writers
  insert_activity 1 | write_script hot
}

measure() {
  sustained "$1" hot "$SHORT"
  record "$(label_of "$1")" "$TPS"
  check_backlog "$1" "$TPS"
}

check() { verify_later pg_leadscore engagement; }
