"""LocalRunner: a load test inside a program of the user's own, without a master: Acrida as a library.

Its users run in this process, on an engine without a link. There is one engine in a process, so one runner at
a time runs users.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import gevent
from gevent import getcurrent

from . import bridge, log, mix, repeats
from .reporting import tell_usage
from .runner_base import (
    STATE_CLEANUP,
    STATE_INIT,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    Message,
)
from .tracebacks import format_frames
from .users_runner import UsersRunner, interleave, spread, text_of

if TYPE_CHECKING:
    from .env import Environment
    from .user.users import User

logger = logging.getLogger("acrida.worker")

_USAGE_PERIOD_S = 5.0

# Different exceptions that are listed; further ones share the last place.
_EXCEPTIONS_MAX = 500


class LocalRunner(UsersRunner):
    """Runs users in this process, as the program says that made it."""

    worker_index = 0

    _latest: ClassVar[LocalRunner | None] = None
    """Whose run the engine counts, or has counted last."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment, bridge.current().engine)
        environment.runner = self
        self._attach()
        self.client_id = f"{socket.gethostname()}_{os.urandom(16).hex()}"
        """A name for this runner."""
        self.worker_count = 1
        """This process counts as a worker."""
        self.spawn_rate = 0.0
        """Users started or stopped per second, while their number changes."""
        self.shape_greenlet: Any = None
        """The greenlet that asks the load shape, while a run follows it."""
        self.final_user_classes_count: dict[str, int] = {}
        """Users by class when the run was stopped."""
        self._in_run = False
        self._stopper: Any = None
        self._shape: Any = None
        # `greenlet.join()` is how a program waits for `quit()`: so one greenlet is always in there.
        self.greenlet.spawn(self._watch_usage)

    # -- starting
    # -------------------------------------------------------------------------------------------------

    def start(
        self,
        user_count: int,
        spawn_rate: float,
        wait: bool = False,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """
        Start a run, or change the number of users of the one that is on. With `user_classes`, only those.

        `spawn_rate` is in users per second, both ways. Returns at once, or with `wait` when all users have
        been started. Raises RuntimeError while another runner of this process has a run.
        """
        if user_count < 0 or spawn_rate <= 0:
            raise ValueError(f"cannot get to {user_count} users at a rate of {spawn_rate} per second")
        chosen = self.user_classes if user_classes is None else user_classes
        known = self.user_classes_by_name
        if unknown := [c.__name__ for c in chosen if c.__name__ not in known]:
            raise ValueError(f"{', '.join(unknown)}: no User class of this environment")
        self._claim()
        self.spawn_rate = float(spawn_rate)
        counts = mix.counts(chosen, int(user_count))
        self._spawn_adjust({**dict.fromkeys(known, 0), **counts})
        if wait and getcurrent() is not self._stopper:
            self.spawning_greenlet.join()

    def _claim(self) -> None:
        other = LocalRunner._latest
        if other is not None and other is not self and other.engine is self.engine:
            if other._in_run:
                raise RuntimeError(
                    "another runner of this process has a run, and the engine counts for one at a time: "
                    "stop() that first"
                )
            other._detach()
        LocalRunner._latest = self

    def _attach(self) -> None:
        self.environment.use_engine(self.engine)
        self.environment.stats.error_source = self.engine.errors

    def _detach(self) -> None:
        # What was counted stays to be read; what the engine counts from now on is another runner's.
        stats = self.environment.stats
        stats.refresh()
        stats.source = stats.error_source = stats.resetter = None

    def _adjust(self, counts: dict[str, int], *_: Any) -> None:
        if self._stopper is not None:
            self._stopper.join()  # a run begins when the one before is over
            self.target_user_classes_count = dict(counts)
        self._take_host()
        if not self._in_run:
            self._in_run = True
            self._attach()
            self.environment.stats.clear_all()
            self.exceptions = {}
            self._begin_run()
        self._leftovers.mark_current()
        self.state = STATE_SPAWNING
        missing, surplus = self._difference(counts)
        total = sum(missing.values())
        logger.info("Ramping to %d users at a rate of %.2f per second", sum(counts.values()), self.spawn_rate)
        fixed = {name: n for name, n in missing.items() if self.user_classes_by_name[name].fixed_count}
        others = {name: n for name, n in missing.items() if name not in fixed}
        self._start_users(interleave(fixed) + interleave(others), total / self.spawn_rate)
        stops = [
            gevent.spawn(self.population.stop, [user], self.environment.stop_timeout)
            for user in spread(surplus, len(surplus) / self.spawn_rate)
        ]
        gevent.joinall(stops)
        self.state = STATE_RUNNING
        logger.info("All users spawned: %s", self.user_classes_count)
        self._leftovers.unmark(getcurrent())
        self.environment.events.spawning_complete.fire(user_count=self.target_user_count)
        if self.environment.reset_stats:
            logger.info("Resetting stats")
            self.environment.stats.reset_all()
            self.environment.events.reset_stats.fire()

    def spawn_users(self, user_classes_spawn_count: dict[str, int], wait: bool = False) -> list[User]:
        """
        Start so many users of each class now, and return them: {class name: users}. With `wait`, return when
        all users of this runner have ended. Raises KeyError for a class that is not there.
        """
        if self.state in (STATE_INIT, STATE_STOPPED):
            self.state = STATE_SPAWNING
            self._claim()
            self._take_host()
            self._in_run = True
        started = [
            user
            for name, count in user_classes_spawn_count.items()
            for user in (self._start_user(name) for _ in range(count))
            if user is not None
        ]
        if wait:
            self.user_greenlets.join()
        return started

    def stop_users(self, user_classes_stop_count: dict[str, int]) -> None:
        """Stop so many users of each class, the newest first, and wait until they have."""
        users = [u for name, n in user_classes_stop_count.items() for u in self.population.newest(name, n)]
        self.population.stop(users, self.environment.stop_timeout)

    # -- a load shape
    # ---------------------------------------------------------------------------------------------

    def start_shape(self) -> None:
        """Start a run that follows `environment.shape_class`, and ends with it. Raises ValueError without a
        shape."""
        from .script_host.shape_driver import ShapeDriver

        if self.shape_greenlet is not None:
            logger.info("The load shape is being followed already")
            return
        if self._shape is None:
            self._shape = ShapeDriver(self.environment, self)
        self._shape.begin()

    def notify(self, op: str, **fields: Any) -> None:
        """What the load shape wants (called by its driver)."""
        if op == "shape":
            known = self.user_classes_by_name
            names = fields["user_classes"]
            classes = None if names is None else [known[name] for name in names]
            self.start(fields["users"], fields["spawn_rate"], user_classes=classes)
            return
        if op == "shape_failed":
            logger.error("%s\n%s", fields["message"], fields["detail"])
            log.note_unhandled()
        headless = getattr(self.environment.parsed_options, "headless", False)
        (self.quit if headless else self.stop)()

    # -- stopping
    # -------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """
        Stop the run, if there is one: `test_stopping`, all users, `test_stop`. Returns when all that is done;
        at once, if a user or a listener of such an event calls it.
        """
        if self._stopper is None:
            self._stopper = self._spawn_apart(self._stop)
        if not self._is_own(getcurrent()):
            self._stopper.join()

    def _spawn_apart(self, run: Callable[[], None]) -> Any:
        greenlet = gevent.spawn(run)
        self._leftovers.unmark(greenlet)  # a user may have called us, but this is not its greenlet
        return greenlet

    def _is_own(self, greenlet: Any) -> bool:
        """Whether a greenlet is one that the end of a run waits for."""
        ours = (self._stopper, self.spawning_greenlet, self.shape_greenlet)
        return greenlet in ours or greenlet in self.user_greenlets

    def _stop(self) -> None:
        events, environment = self.environment.events, self.environment
        try:
            if self._shape is not None:
                self._shape.end()
            in_run, self._in_run = self._in_run, False
            if in_run:
                events.test_stopping.fire(environment=environment)
                self.state = STATE_CLEANUP
            self.final_user_classes_count = self.user_classes_count
            self._stop_all()
            self.target_user_classes_count = {}
            self._served = {}
            self.state = STATE_STOPPED
            if in_run:
                self._leftovers.end()
                events.test_stop.fire(environment=environment)
                repeats.tell_counts()
        finally:
            self._stopper = None

    def quit(self) -> None:
        """Stop the run, then end `greenlet`: whoever waits for it goes on. The process is not ended."""
        ending = self._spawn_apart(self._quit)
        if not self._is_own(getcurrent()):
            ending.join()

    def _quit(self) -> None:
        self.stop()
        self.greenlet.kill()

    def stop_test(self, reason: str) -> None:
        self.quit()

    # -- messages, exceptions, usage
    # ------------------------------------------------------------------------------

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Hand a message to the listener that this process has for it: there is no other."""
        self.deliver(Message(msg_type, data, "local"))

    def _report_exception(self, user_instance: Any, exception: BaseException, tb: Any, **_: Any) -> None:
        frames, message = format_frames(tb), text_of(exception)
        self.log_exception("local", message, frames)

    def log_exception(self, node_id: str, msg: str, formatted_tb: str) -> None:
        """Count an exception in `exceptions`."""
        key: Any = hash(formatted_tb)
        if key not in self.exceptions and len(self.exceptions) >= _EXCEPTIONS_MAX:
            key, msg, formatted_tb = None, "more different exceptions than are listed", ""
        row = self.exceptions.setdefault(
            key, {"count": 0, "msg": msg, "traceback": formatted_tb, "nodes": set()}
        )
        row["count"] += 1
        row["nodes"].add(node_id)

    def _watch_usage(self) -> None:
        before = (time.monotonic(), time.process_time())
        while True:
            gevent.sleep(_USAGE_PERIOD_S)
            now = (time.monotonic(), time.process_time())
            percent = 100 * (now[1] - before[1]) / (now[0] - before[0])
            before = now
            tell_usage(self, percent, _memory_bytes())


def _memory_bytes() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
