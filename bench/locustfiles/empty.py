"""Tasks that do nothing: what the loop around them costs. Writes how often they ran to the file in COUNT."""

import os
import time

import gevent
from locust import User, constant, events, task
from locust.runners import MasterRunner

ran = 0


def write_counts():
    while True:
        gevent.sleep(0.25)
        with open(os.environ["COUNT"] + ".new", "w") as file:
            file.write(f"{ran} {time.monotonic()}")
        os.replace(os.environ["COUNT"] + ".new", os.environ["COUNT"])


@events.test_start.add_listener
def on_test_start(environment, **kwargs):
    # The script also runs on a master, which has no users to count.
    if not isinstance(environment.runner, MasterRunner):
        gevent.spawn(write_counts)


class Empty(User):
    wait_time = constant(0)

    @task
    def nothing(self):
        global ran
        ran += 1
