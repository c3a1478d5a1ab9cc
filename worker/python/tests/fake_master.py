"""A master for tests of the script host: starts the real process and speaks its side of the pipe."""

from __future__ import annotations

import os
import struct
import subprocess
import sys

import gevent
from gevent.event import AsyncResult, Event

import acrida
from acrida._engine import pack, unpack
from fake_rows import total_row

PACKAGES = os.path.dirname(os.path.dirname(acrida.__file__))
TIMEOUT_S = 20


class Failed(Exception):
    def __init__(self, answer):
        super().__init__(f"{answer['kind']}: {answer['message']}")
        self.kind, self.message, self.detail = answer["kind"], answer["message"], answer["detail"]


class FakeMaster:
    """`ask` sends a request; notifications and the host's own requests are kept in `said`."""

    def __init__(self, env=None):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "acrida.script_host"],
            env={**os.environ, "PYTHONPATH": PACKAGES, **(env or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.said = []
        self.rows = [total_row()]
        self.errors = []
        self.stats_asked = 0
        self._changed = Event()
        self._answers = {}
        self._stderr = b""
        self._greenlets = [gevent.spawn(self._read), gevent.spawn(self._read_stderr)]

    # -- towards the host

    def send(self, **frame):
        data = pack(frame)
        self.process.stdin.write(struct.pack(">I", len(data)) + data)
        self.process.stdin.flush()

    def begin(self, op, **fields):
        ident = len(self._answers) + 1000
        self._answers[ident] = AsyncResult()
        self.send(op=op, id=ident, **fields)
        return self._answers[ident]

    def ask(self, op, **fields):
        answer = self.begin(op, **fields).get(timeout=TIMEOUT_S)
        if answer["op"] == "failed":
            raise Failed(answer)
        return answer

    def set_up(self, path, own_flags=("-u", "--users"), **configure):
        """`load` and `configure`."""
        self.ask("load", locustfiles=[str(path)], own_flags=list(own_flags))
        return self.ask("configure", **configure)

    # -- from the host

    def _read(self):
        read = self.process.stdout.read
        while len(head := read(4)) == 4:
            (length,) = struct.unpack(">I", head)
            frame = unpack(read(length))
            if frame["op"] in ("done", "failed"):
                self._answers[frame["id"]].set(frame)
                continue
            if frame["op"] == "stats":
                self.stats_asked += 1
                self.send(op="done", id=frame["id"], rows=self.rows, errors=self.errors)
            elif "id" in frame:
                self.send(op="done", id=frame["id"])
            self.said.append(frame)
            self._changed.set()

    def _read_stderr(self):
        while part := self.process.stderr.read1(65536):
            self._stderr += part
            self._changed.set()

    @property
    def stderr(self):
        return self._stderr.decode()

    def wait_until(self, condition):
        """Wait for `condition()` to hold; it is tried whenever the host has said something."""
        with gevent.Timeout(TIMEOUT_S, AssertionError(f"{self.said}\n{self.stderr}")):
            while not (found := condition()):
                self._changed.clear()
                self._changed.wait()
        return found

    def wait_for(self, op, **fields):
        """The first frame of the host like that."""
        return self.wait_until(
            lambda: next((f for f in self.said if f["op"] == op and fields.items() <= f.items()), None)
        )

    def wait_for_output(self, text):
        self.wait_until(lambda: text in self.stderr)

    def ops(self, op):
        return [frame for frame in self.said if frame["op"] == op]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(TIMEOUT_S)
        gevent.joinall(self._greenlets, timeout=TIMEOUT_S)
