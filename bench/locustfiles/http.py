"""One GET after the other through HttpUser."""

from locust import HttpUser, constant, task


class Plain(HttpUser):
    wait_time = constant(0)

    @task
    def root(self):
        self.client.get("/")
