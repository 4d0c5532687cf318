# shellcheck shell=bash
# Steps that need no server: the form of the sources, unit tests and fuzzers of the core.

has_files() { # FILE… as a glob gave them
  [[ -e ${1:-} ]]
}

has_cmake() {
  [[ -e $SOURCE/CMakeLists.txt ]]
}

cpp_files() { # SUFFIX…
  local folder suffix
  for folder in src test; do
    [[ -d $SOURCE/$folder ]] || continue
    for suffix; do
      find "$SOURCE/$folder" -name "*.$suffix" -type f
    done
  done | sort
}

# The one version of clang-format that the tree is formatted with: others differ in details, so that they can advise
# but not judge.
readonly CLANG_FORMAT_MAJOR=14

has_format() { [[ -n $(cpp_files cpp hpp) ]]; }

step_format() {
  local log=$LOGS/format major program=clang-format
  if command -v "clang-format-$CLANG_FORMAT_MAJOR" >/dev/null; then
    program=clang-format-$CLANG_FORMAT_MAJOR
  fi
  major=$("$program" --version | sed 's/.*version \([0-9]*\).*/\1/')
  if cpp_files cpp hpp | xargs "$program" --dry-run -Werror >"$log" 2>&1; then
    record "clang-format" 1 0
  elif [[ $major != "$CLANG_FORMAT_MAJOR" ]]; then
    say "   clang-format $major would format some files another way; the tree follows version $CLANG_FORMAT_MAJOR"
    record "clang-format" 0 0 1
  else
    grep -A 3 'error:' -- "$log" | sed "s|$SOURCE/||" | head -n 60
    record "clang-format" 0 1
  fi
}

has_tidy() { [[ -n $(cpp_files cpp) ]]; }

step_tidy() {
  local log=$LOGS/tidy
  if (cd -- "$SOURCE" && cpp_files cpp | sed "s|^$SOURCE/||" | grep -v '^test/bench/' |
    xargs -P "$(nproc)" -I '{}' clang-tidy --quiet '{}' -- -std=c++20 -xc++ -Isrc -DLEADSCORE_VERSION='"lint"' \
      -Wno-unknown-warning-option -isystem "$("$POSTGRES_CONFIG" --includedir-server)") >"$log" 2>&1; then
    record "clang-tidy" 1 0
  else
    grep -A 5 -E '(error|warning):' -- "$log" | head -n 100 || cat -- "$log"
    record "clang-tidy" 0 1
  fi
}

has_unit() { has_cmake; }
has_unit_sanitized() { has_cmake; }

step_unit() {
  unit_tests "unit tests" build-unit ""
}

step_unit_sanitized() {
  unit_tests "unit tests, sanitized" build-sanitized \
    "-O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DLEADSCORE_ASSERTIONS -D_GLIBCXX_ASSERTIONS"
}

unit_tests() { # KIND FOLDER FLAGS
  local kind=$1 build=$SCRATCH/$2 log=$LOGS/$2 status=0 passed failed skipped
  if ! { cmake -S "$SOURCE" -B "$build" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS="$3" &&
    cmake --build "$build" --parallel "$(nproc)"; } >"$log" 2>&1; then
    tail -n 60 -- "$log"
    record "$kind" 0 1
    return
  fi
  UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1 \
    ctest --test-dir "$build" --parallel "$(nproc)" --output-on-failure --timeout 600 --output-junit "$build/junit.xml" \
    >"$log" 2>&1 || status=$?
  read -r passed failed skipped < <(count_junit "$build/junit.xml")
  ((passed + failed)) || failed=1
  ((status == 0 || failed)) || failed=1
  if ((failed)); then
    grep -v ' Passed ' -- "$log" | tail -n 100
  fi
  record "$kind" "$passed" "$failed" "$skipped"
}
