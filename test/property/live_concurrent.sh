#!/usr/bin/env bash
# Eight clients write at once while another folds, under each isolation level, by the real clock. No write may fail for
# what the extension does, and the end of each run must agree with the rows. SECONDS_EACH bounds each of the runs.
set -euo pipefail

seconds=${SECONDS_EACH:-4}
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
number=0
query() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
is() { # DESCRIPTION EXPECTED ACTUAL
  number=$((number + 1))
  if [[ $2 == "$3" ]]; then
    echo "ok $number - $1"
  else
    echo "not ok $number - $1"
    printf '# expected: %s\n#   actual: %s\n' "$2" "${3//$'\n'/$'\n# '}"
  fi
}

query -f "$(dirname -- "${BASH_SOURCE[0]}")/live_concurrent.sql" >/dev/null 2>&1

cat >"$work/insert.sql" <<'SQL'
\set lead random(1, 35)
\set late random(-120, 4)
INSERT INTO crm.activity (lead_id, at, points) VALUES (:lead, now() + :late * interval '1 second', :lead);
SQL
cat >"$work/several.sql" <<'SQL'
\set lead random(1, 35)
\set other random(1, 35)
BEGIN;
INSERT INTO crm.mail (from_id, to_id, at) VALUES (:lead, :other, now()), (:other, :lead, now() - interval '8 seconds');
INSERT INTO crm.activity (lead_id, at, points) SELECT :lead, now(), g FROM generate_series(1, 5) AS g;
COMMIT;
SQL
cat >"$work/rollback.sql" <<'SQL'
\set lead random(1, 35)
BEGIN;
INSERT INTO crm.activity (lead_id, at, points) SELECT :lead, now(), 1e12 FROM generate_series(1, 40) AS g;
ROLLBACK;
SQL
cat >"$work/update.sql" <<'SQL'
\set id random(1, 1000)
\set lead random(1, 35)
UPDATE crm.activity SET points = points + 1 WHERE id = :id;
UPDATE crm.activity SET lead_id = :lead WHERE id = :id + 1;
SQL
cat >"$work/delete.sql" <<'SQL'
\set id random(1, 1000)
DELETE FROM crm.activity WHERE id = :id;
DELETE FROM crm.mail WHERE id = :id;
SQL
cat >"$work/again.sql" <<'SQL'
\set id random(1, 1000)
\set lead random(1, 35)
INSERT INTO crm.activity VALUES (:id, :lead, now(), 5) ON CONFLICT (id) DO UPDATE SET at = excluded.at, points = excluded.points;
SQL
# A lead goes to another account while its activities are written.
cat >"$work/move.sql" <<'SQL'
\set lead random(1, 30)
\set account random(1, 6)
BEGIN;
INSERT INTO crm.activity (lead_id, at, points) VALUES (:lead, now(), 3);
UPDATE crm.lead SET account_id = nullif(:account, 6) WHERE id = :lead;
COMMIT;
SQL
# Both sides of a list, in one transaction and in several.
cat >"$work/meet.sql" <<'SQL'
\set lead random(1, 33)
\set other random(1, 33)
\set meeting random(1, 400)
BEGIN;
INSERT INTO crm.meeting (at) VALUES (now());
INSERT INTO crm.attendee SELECT currval('crm.meeting_id_seq'), l FROM unnest(ARRAY[:lead, :other]) AS l ON CONFLICT DO NOTHING;
COMMIT;
INSERT INTO crm.attendee VALUES (:meeting, :lead) ON CONFLICT (meeting_id, lead_id) DO UPDATE SET declined = NOT crm.attendee.declined;
UPDATE crm.meeting SET held = NOT held, at = at - interval '1 second' WHERE id = :meeting + 1;
DELETE FROM crm.attendee WHERE meeting_id = :meeting + 2 AND lead_id <= :lead;
SQL
# One lead takes over what another had.
cat >"$work/merge.sql" <<'SQL'
\set keep random(1, 15)
\set lose random(16, 35)
BEGIN;
UPDATE crm.activity SET lead_id = :keep WHERE id IN (SELECT id FROM crm.activity WHERE lead_id = :lose ORDER BY id LIMIT 20 FOR UPDATE SKIP LOCKED);
DELETE FROM crm.attendee WHERE lead_id = :lose AND meeting_id IN (SELECT meeting_id FROM crm.attendee WHERE lead_id = :lose ORDER BY meeting_id LIMIT 5 FOR UPDATE SKIP LOCKED);
COMMIT;
SQL
cat >"$work/copy.sql" <<'SQL'
\set lead random(1, 35)
COPY crm.activity (lead_id, at, points) FROM PROGRAM 'printf "%s\tnow\t1\n%s\t2020-01-01\t2\n%s\tnow\t3\n" 1 2 3';
SQL
cat >"$work/savepoint.sql" <<'SQL'
\set lead random(1, 35)
BEGIN;
INSERT INTO crm.activity (lead_id, at, points) VALUES (:lead, now(), 7);
SAVEPOINT s;
INSERT INTO crm.activity (lead_id, at, points) SELECT :lead, now(), 1e12 FROM generate_series(1, 30);
INSERT INTO crm.meeting (at) VALUES (now());
INSERT INTO crm.attendee VALUES (currval('crm.meeting_id_seq'), :lead);
ROLLBACK TO SAVEPOINT s;
INSERT INTO crm.activity (lead_id, at, points) VALUES (:lead, now() - interval '70 seconds', 7);
COMMIT;
SQL
cat >"$work/truncate.sql" <<'SQL'
TRUNCATE crm.attendee;
INSERT INTO crm.attendee SELECT g, 1 + g % 33 FROM generate_series(1, 220) AS g ON CONFLICT DO NOTHING;
SQL
cat >"$work/life.sql" <<'SQL'
CALL leadscore.rebuild('linked');
CALL leadscore.publish('linked');
CALL leadscore.rebuild('fading');
SQL
cat >"$work/read.sql" <<'SQL'
SELECT 1 / (CASE WHEN EXISTS (SELECT FROM crm.wrong()) THEN 0 ELSE 1 END);
SQL
# Every other time as if it had been long ago, so that writers fold, too.
cat >"$work/tick.sql" <<'SQL'
\set often random(0, 1)
CALL leadscore.tick();
\if :often
UPDATE leadscore_internal.fold SET ticked_at = 'epoch';
\endif
SQL

