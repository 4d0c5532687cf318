# shellcheck shell=bash
TITLE='Single-row INSERT into a table that links a meeting to a lead, 8 clients, durable commit'
UNIT=TPS
REFERENCE='no scoring'
CONTENDERS=(bare_links pg_leadscore_links row_trigger_links)

set_up() {
  need_writers
  links_script 'INSERT INTO crm.attendee VALUES (:meeting, :lead, false) ON CONFLICT DO NOTHING;' through
}

# Of a day's meetings, those that are being edited.
links_script() { # STATEMENT NAME
  { echo "\\set meeting random(1, $((LEADS / 10)))" && echo "$1"; } | write_script "$2"
}

measure() {
  sustained "$1" through $((SHORT / 2))
  record "$(label_of "$1")" "$TPS"
  [[ $1 != pg_leadscore* ]] || note "round $ROUND: $(pending_rows "$1") marks are pending"
  fold_rest "$1" >/dev/null
}

check() { verify_later pg_leadscore_links attention; }
