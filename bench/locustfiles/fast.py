"""One GET after the other through FastHttpUser: what the request path costs."""

from locust import FastHttpUser, constant, task


class Fast(FastHttpUser):
    wait_time = constant(0)

    @task
    def root(self):
        self.client.get("/")
