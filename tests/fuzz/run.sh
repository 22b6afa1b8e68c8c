#!/usr/bin/env bash
# Runs each fuzz target for some seconds: tests/fuzz/run.sh SECONDS [BUILD_FOLDER] [TARGET...]
#
# As many at a time as there are cores; a target takes one. BUILD_FOLDER (default: build-sanitize) is one
# of the preset `sanitize`. What was found to be worth keeping stays in BUILD_FOLDER/corpus for the next
# time; an input that breaks a claim is printed and lies in BUILD_FOLDER/findings. Exit code 1 where there
# is one. CRISTAE_FUZZ_SEED makes a run repeat an earlier one as far as it gets (from an empty corpus);
# without it, every run is another.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
seconds=${1:?usage: run.sh SECONDS [BUILD_FOLDER] [TARGET...]}
build=$(cd "${2:-$here/../../build-sanitize}" && pwd)
shift $(($# < 2 ? $# : 2))
targets=("$@")
if ((${#targets[@]} == 0)); then targets=(law query network formats); fi

mkdir -p "$build/corpus" "$build/findings"
python3 "$here/seeds.py" "$build/seeds"
failed=$(mktemp)
trap 'rm -f "$failed"' EXIT

fuzz() {
  local target=$1 status=0
  mkdir -p "$build/corpus/$target"
  "$build/tests/${target}_fuzz" "$build/corpus/$target" "$build/seeds/$target" \
    -dict="$here/cristae.dict" -max_total_time="$seconds" -max_len=8192 -timeout=20 -seed="${CRISTAE_FUZZ_SEED:-0}" \
    -rss_limit_mb=3000 -artifact_prefix="$build/findings/$target-" -print_final_stats=1 \
    >"$build/findings/$target.log" 2>&1 || status=$?
  printf '\n=== %s, %s s\n' "$target" "$seconds"
  grep -aE 'stat::number_of_executed_units|stat::new_units_added|^#[0-9]+.*DONE' \
    "$build/findings/$target.log" || true
  ((status == 0)) && return
  echo "$target" >>"$failed"
  echo "exit code $status"
  # What ended it may say so in bytes that are no text.
  grep -aE 'claim broken|terminate called|what\(\)|Assertion|runtime error|ERROR:|SUMMARY|Test unit written|^ +#[0-9]+ .* in cristae' \
    "$build/findings/$target.log" | cut -c1-300 | cat -v || true
  for input in "$build/findings/$target-"*; do
    [[ ! -f $input ]] || printf 'base64 -d > %s <<END\n%s\nEND\n' "${input##*/}" "$(base64 "$input")"
  done
}

for target in "${targets[@]}"; do
  while (($(jobs -pr | wc -l) >= $(nproc))); do wait -n || true; done
  { report=$(fuzz "$target"); printf '%s\n' "$report"; } &  # in one piece
done
wait
[[ ! -s $failed ]]
