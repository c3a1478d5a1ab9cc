"""Asks a load shape every second what the load is to be, and tells the master when that changes."""

from __future__ import annotations

import inspect
import logging
import math
import time
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import gevent
from gevent import GreenletExit

from ..tracebacks import format_exception
from .limits import SHAPE_TICK_S

if TYPE_CHECKING:
    from ..env import Environment
    from ..shape import LoadTestShape

logger = logging.getLogger("acrida.script_host")

_EXPECTED = "return (users, spawn_rate), (users, spawn_rate, [User classes]) or None"


class Follower(Protocol):
    """Who does what the shape wants: the way to the master, or a runner of this process."""

    def notify(self, op: str, **fields: Any) -> None:
        """`shape` with users, spawn_rate and user_classes; `shape_end`; `shape_failed` with a message."""


class Target(NamedTuple):
    """What a tick asks for."""

    users: int
    spawn_rate: float
    user_classes: list[str] | None


class Nonsense(Exception):
    """A tick's answer that cannot be followed."""


def read_tick(answer: Any, known: list[str], before: Target | None = None) -> Target | None:
    """What `tick()` returned, checked. Raises Nonsense, which says what is wrong with it."""
    if answer is None:
        return None
    if not isinstance(answer, (tuple, list)) or len(answer) not in (2, 3):
        raise Nonsense("that is neither a tuple of two or three nor None")
    users = _number(answer[0], "the number of users")
    rate = _number(answer[1], "the spawn rate")
    classes = _class_names(answer[2], known) if len(answer) == 3 else None
    users_before = before.users if before is not None else 0
    if rate == 0:
        if int(users) != users_before:
            raise Nonsense(f"a spawn rate of 0 never gets from {users_before} to {int(users)} users")
        rate = 1.0  # without a change it has no meaning
    return Target(int(users), rate, classes)


def _number(value: Any, what: str) -> float:
    if isinstance(value, (bool, str, bytes)) or not hasattr(value, "__float__"):
        raise Nonsense(f"{what} is {value!r}, which is no number")
    number = float(value)
    if not math.isfinite(number) or number < 0:
        raise Nonsense(f"{what} is {value!r}; it must be 0 or more, and finite")
    return number


def _class_names(value: Any, known: list[str]) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, (list, tuple, set, frozenset)):
        raise Nonsense(f"the User classes are {value!r}, which is no list")
    names = [item if isinstance(item, str) else getattr(item, "__name__", repr(item)) for item in value]
    for name in names:
        if name not in known:
            raise Nonsense(f"{name} is no User class of this run; there are: {', '.join(sorted(known))}")
    return list(dict.fromkeys(names)) or None


class ShapeDriver:
    """Ticks the environment's shape from `begin` to `end`."""

    def __init__(self, environment: Environment, link: Follower) -> None:
        self._environment = environment
        self._link = link
        self._greenlet: Any = None

    def begin(self) -> None:
        """A run that follows the shape starts now. The first tick is at once."""
        self.end()
        shape = self._environment.shape_class
        if shape is None:
            raise ValueError("the script has no load shape")
        shape.reset_time()
        self._greenlet = gevent.spawn(self._drive, shape)
        self._show(self._greenlet)

    def end(self) -> None:
        """The run is over."""
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None and greenlet is not gevent.getcurrent():
            greenlet.kill(block=False)
        self._show(None)

    def _show(self, greenlet: Any) -> None:
        runner: Any = self._environment.runner
        if runner is not None:
            runner.shape_greenlet = greenlet

    def _drive(self, shape: LoadTestShape) -> None:
        before: Target | None = None
        due = time.monotonic()
        while True:
            answer: Any = None
            try:
                answer = shape.tick()
                target = read_tick(answer, list(self._environment.user_classes_by_name), before)
            except GreenletExit:
                raise
            except Nonsense as e:
                message = f"tick() of {type(shape).__name__} returned {_short(answer)}: {e}; {_EXPECTED}"
                self._failed(message, _place(shape))
                return
            except BaseException as e:
                message = f"tick() of {type(shape).__name__} raised {type(e).__name__}: {e}"
                self._failed(message, format_exception(e))
                return
            if target is None:
                self._link.notify("shape_end")
                return
            if target != before:
                before = target
                users, rate, classes = target
                self._link.notify("shape", users=users, spawn_rate=rate, user_classes=classes)
            # By the clock: what a tick takes does not shift the next, unless it took longer than a period.
            due = max(due + SHAPE_TICK_S, time.monotonic())
            gevent.sleep(max(0.0, due - time.monotonic()))

    def _failed(self, message: str, detail: str) -> None:
        self._link.notify("shape_failed", message=" ".join(message.split()), detail=detail)


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:
        text = f"a {type(value).__name__}"
    return text if len(text) <= 200 else text[:197] + "..."


def _place(shape: LoadTestShape) -> str:
    """Where `tick` stands in the script, written as a traceback writes it."""
    try:
        code = inspect.unwrap(type(shape).tick).__code__
    except AttributeError:
        return ""
    return f'  File "{code.co_filename}", line {code.co_firstlineno}, in {code.co_name}'
