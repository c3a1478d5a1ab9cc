"""What the load goes to: nginx answering 12 bytes, or the demo target. Both count requests."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from processes import OTHER_CORE, Started, free_port, need, start, wait_until

NGINX_CONFIG = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
worker_processes 1;
worker_rlimit_nofile 65536;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = / {{ default_type text/plain; return 200 "hello world\\n"; }}
        location = /json {{ default_type application/json; return 200 '{{"id": 7, "name": "shoe"}}'; }}
        location = /status {{ stub_status; }}
    }}
}}
"""


def fetch(url: str) -> str:
    """The text at an address."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())


class Nginx:
    """nginx on the core that is not the client's."""

    name = "nginx"

    def __init__(self, folder: Path) -> None:
        program = need("nginx", "nginx-light")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = folder / "nginx.conf"
        config.write_text(NGINX_CONFIG.format(folder=folder.resolve(), port=self.port))
        self._asked = 0
        command = [program, "-c", str(config.resolve()), "-p", str(folder.resolve())]
        self._process: Started = start(command, OTHER_CORE, folder / "nginx.log")
        wait_until("nginx answers", self._answers)

    def _answers(self) -> bool:
        try:
            self.requests()
        except OSError:
            return False
        return True

    def requests(self) -> int:
        """Requests it has served, without the questions of this method."""
        text = fetch(f"{self.url}/status")
        self._asked += 1
        return int(text.splitlines()[2].split()[2]) - self._asked

    def end(self) -> None:
        """Stops it."""
        self._process.end()


class Target:
    """The demo target on the core that is not the client's."""

    name = "target"

    def __init__(self, folder: Path, binaries: Path) -> None:
        self._process = start([str(binaries / "target"), "--port", "0"], OTHER_CORE, folder / "target.log")
        wait_until("the target is up", lambda: "url" in self._process.log.read_text())
        self.url: str = json.loads(self._process.log.read_text().splitlines()[0])["url"]

    def requests(self) -> int:
        """Requests it has served."""
        return int(json.loads(fetch(f"{self.url}/counters"))["total"])

    def end(self) -> None:
        """Stops it."""
        self._process.end()
