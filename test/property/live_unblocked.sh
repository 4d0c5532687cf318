#!/usr/bin/env bash
# A transaction that wrote for an entity and stays open delays nobody who writes for the same one: in each isolation level, for
# an entity with and without a state, with a fold in between, over a roll-up, and by a link through another table. How long
# the others took is printed.
set -euo pipefail

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

query >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION pg_leadscore;
CREATE SCHEMA crm;
CREATE TABLE crm.account (id int PRIMARY KEY);
CREATE TABLE crm.lead (id int PRIMARY KEY, account_id int);
CREATE TABLE crm.activity (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead_id int, account_id int, at timestamptz DEFAULT now());
CREATE TABLE crm.attendee (activity_id int, lead_id int);
INSERT INTO crm.account VALUES (1);
INSERT INTO crm.lead SELECT g, 1 FROM generate_series(1, 3) AS g;
INSERT INTO crm.activity (lead_id, account_id) VALUES (1, 1), (2, 1);
INSERT INTO crm.attendee VALUES (1, 2);
SELECT leadscore.create_entity('lead', 'crm.lead');
SELECT leadscore.create_entity('account', 'crm.account');
SELECT leadscore.create_source('activity', 'crm.activity', 'at');
SELECT leadscore.create_source('meeting', 'crm.activity', 'at');
SELECT leadscore.create_link('activity', 'lead', 'lead_id');
SELECT leadscore.create_link('activity', 'account', 'account_id');
SELECT leadscore.create_link('meeting', 'lead', 'through.lead_id', through => '{crm.attendee}', join_on => 'through.activity_id = source.id');
SELECT leadscore.create_score('direct', '{account}');
SELECT leadscore.create_rule('direct', 'activity', 'activity', '1');
SELECT leadscore.create_score('rolled', '{lead}', 'window(90 days)');
SELECT leadscore.create_rule('rolled', 'activity', 'activity', '1');
SELECT leadscore.create_rule('rolled', 'meeting', 'meeting', '10');
SELECT leadscore.create_rollup('rolled', 'account', of => 'lead', key => 'account_id');
CALL leadscore.publish('direct');
CALL leadscore.publish('rolled');
SQL

# The first stays open in a session of its own, fed through a pipe.
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkfifo "$work/in"
holder=
begin() { # LEVEL SQL: a transaction that has written and stays open
  query <"$work/in" >"$work/out" 2>&1 &
  holder=$!
  exec 3>"$work/in"
  printf "BEGIN ISOLATION LEVEL %s;\n%s;\nSELECT 'written';\n" "$1" "$2" >&3
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    ! grep -q -E 'written|ERROR' "$work/out" || return 0
    sleep 0.05
  done
}
finish() { # COMMIT|ROLLBACK
  echo "$1;" >&3
  exec 3>&-
  wait "$holder" || true
}

# A lock that is waited for is an error after 300 ms; the time says that nothing else was.
blocked() { # DESCRIPTION LEVEL FIRST OTHER [FOLD]
  local result
  begin "$2" "$3"
  [[ -z ${5-} ]] || query -c 'CALL leadscore.tick()'
  result=$(query 2>&1 <<SQL || true
SET lock_timeout = '300ms';
SET timezone = 'UTC';
SELECT clock_timestamp() AS started \gset
BEGIN ISOLATION LEVEL $2;
$4;
COMMIT;
SELECT round(1000 * extract(epoch FROM clock_timestamp() - :'started')::numeric, 1) || ' ms';
SQL
  )
  is "$2: $1" "" "$(grep -v -x -E '[0-9.]+ ms' <<<"$result" || true)"
  echo "# the other took $(tail -n 1 <<<"$result")"
  is "$2: $1: the first was still open" "t" "$(query -c "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database())")"
  finish "$([[ ${5-} == rollback ]] && echo ROLLBACK || echo COMMIT)"
  is "$2: $1: both are counted" "" "$(query -c "
    SELECT v FROM leadscore.verify('direct') AS v UNION ALL SELECT v FROM leadscore.verify('rolled') AS v
    UNION ALL
    SELECT r FROM (SELECT a.account_id, a.points, r.points AS rolled,
                          (SELECT count(*) FROM crm.activity AS x WHERE x.account_id = 1) AS direct_truth,
                          (SELECT count(*) FROM crm.activity AS x JOIN crm.lead AS l ON l.id = x.lead_id WHERE l.account_id = 1)
                          + 10 * (SELECT count(*) FROM (SELECT DISTINCT t.activity_id, t.lead_id FROM crm.attendee AS t JOIN crm.activity AS x ON x.id = t.activity_id JOIN crm.lead AS l ON l.id = t.lead_id WHERE l.account_id = 1) AS d) AS rolled_truth
                   FROM leadscore.account_direct AS a JOIN leadscore.account_rolled AS r USING (account_id)) AS r
    WHERE r.points <> direct_truth OR r.rolled <> direct_truth + rolled_truth" 2>&1)"
}

insert='INSERT INTO crm.activity (lead_id, account_id) VALUES (1, 1)'
for level in 'READ COMMITTED' 'REPEATABLE READ' 'SERIALIZABLE'; do
  blocked 'one account, both insert' "$level" "$insert" "$insert"
  blocked 'one account, with a fold in between' "$level" "$insert" "$insert" fold
  blocked 'one account, the first is rolled back' "$level" "$insert" "$insert" rollback
  blocked 'a lead without a state' "$level" 'INSERT INTO crm.lead VALUES ((SELECT max(id) + 1 FROM crm.lead), 1);
    INSERT INTO crm.activity (lead_id, account_id) VALUES (3, 1)' 'INSERT INTO crm.activity (lead_id, account_id) VALUES (3, 1)'
  query -c "DELETE FROM crm.activity WHERE lead_id = 3" -c 'CALL leadscore.tick()'
  blocked 'a link through a table, by two' "$level" 'INSERT INTO crm.attendee VALUES (2, 2)' 'INSERT INTO crm.attendee VALUES (2, 2)'
  blocked 'a link through a table beside its activity' "$level" 'INSERT INTO crm.attendee VALUES (1, 1)' "UPDATE crm.activity SET at = at - interval '1 day' WHERE id = 1" fold
  blocked 'a lead leaves the account beside its own activity' "$level" 'UPDATE crm.lead SET account_id = 2 WHERE id = 1' 'INSERT INTO crm.activity (lead_id, account_id) VALUES (1, 1)'
  query -c 'UPDATE crm.lead SET account_id = 1 WHERE id = 1'
done
echo "1..$number"
