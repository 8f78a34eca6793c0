#!/usr/bin/env bash
# Installs what the project's make targets lack.
#   prepare.sh venv DIR             a virtual environment with hamon (editable) and its test tools
#   prepare.sh packages VENV [web]  the distribution's packages that the lab's services ask for (as root; else says which)
set -eu

# Only in the environment of a package installation: services must not start because their package arrives. What was added
# to the system for that is taken away again however this ends.
install_quietly() (
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" > /dev/null
)

case ${1:-} in
venv)
  python=${HAMON_PYTHON:-python3}
  if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "hamon needs Python 3.11 or newer: install it, or set HAMON_PYTHON" >&2
    exit 1
  fi
  if ! "$python" -c 'import ensurepip' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
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
  install_quietly $absent
  ;;
*)
  echo "usage: prepare.sh venv DIR | packages VENV [web]" >&2
  exit 2
  ;;
esac
