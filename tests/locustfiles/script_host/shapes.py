"""A shape whose first stage is shorter than its ramp; with SHAPE set, one that fails."""

import os

from locust import FastHttpUser, LoadTestShape, constant, task


class First(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def root(self):
        self.client.get("/", name=type(self).__name__)


class Second(First):
    pass


class Stages(LoadTestShape):
    def tick(self):
        trouble = os.environ.get("SHAPE")
        now = self.get_run_time()
        if trouble == "raises" and now > 1:
            raise ValueError("out of shape")
        if trouble == "nonsense" and now > 1:
            return "many"
        if now < 3:
            return 20, 2, [First]
        if now < 6:
            return 4, 100
        if now < 8:
            return 9, 100, [Second]
        return None
