"""Acrida: load tests written as Locust classes, run by a Rust engine.

`import acrida` and `import locust` give this same module. Importing it makes the standard library
cooperative, as importing Locust does.
"""

from ._patch import patch

patch()

from . import _alias, _stand_in

_alias.install()
_stand_in.install()

from ._version import __version__
from .event import Events

events = Events()
"""The hooks of the environment that a worker runs a script in."""

from .contrib.fasthttp import FastHttpUser
from .debug import run_single_user
from .exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from .shape import LoadTestShape
from .user import wait_time
from .user.http import HttpUser
from .user.markov_taskset import MarkovTaskSet, transition, transitions
from .user.sequential_taskset import SequentialTaskSet
from .user.task import tag, task
from .user.taskset import TaskSet
from .user.users import User
from .user.wait_time import between, constant, constant_pacing, constant_throughput, poisson
from .user.websocket import WebSocketUser
from .util.deprecation import DeprecatedHttpLocustClass as HttpLocust
from .util.deprecation import DeprecatedLocustClass as Locust

_alias.attach_package()

__all__ = (
    "FastHttpUser",
    "HttpLocust",
    "HttpUser",
    "InterruptTaskSet",
    "LoadTestShape",
    "Locust",
    "MarkovTaskSet",
    "RescheduleTask",
    "RescheduleTaskImmediately",
    "SequentialTaskSet",
    "StopTest",
    "StopUser",
    "TaskSet",
    "User",
    "WebSocketUser",
    "__version__",
    "between",
    "constant",
    "constant_pacing",
    "constant_throughput",
    "events",
    "poisson",
    "run_single_user",
    "tag",
    "task",
    "transition",
    "transitions",
    "wait_time",
)
