"""A master's page as it is after two hours: all is the master's own, but the live feed tells of a longer run.

The seconds that the run really had are repeated until they are two hours, in as many intervals as the master
keeps at most. After that each second brings new figures of all names, as the master's own ticks do.
"""

from __future__ import annotations

import copy
import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urljoin

HISTORY_S = 7200
# The master keeps at most so many intervals; further seconds make them wider.
INTERVALS = 3600
WIDTH_S = HISTORY_S // INTERVALS

Json = dict[str, Any]


def first_hello(page: str) -> Json:
    """The greeting of the master's own feed."""
    with urllib.request.urlopen(urljoin(page, "api/v1/events"), timeout=30) as feed:
        for line in feed:
            if line.startswith(b"data: "):
                return dict(json.loads(line[len(b"data: ") :]))
    raise ValueError("the feed says nothing")


class _Run:
    """The long run."""

    def __init__(self, hello: Json) -> None:
        self._hello = hello
        # The last second may be without figures still, the first ones are of the ramp.
        count = len(hello["series"]["t"])
        self._known = range(count // 2, count - 1)

    def _at(self, position: int) -> int:
        return self._known[position % len(self._known)]

    def hello(self) -> Json:
        """Everything up to now."""
        return self._message(range(INTERVALS), copy.deepcopy(self._hello), HISTORY_S)

    def tick(self, number: int) -> Json:
        """What second `number` after the greeting brings: the interval it is in, and the tables."""
        tick = copy.deepcopy(self._hello) | {"run": None, "marks": None, "diagnosis": None, "failures": None}
        for row in tick["statistics"]["rows"]:
            grown = row["requests"] + number
            noise = random.uniform(0.9, 1.1)
            row |= {
                "requests": grown,
                "rate": row["rate"] * noise,
                "ms": [ms and ms * noise for ms in row["ms"]],
            }
        position = INTERVALS + number // WIDTH_S
        return self._message(range(position, position + 1), tick, HISTORY_S + number)

    def _message(self, positions: range, message: Json, elapsed_s: int) -> Json:
        message["status"]["elapsed_s"] = elapsed_s
        times = [position * WIDTH_S for position in positions]
        for part in ("series", "heatmap"):
            columns = message[part]
            for key, column in columns.items():
                if key == "ms":
                    columns[key] = [[one[self._at(position)] for position in positions] for one in column]
                elif isinstance(column, list) and key not in ("percentiles", "edges_ms", "t"):
                    columns[key] = [column[self._at(position)] for position in positions]
            columns |= {"t": times, "width_s": WIDTH_S}
        message["series"] |= {"from_s": times[0], "to_s": times[-1] + WIDTH_S}
        if message["run"]:
            message["run"]["elapsed_s"] = elapsed_s
        return message


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    page: str
    run: _Run

    def do_GET(self) -> None:
        if self.path.startswith("/api/v1/events"):
            self._feed()
            return
        asked = urllib.request.Request(urljoin(self.page, self.path))
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                self._answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            self._answer(error.code, error.headers, error.read())

    def _answer(self, status: int, headers: Any, body: bytes) -> None:
        self.send_response(status)
        for name in ("content-type", "content-security-policy"):
            if name in headers:
                self.send_header(name, headers[name])
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _feed(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        try:
            self._tell("hello", self.run.hello())
            number = 0
            while True:
                number += 1
                time.sleep(1.0)
                self._tell("tick", self.run.tick(number))
        except OSError:
            # The page is gone.
            return

    def _tell(self, event: str, message: Json) -> None:
        self.wfile.write(f"event: {event}\ndata: {json.dumps(message)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the bench says what it does."""


@contextmanager
def served(page: str) -> Iterator[str]:
    """The address of the page with the long history, as long as the block runs."""
    handler = type("Handler", (_Handler,), {"page": page, "run": _Run(first_hello(page))})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
