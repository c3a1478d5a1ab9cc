"""The clients that are measured: each is started against a server, watched as one process tree, and ended."""

from __future__ import annotations

import os
import signal
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

from processes import CLIENT_CORE, OTHER_CORE, Missing, Started, free_port, need, start

SCRIPTS = Path(__file__).parent / "locustfiles"


class Client:
    """A running load generator."""

    def __init__(self, measured: Started, others: list[Started] | None = None) -> None:
        # `others` (the master) are ended first, by the signal that makes them write their results.
        self.measured = measured
        self.others = others or []

    @property
    def pid(self) -> int:
        """The process whose tree is measured."""
        return self.measured.process.pid

    def end(self) -> int:
        """Ends it and gives the exit code of what writes the results."""
        codes = [other.end(signal.SIGINT) for other in self.others]
        return codes[0] if codes else self.measured.end(signal.SIGINT)

    def close(self) -> None:
        """Ends whatever is left."""
        for started in [*self.others, self.measured]:
            started.end()


def wrk(url: str, folder: Path, connections: int, duration_s: int) -> Client:
    """wrk with one thread."""
    command = [need("wrk"), "-t1", f"-c{connections}", f"-d{duration_s}", f"{url}/"]
    return Client(start(command, CLIENT_CORE, folder / "wrk.log"))


class Watched(Client):
    """A master with its page; the master is what is measured."""

    def __init__(self, master: Started, workers: list[Started], page: str) -> None:
        super().__init__(master, workers)
        self.page = page


def acrida(
    binaries: Path, script: str, url: str, folder: Path, *args: str, users: int, rate: int, **environment: str
) -> Client:
    """One worker process of ours on the client's core; its master on the other."""
    plan = _plan(script, url, users, rate)
    master, worker = _pair(binaries, script, folder, ["--headless", *plan, *args], environment)
    return Client(worker, [master])


def acrida_with_page(
    binaries: Path, script: str, url: str, folder: Path, *, users: int, rate: int, **environment: str
) -> Watched:
    """The same with the page, begun by itself; the master is what is measured."""
    web_port = str(free_port())
    plan = ["--autostart", "--web-host", "127.0.0.1", "--web-port", web_port]
    plan += _plan(script, url, users, rate)
    master, worker = _pair(binaries, script, folder, plan, environment)
    return Watched(master, [worker], f"http://127.0.0.1:{web_port}/")


def stop_run(page: str) -> None:
    """Ends the run of a master with a page; the master stays."""
    head = {"content-type": "application/json"}
    asked = urllib.request.Request(urljoin(page, "api/v1/stop?wait=true"), data=b"{}", headers=head)
    with urllib.request.urlopen(asked, timeout=30):
        pass


def _plan(script: str, url: str, users: int, rate: int) -> list[str]:
    plan = ["-f", str(SCRIPTS / script), "--host", url, "--expect-workers", "1"]
    return [*plan, "-u", str(users), "-r", str(rate)]


def _pair(
    binaries: Path, script: str, folder: Path, plan: list[str], environment: dict[str, str]
) -> tuple[Started, Started]:
    """A master and a worker."""
    port = str(free_port())
    name = script.removesuffix(".py")
    bind = ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]
    # As by default, but not among the user's own runs.
    history = ["--history", str(folder / "acrida-history.sqlite")]
    master = start(
        [str(binaries / "master"), *plan, *bind, *history],
        OTHER_CORE,
        folder / f"acrida-master-{name}.log",
        **environment,
    )
    worker = start(
        [str(binaries / "worker"), "--master-host", "127.0.0.1", "--master-port", port],
        CLIENT_CORE,
        folder / f"acrida-worker-{name}.log",
        **environment,
    )
    return master, worker


def locust(script: str, url: str, folder: Path, *, users: int, rate: int, **environment: str) -> Client:
    """The real Locust in one process."""
    program = Path(".venv-locust/bin/locust")
    if not os.access(program, os.X_OK):
        raise Missing("Locust is not installed (make .venv-locust/.stamp)")
    command = [str(program), "--headless", "--only-summary", "-f", str(SCRIPTS / script), "--host", url]
    command += ["-u", str(users), "-r", str(rate)]
    log = folder / f"locust-{script.removesuffix('.py')}.log"
    return Client(start(command, CLIENT_CORE, log, **environment))
