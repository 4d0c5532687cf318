# shellcheck shell=bash
# Cases: one file each in cases/. A case says
#
#   TITLE, UNIT        what it measures
#   REFERENCE          the label that the ratios of the others are to (optional)
#   CONTENDERS         who take turns; those in ONCE have a turn in the first round only
#   TURNS              how many each has in a round, if not one: short turns, many times, where the machine's moods show
#   AUTOVACUUM         off, where it must not come between (optional)
#   set_up             what it needs (optional)
#   measure CONTENDER  one turn: calls record LABEL VALUE, once or more
#   check              what must hold afterwards: calls fail where it does not (optional)
#
# and for each target: wanted LABEL ratio|value '<='|'>=' NUMBER. Each case runs in a subshell of its own.

list_cases() {
  local file
  for file in "$here"/cases/*.sh; do
    printf '%-20s %s\n' "$(case_name "$file")" "$(sed -n "s/^TITLE=['\"]\(.*\)['\"]$/\1/p" "$file")"
  done
}

case_name() { # FILE
  local name=${1##*/}
  name=${name%.sh}
  printf '%s\n' "${name#*_}"
}

case_file() { # NAME
  local file
  for file in "$here"/cases/*_"$1".sh; do
    [[ -e $file ]] && [[ $(case_name "$file") == "$1" ]] && printf '%s\n' "$file" && return
  done
  die "no case is called $1 (--list shows them)"
}

# Sets CASES, in the order of the files.
choose_cases() { # NAME…
  local file name
  CASES=()
  for name; do
    case_file "$name" >/dev/null
  done
  for file in "$here"/cases/*.sh; do
    name=$(case_name "$file")
    if (($# == 0)) || is_one_of "$name" "$@"; then
      CASES+=("$name")
    fi
  done
}

run_case() { # NAME
  local started=$SECONDS status=0
  CASE=$1
  say "== $CASE"
  set +e # not in a condition, where "set -e" would have no effect inside
  (
    set -e
    # shellcheck disable=SC1090 # one of cases/
    source "$(case_file "$CASE")"
    take_turns
  )
  status=$?
  set -e
  rm -f -- "$SCRATCH/job.running" # where a case ended before its job
  ((status == 0)) || printf '%s\n' "case $CASE did not come to its end" >>"$SCRATCH/failures"
  say "   $((SECONDS - started)) s"
}

# Each round begins with another contender and goes the other way round, so that whatever else the machine does, and what
# one leaves to the next, meets all of them.
take_turns() {
  local contender
  printf '%s\t%s\t%s\t%s\n' "$CASE" "$TITLE" "$UNIT" "${REFERENCE:-}" >>"$SCRATCH/cases"
  if declare -F set_up >/dev/null; then
    set_up
  fi
  set_autovacuum "${AUTOVACUUM:-on}"
  sql postgres --command CHECKPOINT # what that left to write shall not meet the first
  for ((ROUND = 1; ROUND <= rounds * ${TURNS:-1}; ROUND++)); do
    while read -r contender; do
      if ((ROUND == 1)) || ! is_one_of "$contender" "${ONCE[@]+"${ONCE[@]}"}"; then
        measure "$contender"
      fi
    done < <(order_of_round "$ROUND")
  done
  if declare -F check >/dev/null; then
    check
  fi
}

is_one_of() { # WORD WORD…
  local word=$1 other
  shift
  for other; do
    [[ $other != "$word" ]] || return 0
  done
  return 1
}

order_of_round() { # ROUND
  local number=${#CONTENDERS[@]} i
  for ((i = 0; i < number; i++)); do
    if (($1 % 2)); then
      printf '%s\n' "${CONTENDERS[(i + $1 / 2) % number]}"
    else
      printf '%s\n' "${CONTENDERS[(2 * number - 1 - i - $1 / 2) % number]}"
    fi
  done
}

record() { # LABEL VALUE
  [[ $2 =~ ^[0-9.]+(e[-+]?[0-9]+)?$ ]] || die "$CASE: $1 gave no number: $2"
  printf '%s\t%s\t%s\t%s\n' "$CASE" "$1" "$ROUND" "$2" >>"$SCRATCH/results"
  say "   round $ROUND: $1: $2 $UNIT"
}

wanted() { printf '%s\t%s\t%s\t%s\t%s\n' "$CASE" "$@" >>"$SCRATCH/wanted"; } # LABEL ratio|value OPERATOR NUMBER

note() { printf '%s\n' "$CASE: $*" >>"$SCRATCH/notes"; }

fail() {
  say "   FAILED: $*"
  printf '%s\n' "$CASE: $*" >>"$SCRATCH/failures"
}

# Two queries that must give the same rows, in one snapshot and at one instant. Numbers that are sums of points are
# rounded to nine digits by the queries.
same_rows() { # DATABASE WHAT QUERY QUERY
  local differences
  differences=$(sql "$1" --command "WITH a AS ($3), b AS ($4)
    SELECT count(*) FROM ((TABLE a EXCEPT ALL TABLE b) UNION ALL (TABLE b EXCEPT ALL TABLE a)) AS d")
  [[ $differences == 0 ]] || fail "$2: $differences rows differ"
}
