"""What runners have in common whose users run in this process: starting and stopping them, and messages.

Whom to start, and when a run begins and ends, is the affair of the runner: a worker's asks its master.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import gevent

from .exception import StopTest
from .leftovers import Leftovers
from .runner_base import Runner
from .tracebacks import format_exception

if TYPE_CHECKING:
    from ._engine import Engine
    from .env import Environment
    from .user.users import User

logger = logging.getLogger("acrida.worker")

# With a burst of starts, users that are there already get a turn after so many.
_STARTS_PER_TURN = 20

Item = TypeVar("Item")


class UsersRunner(Runner):
    """Runs users in this process."""

    def __init__(self, environment: Environment, engine: Engine) -> None:
        super().__init__(environment)
        self.spawning_greenlet: Any = None
        """The greenlet that starts and stops users, while their number changes."""
        self.engine = engine
        """The engine that carries out what the clients and this runner ask."""
        self.cpu_warning_emitted = False
        """Whether this process used too much of its core in this run."""
        self.current_cpu_usage = 0.0
        """Percent of one core that this process uses, read every 5 s."""
        self.current_memory_usage = 0
        """Bytes of memory that it takes, read every 5 s."""
        # Users of each class that have been started in this run, those included that ended by themselves.
        self._served: dict[str, int] = {}
        self._leftovers = Leftovers()
        environment.events.user_error.add_listener(self._report_exception)
        environment.use_engine(engine)

    def _begin_run(self) -> None:
        self.cpu_warning_emitted = False
        self._leftovers.begin_run()
        self.engine.reset_stats()
        self.environment.filter_tasks()
        self.environment.events.test_start.fire(environment=self.environment)

    def _take_host(self) -> None:
        if self.environment.host:
            for user_class in self.user_classes:
                user_class.host = self.environment.host

    def _spawn_adjust(self, counts: dict[str, int], *args: Any) -> None:
        self._kill_spawning()
        self.target_user_classes_count = dict(counts)
        self.spawning_greenlet = gevent.spawn(self._adjust, counts, *args)

    def _adjust(self, counts: dict[str, int], *args: Any) -> None:
        raise NotImplementedError

    def _kill_spawning(self) -> None:
        greenlet, self.spawning_greenlet = self.spawning_greenlet, None
        if greenlet is not None and greenlet is not gevent.getcurrent():
            greenlet.kill()

    def _difference(self, counts: dict[str, int]) -> tuple[dict[str, int], list[User]]:
        """
        How many users of which class are missing, and who is too much.

        A user that has ended by itself is not missing: the next step of a ramp must not replace it.
        """
        known = self.user_classes_by_name
        missing = {n: max(0, counts[n] - self._served.get(n, 0)) for n in counts if n in known}
        surplus = {n: max(0, self.population.active(n) - counts[n]) for n in counts if n in known}
        for name in surplus:
            self._served[name] = min(self._served.get(name, 0), counts[name])
        queues = {name: iter(self.population.newest(name, n)) for name, n in surplus.items()}
        return missing, [next(queues[name]) for name in interleave(surplus)]

    def _start_users(self, order: list[str], spread_s: float) -> None:
        failed: set[str] = set()
        for name in spread(order, spread_s):
            if name not in failed and self._start_user(name) is None:
                failed.add(name)
            self._served[name] = self._served.get(name, 0) + 1

    def _start_user(self, name: str) -> User | None:
        user_class = self.user_classes_by_name[name]
        try:
            user = user_class(self.environment)
            if not hasattr(user, "environment"):
                raise TypeError(f"{name}.__init__ does not call super().__init__(environment)")
        except StopTest as e:
            self.environment.stop_test(e)
            return None
        except (Exception, SystemExit) as e:
            logger.error("Could not create a user of class %s:\n%s", name, format_exception(e))
            self._report_exception(None, e, e.__traceback__)
            return None
        self.population.start(user)
        return user

    def _stop_all(self) -> None:
        self._kill_spawning()
        self.population.stop(self.population.everybody(), self.environment.stop_timeout)

    def _report_exception(self, user_instance: Any, exception: BaseException, tb: Any, **_: Any) -> None:
        raise NotImplementedError


def text_of(exception: BaseException) -> str:
    """An exception in lists of them. A bare code, such as sys.exit(3) has, would not tell what it is."""
    return f"sys.exit({exception.code!r})" if isinstance(exception, SystemExit) else str(exception)


def spread(items: list[Item], spread_s: float) -> Iterator[Item]:
    """The items, evenly over so many seconds; the first at once. Lets others run now and then in any case."""
    began = time.monotonic()
    for i, item in enumerate(items):
        delay = began + spread_s * i / len(items) - time.monotonic()
        if delay > 0:
            gevent.sleep(delay)
        elif i % _STARTS_PER_TURN == 0:
            gevent.sleep(0)
        yield item


def interleave(counts: dict[str, int]) -> list[str]:
    """Each name as often as it counts, mixed evenly: every part of the list has about the same mix."""
    places = [((k + 0.5) / n, name) for name, n in counts.items() for k in range(n)]
    return [name for _, name in sorted(places)]
