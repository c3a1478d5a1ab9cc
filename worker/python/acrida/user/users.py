"""The User classes: a user's life from start to stop, and the two that bring an HTTP client."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any, final

from gevent import GreenletExit

from ..exception import StopTest, StopUser
from ..tracebacks import format_exception
from ..util.deprecation import check_for_deprecated_task_set_attribute
from .task import collect_tasks
from .taskset import (
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    DefaultTaskSet,
    TaskSet,
    left_debugger,
)
from .wait_time import constant

if TYPE_CHECKING:
    from ..env import Environment

logger = logging.getLogger("acrida.user")


class UserMeta(type):
    """Collects the tasks of a User class, and makes it concrete unless it says `abstract = True` itself."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> UserMeta:
        namespace["tasks"] = collect_tasks(bases, namespace)
        namespace["abstract"] = bool(namespace.get("abstract"))
        if "task_set" in namespace:
            check_for_deprecated_task_set_attribute(namespace)
        return super().__new__(mcs, name, bases, namespace)


def _run_user(user: User) -> None:
    user.run()


class User(metaclass=UserMeta):
    """
    One simulated user: runs its tasks, with a pause after each, until it is stopped.

    Tasks are methods with the `@task` decorator, or what the attribute `tasks` lists. Subclass this for a
    client of your own, and `HttpUser` or `FastHttpUser` for HTTP.
    """

    host: str | None = None
    """Base URL of the target, such as `https://shop.example`. `--host` overrides it."""

    wait_time: Callable[..., float] | None = constant(0)
    """Returns the seconds to pause after a task: `between(1, 3)`, `constant(1)`, or a method of your own."""

    tasks: Any = []
    """Functions and TaskSet classes: a list, a list of (task, weight) pairs, or a dict {task: weight}."""

    weight: float = 1
    """How many of the users are of this class, relative to other classes."""

    fixed_count: int = 0
    """If above 0, exactly this many users are of this class, whatever its weight. They are started first."""

    abstract: bool = True
    """True for a class that is only there to be subclassed. Not inherited."""

    min_wait: float | None = None
    """Deprecated: use `wait_time`. Milliseconds."""
    max_wait: float | None = None
    """Deprecated: use `wait_time`. Milliseconds."""
    wait_function: Any = None
    """Deprecated: use `wait_time`."""

    client: Any

    # Set by the clients when they let the hub run, taken back by TaskSet.wait.
    _yielded: bool = False

    def __init__(self, environment: Environment) -> None:
        super().__init__()
        self.environment = environment
        """The Environment this user runs in."""
        self._state: str | None = None
        self._greenlet: Any = None
        self._group: Any = None
        self._taskset_instance: TaskSet | None = None
        self._cp_last_run = perf_counter()  # both for wait_time.constant_pacing
        self._cp_last_wait_time = 0.0

    def on_start(self) -> None:
        """Called when the user starts, before its first task."""

    def on_stop(self) -> None:
        """Called when the user stops."""

    def context(self) -> dict[str, Any]:
        """What to add to the `context` argument of the `request` event, for every request of this user."""
        return {}

    @final
    def run(self) -> None:
        """The user's life. Not to be overridden."""
        self._state = LOCUST_STATE_RUNNING
        self._taskset_instance = tasks = DefaultTaskSet(self)
        try:
            try:
                self.on_start()
            except (StopUser, StopTest):
                raise
            except Exception as e:
                self._report(e)
                return
            tasks.run()
        except (GreenletExit, StopUser):
            self._leave()
        except KeyboardInterrupt:
            # Ctrl-C while debugging: a user of a worker never sees it.
            self._leave()
            raise
        except StopTest as e:
            self._leave()
            self.environment.stop_test(e)
        except SystemExit as e:
            # gevent would end the whole process, and its statistics with it, for one user's sys.exit().
            self._leave()
            self._report(e)
        except Exception as e:
            if left_debugger(e):
                self._leave()
            raise

    def _leave(self) -> None:
        try:
            self.on_stop()
        except (GreenletExit, StopUser, StopTest):
            pass
        except Exception as e:
            self._report(e)

    def _report(self, exception: BaseException) -> None:
        if left_debugger(exception):
            raise exception
        environment = self.environment
        environment.events.user_error.fire(
            user_instance=self, exception=exception, tb=exception.__traceback__
        )
        if not environment.catch_exceptions:
            raise exception
        logger.error("%s\n%s", exception, format_exception(exception))

    def wait(self) -> None:
        """Pause for `wait_time()` seconds; the user may be stopped meanwhile, also from within a task."""
        if self._taskset_instance is not None:
            self._taskset_instance.wait()

    def start(self, group: Any) -> Any:
        """Start the user in a greenlet of `group` (a gevent Group) and return the greenlet."""
        self._group = group
        self._greenlet = group.spawn(_run_user, self)
        return self._greenlet

    def stop(self, force: bool = False) -> bool:
        """
        Stop the user: at once if it pauses or if `force`d, else when its current task is done.

        Returns True if it was stopped at once; its `on_stop` has then been called.
        """
        if force or self._state in (None, LOCUST_STATE_WAITING):
            self._group.killone(self._greenlet)
            return True
        self._state = LOCUST_STATE_STOPPING
        return False

    @property
    def group(self) -> Any:
        """The gevent Group that the user's greenlet belongs to."""
        return self._group

    @property
    def greenlet(self) -> Any:
        """The greenlet that runs this user."""
        return self._greenlet

    @classmethod
    def json(cls) -> dict[str, Any]:
        """Attributes of the class, for display."""
        return {
            "host": cls.host,
            "weight": cls.weight,
            "fixed_count": cls.fixed_count,
            "tasks": [task.__name__ for task in cls.tasks],
        }

    @classmethod
    def fullname(cls) -> str:
        """Module and name of the class."""
        return f"{cls.__module__}.{cls.__qualname__}".replace(".<locals>", "")


def require_host(user: User) -> str:
    """The user's host; raises StopTest if it has none."""
    if not user.host:
        raise StopTest(
            f"{type(user).__name__} has no host: set its 'host' attribute, or give one with --host"
        )
    return user.host


def __getattr__(name: str) -> Any:
    # Locust defines HttpUser in this module; ours needs the clients, which need User.
    if name == "HttpUser":
        from .http import HttpUser

        return HttpUser
    if name == "PytestUser":
        from .test_functions import PytestUser

        return PytestUser
    if name == "RestMixin":
        from ..clients.rest import RestMixin

        return RestMixin
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
