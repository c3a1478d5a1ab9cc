"""A load over time: a ramp, a plateau, its end by one class only. Leave out -u, -r and -t."""

from __future__ import annotations

from locust import HttpUser, LoadTestShape, User, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.2)

    @task
    def page(self) -> None:
        self.client.get("/")


class Buyer(HttpUser):
    wait_time = constant(0.2)

    @task
    def order(self) -> None:
        self.client.post("/cart", json={"item": 1}, headers={"Authorization": "demo"})


class Stages(LoadTestShape):
    """(until second, users, started per second, classes)"""

    stages: list[tuple[float, int, float, list[type[User]]]] = [
        (2, 2, 2, [Visitor]),
        (4, 6, 10, [Visitor, Buyer]),
        (6, 1, 10, [Visitor]),
    ]

    def tick(self) -> tuple[int, float, list[type[User]] | None] | None:
        for until, users, rate, classes in self.stages:
            if self.get_run_time() < until:
                return users, rate, classes
        return None
