# shellcheck shell=bash
TITLE='Single-row INSERT linked to a lead and an account, 8 clients, durable commit'
UNIT=TPS
REFERENCE='no scoring'
mapfile -t CONTENDERS < <(writers)
wanted pg_leadscore ratio '>=' 0.75

set_up() {
  need_writers
  insert_activity :account | write_script insert
}

# As long as is wanted for ours and for what it is compared with; the others for a shorter time.
measure() {
  local seconds=$SHORT
  [[ $1 != bare && $1 != pg_leadscore ]] || seconds=$LONG
  sustained "$1" insert "$seconds"
  record "$(label_of "$1")" "$TPS"
  check_backlog "$1" "$TPS"
}

check() { verify_later pg_leadscore engagement; }
