"""The worker's runner: does what the master says, in the order it says it.

The engine keeps the link (heartbeats, reports, reconnection) and needs nothing from here for that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import AsyncResult
from gevent.pool import Group
from gevent.queue import Queue

from . import log, repeats
from .event import EventHook
from .exception import StopTest
from .leftovers import Leftovers
from .options import is_own
from .reporting import Reporting
from .runner_base import STATE_INIT, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPING, Message, Runner
from .tracebacks import format_exception, format_frames

if TYPE_CHECKING:
    from ._engine import Engine
    from .env import Environment

logger = logging.getLogger("acrida.worker")

# Commands after which there is nothing more to do.
_ENDINGS = ("quit", "master_lost", "lifeline_closed", "new_script")

# Our master's message: it has a new script. The launcher knows the exit code and starts another process.
_NEW_SCRIPT_MESSAGE = "acrida_new_script"
EXIT_NEW_SCRIPT = 75

# With a burst of starts, users that are there already get a turn after so many.
_STARTS_PER_TURN = 20


class WorkerRunner(Runner):
    """Runs users as the master says."""

    def __init__(
        self,
        environment: Environment,
        engine: Engine,
        client_id: str,
        master_host: str | None = None,
        master_port: int = 0,
    ) -> None:
        super().__init__(environment)
        self.client_id = client_id
        """Name of this worker towards the master."""
        self.master_host = master_host
        """Where the master is."""
        self.master_port = master_port
        """Its port for workers."""
        self.connected = False
        """Whether the master has acknowledged this worker."""
        self.last_heartbeat_timestamp: float | None = None
        """Unix time of the master's last heartbeat; kept while somebody listens to `heartbeat_received`."""
        self.current_cpu_usage = 0.0
        """Percent of one core that this process uses, read every 5 s."""
        self.current_memory_usage = 0
        """Bytes of memory that it takes, read every 5 s."""
        self.cpu_warning_emitted = False
        """Whether it used too much of its core in this run."""
        self.exceptions: dict[int, dict[str, Any]] = {}
        """Always empty: the master counts the exceptions of all workers."""
        self.greenlet: Any = Group()
        """For greenlets of the script that live as long as the worker."""
        self.spawning_greenlet: Any = None
        self.finished: Any = AsyncResult()
        """Set to the exit code when there is nothing more to do."""
        self.engine = engine
        """The engine that carries out what the clients and this runner ask."""
        # The master's messages wait here: handling one (a slow test_start, a stop with a time-out) may take
        # long, and must neither hold up the hub nor overlap with the next.
        self._commands: Any = Queue()
        self._acked: Any = AsyncResult()
        self._following = False
        self._in_run = False
        self._stop_requested = False
        self._publishing = False
        # Users of each class that the master has got in this run, those included that ended by themselves.
        self._served: dict[str, int] = {}
        self._leftovers = Leftovers()
        self._reporting = Reporting(self)
        environment.runner = self
        environment.stats.source = engine.snapshot
        environment.stats.resetter = engine.reset_stats
        environment.events.request.recorder = engine.record
        environment.events.user_error.add_listener(self._report_exception)

    # -- from the engine
    # ------------------------------------------------------------------------------------------

    def on_command(self, kind: str, data: Any) -> None:
        """A message from the master, or word about it. Called by the hub; returns at once."""
        if kind == "message" and data[0] == _NEW_SCRIPT_MESSAGE:
            kind, data = "new_script", data[1]
        if (handler := self._reporting.handlers.get(kind)) is not None:
            handler(data)
        elif kind == "ack":
            self.worker_index = data["index"] if data else -1
            self.connected = True
            self._acked.set(True)
        elif kind == "connect_failed":
            logger.error("%s", data)
            self._acked.set(False)
            self.finished.set(255)
        elif kind in _ENDINGS and not self._following:
            self._acked.set(False)
            self.finished.set(_exit_code_of(kind))
        else:
            self._commands.put_nowait((kind, data))

    def wait_for_master(self) -> bool:
        """Wait until the master knows this worker. False if that is not to be: see `finished`."""
        return bool(self._acked.get())

    def start(self) -> Any:
        """Begin to follow the master. Returns the greenlet that does."""
        self._following = True
        self._reporting.begin()
        self._publish()
        return gevent.spawn(self._follow)

    def _follow(self) -> None:
        handlers: dict[str, Callable[[Any], None]] = {
            "spawn": self._on_spawn,
            "spawning_complete": self._on_spawning_complete,
            "stop": self._on_stop,
            "stop_test": self._on_stop_test,
            "update_user_class": self.environment.update_user_class,
            "message": self._on_message,
        }
        for kind, data in self._commands:
            if kind in _ENDINGS:
                self._on_quit(kind, data)
                return
            handler = handlers.get(kind)
            if handler is None:
                logger.warning("Ignored an unknown message from the master: %s", kind)
                continue
            try:
                handler(data)
            except Exception as e:
                # One message that cannot be handled must not make the worker deaf for the next.
                logger.error("Could not carry out %r:\n%s", kind, format_exception(e))
                log.note_unhandled()

    # -- starting
    # -------------------------------------------------------------------------------------------------

    def _on_spawn(self, job: dict[str, Any]) -> None:
        if self._stop_requested:
            return
        environment = self.environment
        environment.host = job.get("host")
        environment.stop_timeout = job.get("stop_timeout") or 0.0
        self._take_options(job.get("parsed_options") or {})
        if environment.host:
            for user_class in self.user_classes:
                user_class.host = environment.host
        if not self._in_run:
            self._in_run = True
            self.cpu_warning_emitted = False
            self._leftovers.begin_run()
            self.engine.reset_stats()
            environment.filter_tasks()
            environment.events.test_start.fire(environment=environment)
        if self.spawning_greenlet is not None:
            self.spawning_greenlet.kill()
        counts: dict[str, int] = job["user_classes_count"]
        self.target_user_classes_count = dict(counts)
        self._enter(STATE_SPAWNING)
        self.spawning_greenlet = gevent.spawn(self._adjust, counts, job.get("spread_s") or 0.0)

    def _take_options(self, options: dict[str, Any]) -> None:
        parsed = vars(self.environment.parsed_options) if self.environment.parsed_options is not None else {}
        parsed.update((key, value) for key, value in options.items() if not is_own(key))

    def _adjust(self, counts: dict[str, int], spread_s: float) -> None:
        """
        Start what is missing (spread over `spread_s` seconds), stop what is too much, report.

        A user that has ended by itself is not missing: the next step of a ramp must not replace it.
        """
        self._leftovers.mark_current()
        known = self.user_classes_by_name
        for name in counts.keys() - known.keys():
            logger.error("The master wants users of class %s, which this worker's script does not have", name)
        missing = {n: max(0, counts[n] - self._served.get(n, 0)) for n in counts if n in known}
        surplus = {n: max(0, self.population.active(n) - counts[n]) for n in counts if n in known}
        for name in surplus:
            self._served[name] = min(self._served.get(name, 0), counts[name])
        self._start_users(missing, spread_s)
        users = [user for name, n in surplus.items() for user in self.population.newest(name, n)]
        self.population.stop(users, self.environment.stop_timeout)
        self._enter(STATE_RUNNING)
        self._publish()
        self.engine.send(
            "spawning_complete",
            {"user_classes_count": self.user_classes_count, "user_count": self.user_count},
        )

    def _start_users(self, missing: dict[str, int], spread_s: float) -> None:
        order = interleave(missing)
        began = time.monotonic()
        failed: set[str] = set()
        for i, name in enumerate(order):
            delay = began + spread_s * i / len(order) - time.monotonic()
            if delay > 0:
                gevent.sleep(delay)
            elif i % _STARTS_PER_TURN == 0:
                gevent.sleep(0)
            if name not in failed and not self._start_user(name):
                failed.add(name)
            self._served[name] = self._served.get(name, 0) + 1

    def _start_user(self, name: str) -> bool:
        user_class = self.user_classes_by_name[name]
        try:
            user = user_class(self.environment)
            if not hasattr(user, "environment"):
                raise TypeError(f"{name}.__init__ does not call super().__init__(environment)")
        except StopTest as e:
            self.environment.stop_test(e)
            return False
        except (Exception, SystemExit) as e:
            logger.error("Could not create a user of class %s:\n%s", name, format_exception(e))
            self._report_exception(None, e, e.__traceback__)
            return False
        self.population.start(user)
        return True

    def _on_spawning_complete(self, data: dict[str, Any]) -> None:
        self.environment.events.spawning_complete.fire(user_count=data["user_count"])
        if self.environment.reset_stats:
            logger.info("Resetting stats")
            self.engine.reset_stats()
            self.environment.events.reset_stats.fire()

    # -- stopping
    # -------------------------------------------------------------------------------------------------

    def _on_stop(self, _: Any) -> None:
        self._end_run()
        extras = self._reporting.extras()
        self._reporting.send(lambda extras: self.engine.send("client_stopped", extras), extras)
        self._enter(STATE_INIT)

    def shut_down(self, timeout_s: float) -> bool:
        """Send the last report and `quit`. False if they were not delivered in time."""
        deliver = self.engine.shutdown
        return bool(self._reporting.send(lambda extras: deliver(timeout_s, extras), self._reporting.extras()))

    def _on_stop_test(self, reason: str) -> None:
        self.engine.send("acrida_stop_test", {"reason": reason})
        self._stop_all()

    def _on_quit(self, kind: str, data: Any) -> None:
        if kind == "master_lost":
            logger.error("%s", data)
        elif kind == "new_script":
            logger.info("The master has a new script: making room for it")
        else:
            logger.info(
                "Shutting down (%s)", "the parent process has gone" if kind == "lifeline_closed" else kind
            )
        self._end_run()
        self.finished.set(_exit_code_of(kind))

    def _end_run(self) -> None:
        events, environment = self.environment.events, self.environment
        in_run, self._in_run = self._in_run, False
        if in_run:
            events.test_stopping.fire(environment=environment)
            self._enter(STATE_STOPPING)
        self._stop_all()
        self.target_user_classes_count = {}
        self._served = {}
        self._stop_requested = False
        if in_run:
            events.test_stop.fire(environment=environment)
            self._leftovers.end()
            repeats.tell_counts()

    def _stop_all(self) -> None:
        if self.spawning_greenlet is not None:
            self.spawning_greenlet.kill()
            self.spawning_greenlet = None
        self.population.stop(self.population.everybody(), self.environment.stop_timeout)
        self._publish()

    def stop(self) -> None:
        """Stop this worker's users."""
        self.stop_test("stop() was called")

    def stop_test(self, reason: str) -> None:
        if not self._stop_requested:
            self._stop_requested = True
            logger.warning("Stopping the test...")
            self._commands.put_nowait(("stop_test", reason))

    def quit(self) -> None:
        """End this worker, as its script wishes. The run goes on with the others and ends after the last."""
        self.engine.send("acrida_script_quits", None)
        self.on_command("quit", None)

    # -- messages and reports
    # -------------------------------------------------------------------------------------

    def _on_message(self, message: tuple[str, Any]) -> None:
        kind, data = message
        if kind not in self.custom_messages:
            logger.warning("Unknown message type received: %s", kind)
            return
        listener, concurrent = self.custom_messages[kind]
        hook = EventHook()  # for its treatment of exceptions
        hook.add_listener(listener)
        msg = Message(kind, data, self.client_id)
        if concurrent:
            gevent.spawn(hook.fire, environment=self.environment, msg=msg)
        else:
            hook.fire(environment=self.environment, msg=msg)

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        self.engine.send(msg_type, data)

    def _report_exception(self, user_instance: Any, exception: BaseException, tb: Any, **_: Any) -> None:
        self.engine.send("exception", {"msg": _text(exception), "traceback": format_frames(tb)})

    def _enter(self, state: str) -> None:
        self.state = state
        self._publish()

    def _population_changed(self) -> None:
        # Many users come and go at once: one report to the engine per turn of the hub will do.
        if not self._publishing:
            self._publishing = True
            gevent.get_hub().loop.run_callback(self._publish)

    def _publish(self) -> None:
        self._publishing = False
        self.engine.set_users(self.state, self.user_classes_count)

    @property
    def worker_state(self) -> str:
        """Same as `state`."""
        return self.state


def _text(exception: BaseException) -> str:
    # A bare code, such as sys.exit(3) has, would not tell what it is.
    return f"sys.exit({exception.code!r})" if isinstance(exception, SystemExit) else str(exception)


def _exit_code_of(ending: str) -> int:
    return EXIT_NEW_SCRIPT if ending == "new_script" else 0


def interleave(counts: dict[str, int]) -> list[str]:
    """Each name as often as it counts, mixed evenly: every part of the list has about the same mix."""
    places = [((k + 0.5) / n, name) for name, n in counts.items() for k in range(n)]
    return [name for _, name in sorted(places)]
