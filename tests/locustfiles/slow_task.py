"""A task that takes as long as the target is told to."""

import os

from locust import HttpUser, constant, task

MS = os.environ.get("SLOW_MS", "1500")


class Slow(HttpUser):
    wait_time = constant(0)

    @task
    def slow(self):
        self.client.get(f"/slow?ms={MS}", name="/slow")
