# shellcheck shell=bash
source "$here/cases/07_through.sh"
TITLE='Single-row UPDATE of a table that links a meeting to a lead, 8 clients, durable commit'

set_up() {
  need_writers
  links_script 'UPDATE crm.attendee SET declined = NOT declined WHERE meeting_id = :meeting;' through
}