# Folds and reads go on until the writers are done. A script may have a weight: name@3.
run() { # LEVEL TRIES SCRIPT…
  local level=$1 tries=$2 files=() script reader helpers=()
  shift 2
  for script; do files+=(-f "$work/${script%@*}.sql$([[ $script != *@* ]] || echo "@${script#*@}")"); done
  rm -f -- "$work/stop" "$work/tick.log"
  # What a long run wrote would make the next one a test of how long 100,000 activities of one lead take.
  query -c 'DELETE FROM crm.activity WHERE id > 2000' -c 'DELETE FROM crm.mail WHERE id > 2000' -c 'CALL leadscore.tick()'
  (while [[ ! -e $work/stop ]]; do pgbench -n -c 1 -t 20 -R 20 -f "$work/tick.sql" >>"$work/tick.log" 2>&1 || echo "tick failed" >>"$work/tick.log"; done) &
  helpers+=($!)
  if ((publishing)); then
    (while [[ ! -e $work/stop ]]; do pgbench -n -c 1 -t 1 -R 1 --max-tries=100 -f "$work/life.sql" >>"$work/tick.log" 2>&1 || echo "publish failed" >>"$work/tick.log"; done) &
    helpers+=($!)
  fi
  # TRUNCATE empties a table for snapshots that are older, too: what such a reader compares does not belong together.
  if [[ " $* " != *" truncate"* ]]; then
    pgbench -n -c 1 -T "$seconds" -f "$work/read.sql" >"$work/read.log" 2>&1 &
    reader=$!
  else
    reader= && : >"$work/read.log"
  fi
  PGOPTIONS="-c default_transaction_isolation=${level// /\\ }" pgbench -n -c 8 -j 2 -T "$seconds" --max-tries="$tries" --failures-detailed "${files[@]}" \
    >"$work/log" 2>&1 || true
  [[ -z $reader ]] || wait "$reader" || true
  touch -- "$work/stop"
  wait "${helpers[@]}"
  is "$level, $* : no transaction failed" "" "$(grep -E 'ERROR|FATAL|aborted|WARNING' "$work/log" | sort | uniq -c || true)"
  is "$level: all were done" "number of failed transactions: 0 (0.000%)" "$(grep '^number of failed' "$work/log" || cat "$work/log")"
  is "$level: every read beside the writers was right" "" "$(grep -E 'ERROR|FATAL|aborted' "$work/read.log" || true)"
  is "$level: every fold went through" "" "$(grep -E 'ERROR|FATAL|WARNING|failed$' "$work/tick.log" | sort | uniq -c || true)"
  is "$level: nothing is wrong at the end" "" "$(query -c 'SELECT crm.wrong()' 2>&1)"
  query -c 'CALL leadscore.tick()' -c 'CALL leadscore.tick()'
  is "$level: nothing is wrong after a fold" "" "$(query -c 'SELECT crm.wrong()' 2>&1)"
  echo "# $(grep -h -E '^(number of (transactions (actually|retried)|failed)|total number of retries)' "$work/log" | sort -u | head -4 | tr '\n' ';')"
  echo "# $(grep '^tps' "$work/log"); $(query -c 'SELECT count(*) FROM crm.activity') activities, $(query -c 'SELECT count(*) FROM leadscore.lead_pending') pending"
}

publishing=0
run 'read committed' 1 insert several rollback update delete again
run 'repeatable read' 1000 insert several rollback update delete again
run 'serializable' 1000 insert several rollback update delete again
# Writers that the CRM's own tables give nothing to fail for.
run 'serializable' 1 insert several rollback
# Members that move, lists, merges; then all of it beside rebuild, publish and TRUNCATE, whose locks may meet a writer's.
run 'read committed' 1 insert move meet merge copy savepoint delete
publishing=1
run 'read committed' 1000 insert several move meet merge copy savepoint again delete update
run 'repeatable read' 1000 insert several move meet merge copy savepoint again delete
run 'serializable' 1000 insert several move meet merge copy savepoint delete
run 'read committed' 1000 insert@20 move@20 meet@20 merge@20 copy@20 savepoint@20 truncate@1
echo "1..$number"
