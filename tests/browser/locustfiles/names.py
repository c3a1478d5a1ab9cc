"""200 request names."""

from locust import FastHttpUser, constant, task

NAMES = 200


class Visitor(FastHttpUser):
    wait_time = constant(0.01)
    number = 0

    @task
    def one(self):
        self.number = (self.number + 1) % NAMES
        self.client.get("/", name=f"/catalogue/{self.number:03}")
