#!/usr/bin/env bash
# Runs a command as two ranks, each in a network namespace of its own, joined by a link of a given rate: for TCP these are two machines.
# Needs root, iproute2 and Open MPI. For example, in tests/AlexNetService.Benchmarks:
#   Training/two-namespaces.sh 1gbit bin/Release/net10.0/AlexNetService.Benchmarks ranks --preset alexnet --batch 64 --steps 4
set -euo pipefail
rate=$1
shift
first=alexnet-first second=alexnet-second network=10.77.0
work=$(mktemp -d)

finish() {
  ip netns del "$first" 2> /dev/null
  ip netns del "$second" 2> /dev/null
  rm -rf "$work"
}
trap finish EXIT

ip netns add "$first"
ip netns add "$second"
ip link add one netns "$first" type veth peer name two netns "$second"
join() {
  ip -n "$1" addr add "$network.$3/24" dev "$2"
  ip -n "$1" link set "$2" up
  ip -n "$1" link set lo up
  ip netns exec "$1" tc qdisc add dev "$2" root tbf rate "$rate" burst 512k latency 50ms
}
join "$first" one 1
join "$second" two 2

# In place of ssh: mpirun calls it with the host and the command.
printf '#!/bin/sh\nshift\nexec ip netns exec %s unshare --uts sh -c "hostname second; $*"\n' "$second" > "$work/agent"
chmod +x "$work/agent"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ip netns exec "$first" mpirun --host "$network.1:1,$network.2:1" -n 2 --bind-to none --mca plm_rsh_agent "$work/agent" \
  --mca btl self,tcp --mca btl_tcp_if_include "$network.0/24" --mca oob_tcp_if_include "$network.0/24" "$@"
