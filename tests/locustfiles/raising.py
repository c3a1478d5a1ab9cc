"""A task that raises, and a script that logs, while it is loaded and later."""

import logging

from locust import User, constant, events, task

logging.info("loaded the shelf")
logger = logging.getLogger("raising_logger")


@events.test_start.add_listener
def on_test_start(**kwargs):
    logger.warning("the shelf is open")


class Reader(User):
    wait_time = constant(0.5)

    @task
    def take(self):
        raise LookupError("nothing on the shelf")
