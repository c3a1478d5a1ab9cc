"""A client of one's own: time the call, fire the request event, and it is in the statistics like any other.

Here it speaks plain TCP to the target's HTTP port; anything that works with gevent will do.
"""

import socket
from urllib.parse import urlsplit

from locust import User, constant, task
from locust.env import Environment
from locust.event import RequestEventHook


class LineClient:
    """Sends a line and reads the first line of the answer."""

    def __init__(self, host: str, request_event: RequestEventHook) -> None:
        parts = urlsplit(host)
        self.address = (parts.hostname, parts.port or 80)
        self.request_event = request_event

    def ask(self, name: str, line: str) -> None:
        # An exception inside the block makes the request a failure.
        with self.request_event.measure("TCP", name) as request_meta:
            with socket.create_connection(self.address, timeout=5) as connection:
                connection.sendall(line.encode())
                answer = connection.makefile("rb").readline()
            request_meta["response_length"] = len(answer)
            if b" 200 " not in answer:
                raise ValueError(f"unexpected answer {answer!r}")


class LineUser(User):
    wait_time = constant(1)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client = LineClient(self.host or "", environment.events.request)

    @task
    def ask(self) -> None:
        self.client.ask("front page", "GET / HTTP/1.1\r\nHost: target\r\nConnection: close\r\n\r\n")
