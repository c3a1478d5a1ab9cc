#!/bin/sh
# `make demo`: the demo target, a master and two workers on this machine, 100 users for 20 s.
# BIN is the folder with the binaries.
set -eu
cd "$(dirname "$0")/.."

out=target/demo
mkdir -p "$out"
pids=""

# Ends what is still running, by process id; the master has ended by itself or by the Ctrl-C it got as well.
cleanup() {
    trap - EXIT INT TERM
    for pid in $pids; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
}
trap cleanup EXIT
# Ctrl-C reaches the master too, which ends the run and writes its results: let it.
trap : INT
trap 'exit 143' TERM

rm -f "$out"/*.log "$out"/shop_*.csv
: >"$out/target.json"
"$BIN/target" --port 0 >"$out/target.json" &
pids="$pids $!"
tries=0
until [ -s "$out/target.json" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { echo "demo: the target did not start" >&2; exit 1; }
    sleep 0.05
done
host=$(sed 's/.*"url":"\([^"]*\)".*/\1/' "$out/target.json")
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

for number in 1 2; do
    "$BIN/worker" --master-host 127.0.0.1 --master-port "$port" --logfile "$out/worker-$number.log" &
    pids="$pids $!"
done

echo "demo: target $host, master on port $port, two workers, 100 users for 20 s"
status=0
"$BIN/master" --headless -f examples/shop.py --host "$host" \
    --master-bind-host 127.0.0.1 --master-bind-port "$port" --expect-workers 2 --expect-workers-max-wait 60 \
    -u 100 -r 20 -t 20s --csv "$out/shop" --history "$out/history.sqlite" || status=$?
echo "demo: exit code $status; results in $out:"
ls "$out"/shop_*.csv || true
exit "$status"
