#!/usr/bin/env bash
# Packs a build with `cpack -G DEB`, twice, and runs what is in the package without any compiler.
#   packaging/check_deb.sh [--fresh] [BUILD_FOLDER]     (default: build)
# Without --fresh it is unpacked into a folder, and runs on this machine's libraries with an empty
# PATH. With --fresh it is installed into a new Debian 12 with nothing but its dependencies, which
# takes root, debootstrap, the mirror that apt is set to, and a minute.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
fresh=
if [[ ${1:-} == --fresh ]]; then fresh=1; shift; fi
build=$(realpath "${1:-build}")
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CMakeLists.txt)
export SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
fail() { echo "check_deb.sh: $*" >&2; exit 1; }

for copy in first second; do
  (cd "$build" && umask $([[ $copy == first ]] && echo 022 || echo 077) &&
    cpack -G DEB --config CPackConfig.cmake -B "$work/$copy" >"$work/log" 2>&1) ||
    { cat "$work/log" >&2; fail "cpack failed"; }
  sleep 1  # so that a time of packing would show
done
deb=$(echo "$work"/first/*.deb)
# The modes of the three members stand in the archive around them and go by the umask; they mean nothing.
for member in debian-binary control.tar.gz data.tar.gz; do
  cmp <(ar p "$deb" $member) <(ar p "$work/second/$(basename "$deb")" $member) ||
    fail "the same build was packed to another $member"
done
version=$(sed -n 's/^project(cristae VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
[[ $(basename "$deb") == cristae_${version}_$(dpkg --print-architecture).deb ]] ||
  fail "the package is called $(basename "$deb")"

# The dependencies, as names without versions.
depends=$(dpkg-deb --field "$deb" Depends | sed 's/ *([^)]*)//g; s/, */,/g')
for library in libc6 libfmt libhdf5; do
  [[ $depends == *$library* ]] || fail "$library is not among the dependencies: $depends"
done
[[ $depends != *-dev* && $depends != *g++* && $depends != *cuda* ]] || fail "it depends on $depends"

if [[ $fresh ]]; then
  root=$work/root
  mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' | awk '$1 == "bookworm" {print $2; exit}')
  debootstrap --variant=minbase --include="$depends" bookworm "$root" ${mirror:+"$mirror"} >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; fail "debootstrap failed"; }
  cp "$deb" "$root/root/cristae.deb"
  chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg --install /root/cristae.deb
  # The program finds its networks by /proc/self/exe; the mount is gone with the command.
  packaged() {
    unshare --mount sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" /usr/bin/env -i -C /root \
      HOME=/root PATH=/usr/bin:/bin cristae "$@"' "$root" "$@"
  }
  for tool in c++ g++ cc gcc clang++ nvcc nvidia-smi; do
    if chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin sh -c "command -v $tool"; then fail "$tool is in the new root"; fi
  done
  home=$root/root
else
  root=$work/root home=$work/home
  mkdir "$home" "$work/empty"
  dpkg-deb --extract "$deb" "$root"
  if ldd "$root/usr/bin/cristae" | grep 'not found'; then fail "libraries are missing"; fi
  packaged() {
    (cd "$home" && env -i HOME="$home" PATH="$work/empty" "$root/usr/bin/cristae" "$@")
  }
fi

diff -r networks "$root/usr/share/cristae/networks"
for file in copyright README.md; do
  [[ -s $root/usr/share/doc/cristae/$file ]] || fail "the package has no $file"
done
if readelf --dynamic "$root/usr/bin/cristae" | grep -E 'RPATH|RUNPATH'; then fail "a path of the build is in the program"; fi

hash_of() { sed -n 's/.*"contract_hash": *"\([0-9a-f]*\)".*/\1/p' "$1" | head -n 1; }
# name and arguments of a run: the package's must have the hash of the build's own
same() {
  local name=$1; shift
  packaged run "$@" --json - --quiet --output "$name.h5" >"$work/$name.json"
  (cd "$home" && "$build/cristae" run "$@" --json - --quiet >"$work/$name.build.json")
  local hash; hash=$(hash_of "$work/$name.json")
  [[ $hash =~ ^[0-9a-f]{16,}$ && $hash == "$(hash_of "$work/$name.build.json")" ]] ||
    fail "$name: the package's contract hash is '$hash', the build's '$(hash_of "$work/$name.build.json")'"
  [[ -s $home/$name.h5 ]] || fail "$name.h5 was not written"
  echo "$name: $hash"
}

[[ $(packaged --version) == "cristae $version" ]] || fail "--version says $(packaged --version)"
packaged devices >"$work/devices"
[[ -s $work/devices ]] || fail "devices says nothing"
packaged networks >"$work/networks"
grep -q '^vilar ' "$work/networks" || fail "the bundled networks are not found"
same vilar vilar --trajectories 100
cat >"$home/own.toml" <<'END'
[network]
name = "own"
time_unit = "min"
[species]
A = 0
B = 0
[reactions]
make  = { equation = "0 -> A", mass_action = "20" }
turn  = { equation = "2 A -> B", mass_action = "0.01" }
decay = { equation = "B -> 0", mass_action = "0.3" }
[run]
t_end = 20
sample_every = 1
END
same own own.toml --trajectories 200
echo "$(basename "$deb"), $(stat -c %s "$deb") bytes, runs ${fresh:+in a new Debian }without a compiler; depends on $depends"
