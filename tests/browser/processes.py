"""Processes of a test: started with their output kept, waited for by what they say, ended by their own id."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

#: How long a test waits for anything that should happen at once; generous, for a loaded machine.
PATIENCE_S = 40.0
#: How often a condition that has no event is looked at.
LOOK_EVERY_S = 0.05
#: Lines of a process that are shown when a test fails.
SHOWN_LINES = 60

T = TypeVar("T")


def wait_for(what: str, condition: Callable[[], T | None], patience_s: float = PATIENCE_S) -> T:
    """Wait until the condition gives something true, and return it."""
    deadline = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {patience_s:.0f} s: {what}")
        time.sleep(LOOK_EVERY_S)


def free_port() -> int:
    """Find a port that nobody uses now, below those that the system gives to clients."""
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
        return port


class Process:
    """A running program. Its standard input stays open as its lifeline."""

    def __init__(
        self, name: str, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self._lines: list[str] = []
        self._grew = threading.Condition()
        self._is_over = False
        clean = {key: value for key, value in os.environ.items() if not key.startswith("LOCUST_")}
        self.popen = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env=clean | dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            with self._grew:
                self._lines.append(line.rstrip("\n"))
                self._grew.notify_all()
        with self._grew:
            self._is_over = True
            self._grew.notify_all()

    @property
    def output(self) -> str:
        """The end of what it has written."""
        with self._grew:
            return "\n".join(self._lines[-SHOWN_LINES:])

    def wait_line(self, text: str) -> str:
        """Wait for a line with this text, and return it."""
        deadline = time.monotonic() + PATIENCE_S
        with self._grew:
            while True:
                for line in self._lines:
                    if text in line:
                        return line
                if self._is_over or not self._grew.wait(max(0.0, deadline - time.monotonic())):
                    break
        raise AssertionError(f"{self.name} never wrote {text!r}:\n{self.output}")

    def kill(self) -> None:
        """End it without a word."""
        self.popen.kill()
        self.popen.wait(PATIENCE_S)

    def stop(self) -> None:
        """End it in order; at once if it does not."""
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.popen.stdin is not None:
            self.popen.stdin.close()
