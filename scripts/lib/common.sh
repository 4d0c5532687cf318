# shellcheck shell=bash
# What every script here needs: messages, the root of the project, a scratch folder that is gone at the end.

# Seen by all scripts; the places of other clusters and services must not leak into a test.
export LC_ALL=C.UTF-8 TZ=UTC
unset PGHOST PGHOSTADDR PGPORT PGUSER PGPASSWORD PGPASSFILE PGDATABASE PGDATA PGSERVICE PGSERVICEFILE PGOPTIONS \
  PGSSLMODE PGREQUIRESSL PGCLIENTENCODING PGTZ PGDATESTYLE PGGEQO PGAPPNAME PGCONNECT_TIMEOUT
# nor the options of a make that calls us.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

PROJECT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
EXTENSION=pg_leadscore
# shellcheck disable=SC2034 # read by the scripts that include this file
readonly PROJECT EXTENSION

say() { printf '%s\n' "$*"; }

die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo --non-interactive -- "$@"
  else
    die "this needs root: $*"
  fi
}

# PostgreSQL refuses to run as root: then its processes, and all that talks to them, run as an ordinary user.
unprivileged_user() {
  if ((EUID != 0)); then
    id -un
  elif id postgres >/dev/null 2>&1; then
    echo postgres
  else
    echo nobody
  fi
}

unprivileged() {
  if ((EUID == 0)); then
    runuser -u "$(unprivileged_user)" -- env HOME="$SCRATCH" "$@"
  else
    "$@"
  fi
}

give_to_unprivileged() {
  if ((EUID == 0)); then
    chown -R -- "$(unprivileged_user):" "$@"
  fi
}

# Sets SCRATCH. Its path stays short, because the path of a Unix socket may not exceed 107 bytes.
make_scratch() {
  local parent=${TMPDIR:-/tmp}
  ((${#parent} <= 40)) || parent=/tmp
  SCRATCH=$(mktemp -d "$parent/$EXTENSION.XXXXXX")
  export SCRATCH
  chmod 755 "$SCRATCH"
}

# Kept between runs: builds, chroots. An ordinary user must be able to read it, which rules out the home of root.
cache_folder() {
  local folder
  if [[ -n ${PG_LEADSCORE_CACHE:-} ]]; then
    folder=$PG_LEADSCORE_CACHE
  elif ((EUID == 0)); then
    folder=/var/cache/$EXTENSION
  else
    folder=${XDG_CACHE_HOME:-$HOME/.cache}/$EXTENSION
  fi
  mkdir -p -- "$folder"
  printf '%s\n' "$folder"
}

# The files of the project as they are now, committed or not, without what was built or is ignored.
list_sources() {
  if command -v git >/dev/null && git -C "$PROJECT" -c safe.directory="$PROJECT" rev-parse --git-dir >/dev/null 2>&1; then
    git -C "$PROJECT" -c safe.directory="$PROJECT" ls-files -z --cached --others --exclude-standard |
      while IFS= read -r -d '' file; do
        # a file deleted but not yet committed as such is still listed
        [[ -e $PROJECT/$file || -L $PROJECT/$file ]] && printf '%s\0' "$file"
      done || true
  else
    (cd -- "$PROJECT" && find . \( -name .git -o -path ./build -o -path ./results -o -path ./output_iso \) -prune -o \
      -type f ! -name '*.o' ! -name '*.so' ! -name 'regression.*' ! -path "./$EXTENSION--*.sql" -printf '%P\0')
  fi | sort -z -u
}

copy_sources() { # FOLDER
  mkdir -p -- "$1"
  list_sources | tar -C "$PROJECT" --null --no-recursion --files-from=- -cf - | tar -C "$1" --no-same-owner -xf -
}

# Runs a function in a process group of its own, so that a signal ends all of it at once instead of waiting for the
# command that happens to run. The script's EXIT trap then cleans up.
interruptible() { # FUNCTION
  local job status=0
  set -m
  "$1" </dev/null &
  job=$!
  set +m
  # A second signal must not disturb the cleaning up.
  # shellcheck disable=SC2064 # the job's number is known now
  trap "trap '' INT TERM HUP; kill -TERM -- -$job 2>/dev/null; wait; exit 130" INT
  # shellcheck disable=SC2064
  trap "trap '' INT TERM HUP; kill -TERM -- -$job 2>/dev/null; wait; exit 143" TERM HUP
  wait "$job" || status=$?
  trap - INT TERM HUP
  return "$status"
}
