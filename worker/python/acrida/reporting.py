"""What a worker's listeners hear of the link: reports that leave, heartbeats, the use of CPU and memory.

The engine does all this by itself. It tells of it only what somebody listens to, and asks for what listeners
add to a report; it does not wait for the answer longer than until the next report.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent

if TYPE_CHECKING:
    from .users_runner import UsersRunner
    from .worker_runner import WorkerRunner

logger = logging.getLogger("acrida.worker")

CPU_WARNING_PERCENT = 90
"""Use of one core above which the figures may be wrong: the script is the bottleneck."""

# Keys of a report that are the engine's to fill. A listener may read those given to it, but not set them.
_OWN_KEYS = ("stats", "stats_total", "errors", "user_count", "user_classes_count", "acrida")


class Reporting:
    """Fires `report_to_master`, `heartbeat_received`, `usage_monitor` and `cpu_warning`."""

    def __init__(self, runner: WorkerRunner) -> None:
        self._runner = runner
        self._events = runner.environment.events
        self._complained: set[str] = set()
        for hook in (self._events.report_to_master, self._events.heartbeat_received):
            hook.on_change = self._tell_engine
        self.handlers: dict[str, Callable[[Any], None]] = {
            "report": self._on_report,
            "heartbeat": self._on_heartbeat,
            "usage": self._on_usage,
        }
        """By the engine's commands; each is called by the hub and returns at once."""

    def begin(self) -> None:
        """The engine is there: tell it what is listened to."""
        self._tell_engine()

    def _tell_engine(self) -> None:
        events = self._events
        self._runner.engine.listen(
            events.report_to_master.has_listeners, events.heartbeat_received.has_listeners
        )

    def extras(self) -> dict[str, Any] | None:
        """What listeners add to the report that is about to leave; None without listeners."""
        if not self._events.report_to_master.has_listeners:
            return None
        runner = self._runner
        data: dict[str, Any] = {
            "user_classes_count": runner.user_classes_count,
            "user_count": runner.user_count,
        }
        self._events.report_to_master.fire(client_id=runner.client_id, data=data)
        return {key: value for key, value in data.items() if key not in _OWN_KEYS}

    def send(self, deliver: Callable[[dict[str, Any] | None], Any], extras: dict[str, Any] | None) -> Any:
        """`deliver(extras)`, or without them if they cannot travel, which is said once."""
        try:
            return deliver(extras)
        except (TypeError, ValueError) as e:
            if (text := str(e)) not in self._complained and len(self._complained) < 10:
                self._complained.add(text)
                logger.error("What listeners of report_to_master added to a report is not sent: %s", text)
            return deliver(None)

    def _on_report(self, number: int) -> None:
        gevent.spawn(self._answer, number)

    def _answer(self, number: int) -> None:
        self.send(lambda extras: self._runner.engine.add_to_report(number, extras or {}), self.extras())

    def _on_heartbeat(self, _: Any) -> None:
        runner = self._runner
        runner.last_heartbeat_timestamp = time.time()
        gevent.spawn(
            self._events.heartbeat_received.fire,
            client_id=runner.client_id,
            timestamp=runner.last_heartbeat_timestamp,
        )

    def _on_usage(self, usage: dict[str, Any]) -> None:
        tell_usage(self._runner, usage["cpu_percent"], usage["memory_bytes"])


def tell_usage(runner: UsersRunner, cpu: float, memory: int) -> None:
    """Keep what this process uses, in percent of a core and bytes, and fire what there is to it."""
    runner.current_cpu_usage, runner.current_memory_usage = cpu, memory
    environment = runner.environment
    if cpu > CPU_WARNING_PERCENT:
        gevent.spawn(environment.events.cpu_warning.fire, environment=environment, cpu_usage=cpu)
        if not runner.cpu_warning_emitted:
            runner.cpu_warning_emitted = True
            logger.warning(
                "This worker process uses %.0f %% of its core: response times may be measured too high. "
                "Spread the users over more processes or machines",
                cpu,
            )
    if environment.events.usage_monitor.has_listeners:
        gevent.spawn(
            environment.events.usage_monitor.fire, environment=environment, cpu_usage=cpu, memory_usage=memory
        )
