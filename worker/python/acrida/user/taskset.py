"""TaskSet and the loop that every user spends its life in.

`run` and `wait` are executed once per task. They bind what they need to locals, and avoid a hub switch that
is not needed: a user that has waited for a response since its last pause has already let the others run.
"""

from __future__ import annotations

import logging
import sys
from collections import deque
from collections.abc import Callable
from random import randint, random
from time import perf_counter
from types import FunctionType
from typing import TYPE_CHECKING, Any, final

from gevent import GreenletExit
from gevent import sleep as gevent_sleep

from ..exception import (
    InterruptTaskSet,
    LocustError,
    MissingWaitTimeError,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from ..tracebacks import format_exception
from .task import collect_tasks

if TYPE_CHECKING:
    from .users import User

logger = logging.getLogger("acrida.user")

# What a user is doing. Compared by identity in the loop below, so only these objects may be assigned.
LOCUST_STATE_RUNNING = "running"
LOCUST_STATE_WAITING = "waiting"
LOCUST_STATE_STOPPING = "stopping"

# What a user does not survive. KeyboardInterrupt: Ctrl-C in a debugger, where it runs in the main greenlet.
_ENDINGS = (StopUser, StopTest, GreenletExit, KeyboardInterrupt)


class TaskSetMeta(type):
    """Collects the tasks of a TaskSet class."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> TaskSetMeta:
        namespace["tasks"] = mcs.collect(bases, namespace)
        return super().__new__(mcs, name, bases, namespace)

    @staticmethod
    def collect(bases: tuple[type, ...], namespace: dict[str, Any]) -> list[Any]:
        return collect_tasks(bases, namespace)


class TaskSet(metaclass=TaskSetMeta):
    """
    Tasks that a user picks from, at random by weight, pausing for `wait_time` after each.

    TaskSets nest: a TaskSet among the tasks of another takes over until it calls `interrupt()`.
    """

    tasks: Any = []
    """Functions and TaskSet classes: a list, a list of (task, weight) pairs, or a dict {task: weight}."""

    min_wait: float | None = None
    """Deprecated: use `wait_time`. Milliseconds."""
    max_wait: float | None = None
    """Deprecated: use `wait_time`. Milliseconds."""
    wait_function: Any = None
    """Deprecated: use `wait_time`."""

    def __init__(self, parent: User | TaskSet) -> None:
        self._parent = parent
        self._user: User = parent._user if isinstance(parent, TaskSet) else parent
        self._task_queue: deque[Any] = deque()
        user = self._user
        self.min_wait = self.min_wait or user.min_wait
        self.max_wait = self.max_wait or user.max_wait
        self.wait_function = self.wait_function or user.wait_function
        self._cp_last_run = perf_counter()  # both for wait_time.constant_pacing
        self._cp_last_wait_time = 0.0

    @property
    def user(self) -> User:
        """The user that runs this TaskSet."""
        return self._user

    @property
    def parent(self) -> Any:
        """The TaskSet this one is nested in, or the user if it is not."""
        return self._parent

    @property
    def client(self) -> Any:
        """The user's `client`."""
        return self._user.client

    def on_start(self) -> None:
        """Called when a user begins to run this TaskSet."""

    def on_stop(self) -> None:
        """Called when a user leaves this TaskSet: by `interrupt()`, or because the user stops."""

    @final
    def run(self) -> None:
        """Run tasks until an exception ends it. Not to be overridden."""
        try:
            self.on_start()
        except InterruptTaskSet as e:
            raise (RescheduleTaskImmediately if e.reschedule else RescheduleTask)(e.reschedule) from e
        user = self._user
        queue = self._task_queue
        pick = self.get_next_task
        execute = self.execute_task
        if type(self).execute_next_task is not TaskSet.execute_next_task:
            execute = self._through_queue
        wait = self.wait
        while True:
            try:
                task = queue.popleft() if queue else pick()
                if user._state is LOCUST_STATE_STOPPING:
                    raise StopUser()
                try:
                    execute(task)
                except RescheduleTaskImmediately:
                    continue
                except RescheduleTask:
                    pass
                wait()
            except InterruptTaskSet as e:
                self._leave()
                raise (RescheduleTaskImmediately if e.reschedule else RescheduleTask)(e.reschedule) from e
            except _ENDINGS:
                self._leave()
                raise
            except Exception as e:
                self._report(e)

    def _through_queue(self, task: Any) -> None:
        # For sets that override execute_next_task: it takes the task from the queue itself.
        self._task_queue.appendleft(task)
        self.execute_next_task()

    def _leave(self) -> None:
        try:
            self.on_stop()
        except (StopUser, StopTest, GreenletExit):
            raise
        except Exception as e:
            logger.error("Uncaught exception in on_stop:\n%s", format_exception(e))

    def _report(self, exception: Exception) -> None:
        if left_debugger(exception):
            self._leave()
            raise exception
        environment = self._user.environment
        environment.events.user_error.fire(
            user_instance=self, exception=exception, tb=exception.__traceback__
        )
        if not environment.catch_exceptions:
            raise exception
        logger.error("%s\n%s", exception, format_exception(exception))
        try:
            self.wait()
        except _ENDINGS:
            self._leave()
            raise
        except Exception as e:
            # A wait_time that fails would otherwise make a loop that never lets another user run.
            logger.error("Uncaught exception in wait:\n%s", format_exception(e))
            gevent_sleep(1)

    def execute_next_task(self) -> None:
        """Run the first task of the queue."""
        self.execute_task(self._task_queue.popleft())

    def execute_task(self, task: Any) -> None:
        """Run one task: a function of this TaskSet, a bound method, or a nested TaskSet class."""
        if type(task) is FunctionType:
            task(self)
        elif getattr(task, "__self__", None) is self:
            task()
        elif isinstance(task, type) and issubclass(task, TaskSet):
            task(self).run()
        else:
            task(self)

    def schedule_task(self, task_callable: Callable[..., Any], first: bool = False) -> None:
        """Queue a task to run before any is picked at random; with `first`, before those queued already."""
        if first:
            self._task_queue.appendleft(task_callable)
        else:
            self._task_queue.append(task_callable)

    def get_next_task(self) -> Any:
        """The task to run next: one of `tasks` at random. Raises LocustError if there is none."""
        tasks = self.tasks
        if not tasks:
            raise no_tasks(self)
        # random.choice() costs five times as much, to be exact for lists longer than 2**53.
        return tasks[int(random() * len(tasks))]

    def wait_time(self) -> float:
        """Seconds to pause after a task. The user's, unless the TaskSet says otherwise."""
        user = self._user
        function = user.wait_time
        if function is not None:
            return function()
        if self.min_wait is not None and self.max_wait is not None:
            return randint(int(self.min_wait), int(self.max_wait)) / 1000.0
        raise MissingWaitTimeError(f"Set wait_time on {type(user).__name__} or {type(self).__name__}")

    def wait(self) -> None:
        """
        Pause for `wait_time()` seconds. A user that is to stop while it pauses, stops at once, also when this
        is called from within a task; to pause inside a task that has to be finished, use `gevent.sleep`.
        """
        user = self._user
        if user._state is LOCUST_STATE_STOPPING:
            raise StopUser()
        seconds = self.wait_time()
        if user._yielded:
            user._yielded = False
            if seconds <= 0:
                return
        user._state = LOCUST_STATE_WAITING
        self._sleep(seconds)
        if user._state is LOCUST_STATE_STOPPING:
            raise StopUser()
        user._state = LOCUST_STATE_RUNNING

    def _sleep(self, seconds: float) -> None:
        gevent_sleep(seconds if seconds > 0 else 0)

    def interrupt(self, reschedule: bool = True) -> None:
        """Leave this TaskSet for its parent, which picks its next task at once, or after a pause if not
        `reschedule`."""
        raise InterruptTaskSet(reschedule)


def left_debugger(exception: BaseException) -> bool:
    """Whether somebody told the debugger to quit; `bdb` is not imported to find out."""
    bdb = sys.modules.get("bdb")
    return bdb is not None and isinstance(exception, bdb.BdbQuit)


def no_tasks(holder: Any) -> LocustError:
    """The error for a class without tasks."""
    name = type(holder).__name__
    hint = ""
    if getattr(holder, "task", None):
        hint = " (it has an attribute 'task': did you mean 'tasks'?)"
    return LocustError(
        f"No tasks defined on {name}{hint}. Use the @task decorator, or set its 'tasks' attribute"
    )


class DefaultTaskSet(TaskSet):
    """The outermost TaskSet of every user: runs the tasks declared on the User class, with the user as
    `self`."""

    def get_next_task(self) -> Any:
        tasks = self._user.tasks
        if not tasks:
            raise no_tasks(self._user)
        return tasks[int(random() * len(tasks))]

    def execute_task(self, task: Any) -> None:
        if type(task) is not FunctionType and isinstance(task, type) and issubclass(task, TaskSet):
            task(self._user).run()
        else:
            task(self._user)
