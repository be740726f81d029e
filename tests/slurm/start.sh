#!/usr/bin/env bash
# Starts a Slurm of its own, all of it on this machine and under one folder: a key service, a controller
# and nodes n1, n2, … with four pretended cores each.
#
#     start.sh FOLDER PORT NODE_PORT...     # a port for the controller and one for each node
#
# Prints the path of its slurm.conf. stop.sh FOLDER ends it, controller.sh FOLDER restarts the controller.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd) port=$2
shift 2
nodes=$#
user=$(id -un) host=$(hostname -s)
mkdir -p "$folder"/{controller,log,key}
chmod 755 "$folder" && chmod 711 "$folder/key"

(umask 077 && head -c 128 /dev/urandom >"$folder/key/secret")
# By force: folders of tests are closed to others, which a key service of a whole machine minds.
munged --foreground --force --key-file="$folder/key/secret" --socket="$folder/key/socket" \
    --pid-file="$folder/key/pid" --log-file="$folder/log/munged.log" \
    --seed-file="$folder/key/seed" </dev/null >"$folder/log/munged.out" 2>&1 &
echo "munged $!" >"$folder/processes"
for _ in $(seq 100); do [ -S "$folder/key/socket" ] && break; sleep 0.05; done

# A requeued job may start again once its old credentials have expired: 5 s instead of two minutes.
cat >"$folder/slurm.conf" <<EOF
ClusterName=wane
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$folder/key/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$folder/controller
SlurmdSpoolDir=$folder/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2,sched_min_interval=0
SlurmdParameters=config_overrides
KillWait=5
MaxArraySize=1001
PropagateResourceLimits=NONE
PlugStackConfig=$folder/plugstack.conf
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
EOF
for number in $(seq "$nodes"); do
    echo "NodeName=n$number NodeHostname=$host NodeAddr=127.0.0.1 Port=$1 CPUs=4 RealMemory=2000 State=UNKNOWN"
    shift
done >>"$folder/slurm.conf"
: >"$folder/plugstack.conf"
# What is found by itself fails where there is no systemd.
echo "CgroupPlugin=cgroup/v1" >"$folder/cgroup.conf"

export SLURM_CONF=$folder/slurm.conf
slurmctld -D -c </dev/null >"$folder/log/slurmctld.out" 2>&1 &
echo "slurmctld $!" >>"$folder/processes"
for number in $(seq "$nodes"); do
    mkdir -p "$folder/n$number"
    slurmd -D -N "n$number" </dev/null >"$folder/log/n$number.out" 2>&1 &
    echo "slurmd $!" >>"$folder/processes"
done
SECONDS=0
while [ "$SECONDS" -lt 30 ]; do
    idle=$(timeout 2 sinfo --noheader --Node --states=idle --format=%n 2>/dev/null | wc -l || true)
    if [ "$idle" = "$nodes" ]; then
        echo "$SLURM_CONF"
        exit 0
    fi
    sleep 0.1
done
tail -n 5 "$folder"/log/* >&2
"$(dirname "$0")/stop.sh" "$folder"
exit 1
