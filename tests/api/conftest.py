"""A master with one worker and the demo target, for tests of the API that need the real programs."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BINARIES = Path(os.environ.get("ACRIDA_BIN_DIR") or ROOT / "target" / "ci")
#: How long anything that should happen at once may take; generous, for a loaded machine.
PATIENCE_S = 60.0

LOCUSTFILE = """
from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task(3)
    def look(self):
        self.client.get("/api/look")

    @task
    def fail(self):
        self.client.get('/api/"odd"', name='odd "name" \\\\ here')
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Master:
    """Where the master under test answers."""

    url: str

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Send a request, and return the status and the body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if body is not None else {}
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def get(self, path: str) -> Any:
        """Read a JSON answer."""
        status, body = self.call("GET", path)
        assert status == 200, (status, body)
        return json.loads(body)

    def wait(self, path: str, condition: Any) -> Any:
        """Ask again until the answer is as wanted."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self.get(path)
                if condition(answer):
                    return answer
            except (OSError, AssertionError):
                answer = None
            assert time.monotonic() < deadline, f"{path} never became as wanted; last: {answer}"
            time.sleep(0.05)


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Master]:
    """A master with a worker, and a run that has measured something."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "locustfile.py").write_text(LOCUSTFILE)
    web, bind = _free_port(), _free_port()
    command: list[str] = [
        *(str(BINARIES / "master"), "-f", str(folder / "locustfile.py")),
        *("--web-host", "127.0.0.1", "--web-port", str(web)),
        *("--master-bind-host", "127.0.0.1", "--master-bind-port", str(bind)),
        *("--history", str(folder / "history.sqlite")),
        *("--processes", "1", "--python", str(ROOT / ".venv" / "bin" / "python")),
    ]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("LOCUST_")}
    environment = {**clean, "ACRIDA_HISTORY": str(folder / "history.sqlite"), "HOME": str(folder)}
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log
    )
    try:
        found = Master(f"http://127.0.0.1:{web}")
        found.wait("/readyz", lambda ready: ready["status"] == "ok")
        # Nobody listens there: every request fails at once, which is as good as any other figure.
        plan = {"users": 2, "spawn_rate": 10, "host": f"http://127.0.0.1:{_free_port()}"}
        status, body = found.call("POST", "/api/v1/start", plan)
        assert status == 200, body
        # Not the status, which is ahead: what is asked of the run's record follows once a second.
        found.wait("/api/v1/runs/current/statistics", _knows_both_names)
        yield found
    except BaseException:
        print((folder / "log").read_text(errors="replace")[-8000:])
        raise
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            log.close()


def _knows_both_names(statistics: Any) -> bool:
    """Whether the run's record has requests of each of the script's two names."""
    return len(statistics["rows"]) >= 2
