"""Every listener writes a line to a file of its process."""

import os

from locust import HttpUser, constant, events, task
from locust.exception import StopUser

PATH = os.path.join(os.environ["NOTES"], f"{os.getpid()}.log")


def note(text):
    with open(PATH, "a") as file:
        file.write(text + "\n")


@events.init.add_listener
def on_init(environment, **_):
    note("init")


@events.test_start.add_listener
def on_test_start(environment, **_):
    note("test_start")


@events.test_stopping.add_listener
def on_test_stopping(environment, **_):
    note("test_stopping")


@events.test_stop.add_listener
def on_test_stop(environment, **_):
    note("test_stop")


@events.spawning_complete.add_listener
def on_spawning_complete(user_count, **_):
    note(f"spawning_complete {user_count}")


@events.quitting.add_listener
def on_quitting(environment, **_):
    note("quitting")


@events.quit.add_listener
def on_quit(exit_code, **_):
    note("quit")


@events.request.add_listener
def on_request(request_type, name, response_time, response_length, exception, url, **_):
    assert response_time >= 0
    assert url.endswith(name)
    note(f"request {request_type} {name} {response_length} {type(exception).__name__}")


@events.user_error.add_listener
def on_user_error(user_instance, exception, tb, **_):
    note(f"user_error {exception!r}")


class Listening(HttpUser):
    wait_time = constant(0)
    left = 5

    @task
    def work(self):
        if self.left == 0:
            raise StopUser()
        self.left -= 1
        self.client.get("/")
        if self.left == 2:
            raise ValueError("once")
        self.client.get("/status/404")
