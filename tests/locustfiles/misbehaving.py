"""What a target does wrong must become a failure that names the cause, and never an exception in the task."""

import os

from locust import FastHttpUser, HttpUser, User, constant, task
from locust.exception import StopUser

UNUSED_PORT = os.environ["UNUSED_PORT"]


class Suffering(User):
    abstract = True
    wait_time = constant(0)
    rounds = 0

    @task
    def one_round(self):
        kind = type(self).__name__
        self.client.get("/drop", name=f"{kind} drop")
        self.client.get("/malformed", name=f"{kind} malformed")
        self.client.get(f"http://127.0.0.1:{UNUSED_PORT}/", name=f"{kind} refused")
        self.client.get("http://no-such-host.invalid/", name=f"{kind} dns")
        self.client.get("/redirect/100", name=f"{kind} redirects")
        self.client.get("/status/503", name=f"{kind} status")
        self.hang(f"{kind} hang")
        self.untrusted(f"{kind} untrusted")
        # The same user goes on after all that.
        self.client.get("/json", name=f"{kind} after")
        raise StopUser()

    def untrusted(self, name):
        pass


class Plain(Suffering, HttpUser):
    def hang(self, name):
        self.client.get("/hang", name=name, timeout=0.3)

    def untrusted(self, name):
        self.client.get(os.environ["TARGET_TLS"] + "/json", name=name)


class Fast(Suffering, FastHttpUser):
    network_timeout = 0.3

    def hang(self, name):
        self.client.get("/hang", name=name)
