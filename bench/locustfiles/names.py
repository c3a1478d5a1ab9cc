"""Many request names at a low rate: NAMES of them, each about once a second, over USERS users."""

import os

from locust import FastHttpUser, constant_throughput, task

NAMES, USERS = int(os.environ["NAMES"]), int(os.environ["USERS"])


class Many(FastHttpUser):
    wait_time = constant_throughput(1)
    taken = 0

    def on_start(self):
        Many.taken += 1
        each = NAMES // USERS
        first = Many.taken * each % NAMES
        self.names = [f"/name/{number}" for number in range(first, first + each)]

    @task
    def each_once(self):
        for name in self.names:
            self.client.get("/json", name=name)
