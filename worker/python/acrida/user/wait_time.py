"""Functions for `wait_time`: how long a user pauses after a task. All times in seconds."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import perf_counter
from typing import Any

WaitTime = Callable[[Any], float]


def between(min_wait: float, max_wait: float) -> WaitTime:
    """
    A random time between `min_wait` and `max_wait`, uniformly. Example::

        class MyUser(User):
            wait_time = between(3.0, 10.5)
    """
    span = max_wait - min_wait
    rand = random.random
    return lambda instance: min_wait + rand() * span


def constant(wait_time: float) -> WaitTime:
    """Always `wait_time`. Example: `wait_time = constant(3)`."""
    return lambda instance: wait_time


def constant_pacing(wait_time: float) -> WaitTime:
    """
    As long as needed for tasks to start every `wait_time` seconds; 0 when the task took longer than that.
    Example::

        class MyUser(User):
            wait_time = constant_pacing(10)  # one task every 10 s, however long it takes
    """

    def pace(instance: Any) -> float:
        ran = perf_counter() - instance._cp_last_run - instance._cp_last_wait_time
        pause: float = max(0.0, wait_time - ran)
        instance._cp_last_wait_time = pause
        instance._cp_last_run = perf_counter()
        return pause

    return pace


def constant_throughput(task_runs_per_second: float) -> WaitTime:
    """
    As long as needed for each user to run `task_runs_per_second` tasks a second: the inverse of
    `constant_pacing`.

    Raises ValueError unless the rate is positive.
    """
    if not task_runs_per_second > 0:
        raise ValueError(f"constant_throughput() requires a positive rate, got: {task_runs_per_second}")
    return constant_pacing(1 / task_runs_per_second)


def poisson(rate: float) -> WaitTime:
    """
    A random time, exponentially distributed with mean `1/rate`: each user's tasks arrive as a Poisson
    process.

    Raises ValueError unless the rate is positive.
    """
    if not rate > 0:
        raise ValueError(f"poisson() requires a positive rate, got: {rate}")
    expovariate = random.expovariate
    return lambda instance: expovariate(rate)
