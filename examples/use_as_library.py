"""Acrida as a library: a program of your own starts and stops the users, without master and worker.

Run it with Python: `python use_as_library.py https://shop.example`.
"""

import os
import sys

import gevent
from locust import HttpUser, constant, events, task
from locust.env import Environment
from locust.log import setup_logging
from locust.stats import print_error_report, print_stats, stats_printer


class Visitor(HttpUser):
    wait_time = constant(0.1)

    @task
    def look(self) -> None:
        self.client.get("/")


def main(host: str) -> None:
    setup_logging("INFO")
    env = Environment(user_classes=[Visitor], events=events, host=host)
    runner = env.create_local_runner()
    env.events.init.fire(environment=env, runner=runner, web_ui=None)
    gevent.spawn(stats_printer(env.stats))
    runner.start(3, spawn_rate=10)
    gevent.spawn_later(float(os.environ.get("SECONDS", "10")), runner.quit)
    runner.greenlet.join()  # until quit()
    print_stats(env.stats, current=False)
    print_error_report(env.stats)
    print(f"{env.stats.total.num_requests} requests, {env.stats.total.num_failures} failed")


if __name__ == "__main__":
    main(sys.argv[1])
