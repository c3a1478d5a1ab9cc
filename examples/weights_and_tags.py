"""Weights say how often; tags choose: try `--tags read`, `--exclude-tags slow`, or name one class."""

from locust import HttpUser, constant, tag, task


class Reader(HttpUser):
    """Nine of ten users."""

    weight = 9
    wait_time = constant(0.1)

    @tag("read")
    @task(3)
    def front_page(self) -> None:
        self.client.get("/")

    @tag("read", "slow")
    @task
    def slow_page(self) -> None:
        self.client.get("/slow?ms=20", name="/slow")

    @tag("write")
    @task(2)
    def write(self) -> None:
        self.client.post("/echo", json={"text": "hello"})


class Editor(HttpUser):
    """Exactly one user, whatever the weights are."""

    fixed_count = 1
    wait_time = constant(0.1)

    @tag("write")
    @task
    def publish(self) -> None:
        self.client.post("/cart", json={"item": 1}, headers={"Authorization": "editor"}, name="publish")
