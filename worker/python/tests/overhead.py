"""Measures what our Python costs per request, in microseconds: `python tests/overhead.py`.

The engine under it does nothing but hand a ready completion back in the next drain, so what is left is the
path task pick, client call, switch to the hub, resume, wait.
"""

from __future__ import annotations

import os
import sys
import time

sys.path[:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]

import gevent
from gevent.pool import Group

import acrida
from acrida import FastHttpUser, HttpUser, TaskSet, between, bridge, task
from acrida.env import Environment
from acrida.event import Events

USERS, SECONDS = 50, 1.5


class Completion:
    __slots__ = ()
    status = 200
    content = b'{"id": 17, "name": "shoes", "tags": ["a", "b"]}'
    headers = [("Content-Type", "application/json")]

    def report(self, error):
        pass

    def failure(self):
        return None


class NullEngine:
    """Completes everything at once, with one completion object for all."""

    def __init__(self):
        self.read_end, self.write_end = os.pipe()
        os.write(self.write_end, b"x")  # always readable
        self.ready, self.count, self.answer = [], 0, Completion()

    def submit(
        self, waiter, method, url, name=None, headers=None, body=None, flags=0, connect=None, read=None
    ):
        self.ready.append((waiter, self.answer))
        return 0

    def cancel(self, ticket):
        pass

    def fileno(self):
        return self.read_end

    def drain(self):
        ready, self.ready = self.ready, []
        self.count += len(ready)
        return ready

    def flush(self):
        pass

    def has_commands(self):
        return False

    def profile(self, **settings):
        return self

    def session(self, share_cookies_of=None):
        return self


class Plain(HttpUser):
    host = "http://h"

    @task
    def work(self):
        self.client.get("/")


class Fast(FastHttpUser):
    host = "http://h"

    @task
    def work(self):
        self.client.get("/")


class Named(FastHttpUser):
    host = "http://h"

    @task
    def work(self):
        self.client.get("/", name="x")


class Caught(FastHttpUser):
    host = "http://h"

    @task
    def work(self):
        with self.client.get("/", catch_response=True) as response:
            if response.status_code != 200:
                response.failure("status")


class Posting(HttpUser):
    host = "http://h"

    @task
    def work(self):
        self.client.post("/", json={"a": 1})


class InSet(FastHttpUser):
    host = "http://h"

    @task
    class Set(TaskSet):
        @task
        def work(self):
            self.client.get("/")


class Usual(FastHttpUser):
    """Most of what scripts do; as `bench/locustfiles/usual.py`."""

    host = "http://h"
    wait_time = between(0.002, 0.006)

    @task
    class Browsing(TaskSet):
        @task
        def look(self):
            with self.client.get("/json", name="look", catch_response=True) as response:
                if response.status_code != 200:
                    response.failure("status")
                elif not isinstance(response.json(), dict):
                    response.failure("not an object")


def floor():
    """The same without us: bare greenlets that submit and switch."""
    engine = bridge.current().engine
    hub, current = gevent.get_hub(), gevent.getcurrent

    def loop():
        while True:
            engine.submit(current(), "GET", "/")
            hub.switch()

    return [gevent.spawn(loop) for _ in range(USERS)]


def measure(label, start):
    engine = NullEngine()
    bridge.use(engine)
    greenlets = start()
    gevent.sleep(0.2)
    engine.count, began = 0, time.process_time()
    gevent.sleep(SECONDS)
    used = time.process_time() - began
    gevent.killall(greenlets)
    print(f"{label:10} {used / engine.count * 1e6:6.2f} us per request")


def users(user_class, count=USERS):
    def start():
        environment, group = Environment(events=Events()), Group()
        return [user_class(environment).start(group) for _ in range(count)]

    return start


if __name__ == "__main__":
    print(f"Python {sys.version.split()[0]}, gevent {gevent.__version__}, acrida {acrida.__version__}")
    measure("floor", floor)
    for user_class in (Plain, Fast, Named, Caught, Posting, InSet):
        measure(user_class.__name__, users(user_class))
    measure("Usual", users(Usual, 40 * USERS))  # so many that the pauses do not count
