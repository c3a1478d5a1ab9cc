"""Notes every hook on the master's side; more than a fifth of failures makes the exit code 42."""

from locust import FastHttpUser, constant, events, task
from locust.runners import MasterRunner

HOOKS = ("worker_connect", "test_start", "spawning_complete", "test_stopping", "test_stop", "quitting")


def noting(name):
    def note(environment=None, **kwargs):
        figures = ""
        if environment is not None:
            total = environment.stats.total
            figures = f" {total.num_requests} {total.num_failures} {len(environment.stats.errors)}"
        print(f"NOTE {name}{figures} {kwargs.get('exit_code', '')}".rstrip())

    return note


@events.init.add_listener
def init(environment, **_):
    if isinstance(environment.runner, MasterRunner):
        print("NOTE init")
        for name in (*HOOKS, "quit"):
            getattr(environment.events, name).add_listener(noting(name))


@events.quitting.add_listener
def judge(environment, **_):
    if isinstance(environment.runner, MasterRunner) and environment.stats.total.fail_ratio > 0.2:
        environment.process_exit_code = 42


class Visitor(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def both(self):
        self.client.get("/")
        self.client.get("/status/404")
