"""Users with an open connection and one request a second each."""

from locust import FastHttpUser, constant_pacing, task


class Connected(FastHttpUser):
    wait_time = constant_pacing(1)

    @task
    def root(self):
        self.client.get("/")
