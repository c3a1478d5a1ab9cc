"""Starting, pinning, measuring and ending processes. Linux only: it reads /proc."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
END_PATIENCE_S = 15.0
# The first core is the client's, the second everything else's.
CLIENT_CORE = 0
OTHER_CORE = 1


class Missing(Exception):
    """A program the bench needs is not there."""


@dataclass
class Started:
    """A process and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    def end(self, how: int = signal.SIGTERM) -> int:
        """Ends it, kindly first, and gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def tail(self) -> str:
        """The end of its log, for a message."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])


def start(command: list[str], core: int | None, log: Path, **environment: str) -> Started:
    """Starts a command on one core (or on any) with its output in a file."""
    if core is not None and (os.cpu_count() or 1) > 1:
        # taskset becomes the command, so the process id is the command's.
        command = ["taskset", "-c", str(core), *command]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**clean, **environment},
        )
    return Started(process, log)


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += tree(int(child))
    return found


def cpu_s(pid: int) -> float:
    """User and system time of a process and its descendants, in seconds."""
    total = 0.0
    for member in tree(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    return total


def rss_bytes(pid: int) -> int:
    """Resident memory of the largest process of a tree: the one that runs the users."""
    sizes = [int(Path(f"/proc/{member}/statm").read_text().split()[1]) * PAGE_BYTES for member in tree(pid)]
    return max(sizes)


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: str, condition: Callable[[], bool], patience_s: float = 30.0) -> None:
    """Polls until the condition holds; raises TimeoutError with what did not happen."""
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {patience_s:.0f} s: {what}")
        time.sleep(0.05)


def need(program: str, package: str | None = None) -> str:
    """The path of a program; installs its Debian package if that is possible, and says so."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        package = package or program
        print(f"bench: {program} is missing, installing {package} by apt-get", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", package]
        subprocess.run(install, check=False, env=quiet, stdout=subprocess.DEVNULL)
        found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None:
        raise Missing(f"{program} is not installed (Debian package {package or program})")
    return found
