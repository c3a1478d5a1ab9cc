"""The worker's runner: does what the master says, in the order it says it.

The engine keeps the link (heartbeats, reports, reconnection) and needs nothing from here for that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import AsyncResult
from gevent.queue import Queue

from . import log, repeats
from .options import is_own
from .reporting import Reporting
from .runner_base import STATE_INIT, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPING, Message
from .tracebacks import format_exception, format_frames
from .users_runner import UsersRunner, interleave, text_of

if TYPE_CHECKING:
    from ._engine import Engine
    from .env import Environment

logger = logging.getLogger("acrida.worker")

# Commands after which there is nothing more to do.
_ENDINGS = ("quit", "master_lost", "lifeline_closed", "new_script")

# Our master's message: it has a new script. The launcher knows the exit code and starts another process.
_NEW_SCRIPT_MESSAGE = "acrida_new_script"
EXIT_NEW_SCRIPT = 75


class WorkerRunner(UsersRunner):
    """Runs users as the master says."""

    def __init__(
        self,
        environment: Environment,
        engine: Engine,
        client_id: str,
        master_host: str | None = None,
        master_port: int = 0,
    ) -> None:
        super().__init__(environment, engine)
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
        self.finished: Any = AsyncResult()
        """Set to the exit code when there is nothing more to do."""
        # The master's messages wait here: handling one (a slow test_start, a stop with a time-out) may take
        # long, and must neither hold up the hub nor overlap with the next.
        self._commands: Any = Queue()
        self._acked: Any = AsyncResult()
        self._following = False
        self._in_run = False
        self._stop_requested = False
        self._publishing = False
        self._reporting = Reporting(self)
        environment.runner = self

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
            # So that `init` and what it starts see them; a spawn tells them again.
            self._take_options((data or {}).get("parsed_options") or {})
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
        self._take_host()
        if not self._in_run:
            self._in_run = True
            self._begin_run()
        self._kill_spawning()
        counts: dict[str, int] = job["user_classes_count"]
        self._enter(STATE_SPAWNING)
        self._spawn_adjust(counts, job.get("spread_s") or 0.0)

    def _take_options(self, options: dict[str, Any]) -> None:
        parsed = vars(self.environment.parsed_options) if self.environment.parsed_options is not None else {}
        parsed.update((key, value) for key, value in options.items() if not is_own(key))

    def _adjust(self, counts: dict[str, int], spread_s: float) -> None:
        """Start what is missing (spread over `spread_s` seconds), stop what is too much, report."""
        self._leftovers.mark_current()
        for name in counts.keys() - self.user_classes_by_name.keys():
            logger.error("The master wants users of class %s, which this worker's script does not have", name)
        missing, surplus = self._difference(counts)
        self._start_users(interleave(missing), spread_s)
        self.population.stop(surplus, self.environment.stop_timeout)
        self._enter(STATE_RUNNING)
        self._publish()
        self.engine.send(
            "spawning_complete",
            {"user_classes_count": self.user_classes_count, "user_count": self.user_count},
        )

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
        super()._stop_all()
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
        self.deliver(Message(kind, data, self.client_id))

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        self.engine.send(msg_type, data)

    def _report_exception(self, user_instance: Any, exception: BaseException, tb: Any, **_: Any) -> None:
        self.engine.send("exception", {"msg": text_of(exception), "traceback": format_frames(tb)})

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


def _exit_code_of(ending: str) -> int:
    return EXIT_NEW_SCRIPT if ending == "new_script" else 0
