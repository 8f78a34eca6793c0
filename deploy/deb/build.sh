#!/usr/bin/env bash
# build.sh DIR [WHEELS]: the Debian package of this checkout, DIR/hamon_VERSION_ARCH.deb. No root, no debhelper, no namespaces:
# dpkg-deb, git, python3-venv and what pip fetches. With WHEELS, a folder of them (setuptools and hamon's libraries), nothing is
# fetched. Nothing ever is when the package is installed.
#
# The environment is made below a scratch directory and says /opt/hamon in the few files that know their place: its scripts and
# their checksums. A private mount at /opt/hamon would spare that, but is refused in the containers where packages are built.
set -eu
umask 022
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV
out=$(mkdir -p "$1" && cd "$1" && pwd)
offline=${2:+--no-index --find-links=$(cd "$2" && pwd)}
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
python=/usr/bin/python3 # of the distribution: the package depends on it
package=hamon

for program in dpkg-deb dpkg git gzip; do
  command -v "$program" > /dev/null || { echo "build.sh needs $program" >&2; exit 1; }
done
"$python" -c 'import ensurepip' 2> /dev/null || { echo "build.sh needs python3-venv" >&2; exit 1; }

# The version is hamon's; until it is released the commit's time makes it lower than the release and higher than the last one.
commit=$(git rev-parse --short=8 HEAD)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
release=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' hamon/__init__.py)
if git describe --exact-match --tags --match "v$release" HEAD > /dev/null 2>&1; then
  version=$release-1
else
  version=$release~git$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S).$commit
fi
[ -z "$(git status --porcelain)" ] || version=$version+changed

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root=$scratch/root
venv=$root/opt/hamon
mkdir -p "$root/DEBIAN" "$root/opt" "$scratch/source"

# What is in the checkout's git or could be, and nothing that builds and tests left there.
git ls-files -z -co --exclude-standard | tar --null -T - -c --ignore-failed-read 2> /dev/null | tar -x -C "$scratch/source"
"$python" -m venv "$scratch/tools"
"$python" -m venv --without-pip "$venv"
pip="$scratch/tools/bin/pip --disable-pip-version-check --quiet"
$pip wheel $offline --no-deps -w "$scratch/wheels" "$scratch/source"
$pip wheel $offline --no-deps --require-hashes -w "$scratch/wheels" -r requirements/server.txt # what make lock wrote
$pip --python "$venv/bin/python" install --no-compile --no-warn-script-location \
  --no-index --find-links="$scratch/wheels" "hamon-openstack[server]==$release"

"$python" "$here/settle.py" "$venv" /opt/hamon
# Byte code is part of the package: NRPE's user cannot write it, and without it every start of a check would compile all of
# hamon. It is not compared with the sources (unchecked-hash), so that nothing is ever written beside them.
"$python" -m compileall -q -j 1 --invalidation-mode unchecked-hash -s "$root" -p / "$venv/lib"

# All that follows from the checks' statements.
run() { env PYTHONPATH="$(echo "$venv"/lib/python3*/site-packages)" "$python" -s -m hamon "$@"; }
run man --write "$root/usr/share/man" > /dev/null
find "$root/usr/share/man" -type f -exec gzip -9n {} +
bash_dir=$root/usr/share/bash-completion/completions fish_dir=$root/usr/share/fish/vendor_completions.d
zsh_dir=$root/usr/share/zsh/vendor-completions
mkdir -p "$bash_dir" "$fish_dir" "$zsh_dir" "$root/usr/bin"
run completion bash > "$bash_dir/hamon"
run completion fish > "$fish_dir/hamon.fish"
run completion zsh > "$zsh_dir/_hamon"
for check in "$venv"/bin/check_*; do
  name=${check##*/}
  ln -s hamon "$bash_dir/$name"
  ln -s hamon.fish "$fish_dir/$name.fish"
done
ln -s /opt/hamon/bin/hamon "$root/usr/bin/hamon"
mkdir -p "$root/etc/hamon" "$root/var/lib/hamon/state"
mkdir -m 750 "$root/etc/hamon/credentials"

doc=$root/usr/share/doc/$package
mkdir -p "$doc"
maintainer="${DEBFULLNAME:-hamon} <${DEBEMAIL:-root@localhost}>"
gzip -9nc CHANGELOG.md > "$doc/changelog.gz"
printf '%s (%s) unstable; urgency=medium\n\n  * What changed is in changelog.gz. Built from commit %s.\n\n -- %s  %s\n' "$package" \
  "$version" "$commit" "$maintainer" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9nc > "$doc/changelog.Debian.gz"
"$python" "$here/copyright.py" "$venv" /opt/hamon > "$doc/copyright"

"$python" "$here/control.py" "$root" "$package" "$version" "$(dpkg --print-architecture)" "$maintainer" > "$root/DEBIAN/control"
cp "$here/triggers" "$root/DEBIAN/"
install -m 755 "$here/postinst" "$here/postrm" "$root/DEBIAN/"
(cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum) > "$root/DEBIAN/md5sums"
if grep -rlF "$scratch" "$root"; then
  echo "build.sh: these files of the package name the directory where it was built" >&2
  exit 1
fi
find "$root" -depth -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
file=$out/${package}_${version}_$(dpkg --print-architecture).deb
# one thread: with more, the bytes depend on the machine
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$root" "$file" > /dev/null
echo "$file"
