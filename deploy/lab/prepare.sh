#!/usr/bin/env bash
# Installs what the project's make targets lack.
#   prepare.sh venv DIR             a virtual environment with hamon (editable) and its test tools
#   prepare.sh packages VENV [web]  the distribution's packages that the lab's services ask for (as root; else says which)
#
# Packages that bring services or replace others are installed when somebody agrees: at a terminal, or by
#   HAMON_LAB_INSTALL=yes       services may come; they are neither started now nor at the next boot
#   HAMON_LAB_INSTALL=replace   packages may go besides, such as the machine's own time daemon
# A system that runs no services (a container, a chroot) loses nothing: there they are named, and installed.
set -eu

# Services must not start because their package arrives. What was added to the system for that is taken away again however
# this ends; what was there before stays.
install_quietly() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null
)

# The same for packages of which nobody knows yet what comes with them.
install_politely() (
  archives=$(mktemp -d)
  trap 'rm -rf "$archives"' EXIT
  trap 'exit 1' HUP INT TERM
  chmod 755 "$archives"
  mkdir "$archives/partial"
  apt-get update -qq
  planned=$(apt-get install -s --no-install-recommends "$@")
  new=$(sed -n 's/^Inst \([^ ]*\) (.*/\1/p' <<< "$planned") # an upgrade has the old version before the bracket
  gone=$(sed -n 's/^Remv \([^ ]*\).*/\1/p' <<< "$planned" | paste -s -d' ')
  apt-get install -y -qq --no-install-recommends -d -o Dir::Cache::Archives="$archives" "$@" > /dev/null
  units=$(for package in $new; do services_of "$archives/${package%%:*}"_*.deb; done | sort -u | paste -s -d' ')
  [ -z "$units" ] || echo "with services, which are not started, nor at the next boot: $units" >&2
  [ -z "$gone" ] || echo "THESE PACKAGES WOULD BE REMOVED: $gone" >&2
  if [ -n "$gone" ]; then agreed replace; elif [ -n "$units" ]; then agreed yes; fi
  install_quietly -o Dir::Cache::Archives="$archives" "$@"
  for unit in $units; do
    systemctl --root=/ disable "$unit" > /dev/null 2>&1 || update-rc.d "${unit%.*}" disable > /dev/null 2>&1 || true
  done
  [ -z "$gone" ] || echo "removed: $gone; apt-get install brings them back, and takes away what replaced them" >&2
)

# The units and init scripts in a package, as names of units.
services_of() {
  [ ! -e "$1" ] || dpkg-deb --fsys-tarfile "$1" | tar -t | sed -nE \
    -e 's#^\./(usr/)?lib/systemd/system/([^/@]+\.(service|socket))$#\2#p' -e 's#^\./etc/init\.d/([^/]+)$#\1.service#p'
}

# Whether an init of this system starts services: systemd, or another one as process 1.
runs_services() {
  [ -d /run/systemd/system ] && return
  case $(cat /proc/1/comm) in init | systemd | runit | s6-svscan | openrc-init) ;; *) return 1 ;; esac
}

# Whether somebody agrees; $1 is what HAMON_LAB_INSTALL must say where there is no terminal.
agreed() {
  runs_services || return 0
  case ${HAMON_LAB_INSTALL:-} in "$1" | replace) return ;; esac
  if [ -t 0 ] && [ -t 2 ]; then
    read -r -p "install them? [y/N] " answer
    case $answer in [yY]*) return ;; esac
    echo "nothing was installed" >&2
  else
    echo "nothing was installed: HAMON_LAB_INSTALL=$1 agrees to that" >&2
  fi
  exit 1
}

case ${1:-} in
venv)
  python=${HAMON_PYTHON:-python3}
  if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "hamon needs Python 3.11 or newer: install it, or set HAMON_PYTHON" >&2
    exit 1
  fi
  if ! "$python" -c 'import ensurepip' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    apt-get update -qq
    install_quietly python3-venv
  fi
  "$python" -m venv "$2"
  # compat: a path instead of an import hook, which would cost every start of a check in the lab a sixth of its time
  "$2/bin/pip" install -q --disable-pip-version-check --config-settings editable_mode=compat -e '.[test]'
  ;;
packages)
  if ! command -v apt-get > /dev/null; then
    echo "the lab needs Debian or Ubuntu packages; this is another system" >&2
    exit 1
  fi
  absent=$("$2/bin/python" -m hamon.lab packages ${3:+--$3})
  [ -z "$absent" ] && exit 0
  if [ "$(id -u)" != 0 ]; then
    echo "packages are missing; as root: apt-get install --no-install-recommends $absent" >&2
    exit 1
  fi
  echo "installing: $absent" >&2
  install_politely $absent
  ;;
*)
  echo "usage: prepare.sh venv DIR | packages VENV [web]" >&2
  exit 2
  ;;
esac
