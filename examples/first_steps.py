"""The smallest load test that is one: a user class, a task, a pause."""

from locust import HttpUser, between, task


class Visitor(HttpUser):
    wait_time = between(1, 2)

    @task
    def front_page(self) -> None:
        self.client.get("/")
