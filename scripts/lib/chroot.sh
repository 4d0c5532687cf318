# shellcheck shell=bash
# Other releases of Debian in chroots, to try the PostgreSQL versions that they bring.
#
# They are kept in the cache and reused while their stamp fits; remove the folder to have them made anew. Each use gets
# its own mount and process namespace: its mounts and left-over processes vanish with it, however it ends.

# What a chroot is made of: change the number when the way it is made changes.
CHROOT_RECIPE=1

chroot_folder() { # SUITE
  printf '%s/%s\n' "${PG_LEADSCORE_CHROOTS:-$(cache_folder)/chroots}" "$1"
}

chroot_stamp() { # SUITE MAJOR
  printf 'recipe %s, %s with PostgreSQL %s, %s\n' "$CHROOT_RECIPE" "$1" "$2" "$(dpkg --print-architecture)"
}

# Its /tmp is a folder of ours, gone with the rest of the scratch folder.
in_chroot() { # FOLDER TMP COMMAND…
  local folder=$1 tmp=$2
  shift 2
  # shellcheck disable=SC2016 # the inner shell expands these
  as_root unshare --mount --pid --ipc --fork --kill-child -- sh -ec '
    root=$1 tmp=$2
    shift 2
    mount --make-rprivate /
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount --bind "$tmp" "$root/tmp"
    exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
      LC_ALL=C.UTF-8 "$@"' sh "$folder" "$tmp" "$@" </dev/null
}

# Sets CHROOT to a Debian SUITE with PostgreSQL MAJOR and all that scripts/test --inside needs.
need_chroot() { # SUITE MAJOR LOG
  local suite=$1 major=$2 log=$3
  CHROOT=$(chroot_folder "$suite")
  mkdir -p -- "${CHROOT%/*}"
  (
    flock 9 # a run beside this one waits, and finds it made
    if [[ "$(cat -- "$CHROOT/etc/$EXTENSION.stamp" 2>/dev/null)" != "$(chroot_stamp "$suite" "$major")" ]]; then
      say "Making a chroot of Debian $suite with PostgreSQL $major in $CHROOT"
      make_chroot "$suite" "$major" "$CHROOT" >"$log" 2>&1 </dev/null || {
        tail -n 40 -- "$log"
        exit 1
      }
    fi
  ) 9>"$CHROOT.lock"
}

make_chroot() { # SUITE MAJOR FOLDER
  local suite=$1 major=$2 folder=$3 partial=$3.partial recipe=/usr/share/debootstrap/scripts/$1
  # An older debootstrap knows no newer suite by name; they are all made like sid.
  [[ -e $recipe ]] || recipe=/usr/share/debootstrap/scripts/sid
  as_root rm -rf -- "$partial" "$folder" &&
    as_root env -u TMPDIR debootstrap --variant=minbase --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
      "$suite" "$partial" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" "$recipe" &&
    tell_chroot_about_host "$partial" &&
    install_in_chroot "$partial" g++ make libboost-date-time-dev libipc-run-perl \
      "postgresql-$major" "postgresql-server-dev-$major" &&
    chroot_stamp "$suite" "$major" | as_root tee "$partial/etc/$EXTENSION.stamp" >/dev/null &&
    as_root mv -T -- "$partial" "$folder"
}

# How this machine reaches the mirror holds inside too: names, proxies, and whether a mirror may be behind.
tell_chroot_about_host() { # FOLDER
  local file
  for file in /etc/resolv.conf /etc/hosts; do
    [[ ! -r $file ]] || as_root cp --dereference -- "$file" "$1$file"
  done
  {
    apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date|https?::Proxy)' || true
  } | as_root tee "$1/etc/apt/apt.conf.d/90host" >/dev/null
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$1/usr/sbin/policy-rc.d" >/dev/null
  as_root chmod 755 "$1/usr/sbin/policy-rc.d"
  as_root mkdir -p "$1/etc/postgresql-common/createcluster.d"
  echo 'create_main_cluster = false' |
    as_root tee "$1/etc/postgresql-common/createcluster.d/$EXTENSION.conf" >/dev/null
}

install_in_chroot() { # FOLDER PACKAGE…
  local folder=$1 tmp=$SCRATCH/install
  shift
  mkdir -p -- "$tmp"
  chmod 1777 "$tmp"
  in_chroot "$folder" "$tmp" env DEBIAN_FRONTEND=noninteractive http_proxy="${http_proxy:-}" sh -ec '
    apt-get -q update
    apt-get -q install --yes --no-install-recommends "$@"
    apt-get clean' sh "$@"
}
