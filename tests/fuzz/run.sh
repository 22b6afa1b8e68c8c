#!/usr/bin/env bash
# Runs each fuzz target for some seconds: tests/fuzz/run.sh SECONDS [BUILD_FOLDER] [TARGET...]
#
# BUILD_FOLDER (default: build-fuzz) is one of the preset `fuzz`. What was found to be worth keeping
# stays in BUILD_FOLDER/corpus for the next time; an input that breaks a claim is printed and lies in
# BUILD_FOLDER/findings. Exit code 1 where there is one. CRISTAE_FUZZ_SEED makes a run repeat an earlier
# one as far as it gets (from an empty corpus); without it, every run is another.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
seconds=${1:?usage: run.sh SECONDS [BUILD_FOLDER] [TARGET...]}
build=$(cd "${2:-$here/../../build-fuzz}" && pwd)
shift $(($# < 2 ? $# : 2))
targets=("$@")
if ((${#targets[@]} == 0)); then targets=(law query network formats); fi

mkdir -p "$build/corpus" "$build/findings"
python3 "$here/seeds.py" "$build/seeds"
failed=0
for target in "${targets[@]}"; do
  mkdir -p "$build/corpus/$target"
  printf '\n=== %s, %s s\n' "$target" "$seconds"
  status=0
  "$build/tests/${target}_fuzz" "$build/corpus/$target" "$build/seeds/$target" \
    -dict="$here/cristae.dict" -max_total_time="$seconds" -max_len=8192 -timeout=20 -seed="${CRISTAE_FUZZ_SEED:-0}" \
    -rss_limit_mb=3000 -artifact_prefix="$build/findings/$target-" -print_final_stats=1 \
    >"$build/findings/$target.log" 2>&1 || status=$?
  grep -E 'stat::number_of_executed_units|stat::new_units_added|^#[0-9]+.*DONE' \
    "$build/findings/$target.log" || true
  if ((status != 0)); then
    failed=1
    # What ended it may say so in bytes that are no text.
    grep -aE 'claim broken|terminate called|what\(\)|Assertion|runtime error|ERROR:|SUMMARY|Test unit written|^ +#[0-9]+ .* in cristae' \
      "$build/findings/$target.log" | cut -c1-300 | cat -v || true
    for input in "$build/findings/$target-"*; do
      printf 'base64 -d > %s <<END\n%s\nEND\n' "${input##*/}" "$(base64 "$input")"
    done
  fi
done
exit "$failed"
