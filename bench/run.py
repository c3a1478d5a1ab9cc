"""`make bench`: this project beside wrk and Locust on one machine, in one run.

The client has the first core to itself; the server, and our master, have the second. A row that cannot be
measured says why. The figures go to a table and to a JSON file; compare ratios within a run, not figures
between runs.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import clients
import goals
import measures
import page
import scripts
import websockets
from measures import CONNECTIONS, Row, Server
from processes import Missing
from servers import Nginx, Target


def main() -> int:
    """Runs the chosen measurements and prints and stores them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, required=True, help="folder of the release binaries")
    parser.add_argument("--out", type=Path, required=True, help="folder for logs and results")
    parser.add_argument("--only", default="", help="part of the names of the measurements to run")
    options = parser.parse_args()
    # A script may run in a folder of its own, and writes here all the same.
    options.out = options.out.resolve()
    options.out.mkdir(parents=True, exist_ok=True)

    results: dict[str, Row] = {}
    nginx: Nginx | None = None
    target = Target(options.out, options.bin)
    try:
        try:
            nginx = Nginx(options.out)
        except Missing as missing:
            print(f"bench: {missing}; the demo target takes its place")
        server = nginx or target
        for name, measure in plan(server, target, options.bin, options.out):
            if options.only in name:
                results[name] = attempt(name, measure)
    finally:
        target.end()
        if nginx is not None:
            nginx.end()

    add_ratios(results)
    print_table(results, server.name)
    store(results, options.out)
    return 1 if any("error" in row for row in results.values()) else 0


def plan(server: Server, target: Target, binaries: Path, out: Path) -> list[tuple[str, Callable[[], Row]]]:
    """All measurements by name."""
    load: dict[str, Any] = {"users": CONNECTIONS, "rate": CONNECTIONS}

    # So many that their pauses do not hold up a client that can do more.
    busy: dict[str, Any] = {"users": 4 * CONNECTIONS, "rate": 4 * CONNECTIONS}

    def ours(script: str, load: dict[str, Any] = load) -> Callable[[], Row]:
        start = partial(clients.acrida, binaries, script, server.url, out, **load)
        return partial(measures.throughput, server, start)

    def locusts(script: str, load: dict[str, Any] = load) -> Callable[[], Row]:
        start = partial(clients.locust, script, server.url, out, **load)
        return partial(measures.throughput, server, start)

    def idle_ours(users: int) -> clients.Client:
        return clients.acrida(binaries, "idle.py", server.url, out, users=users, rate=measures.MANY_RATE)

    def idle_locusts(users: int) -> clients.Client:
        return clients.locust("idle.py", server.url, out, users=users, rate=measures.MANY_RATE)

    def empty_ours(counts: str) -> clients.Client:
        return clients.acrida(binaries, "empty.py", server.url, out, **load, COUNT=counts)

    def empty_locusts(counts: str) -> clients.Client:
        return clients.locust("empty.py", server.url, out, **load, COUNT=counts)

    wrk = partial(clients.wrk, server.url, out, CONNECTIONS, measures.WRK_S)
    return [
        ("throughput wrk", partial(measures.throughput, server, wrk)),
        ("throughput acrida FastHttpUser", ours("fast.py")),
        ("throughput acrida HttpUser", ours("http.py")),
        ("throughput locust FastHttpUser", locusts("fast.py")),
        ("throughput locust HttpUser", locusts("http.py")),
        ("usual acrida", ours("usual.py", busy)),
        ("usual locust", locusts("usual.py", busy)),
        ("empty tasks acrida", partial(scripts.iterations, empty_ours, out)),
        ("empty tasks locust", partial(scripts.iterations, empty_locusts, out)),
        ("start-up acrida worker", partial(scripts.start_up, binaries, out)),
        ("memory acrida idle user", partial(measures.idle_memory, idle_ours)),
        ("memory locust idle user", partial(measures.idle_memory, idle_locusts)),
        ("connected acrida 10 000 users", partial(measures.connected, target, binaries, out)),
        ("websockets acrida 10 000 users", partial(websockets.held_open, target, binaries, out)),
        ("page live feed", partial(page.feed, target, binaries, out)),
        ("page weight", partial(page.weight, target, binaries, out)),
        ("page first paint", partial(page.first_paint, target, binaries, out)),
        ("page frames, 2 h, 500 names", partial(page.frames, target, binaries, out)),
        ("exact acrida 1 000 000 requests", partial(measures.exactness, target, binaries, out)),
    ]


def attempt(name: str, measure: Callable[[], Row]) -> Row:
    """A row, or why there is none."""
    print(f"bench: {name} …", file=sys.stderr, flush=True)
    try:
        return measure()
    except Missing as missing:
        return {"missing": str(missing)}
    except (TimeoutError, OSError, ValueError, KeyError, StopIteration) as error:
        return {"error": f"{type(error).__name__}: {error}"}


def add_ratios(results: dict[str, Row]) -> None:
    """Each client's requests per CPU-second against wrk's and Locust's."""
    references = (("throughput wrk", "of_wrk"), ("throughput locust FastHttpUser", "of_locust_fast"))
    for reference, key in references:
        base = results.get(reference, {}).get("req_per_cpu_s")
        for row in results.values():
            if base and row.get("req_per_cpu_s"):
                row[key] = row["req_per_cpu_s"] / base


def print_table(results: dict[str, Row], server: str) -> None:
    """The figures for people."""
    print(f"\nserver: {server}; {CONNECTIONS} connections; client on one core\n")
    print(f"{'client':<36}{'req/s':>10}{'req/CPU-s':>12}{'of wrk':>9}{'x Locust':>10}{'CPU':>7}")
    for name, row in results.items():
        if "req_per_cpu_s" in row:
            cells = f"{row['req_per_s']:>10.0f}{row['req_per_cpu_s']:>12.0f}{number(row.get('of_wrk')):>9}"
            print(f"{name:<36}{cells}{number(row.get('of_locust_fast')):>10}{row['cpu_share']:>7.0%}")
    print()
    for name, row in results.items():
        if "req_per_cpu_s" not in row:
            print(f"{name:<36}" + "  ".join(f"{key} {number(value)}" for key, value in row.items()))
    print()
    for text, reached in goals.judge(results):
        print(f"{'reached' if reached else 'MISSED '}  {text}")


def number(value: Any) -> str:
    """A figure with three digits or so."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
    return str(value)


def store(results: dict[str, Row], out: Path) -> None:
    """The figures for programs."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line for line in lines if "model name" in line), "").partition(":")[2].strip()
    machine = {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release()}
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    document = {"time": now, "machine": machine, "rows": results}
    path = out / "bench.json"
    path.write_text(json.dumps(document, indent=2) + "\n")
    print(f"\nstored in {path}")


if __name__ == "__main__":
    sys.exit(main())
