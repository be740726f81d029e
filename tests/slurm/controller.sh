#!/usr/bin/env bash
# Ends the controller of a Slurm that start.sh started, stays without one for SECONDS, and starts it again.
#
#     controller.sh FOLDER SECONDS
#
# It ends as an administrator ends it, and writes down which tasks run. A controller that is killed within
# five seconds of a start may not know of it: it then kills the task as an orphan, starts it again, and takes
# the orphan's end for the end of the new one.
set -euo pipefail
folder=$1
read -r _ old < <(grep '^slurmctld ' "$folder/processes")
kill -TERM "$old"
while [ "$(cat "/proc/$old/comm" 2>/dev/null)" = slurmctld ]; do sleep 0.05; done
sleep "$2"
SLURM_CONF=$folder/slurm.conf slurmctld -D </dev/null >>"$folder/log/slurmctld.out" 2>&1 &
sed -i "s/^slurmctld .*/slurmctld $!/" "$folder/processes"
