"""A web shop's visitors: most browse, some buy, a few look at what the shop does when things go wrong.

Run it against the demo target (`make demo` does), or try parts of it:

    master -f examples/shop.py --host http://127.0.0.1:8000 -u 100 -r 10 -t 20s --headless --processes 2
    master -f examples/shop.py ... --tags browse
    master -f examples/shop.py ... Visitor

All requests succeed against the demo target. The blocks with `catch_response` show how a script decides what
counts as a failure.
"""

import random
from typing import Any

from locust import HttpUser, SequentialTaskSet, TaskSet, between, events, tag, task
from locust.env import Environment


@events.test_start.add_listener
def on_test_start(environment: Environment, **kwargs: Any) -> None:
    # Each worker process runs this; one of them is enough to say so.
    if environment.runner and environment.runner.worker_index == 0:
        print(f"The shop opens at {environment.host}")


class Browsing(TaskSet):
    """Looking around. A nested task set keeps the user until it interrupts itself."""

    @tag("browse")
    @task(10)
    def look_at_item(self) -> None:
        item = random.randint(1, 1000)
        # A thousand URLs, one row in the statistics.
        self.client.get(f"/items/{item}", name="/items/[id]")

    @tag("browse")
    @task(3)
    def front_page(self) -> None:
        with self.client.get("/", catch_response=True) as response:
            if response.text != "hello world\n":
                response.failure("this is not the front page")

    @task(1)
    def leave(self) -> None:
        self.interrupt()


class Checkout(SequentialTaskSet):
    """Buying: the steps in their order, once."""

    @tag("buy")
    @task
    def fill_cart(self) -> None:
        self.client.post("/cart", json={"item": random.randint(1, 1000), "count": 1})

    @tag("buy")
    @task
    def pay(self) -> None:
        with self.client.post("/echo", json={"amount": 42}, name="/pay", catch_response=True) as response:
            if response.status_code == 200 and "42" not in response.json()["body"]:
                response.failure("paid the wrong amount")
        self.interrupt()


class Visitor(HttpUser):
    """Somebody with an account."""

    weight = 9
    wait_time = between(0.1, 0.5)
    tasks = {Browsing: 5, Checkout: 1}

    def on_start(self) -> None:
        response = self.client.post("/login", json={"user": "demo", "password": "demo"})
        if response.ok:
            self.client.headers["Authorization"] = f"Bearer {response.json()['token']}"

    def on_stop(self) -> None:
        self.client.get("/cookies", name="/logout")


class Curious(HttpUser):
    """Somebody who finds the corners of the site."""

    weight = 1
    wait_time = between(0.5, 1)

    @tag("browse")
    @task(2)
    def old_link(self) -> None:
        self.client.get("/redirect/2", name="/redirect/[n]")

    @tag("browse")
    @task
    def missing_page(self) -> None:
        # A 404 is what we came to see: counted as a success here, anything else as a failure.
        with self.client.get("/status/404", name="/sold-out (404)", catch_response=True) as response:
            if response.status_code == 404:
                response.success()
            else:
                response.failure(f"expected 404, got {response.status_code}")

    @tag("slow")
    @task
    def slow_page(self) -> None:
        self.client.get("/slow", params={"ms": 50}, name="/slow")
