#!/usr/bin/env bash
# Kills the controller of a Slurm that start.sh started, stays without one for SECONDS, and starts it again.
#
#     controller.sh FOLDER SECONDS
set -euo pipefail
folder=$1
read -r _ old < <(grep '^slurmctld ' "$folder/processes")
kill -KILL "$old"
sleep "$2"
SLURM_CONF=$folder/slurm.conf slurmctld -D </dev/null >>"$folder/log/slurmctld.out" 2>&1 &
sed -i "s/^slurmctld .*/slurmctld $!/" "$folder/processes"
