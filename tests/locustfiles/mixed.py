"""Three requests a round, each with a counter on the target; ITERATIONS rounds a user, then it leaves."""

import os

from locust import FastHttpUser, HttpUser, User, constant, task
from locust.exception import StopUser

ITERATIONS = int(os.environ.get("ITERATIONS", "10"))


class Rounds(User):
    abstract = True
    wait_time = constant(0)

    def on_start(self):
        self.left = ITERATIONS

    @task
    def one_round(self):
        if self.left == 0:
            raise StopUser()
        self.left -= 1
        self.client.get("/")
        self.client.get("/json")
        self.client.post("/echo", json={"left": self.left})


class Plain(Rounds, HttpUser):
    pass


class Fast(Rounds, FastHttpUser):
    pass
