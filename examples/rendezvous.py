"""A rendezvous: users log in as they start, and begin to order when all of them are there."""

from typing import Any

from gevent.lock import Semaphore
from locust import HttpUser, constant, events, task

everybody_is_here = Semaphore(0)


@events.spawning_complete.add_listener
def let_go(**kwargs: Any) -> None:
    everybody_is_here.release()


class Buyer(HttpUser):
    wait_time = constant(0.5)

    def on_start(self) -> None:
        self.client.post("/login", json={"user": "demo"})
        everybody_is_here.wait()

    @task
    def order(self) -> None:
        self.client.post("/cart", json={"item": 1})
