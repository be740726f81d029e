#!/usr/bin/env bash
# Ends a Slurm that start.sh started, and every job in it.
#
#     stop.sh FOLDER
set -uo pipefail
folder=$1
[ -e "$folder/processes" ] || exit 0
export SLURM_CONF=$folder/slurm.conf
timeout 5 scancel --full --signal=KILL --user="$(id -un)" 2>/dev/null
timeout 5 scancel --user="$(id -un)" 2>/dev/null
for _ in $(seq 50); do
    [ -z "$(timeout 2 squeue --noheader --states=R,CG 2>/dev/null)" ] && break
    sleep 0.1
done
# A number is only signalled while it is still that program's.
each() {
    while read -r name process; do
        [ "$(cat "/proc/$process/comm" 2>/dev/null)" = "$name" ] && "$@" "$process"
    done <"$folder/processes"
}
each kill -TERM
for _ in $(seq 50); do
    [ -z "$(each echo)" ] && break
    sleep 0.1
done
each kill -KILL
rm "$folder/processes"
