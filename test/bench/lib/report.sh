# shellcheck shell=bash
# The table, the notes, and what failed.

print_report() {
  say
  cat "$SCRATCH/machine"
  say
  report_table_of_cases
  if [[ -s $SCRATCH/notes ]]; then
    printf '\nBeside the table:\n\n'
    sed 's/^/- /' "$SCRATCH/notes"
  fi
  if [[ -s $SCRATCH/failures ]]; then
    printf '\nFailed:\n\n'
    sed 's/^/- /' "$SCRATCH/failures"
    return 1
  fi
}

# Medians over the rounds; a ratio is the median of those within each round, so that the machine was the same for both.
report_table_of_cases() {
  touch "$SCRATCH/wanted" "$SCRATCH/results"
  awk -F '\t' '
    function median(list, n,   i, j, swap) {
      for (i = 2; i <= n; i++)
        for (j = i; j > 1 && list[j] < list[j - 1]; j--) { swap = list[j]; list[j] = list[j - 1]; list[j - 1] = swap }
      least = list[1]; most = list[n]
      return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
    }
    function shown(value) {
      if (value >= 1000) return grouped(sprintf("%.0f", value))
      if (value >= 100) return sprintf("%.0f", value)
      if (value >= 10) return sprintf("%.1f", value)
      if (value >= 1) return sprintf("%.2f", value)
      return sprintf("%.3f", value)
    }
    function grouped(digits,   out) {
      while (length(digits) > 3) { out = "," substr(digits, length(digits) - 2) out; digits = substr(digits, 1, length(digits) - 3) }
      return digits out
    }
    FILENAME ~ /cases$/ { names[++cases] = $1; title[$1] = $2; unit[$1] = $3; reference[$1] = $4; next }
    FILENAME ~ /wanted$/ { key = $1 SUBSEP $2; what[key] = $3; operator[key] = $4; bound[key] = $5; next }
    {
      key = $1 SUBSEP $2
      if (!(key in seen)) { seen[key] = 1; label[$1, ++labels[$1]] = $2 }
      value[key, $3] = $4 + 0
      if ($3 > rounds) rounds = $3
    }
    END {
      print "| case | | median | from – to | × | wanted | |"
      print "| --- | --- | ---: | ---: | ---: | --- | --- |"
      for (c = 1; c <= cases; c++) {
        name = names[c]
        for (l = 1; l <= labels[name]; l++) {
          key = name SUBSEP label[name, l]; first = name SUBSEP reference[name]
          n = m = 0
          split("", values); split("", ratios)
          for (r = 1; r <= rounds; r++) {
            if (!((key, r) in value)) continue
            values[++n] = value[key, r]
            if (((first, r) in value) && value[first, r] > 0) ratios[++m] = value[key, r] / value[first, r]
          }
          ratio = m ? median(ratios, m) : ""
          middle = median(values, n)
          target = verdict = ""
          if (key in what) {
            target = (what[key] == "ratio" ? "× " : "") (operator[key] == "<=" ? "≤ " : "≥ ") bound[key] (what[key] == "ratio" ? "" : " " unit[name])
            it = what[key] == "ratio" ? ratio : middle
            verdict = it == "" ? "not measured" : (operator[key] == "<=" ? it <= bound[key] : it >= bound[key]) ? "met" : "**missed**"
          }
          range = n > 1 ? shown(least) " – " shown(most) : ""
          printf("| %s | %s | %s | %s | %s | %s | %s |\n", (l == 1 ? title[name] " (" unit[name] ")" : ""), label[name, l], shown(middle),
                 range, (ratio == "" ? "" : sprintf("%.2f", ratio)), target, verdict)
        }
      }
    }' "$SCRATCH/cases" "$SCRATCH/wanted" "$SCRATCH/results"
}
