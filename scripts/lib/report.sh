# shellcheck shell=bash
# Counting. REPORT is a file with one line "label, kind, passed, failed, skipped" for each step that ran; each count is
# read from the output of the step's own runner.

record() { # KIND PASSED FAILED [SKIPPED]
  printf '%s\t%s\t%d\t%d\t%d\n' "$LABEL" "$1" "$2" "$3" "${4:-0}" >>"$REPORT"
}

# pg_regress and pg_isolation_regress: "test name ... ok 12 ms" up to PostgreSQL 15, "ok 1 - name 12 ms" after.
count_regress() { # LOG
  awk '
    /^ok +[0-9]+ / { passed++; next }
    /^not ok +[0-9]+ / { failed++; next }
    /^(test| ) +[^ ]+ +\.\.\. / { if ($0 ~ /\.\.\. ok/) passed++; else failed++ }
    END { print passed + 0, failed + 0, 0 }' "$1"
}

# TAP: a plan that does not match, no plan at all, "Bail out!" count as failures; what is skipped counts as nothing.
count_tap() { # LOG
  awk '
    /^1\.\.[0-9]+/ { plan = substr($1, 4) + 0; planned = 1; if (/# *[Ss][Kk][Ii][Pp]/) all_skipped = 1 }
    /^not ok/ { run++; if (/# *TODO/) skipped++; else failed++; next }
    /^ok/ { run++; if (/# *[Ss][Kk][Ii][Pp]/) skipped++; else passed++ }
    /^Bail out!/ { failed++ }
    END {
      if (!all_skipped && (!planned || plan != run)) failed++
      if (all_skipped) skipped++
      print passed + 0, failed + 0, skipped + 0
    }' "$1"
}

# The file that ctest --output-junit writes.
count_junit() { # FILE
  awk '
    /<testsuite / { inside = 1 }
    inside {
      if (match($0, /tests="[0-9]+"/)) tests = substr($0, RSTART + 7, RLENGTH - 8)
      if (match($0, /failures="[0-9]+"/)) failed = substr($0, RSTART + 10, RLENGTH - 11)
      if (match($0, /disabled="[0-9]+"/)) skipped += substr($0, RSTART + 10, RLENGTH - 11)
      if (match($0, /skipped="[0-9]+"/)) skipped += substr($0, RSTART + 9, RLENGTH - 10)
    }
    inside && />/ { exit }
    END { print tests - failed - skipped, failed + 0, skipped + 0 }' "$1"
}

has_failures() { # FILE
  [[ -e $1 ]] && awk -F '\t' '$4 { found = 1 } END { exit !found }' "$1"
}

# The table by kind. Prints nothing when nothing ran.
report_table() { # FILE
  [[ -s $1 ]] || return 0
  awk -F '\t' '
    { if ($1 "\t" $2 in passed == 0) order[++n] = $1 "\t" $2
      passed[$1 "\t" $2] += $3; failed[$1 "\t" $2] += $4; skipped[$1 "\t" $2] += $5; any += $5 }
    END {
      printf "\n%-16s %-26s %8s %8s%s\n", "on", "kind", "passed", "failed", any ? "  skipped" : ""
      for (i = 1; i <= n; i++) {
        split(order[i], name, "\t")
        printf "%-16s %-26s %8d %8d%s\n", name[1], name[2], passed[order[i]], failed[order[i]],
          skipped[order[i]] ? sprintf(" %8d", skipped[order[i]]) : ""
      }
      print ""
    }' "$1"
}

# The last line, alone. Fails when a test failed or none ran.
report_total() { # FILE
  awk -F '\t' '
    { passed += $3; failed += $4 }
    END { printf "%d passed, %d failed\n", passed, failed; exit failed > 0 || passed == 0 }' "$1"
}
