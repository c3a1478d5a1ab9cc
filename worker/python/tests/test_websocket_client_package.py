"""A script written against the PyPI package `websocket-client`, with its own rows, runs cooperatively."""

from __future__ import annotations

import time

import gevent
import gevent.queue
import pytest
from gevent.pool import Group

import acrida
from acrida import User, bridge, constant, task
from acrida.env import Environment
from websocket_server import BINARY, TEXT, Server, frame

websocket = pytest.importorskip(
    "websocket", reason="websocket-client is not installed (requirements-dev.txt)"
)

pytestmark = pytest.mark.engine


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


def slow_echo(connection):
    """Echo after a while, with something unasked before it."""
    while True:
        opcode, payload = connection.read()
        if opcode not in (TEXT, BINARY):
            return
        connection.send(frame(TEXT, b"push"))
        gevent.sleep(0.2)
        connection.send(frame(opcode, payload))


def test_its_sockets_are_cooperative_and_its_own_rows_are_recorded(server):
    server.behave = slow_echo
    engine = bridge.current().engine
    engine.reset_stats()
    environment = Environment(events=acrida.event.Events())
    environment.events.request.recorder = engine.record
    ticks = []

    class Chat(User):
        wait_time = constant(0.01)
        fixed_count = 3

        def on_start(self):
            self.ws = websocket.create_connection(f"{server.url}/chat", timeout=5, header=["X-A: b"])
            self.answers = gevent.queue.Queue()
            self.reader = gevent.spawn(self.receive_loop)

        def receive_loop(self):
            while True:
                try:
                    message = self.ws.recv()
                except (websocket.WebSocketException, OSError):
                    return
                self.environment.events.request.fire(
                    request_type="WSR",
                    name="message",
                    response_time=None,
                    response_length=len(message),
                    exception=None,
                    context={},
                )
                if message != "push":
                    self.answers.put(message)

        @task
        def talk(self):
            began = time.perf_counter()
            self.ws.send("hello")
            answer = self.answers.get(timeout=5)
            self.environment.events.request.fire(
                request_type="WSC",
                name="talk",
                response_time=(time.perf_counter() - began) * 1000,
                response_length=len(answer),
                exception=None,
                context={},
            )

        def on_stop(self):
            self.ws.close()

    class Other(User):
        wait_time = constant(0.01)

        @task
        def tick(self):
            ticks.append(1)

    group = Group()
    users = [Chat(environment) for _ in range(3)] + [Other(environment)]
    for user in users:
        user.start(group)
    with gevent.Timeout(10):
        while server_talks(engine).get("num_requests", 0) < 6:
            gevent.sleep(0.05)
    for user in users:
        user.stop(force=True)
    group.join(timeout=5)
    assert len(ticks) > 10, "who waits for a message must not hold up the others"
    talks = server_talks(engine)
    assert (talks["num_failures"], talks["total_content_length"]) == (0, 5 * talks["num_requests"])
    assert 180 < talks["total_response_time"] / talks["num_requests"] < 2000
    assert server.connected.get().headers["x-a"] == "b"


def server_talks(engine):
    """The row of the script's own measurements."""
    rows = [row for row in engine.snapshot() if (row["method"], row["name"]) == ("WSC", "talk")]
    return rows[0] if rows else {}
