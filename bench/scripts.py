"""Rows about what a script costs beside its requests: the empty task loop, and the start of a worker."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import clients
from clients import Client
from measures import WARM_UP_S, WINDOW_S, Row
from processes import CLIENT_CORE, OTHER_CORE, cpu_s, free_port, start, wait_until

START_UPS = 7
JOINED = "joined as number 0"
# Between two looks at the master's log.
LOOK_S = 0.005


def iterations(start_client: Callable[[str], Client], folder: Path) -> Row:
    """Task iterations per second and per CPU-second; `start_client` gets the script's file to count in."""
    counts = folder / "iterations"
    counts.unlink(missing_ok=True)
    client = start_client(str(counts))

    def read() -> tuple[int, float]:
        ran, at = counts.read_text().split()
        return int(ran), float(at)

    try:
        wait_until("the first iterations", lambda: counts.exists() and read()[0] > 0)
        time.sleep(WARM_UP_S)
        (ran, at), cpu = read(), cpu_s(client.pid)
        time.sleep(WINDOW_S)
        (ran_then, at_then), cpu = read(), cpu_s(client.pid) - cpu
        client.end()
    finally:
        client.close()
    ran = ran_then - ran
    return {"iterations_per_s": ran / (at_then - at), "iterations_per_cpu_s": ran / cpu if cpu else None}


def start_up(binaries: Path, folder: Path) -> Row:
    """Seconds from the start of the worker program until the master has its process (median)."""
    times = [_start_once(binaries, folder) for _ in range(START_UPS)]
    return {"median_s": statistics.median(times), "worst_s": max(times)}


def _start_once(binaries: Path, folder: Path) -> float:
    port, web = str(free_port()), str(free_port())
    log = folder / "acrida-master-start-up.log"
    script = str(clients.SCRIPTS / "idle.py")
    plan = ["--no-history", "-f", script, "--web-host", "127.0.0.1", "--web-port", web]
    plan += ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]
    plan += ["--history", str(folder / "acrida-history.sqlite")]
    master = start([str(binaries / "master"), *plan], OTHER_CORE, log)
    try:
        wait_until("the master is up", lambda: "waiting for workers" in log.read_text())
        began = time.monotonic()
        place = ["--master-host", "127.0.0.1", "--master-port", port, "-f", script]
        worker = start([str(binaries / "worker"), *place], CLIENT_CORE, folder / "acrida-worker-start-up.log")
        try:
            while JOINED not in log.read_text():
                if time.monotonic() - began > 30:
                    raise TimeoutError("no worker has joined within 30 s")
                time.sleep(LOOK_S)
            return time.monotonic() - began
        finally:
            worker.end()
    finally:
        master.end()
