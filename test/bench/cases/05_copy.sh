# shellcheck shell=bash
TITLE='A tenth of all activities again, in one COPY'
UNIT=ms
REFERENCE='no scoring'
mapfile -t CONTENDERS < <(writers | sed s/queue/queue_statement/)
ONCE=(row_trigger ivm)
wanted pg_leadscore ratio '<=' 1.25
wanted 'pg_leadscore, folded' ratio '<=' 1.6

set_up() {
  need_writers
  sql crm --command "COPY (
    SELECT lead_id, account_id, kind, points, now() - random() * interval '365 days', subject FROM crm.activity
    WHERE id % 10 = 0 ORDER BY hashint8(id)) TO '$SCRATCH/server/activities'"
}

measure() {
  local copied folded job
  copied=$(once_milliseconds "$1" "COPY crm.activity (lead_id, account_id, kind, points, occurred_at, subject) FROM '$SCRATCH/server/activities'")
  record "$(label_of "$1")" "$copied"
  job=$(folding_job "$1")
  if [[ -n $job ]]; then
    folded=$(once_milliseconds "$1" "$job")
    record "$(label_of "$1"), folded" "$(calculate "$copied + $folded")"
  fi
  # what this leaves to autovacuum, and its dirty pages, shall not meet the next
  sql "$1" --command 'VACUUM' --command CHECKPOINT
}

check() { verify_later pg_leadscore engagement; }
