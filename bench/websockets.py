"""WebSockets: many users, each with one held open and a message a second, on one worker."""

from __future__ import annotations

import csv
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import clients
from processes import cpu_s, rss_bytes, wait_until
from servers import Target, fetch

USERS = 10_000
# Connecting is a request and a greenlet each; at this rate it takes a few seconds and no queue builds up.
RATE = 1_000
WINDOW_S = 15.0
PATIENCE_S = 120.0


def messages(server: Target) -> int:
    """Messages that reached the target."""
    return int(json.loads(fetch(f"{server.url}/counters"))["paths"].get("/ws messages", 0))


def held_open(server: Target, binaries: Path, folder: Path) -> dict[str, Any]:
    """Failures, p99 of the round trip, memory and CPU once all users are connected."""
    prefix = folder / "websockets"
    args = ("--csv", str(prefix), "--exit-code-on-error", "0", "--reset-stats", "-s", "5")
    start = partial(clients.acrida, binaries, "websockets.py", server.url, folder, *args)
    before = messages(server)
    client = start(users=USERS, rate=RATE)
    try:
        wait_until("the worker is up", lambda: messages(server) > before, PATIENCE_S)
        base = rss_bytes(client.pid)
        expected = before + 3 * USERS + USERS * USERS // RATE // 2
        wait_until("all users have sent", lambda: messages(server) > expected, PATIENCE_S)
        clock, cpu, sent = time.monotonic(), cpu_s(client.pid), messages(server)
        time.sleep(WINDOW_S)
        clock, cpu, sent = time.monotonic() - clock, cpu_s(client.pid) - cpu, messages(server) - sent
        size = rss_bytes(client.pid)
        code = client.end()
    finally:
        client.close()
    with Path(f"{prefix}_stats.csv").open(newline="") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    message, total = rows["message"], rows["Aggregated"]
    return {
        "users": USERS,
        "messages_per_s": sent / clock,
        "cpu_share": cpu / clock,
        "failures": int(total["Failure Count"]),
        "p50_ms": float(message["50%"]),
        "p99_ms": float(message["99%"]),
        "max_ms": float(message["Max Response Time"]),
        "bytes_per_user": (size - base) / USERS,
        "exit_code": code,
    }
