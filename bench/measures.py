"""The measurements: each gives one row as a dictionary. Another is one more function and a line in run.py."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import clients
from clients import Client
from processes import cpu_s, rss_bytes, wait_until
from servers import Nginx, Target

CONNECTIONS = 64
# Long enough for connections, imports and caches; then the window that counts. Together below 15 s.
WARM_UP_S = 3.0
WINDOW_S = 8.0
WRK_S = 13

MANY_USERS = 10_000
MANY_RATE = 2_500
MANY_WINDOW_S = 10.0

EXACT_USERS = 100
EXACT_REQUESTS = 1_000_000
EXACT_PATIENCE_S = 180.0

Row = dict[str, Any]
Server = Nginx | Target


def throughput(server: Server, start: Callable[[], Client]) -> Row:
    """Requests per second and per CPU-second over a window, counted by the server."""
    before = server.requests()
    client = start()
    try:
        wait_until("the first requests", lambda: server.requests() > before + CONNECTIONS)
        time.sleep(WARM_UP_S)
        requests, cpu, clock = server.requests(), cpu_s(client.pid), time.monotonic()
        time.sleep(WINDOW_S)
        requests, cpu = server.requests() - requests, cpu_s(client.pid) - cpu
        clock = time.monotonic() - clock
        client.end()
    finally:
        client.close()
    return {
        "req_per_s": requests / clock,
        "req_per_cpu_s": requests / cpu if cpu else None,
        "cpu_share": cpu / clock,
        "requests": requests,
    }


def idle_memory(start: Callable[[int], Client]) -> Row:
    """Resident memory a waiting user adds: with many users against with one."""
    sizes = {}
    for users in (1, MANY_USERS):
        client = start(users)
        try:
            time.sleep(3.0 + users / MANY_RATE)
            wait_until("memory stands still", _still(client.pid))
            sizes[users] = rss_bytes(client.pid)
            client.end()
        finally:
            client.close()
    return {"bytes_per_user": (sizes[MANY_USERS] - sizes[1]) / (MANY_USERS - 1), "bytes_base": sizes[1]}


def _still(pid: int) -> Callable[[], bool]:
    last = [0]

    def still() -> bool:
        time.sleep(0.5)
        size = rss_bytes(pid)
        same = abs(size - last[0]) < size // 200
        last[0] = size
        return same

    return still


def connected(server: Target, binaries: Path, folder: Path) -> Row:
    """Many users, each with an open connection and a request a second: errors, p99, memory."""
    prefix = folder / "connected"
    args = ("--csv", str(prefix), "--exit-code-on-error", "0", "-s", "5")
    start = partial(clients.acrida, binaries, "connected.py", server.url, folder, *args)
    client = start(users=MANY_USERS, rate=MANY_RATE)
    try:
        time.sleep(1.0)
        base = rss_bytes(client.pid)
        before = server.requests()
        wait_until("all users have made a request", lambda: server.requests() > before + 2 * MANY_USERS, 60)
        clock, requests = time.monotonic(), server.requests()
        time.sleep(MANY_WINDOW_S)
        rate = (server.requests() - requests) / (time.monotonic() - clock)
        size = rss_bytes(client.pid)
        code = client.end()
    finally:
        client.close()
    total = csv_total(prefix)
    return {
        "users": MANY_USERS,
        "req_per_s": rate,
        "failures": int(total["Failure Count"]),
        "p50_ms": float(total["50%"]),
        "p99_ms": float(total["99%"]),
        "max_ms": float(total["Max Response Time"]),
        "bytes_per_user": (size - base) / MANY_USERS,
        "exit_code": code,
    }


def exactness(server: Target, binaries: Path, folder: Path) -> Row:
    """A million requests: the counts of target, CSV and JSON."""
    prefix = folder / "exact"
    iterations = EXACT_REQUESTS // EXACT_USERS
    before = server.requests()
    args = ("--csv", str(prefix), "--json-file", str(prefix), "-s", "10")
    start = partial(clients.acrida, binaries, "exact.py", server.url, folder, *args)
    client = start(users=EXACT_USERS, rate=EXACT_USERS, ITERATIONS=str(iterations))
    started = time.monotonic()
    try:
        wait_until("all requests", lambda: server.requests() - before >= EXACT_REQUESTS, EXACT_PATIENCE_S)
        elapsed = time.monotonic() - started
        code = client.end()
    finally:
        client.close()
    rows = json.loads(prefix.with_suffix(".json").read_text())
    counts = {
        "target": server.requests() - before,
        "csv": int(csv_total(prefix)["Request Count"]),
        "json": sum(row["num_requests"] for row in rows),
    }
    return {**counts, "equal": len(set(counts.values())) == 1, "seconds": elapsed, "exit_code": code}


def csv_total(prefix: Path) -> dict[str, str]:
    """The Aggregated row of a run's CSV."""
    with Path(f"{prefix}_stats.csv").open(newline="") as file:
        return next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
