#!/usr/bin/env bash
# Proves and times the state on a machine with an NVIDIA GPU, in one call of under ten minutes:
#   benchmarks/gpu.sh [OUT_DIR]            builds with the CUDA toolkit of this machine
#   GPU_BITS=path benchmarks/gpu.sh [OUT]  uses a program built elsewhere (see --pack)
#   benchmarks/gpu.sh --pack DIR           here: copies gpu_bits, its libraries and the networks to DIR
# Leaves OUT_DIR/gpu_bits.json (bits of Philox, math and ensembles against the CPU, first of all),
# sanitizer logs and machine.json. Exit code: that of the first part that failed.
set -euo pipefail
started_in=$PWD
absolute() { case $1 in /*) echo "$1" ;; *) echo "$started_in/$1" ;; esac; }
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build() {
  export CUDACXX="${CUDACXX:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}"
  cmake --preset cuda >/dev/null
  cmake --build --preset cuda --target gpu_bits
}

if [[ ${1:-} == --pack ]]; then
  folder=$(absolute "${2:?usage: benchmarks/gpu.sh --pack DIR}")
  build
  mkdir -p "$folder/lib"
  cp build-cuda/gpu_bits "$folder/"
  # Everything but the C library and the driver, which belong to the machine it runs on.
  ldd build-cuda/gpu_bits | awk '$3 ~ /^\// && $1 !~ /^(libc|libm|libpthread|libdl|librt|libcuda)\.so/ { print $3 }' |
    xargs -I{} cp -L {} "$folder/lib/"
  cp -r networks "$folder/"
  du -sh "$folder"
  exit
fi

out=$(absolute "${1:-$PWD/benchmarks/results/gpu-$(date -u +%Y%m%d-%H%M%S)}")
mkdir -p "$out"
export CRISTAE_REQUIRE_GPU=1
if [[ -n ${GPU_BITS:-} ]]; then
  folder=$(cd "$(dirname "$(absolute "$GPU_BITS")")" && pwd)
  libraries=$folder/lib
  program=$folder/gpu_bits networks=$folder/networks
else
  build
  program=$PWD/build-cuda/gpu_bits networks=$PWD/networks
fi

query=$(nvidia-smi --id=0 --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv,noheader 2>/dev/null || echo none)
printf '{"date": "%s", "commit": "%s", "dirty": %s, "gpu": "%s", "command": "%s"}\n' \
  "$(date -u +%FT%TZ)" "${CRISTAE_COMMIT:-$(git rev-parse HEAD 2>/dev/null || echo unknown)}" \
  "$(if status=$(git status --porcelain 2>/dev/null); then [[ -z $status ]] && echo false || echo true; else echo null; fi)" "$query" "$0 $*" \
  >"$out/machine.json"

status=0
part() {
  local name=$1 began=$SECONDS code=0
  shift
  "$@" || code=$?
  printf '%-24s exit %d, %d s\n' "$name" "$code" "$((SECONDS - began))"
  ((status == 0)) && status=$code || true
}
# The packed libraries are for this program only.
run() { env LD_LIBRARY_PATH="${libraries:+$libraries:}${LD_LIBRARY_PATH:-}" "$@"; }
bits() { run "$program" "$networks" | tee "$out/gpu_bits.json"; return "${PIPESTATUS[0]}"; }
sanitizer() {
  command -v compute-sanitizer >/dev/null || { echo "compute-sanitizer is not here" >&2; return 6; }
  compute-sanitizer --tool "$1" --target-processes all --error-exitcode 1 \
    env LD_LIBRARY_PATH="${libraries:+$libraries:}${LD_LIBRARY_PATH:-}" "$program" "$networks" --small >"$out/$1.log" 2>&1
}
part "bits" bits
part "memcheck, small" sanitizer memcheck
part "initcheck, small" sanitizer initcheck
exit "$status"
