"""What TROUBLE names goes wrong, or at least unusual, on the master; the users are fine."""

import os

import gevent
from locust import FastHttpUser, constant, events, task
from locust.runners import MasterRunner

TROUBLE = os.environ["TROUBLE"]


@events.init.add_listener
def init(environment, **_):
    if not isinstance(environment.runner, MasterRunner):
        return
    if TROUBLE == "raises":
        environment.events.test_start.add_listener(raises)
    elif TROUBLE == "spins":
        environment.events.test_stop.add_listener(spins)
    elif TROUBLE == "quits in test_start":
        environment.events.test_start.add_listener(lambda **_: environment.runner.quit())
    elif TROUBLE == "checks":
        gevent.spawn(check, environment)


def raises(environment, **_):
    raise KeyError("no such thing")


def spins(environment, **_):
    while True:
        pass


def check(environment):
    while environment.stats.total.num_requests < 50:
        gevent.sleep(0.2)
    environment.runner.quit()


class Visitor(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def root(self):
        self.client.get("/")
