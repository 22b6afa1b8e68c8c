#!/usr/bin/env bash
# Proves and times Cristae on a machine with an NVIDIA GPU, in one call of under ten minutes:
#   benchmarks/gpu.sh [OUT_DIR]       builds with the CUDA toolkit of this machine
#   benchmarks/gpu.sh --pack DIR      here: puts all that the other machine needs into DIR
#   DIR/gpu.sh [OUT_DIR]              there: needs a driver, NVRTC and Python, no other package
# Parts, in order: bits (Philox, math, ensembles trajectory by trajectory, and statistics summed up on
# the card for runs, lags, cells and sweeps, against the CPU with CRISTAE_REQUIRE_GPU=1),
# compute-sanitizer on small runs, speed, counters of ncu where it is there.
# Leaves everything in OUT_DIR, the figures in OUT_DIR/result.json. Exit code: that of the first part
# that failed; what a machine lacks for sanitizer and counters is said and is no failure.
# GPU_SMALL=1 makes all of it tiny, to rehearse: LD_LIBRARY_PATH=build-cuda/stand_in GPU_SMALL=1.
set -euo pipefail
started_in=$PWD
absolute() { case $1 in /*) echo "$1" ;; *) echo "$started_in/$1" ;; esac; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
programs=(gpu_bits gpu_speed cristae-gpu-worker)

build() {
  export CUDACXX="${CUDACXX:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}"
  cmake --preset cuda >/dev/null
  cmake --build --preset cuda --target gpu_bits gpu_speed cristae_gpu_worker
}

if [[ ${1:-} == --pack ]]; then
  folder=$(absolute "${2:?usage: benchmarks/gpu.sh --pack DIR}")
  cd "$here/.."
  [[ -n ${GPU_BUILT:-} ]] || build  # GPU_BUILT=1: as it lies in build-cuda
  mkdir -p "$folder/lib"
  for program in "${programs[@]}"; do
    strip -o "$folder/$program" "build-cuda/$program"
    # Everything but the C library and the driver, which belong to the machine it runs on.
    ldd "build-cuda/$program" |
      awk '$3 ~ /^\// && $1 !~ /^(libc|libm|libpthread|libdl|librt|libcuda)\.so/ { print $3 }'
  done | sort -u | xargs -I{} cp -L {} "$folder/lib/"
  cp -r networks "$folder/"
  cp benchmarks/gpu.sh benchmarks/gpu_report.py benchmarks/kernel_instructions.py \
    tests/cuda/budgets.csv "$folder/"
  # Half as large: what can be carried may be limited.
  tar -C "$folder" -czf "$folder/lib.tar.gz" lib
  rm -r "$folder/lib"
  { git rev-parse HEAD && git status --porcelain --untracked-files=no; } >"$folder/commit"
  du -sh "$folder"
  exit
fi

if [[ -x $here/gpu_bits ]]; then
  folder=$here networks=$here/networks tools=$here table=$here/budgets.csv
  [[ -d $here/lib ]] || tar -C "$here" -xzf "$here/lib.tar.gz"
  export LD_LIBRARY_PATH="$here/lib:${LD_LIBRARY_PATH:-}"
  commit=$(head -1 "$here/commit") dirty=$([[ $(wc -l <"$here/commit") -gt 1 ]] && echo true || echo false)
else
  cd "$here/.."
  build
  folder=$PWD/build-cuda networks=$PWD/networks tools=$PWD/benchmarks table=$PWD/tests/cuda/budgets.csv
  commit=$(git rev-parse HEAD)
  dirty=$([[ -n $(git status --porcelain --untracked-files=no) ]] && echo true || echo false)
fi
out=$(absolute "${1:-gpu-$(date -u +%Y%m%d-%H%M%S)}")
mkdir -p "$out"
export CRISTAE_REQUIRE_GPU=1 CRISTAE_GPU_WORKER="$folder/cristae-gpu-worker" CRISTAE_CACHE="$out/cache"
export PATH="$PATH:/usr/local/cuda/bin"
bits_options=() bits_limit=150 speed_options=(--seconds 2)
if [[ ${GPU_SMALL:-0} == 1 ]]; then
  bits_options=(--small --engine-only) bits_limit=900
  speed_options=(--seconds 1 --sizes 100,200 --events 300 --only vilar,chain20)
fi

query() { nvidia-smi --id=0 --query-gpu="$1" --format=csv,noheader 2>/dev/null || echo unknown; }
cat >"$out/machine.json" <<JSON
{"date": "$(date -u +%FT%TZ)", "commit": "$commit", "dirty": $dirty,
 "gpu": "$(query name)", "driver": "$(query driver_version)", "memory": "$(query memory.total)",
 "clock_max": "$(query clocks.max.sm)", "power_limit": "$(query power.limit)",
 "cpu": "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)", "cores": $(nproc),
 "command": "$0 $*"}
JSON

status=0
part() {
  local name=$1 limit=$2 began=$SECONDS code=0
  shift 2
  timeout "$limit" "$@" >"$out/$name.log" 2>&1 || code=$?
  printf '%-12s exit %d, %d s\n' "$name" "$code" "$((SECONDS - began))"
  ((code == 0)) || tail -5 "$out/$name.log"
  ((status == 0)) && status=$code || true
}

part bits "$bits_limit" "$folder/gpu_bits" "$networks" ${bits_options[@]+"${bits_options[@]}"}

if [[ ${GPU_SMALL:-0} != 1 ]] && command -v compute-sanitizer >/dev/null; then
  few=(--sizes 64 --events 300 --seconds 20 --only vilar,isr,birth_death)
  for tool in memcheck racecheck initcheck; do
    part "$tool" 60 compute-sanitizer --tool "$tool" --target-processes all --error-exitcode 1 \
      "$folder/gpu_speed" "$networks" "$out/$tool" "${few[@]}"
  done
else
  echo "compute-sanitizer: not here"
fi

clocks=""
if command -v nvidia-smi >/dev/null; then
  nvidia-smi --id=0 --query-gpu=timestamp,clocks.sm,power.draw --format=csv,noheader,nounits \
    -lms 250 >"$out/clocks.csv" 2>/dev/null &
  clocks=$!
fi
part speed 300 "$folder/gpu_speed" "$networks" "$out" "${speed_options[@]}"
[[ -z $clocks ]] || kill "$clocks" 2>/dev/null || true

if [[ ${GPU_SMALL:-0} != 1 ]] && command -v ncu >/dev/null; then
  # Not every machine lets users read counters.
  timeout 60 ncu --kernel-name cristae_slice --launch-skip 6 --launch-count 2 --csv --metrics \
    smsp__inst_executed.sum,smsp__issue_active.avg.pct_of_peak_sustained_active,sm__warps_active.avg.pct_of_peak_sustained_active,l1tex__data_pipe_lsu_wavefronts_mem_shared.avg.pct_of_peak_sustained_elapsed,smsp__thread_inst_executed_per_inst_executed.ratio \
    "$folder/gpu_speed" "$networks" "$out/ncu" --sizes 200000 --seconds 5 --only vilar,chain,isr \
    >"$out/ncu.csv" 2>&1 || echo "ncu: no counters, see ncu.csv"
else
  echo "ncu: not here"
fi

python3 "$tools/gpu_report.py" "$out" "$table" || { ((status == 0)) && status=1; }
exit "$status"
