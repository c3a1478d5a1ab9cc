"""ROUNDS rounds per user of requests that end in every way; then one slow request, and the user ends."""

import os

from locust import FastHttpUser, HttpUser, User, constant, task
from locust.exception import StopUser

ROUNDS = int(os.environ["ROUNDS"])
NOBODY = os.environ["NOBODY"]


class Measuring(User):
    abstract = True
    wait_time = constant(0)

    @task
    def rounds(self):
        for _ in range(ROUNDS):
            self.client.get("/")
            self.client.get("/status/404")
            self.client.get("/status/500?token=secret", name="/status/500")
            with self.client.get("/json", catch_response=True) as response:
                response.failure("not this")
            self.client.get(f"http://me:pass@{NOBODY}/?key=1", name="nobody")
            self.environment.events.request.fire(
                request_type="OWN", name="own", response_time=3.0, exception=NameError("typo")
            )
        self.client.get("/slow?ms=3000", name="/slow")
        raise StopUser()


class Plain(Measuring, HttpUser):
    pass


class Fast(Measuring, FastHttpUser):
    pass
