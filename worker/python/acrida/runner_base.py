"""What every runner has: who runs, and messages. Runners start and stop the users of a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from gevent.pool import Group

from .population import Population

if TYPE_CHECKING:
    from .env import Environment
    from .stats import RequestStats, StatsError
    from .user.users import User

STATE_INIT = "ready"
STATE_SPAWNING = "spawning"
STATE_RUNNING = "running"
STATE_CLEANUP = "cleanup"
STATE_STOPPING = "stopping"
STATE_STOPPED = "stopped"
STATE_MISSING = "missing"


class Message(NamedTuple):
    """A message from or to the master, as handlers of custom messages get it."""

    type: str
    data: Any
    node_id: str


class Runner:
    """What all runners have in common."""

    worker_index: int = -1
    """Number of this worker, from 0, given by the master; -1 until then."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.state = STATE_INIT
        self.target_user_classes_count: dict[str, int] = {}
        self.exceptions: dict[Any, dict[str, Any]] = {}
        """Exceptions that left tasks: {key: {count, msg, traceback, nodes}}. Empty on a worker: the
        master counts them."""
        self.greenlet: Any = Group()
        """For greenlets that are to end with the runner."""
        self.custom_messages: dict[str, tuple[Callable[..., Any], bool]] = {}
        self.population = Population(self._population_changed)

    @property
    def user_classes(self) -> list[type[User]]:
        """Classes that may run here."""
        return self.environment.user_classes

    @property
    def user_classes_by_name(self) -> dict[str, type[User]]:
        """{class name: class}."""
        return self.environment.user_classes_by_name

    @property
    def stats(self) -> RequestStats:
        """Statistics of this process."""
        return self.environment.stats

    @property
    def errors(self) -> dict[str, StatsError]:
        """Failures by kind."""
        return self.environment.stats.errors

    @property
    def user_greenlets(self) -> Any:
        """The gevent Group of all users' greenlets."""
        return self.population.group

    @property
    def user_count(self) -> int:
        """Users of this process that are alive."""
        return self.population.count

    @property
    def user_classes_count(self) -> dict[str, int]:
        """The same by class, with zeros."""
        return {name: self.population.count_of(name) for name in self.user_classes_by_name}

    @property
    def target_user_count(self) -> int:
        """Users that this process should have."""
        return sum(self.target_user_classes_count.values())

    def register_message(self, msg_type: str, listener: Callable[..., Any], concurrent: bool = False) -> None:
        """
        Call `listener(environment=..., msg=...)` for custom messages of a type; in a greenlet of its own if
        `concurrent`. Raises ValueError if the type has a listener.
        """
        if msg_type in self.custom_messages:
            raise ValueError(f"There is a listener for messages of type {msg_type!r} already")
        self.custom_messages[msg_type] = (listener, concurrent)

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Send a custom message to the master. `data` is anything that msgpack can carry."""
        raise NotImplementedError

    def stop_test(self, reason: str) -> None:
        """End the run because a user asked for it."""
        raise NotImplementedError

    def quit(self) -> None:
        """Stop all users and end the process."""
        raise NotImplementedError

    def user_class_updated(self, settings: dict[str, Any]) -> None:
        """`environment.update_user_class` was called with `settings`."""

    def _population_changed(self) -> None:
        pass
