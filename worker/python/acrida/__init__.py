"""Acrida: load tests written as Locust classes, run by a Rust engine.

`import acrida` and `import locust` give this same module. Importing it makes the standard library cooperative, as
importing Locust does.
"""

from ._patch import patch

patch()

from . import _alias  # noqa: E402
from ._version import __version__  # noqa: E402
from .event import Events  # noqa: E402

_alias.install()

events = Events()
"""The hooks of the environment that a worker runs a script in."""

from .contrib.fasthttp import FastHttpUser  # noqa: E402
from .exception import (  # noqa: E402
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from .user import wait_time  # noqa: E402
from .user.http import HttpUser  # noqa: E402
from .user.sequential_taskset import SequentialTaskSet  # noqa: E402
from .user.task import tag, task  # noqa: E402
from .user.taskset import TaskSet  # noqa: E402
from .user.users import User  # noqa: E402
from .user.wait_time import between, constant, constant_pacing, constant_throughput, poisson  # noqa: E402

__all__ = (
    "FastHttpUser",
    "HttpUser",
    "InterruptTaskSet",
    "RescheduleTask",
    "RescheduleTaskImmediately",
    "SequentialTaskSet",
    "StopTest",
    "StopUser",
    "TaskSet",
    "User",
    "__version__",
    "between",
    "constant",
    "constant_pacing",
    "constant_throughput",
    "events",
    "poisson",
    "tag",
    "task",
    "wait_time",
)
