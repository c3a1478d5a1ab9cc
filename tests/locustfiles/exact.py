"""ITERATIONS rounds of ten requests per user, one of them a failure."""

import os

from locust import FastHttpUser, constant, task
from locust.exception import StopUser

ITERATIONS = int(os.environ["ITERATIONS"])


class Exact(FastHttpUser):
    wait_time = constant(0)

    def on_start(self):
        self.left = ITERATIONS

    @task
    def one_round(self):
        if self.left == 0:
            raise StopUser()
        self.left -= 1
        for _ in range(8):
            self.client.get("/")
        self.client.get("/json")
        self.client.get("/status/500")
