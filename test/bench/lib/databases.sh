# shellcheck shell=bash
# Databases: "crm" holds the data; every contender that writes has a copy of it, and so have those that read.

choose_size() { # DIVISOR
  DIVISOR=$1
  LEADS=$((1000000 / DIVISOR))
  ACCOUNTS=$((50000 / DIVISOR))
  ACTIVITIES=$((10000000 / DIVISOR))
  case $DIVISOR in
    1) LONG=60 SHORT=16 ;;
    10) LONG=6 SHORT=4 ;;
    *) LONG=4 SHORT=2 ;;
  esac
  readonly DIVISOR LEADS ACCOUNTS ACTIVITIES LONG SHORT
}

# Rows without headers, fields separated by |.
sql() { # DATABASE PSQL-ARGUMENT…
  local database=$1
  shift
  PGOPTIONS='-c client_min_messages=warning' "$PGBIN/psql" --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=on --set leads="$LEADS" --set accounts="$ACCOUNTS" \
    --set activities="$ACTIVITIES" --dbname "$database" "$@" </dev/null
}

make_data() {
  local started=$SECONDS
  sql postgres --command 'CREATE DATABASE crm'
  sql crm --file "$here/lib/crm.sql" >/dev/null
  say "== data: $((SECONDS - started)) s, $(sql crm --command "SELECT pg_size_pretty(pg_database_size('crm'))")"
}

has_database() { # DATABASE
  [[ -n $(sql postgres --command "SELECT 1 FROM pg_database WHERE datname = '$1'") ]]
}

copy_database() { # FROM TO
  sql postgres --command "CREATE DATABASE $2 TEMPLATE $1 STRATEGY file_copy"
}

drop_database() { # DATABASE
  ! has_database "$1" || sql postgres --command "DROP DATABASE $1 WITH (FORCE)"
}

# What several contenders begin with is made once.
template_of() { # NAME
  case $1 in
    row_trigger | statement_trigger | queue) echo landmark ;;
    queue_statement) echo queue ;;
    pg_leadscore_links | row_trigger_links) echo bare_links ;;
    *) echo crm ;;
  esac
}

# A copy of another database that is set up by contenders/<NAME>.sql, if there is one. It is vacuumed, so that autovacuum
# finds nothing left to do when the contenders are measured.
need_database() { # NAME
  local name=$1 started=$SECONDS template
  ! has_database "$name" || return 0
  template=$(template_of "$name")
  [[ $template == crm ]] || need_database "$template"
  copy_database "$template" "$name"
  if [[ -e $here/contenders/$name.sql ]]; then
    sql "$name" --file "$here/contenders/$name.sql" >/dev/null
  fi
  sql "$name" --command 'VACUUM (ANALYZE)'
  say "   database $name: $((SECONDS - started)) s"
}

# A score of the database "reading", from the activities of leads; accounts get it by a roll-up.
need_score() { # NAME DECAY
  local name=$1 decay=$2 started=$SECONDS
  need_database reading
  [[ -z $(sql reading --command "SELECT 1 FROM leadscore.scores WHERE score = '$name'") ]] || return 0
  sql reading >/dev/null --command "SELECT leadscore.create_score('$name', entities => '{lead}', decay => '$decay')" \
    --command "SELECT leadscore.create_rule('$name', 'any', source => 'activity', points => 'points')"
  if [[ $name == engagement ]]; then
    sql reading >/dev/null --command "SELECT leadscore.create_rollup('engagement', 'account', of => 'lead', key => 'account_id')"
  fi
  sql reading --command "CALL leadscore.publish('$name')" --command 'VACUUM (ANALYZE)'
  say "   score $name published: $((SECONDS - started)) s"
}

# Scores are compared with the rows once, at the end; what a case spoils before that it verifies itself.
verify_later() { printf '%s %s\n' "$1" "$2" >>"$SCRATCH/to_verify"; } # DATABASE SCORE

verify_all() {
  local database score number
  [[ -e $SCRATCH/to_verify ]] || return 0
  say "== verify"
  # as many at once as there are cores: nothing is measured any more
  while read -r database score; do
    while (($(jobs -rp | wc -l) >= $(nproc))); do
      wait -n
    done
    verify_score "$database" "$score" &
  done < <(sort -u "$SCRATCH/to_verify")
  wait
  while read -r database score number; do
    say "   $score in $database: $number differences"
    printf '%s\n' "verify() of score $score in database $database: $number differences" >>"$SCRATCH/notes"
    [[ $number == 0 ]] || printf '%s\n' "verify() of score $score in database $database finds $number differences" >>"$SCRATCH/failures"
  done < <(sort "$SCRATCH/verified")
}

verify_score() { # DATABASE SCORE
  local number
  number=$(sql "$1" --command "SELECT count(*) FROM leadscore.verify('$2')") || number=unknown
  printf '%s %s %s\n' "$1" "$2" "$number" >>"$SCRATCH/verified"
}
