"""The exit code by the result: a pipeline fails when the service is too slow or fails too often.

The master's script host runs the `quitting` listener when the figures of all workers are complete.
"""

from typing import Any

from locust import HttpUser, constant, events, task
from locust.env import Environment
from locust.runners import MasterRunner

FAIL_RATIO = 0.05
SLOW_MS = 500


@events.quitting.add_listener
def judge(environment: Environment, **kwargs: Any) -> None:
    if not isinstance(environment.runner, MasterRunner):
        return  # a worker's figures are only its own
    total = environment.stats.total
    if total.fail_ratio > FAIL_RATIO:
        environment.process_exit_code = 10
    elif total.get_response_time_percentile(0.95) > SLOW_MS:
        environment.process_exit_code = 11
    else:
        environment.process_exit_code = 0


class Visitor(HttpUser):
    wait_time = constant(0.1)

    @task
    def page(self) -> None:
        self.client.get("/status/503", name="/down")
