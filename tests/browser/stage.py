"""The real programs for a test of the page: the demo target, a master with its page, workers."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from processes import PATIENCE_S, Process, free_port, wait_for

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
#: What a test looks at in JSON.
Json = Any


def binary(name: str) -> Path:
    """Find a program of the build under test."""
    folder = Path(os.environ.get("ACRIDA_BIN_DIR", ROOT / "target" / "ci"))
    path = folder / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run `make test`, or build and set ACRIDA_BIN_DIR")
    return path.resolve()


class Answer:
    """What the API answered."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body

    def json(self) -> Json:
        """The body."""
        return json.loads(self.body)


class Stage:
    """A master with its page and its workers. Everything ends with :meth:`stop`."""

    def __init__(self, folder: Path, target_url: str) -> None:
        self.folder = folder
        self.target_url = target_url
        self.web_port = free_port()
        self.worker_port = free_port()
        self.processes: list[Process] = []
        self._environment = {
            "HOME": str(folder),
            "ACRIDA_HISTORY": str(folder / "history.sqlite"),
            "ACRIDA_PYTHON": os.environ.get("ACRIDA_PYTHON", str(ROOT / ".venv" / "bin" / "python")),
        }

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.web_port}"

    def start(self, locustfile: str, *args: str, workers: int = 1) -> None:
        """Start the master with a script of the folder `locustfiles`, and its workers."""
        command: list[str | Path] = [
            binary("master"), "-f", HERE / "locustfiles" / locustfile, "--host", self.target_url,
            "--web-host", "127.0.0.1", "--web-port", str(self.web_port),
            "--master-bind-host", "127.0.0.1", "--master-bind-port", str(self.worker_port),
            "--history", self.folder / "history.sqlite", *args,
        ]  # fmt: skip
        self.processes.append(Process("master", command, self.folder, self._environment))
        for _ in range(workers):
            self.add_worker()
        wait_for("the page", self._answers)
        if workers:
            self.wait_workers(workers)

    def add_worker(self) -> Process:
        """Start one more worker."""
        command: list[str | Path] = [
            binary("worker"), "--lifeline", "--master-host", "127.0.0.1",
            "--master-port", str(self.worker_port),
        ]  # fmt: skip
        worker = Process(f"worker {len(self.processes)}", command, self.folder, self._environment)
        self.processes.append(worker)
        return worker

    def wait_workers(self, count: int) -> None:
        """Wait until so many workers are ready or running."""

        def there() -> bool:
            workers = self.get("/stats/requests").json()["workers"]
            return sum(1 for worker in workers if worker["state"] != "missing") == count

        wait_for(f"{count} workers", there)

    def get(self, path: str) -> Answer:
        """Ask the API."""
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, path: str, body: Json) -> Answer:
        """Tell the API something, as JSON."""
        data = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._ask(urllib.request.Request(self.url + path, data=data, headers=headers, method="POST"))

    def begin(self, users: int) -> None:
        """Start a run by Locust's route, at once."""
        form = f"user_count={users}&spawn_rate=100".encode()
        answer = self._ask(urllib.request.Request(self.url + "/swarm", data=form, method="POST"))
        if not answer.json().get("success"):
            raise AssertionError(f"the run does not start: {answer.body!r}")

    def end(self) -> None:
        """Stop the run, and wait until it has stopped."""
        answer = self.post("/api/v1/stop?wait=true", {})
        if answer.status != 202 or answer.json()["state"] != "stopped":
            raise AssertionError(f"the run does not stop: {answer.status} {answer.body!r}")

    def status(self) -> Json:
        """Where the run stands."""
        return self.get("/api/v1/status").json()

    def stop(self) -> None:
        """End everything, the master first: it tells the workers."""
        for process in self.processes:
            process.stop()

    @property
    def output(self) -> str:
        """What all have written, for a message."""
        return "\n".join(f"=== {process.name}\n{process.output}" for process in self.processes)

    def _answers(self) -> bool:
        try:
            answer = self.get("/stats/requests")
        except OSError:
            if self.processes[0].popen.poll() is not None:
                raise AssertionError(f"the master has ended:\n{self.processes[0].output}") from None
            return False
        return answer.status == 200

    @staticmethod
    def _ask(request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return Answer(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read())
