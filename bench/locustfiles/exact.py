"""A known number of requests: ITERATIONS per user, then the user leaves."""

import os

from locust import FastHttpUser, constant, task
from locust.exception import StopUser

ITERATIONS = int(os.environ["ITERATIONS"])


class Exact(FastHttpUser):
    wait_time = constant(0)

    def on_start(self):
        self.left = ITERATIONS

    @task
    def root(self):
        if self.left == 0:
            raise StopUser()
        self.left -= 1
        self.client.get("/")
