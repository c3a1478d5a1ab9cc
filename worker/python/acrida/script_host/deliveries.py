"""Workers' messages and the master's events on their way to the script's listeners, in their order."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import gevent
from gevent.event import Event
from gevent.queue import Queue

from ..runner_base import Message
from . import hooks
from .limits import CATCH_UP_TIMEOUT_S, MAX_DELIVERIES_WAITING

if TYPE_CHECKING:
    from ..env import Environment
    from ..master_runner import MasterRunner
    from .pipe import Frame

logger = logging.getLogger("acrida.script_host")

# Hooks whose listeners get the environment besides what the master says.
_WITH_ENVIRONMENT = ("cpu_warning", "usage_monitor")


class Deliveries:
    """One greenlet calls the listeners, so a slow one delays those after it, as in Locust."""

    def __init__(self, environment: Environment, runner: MasterRunner) -> None:
        self._environment = environment
        self._runner = runner
        self._waiting: Any = Queue()
        self._dropping = False
        self._greenlet = gevent.spawn(self._deliver)

    def put(self, frame: Frame) -> None:
        """An `event` or `message`. Returns at once."""
        if self._waiting.qsize() < MAX_DELIVERIES_WAITING:
            self._dropping = False
            self._waiting.put_nowait(frame)
        elif not self._dropping:
            self._dropping = True
            logger.error(
                "%d messages and events wait for a listener of the script that does not return: further ones "
                "are dropped",
                MAX_DELIVERIES_WAITING,
            )

    def is_current(self) -> bool:
        """Whether a listener of a message or event is what calls this."""
        return self._greenlet is gevent.getcurrent()

    def catch_up(self) -> None:
        """Wait for listeners of what has come so far, but not long."""
        mark = Event()
        self._waiting.put_nowait(mark)
        mark.wait(CATCH_UP_TIMEOUT_S)

    def close(self) -> None:
        """Deliver nothing more."""
        self._greenlet.kill(block=False)

    def _deliver(self) -> None:
        for item in self._waiting:
            if not isinstance(item, dict):
                item.set()
            elif item["op"] == "message":
                self._message(item)
            else:
                self._event(item)

    def _event(self, frame: Frame) -> None:
        name, args = frame["hook"], dict(frame.get("args") or {})
        if name in _WITH_ENVIRONMENT:
            args["environment"] = self._environment
        if name == "reset_stats":
            self._environment.stats.forget()
        elif name == "worker_connect":
            self._runner.clients.get_or_add(args["client_id"])
        if hasattr(self._environment.events, name):
            hooks.fire(self._environment.events, name, **args)

    def _message(self, frame: Frame) -> None:
        kind, client_id = frame["type"], frame.get("client_id") or ""
        if kind not in self._runner.custom_messages:
            logger.warning(
                "Unknown message type received from worker %s (index %d): %s",
                client_id,
                self._runner.get_worker_index(client_id),
                kind,
            )
            return
        listener, concurrent = self._runner.custom_messages[kind]
        kwargs = {"environment": self._environment, "msg": Message(kind, frame.get("data"), client_id)}
        what = f"messages of type {kind!r}"
        if concurrent:
            gevent.spawn(hooks.call_all, what, [listener], counts=False, **kwargs)
        else:
            hooks.call_all(what, [listener], counts=False, **kwargs)
