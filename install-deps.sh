#!/usr/bin/env bash
# Installs what Cristae is built and tested with on Debian 12, as root or through sudo.
# Does nothing, and asks no network, where everything is there. The CUDA toolkit is optional and
# not installed by this.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache
  libfmt-dev libcxxopts-dev libtomlplusplus-dev nlohmann-json3-dev
  libhdf5-dev libboost-dev libsundials-dev libsbml5-dev
  libgtest-dev libgmock-dev
  gnuplot-nox graphviz chromium python3 python3-jsonschema
  python3-xarray python3-h5netcdf python3-netcdf4
  python3-dev python3-venv
  dpkg-dev file python3-jinja2 python3-yaml
  clang libclang-rt-dev clang-format
)

if ! command -v dpkg-query >/dev/null; then
  echo "install-deps.sh: this is not a Debian system; install by hand: ${packages[*]}" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  echo "install-deps.sh: everything is there"
  exit 0
fi

root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install-deps.sh: run this as root, or install sudo; missing: ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi
echo "install-deps.sh: installing ${missing[*]}"
apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get)
"${apt[@]}" update
"${apt[@]}" install --yes --no-install-recommends "${missing[@]}"
