#!/usr/bin/env bash
# Measures everything that benches/README.md lists under "On a GPU" and writes it as one JSON file.
#
#   benches/gpu.sh pack FOLDER          build, and copy what the measurement needs into FOLDER
#   benches/gpu.sh measure FOLDER OUT   on the GPU's machine: measure, write OUT/gpu.json
#
# The GPU's machine needs its driver and nothing else: no Rust, no network. With WANE_BENCH_PYTHON naming an
# interpreter that has torch, PyTorch is measured too. Ten minutes at most. WANE_BENCH_LANES=1 with
# WANE_BENCH_ONLY=2×64 is a dry run on any Vulkan device, a software one included.
set -euo pipefail
cd "$(dirname "$0")/.."

pack() {
    local folder=$1
    mkdir -p "$folder"
    local built how
    read -ra how <<<"${WANE_BENCH_BUILD:---features wgpu}"
    # A bench is built with the program beside it; `cargo build` before it would build the crate once more,
    # because what only tests and benches need gives its dependencies other features.
    built=$(cargo bench --locked "${how[@]}" --bench training --no-run --message-format=json |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
    cp "$(grep '/wane$' <<<"$built")" "$folder/wane"
    cp "$(grep '/training-[^/]*$' <<<"$built")" "$folder/training"
    ls -l "$folder"
}

measure() {
    local folder out
    folder=$(realpath "$1") && mkdir -p "$2" && out=$(realpath "$2")
    local start=$SECONDS
    {
        nvidia-smi 2>&1 || echo "no nvidia-smi"
        "$folder/wane" backends
    } | tee "$out/machine.txt"
    # What was measured until a failure is kept, and the failure's words beside it.
    local code=0
    WANE_BENCH_BACKEND="${WANE_BENCH_BACKEND:-wgpu}" WANE_BENCH_JSON="$out/measured.json" \
        WANE_BENCH_PROGRAM="$folder/wane" \
        timeout $((570 - SECONDS + start)) "$folder/training" 2>&1 | tee "$out/training.txt" || code=$?
    test -s "$out/measured.json" || echo '{}' >"$out/measured.json"
    {
        echo '{'
        echo "  \"seconds\": $((SECONDS - start)),"
        echo "  \"exit_code\": $code,"
        echo "  \"machine\": $(as_json "$out/machine.txt"),"
        echo "  \"output\": $(as_json "$out/training.txt"),"
        echo "  \"measured\": $(cat "$out/measured.json")"
        echo '}'
    } >"$out/gpu.json"
    rm "$out/measured.json"
    echo "$out/gpu.json"
    return "$code"
}

# A text file as a JSON list of its lines.
as_json() {
    printf '['
    sed -e 's/[[:cntrl:]]//g' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&"/' "$1" | paste -sd, | tr -d '\n'
    printf ']'
}

case "${1:-}" in
pack) pack "${2:?the folder to pack into}" ;;
measure) measure "${2:?the packed folder}" "${3:?the folder for results}" ;;
*) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
