"""LoadTestShape: a load over time that the script computes. The master's script host asks it every second."""

from __future__ import annotations

import time
from abc import ABCMeta, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

if TYPE_CHECKING:
    from .runner_base import Runner
    from .user.users import User

Tick: TypeAlias = "tuple[int, float] | tuple[int, float, list[type[User]] | None] | None"
"""(users, users started or stopped per second[, only these classes]); None ends the run."""


class LoadTestShapeMeta(ABCMeta):
    """Makes a class runnable unless it says `abstract = True` itself: that is not inherited."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> LoadTestShapeMeta:
        namespace["abstract"] = bool(namespace.get("abstract"))
        return super().__new__(mcs, name, bases, namespace)


class LoadTestShape(metaclass=LoadTestShapeMeta):
    """
    Base class for load shapes. Example::

        class Stairs(LoadTestShape):
            def tick(self):
                if self.get_run_time() < 60:
                    return 10 * (1 + int(self.get_run_time()) // 10), 10
                return None

    The first shape of a locustfile is used. `tick` is called about every second by the clock, also while
    users are still being started for an earlier answer, so that no stage of a shape is missed.
    """

    runner: Runner | None = None
    """The master's runner."""

    abstract: ClassVar[bool] = True
    """Not to be run itself, only to be inherited from."""

    use_common_options: ClassVar[bool] = False
    """The shape reads `--users`, `--spawn-rate` and `--run-time` (in
    `self.runner.environment.parsed_options`), so they are no mistake together with it."""

    def __init__(self) -> None:
        self.start_time = time.perf_counter()

    def reset_time(self) -> None:
        """Let the run time begin at 0 now. Called when a run starts."""
        self.start_time = time.perf_counter()

    def get_run_time(self) -> float:
        """Seconds since the run started."""
        return time.perf_counter() - self.start_time

    def get_current_user_count(self) -> int:
        """Users that run at present, over all workers."""
        return self.runner.user_count if self.runner is not None else 0

    @abstractmethod
    def tick(self) -> Tick:
        """
        What the load is to be now: (users, spawn rate per second), or (users, spawn rate, list of the User
        classes that make it up); None ends the run.
        """
