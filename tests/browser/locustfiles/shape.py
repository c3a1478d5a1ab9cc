"""A load shape that a start may choose."""

from locust import HttpUser, LoadTestShape, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task
    def root(self):
        self.client.get("/")


class Stairs(LoadTestShape):
    def tick(self):
        return min(5, 1 + int(self.get_run_time() / 2)), 10
