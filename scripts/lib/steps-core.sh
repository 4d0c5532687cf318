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

has_fuzz() { has_cmake && has_files "$SOURCE"/test/fuzz/*.cpp; }

# Each libfuzz_* executable that CMake builds with clang and LEADSCORE_FUZZERS=ON runs for a bounded time, from the seeds in
# test/fuzz/corpus/NAME if there are some. One fuzzer is one test.
step_fuzz() {
  local build=$SCRATCH/build-fuzz log=$LOGS/build-fuzz fuzzers=() fuzzer name found
  if ! { cmake -S "$SOURCE" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER=clang++ \
    -DLEADSCORE_FUZZERS=ON && cmake --build "$build" --parallel "$(nproc)"; } >"$log" 2>&1; then
    tail -n 60 -- "$log"
    record "fuzzers" 0 1
    return
  fi
  mapfile -t fuzzers < <(find "$build" -type f -executable -name 'libfuzz_*' | sort)
  for fuzzer in "${fuzzers[@]+"${fuzzers[@]}"}"; do
    name=${fuzzer##*/}
    log=$LOGS/$name
    found=$SCRATCH/found-$name
    mkdir -- "$found" "$SCRATCH/seeds-$name"
    [[ ! -d $SOURCE/test/fuzz/corpus/$name ]] || cp -- "$SOURCE/test/fuzz/corpus/$name"/* "$SCRATCH/seeds-$name"
    if "$fuzzer" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$found/" "$SCRATCH/seeds-$name" >"$log" 2>&1 </dev/null &&
      [[ $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") -gt 0 ]]; then
      say "   $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
      record "fuzzers" 1 0
    else
      tail -n 60 -- "$log"
      find "$found" -type f -exec sh -c 'echo "$1:"; base64 "$1"' sh '{}' \;
      record "fuzzers" 0 1
    fi
  done
}
