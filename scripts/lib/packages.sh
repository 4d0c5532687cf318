# shellcheck shell=bash
# Installs by apt what is missing, and nothing else.

is_installed() { # PACKAGE
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

need_packages() { # PACKAGE…
  local missing=() package
  command -v dpkg-query >/dev/null || return 0 # not Debian: the build says what it lacks
  for package; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  say "Installing by apt: ${missing[*]}"
  install_packages "${missing[@]}"
}

install_packages() { # PACKAGE…
  local log no_cluster=/etc/postgresql-common/createcluster.d/$EXTENSION-$$.conf made_folder='' status=0
  log=$(mktemp)
  # A newly installed PostgreSQL would make and start a cluster "main". Nobody asked for one.
  as_root test -d "${no_cluster%/*}" || made_folder=yes
  as_root mkdir -p "${no_cluster%/*}"
  echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
  # Another source of packages on this machine may be out of order: what counts is whether the install works.
  apt_get update >"$log" 2>&1 || true
  apt_get install --yes --no-install-recommends "$@" >>"$log" 2>&1 || status=$?
  as_root rm -f "$no_cluster"
  [[ -z $made_folder ]] || as_root rmdir --ignore-fail-on-non-empty -p "${no_cluster%/*}" 2>/dev/null || true
  if ((status)); then
    tail -n 30 "$log" >&2
    rm -f "$log"
    die "apt could not install: $*"
  fi
  rm -f "$log"
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 -o APT::Update::Error-Mode=any "$@" \
    </dev/null
}

has_candidate() { # PACKAGE
  [[ -n $(apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: \([^(].*\)$/\1/p') ]]
}

# Sets POSTGRES_CONFIG, the pg_config of a PostgreSQL 15 to 18 with the files for building extensions: the one asked
# for, or the newest installed, or the one that this release of Debian or Ubuntu brings. Installs it together with what
# else is needed.
need_postgres() { # PATH-OF-PG_CONFIG-OR-EMPTY PACKAGE…
  local asked=${1:-${PG_CONFIG:-}} version
  shift
  POSTGRES_CONFIG=
  if [[ -n $asked ]]; then
    POSTGRES_CONFIG=$(command -v "$asked") || die "no such program: $asked"
    need_packages "$@"
  else
    for version in 18 17 16 15; do
      if [[ -x /usr/lib/postgresql/$version/bin/postgres ]] && is_installed "postgresql-server-dev-$version"; then
        break
      fi
      version=
    done
    if [[ -z $version ]]; then
      command -v apt-get >/dev/null || die "no PostgreSQL 15 to 18 found: give --pg-config PATH"
      if ! has_candidate postgresql-common; then
        apt_get update >/dev/null 2>&1 || true # a fresh machine knows no packages yet
      fi
      for version in 18 17 16 15; do
        has_candidate "postgresql-$version" && break
        version=
      done
      [[ -n $version ]] || die "this release has no PostgreSQL 15 to 18: add https://apt.postgresql.org, or give --pg-config PATH"
    fi
    need_packages "$@" "postgresql-$version" "postgresql-server-dev-$version"
    POSTGRES_CONFIG=/usr/lib/postgresql/$version/bin/pg_config
  fi
  [[ -x $("$POSTGRES_CONFIG" --bindir)/postgres ]] || die "$POSTGRES_CONFIG belongs to no PostgreSQL server"
  [[ -r $("$POSTGRES_CONFIG" --pgxs) ]] || die "$POSTGRES_CONFIG knows no PGXS: postgresql-server-dev is missing"
  # shellcheck disable=SC2034 # read by others
  POSTGRES_MAJOR=$("$POSTGRES_CONFIG" --version | sed -n 's/^PostgreSQL \([0-9]*\).*/\1/p')
}

# What every build of the extension needs.
# shellcheck disable=SC2034 # read by others
readonly BUILD_PACKAGES=(g++ make libboost-date-time-dev)
