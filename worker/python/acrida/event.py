"""Event hooks: what a script can listen to, and how a custom client reports its requests.

The built-in clients do not go through `request.fire`: the engine has recorded their request before Python
hears of it, so the hook is only fired when somebody listens.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from . import repeats
from .exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser
from .faults import fault_of
from .tracebacks import format_exception, origin

Listener = TypeVar("Listener", bound=Callable[..., Any])

_STEERING = (StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)


class EventHook:
    """
    A list of functions called together. Example::

        def on_request(request_type, name, response_time, **kwargs):
            print(name)

        environment.events.request.add_listener(on_request)
    """

    def __init__(self) -> None:
        self._handlers: list[Callable[..., Any]] = []
        self.on_change: Callable[[], None] | None = None
        """Called when a listener comes or goes: for whoever fires the hook only if somebody listens."""

    def add_listener(self, handler: Listener) -> Listener:
        """Call `handler` from now on. Returns it, so this works as a decorator."""
        self._handlers.append(handler)
        if self.on_change is not None:
            self.on_change()
        return handler

    def remove_listener(self, handler: Callable[..., Any]) -> None:
        """Stop calling `handler`. Raises ValueError if it does not listen."""
        self._handlers.remove(handler)
        if self.on_change is not None:
            self.on_change()

    @property
    def has_listeners(self) -> bool:
        """Whether anybody listens."""
        return bool(self._handlers)

    def fire(self, *, reverse: bool = False, **kwargs: Any) -> None:
        """
        Call every listener with `kwargs`, in the order they were added (or the reverse).

        A listener's exception, `sys.exit()` too, is logged (once for each place it comes from), sets the
        process' exit code to 2 and does not keep the others from being called; only the exceptions that steer
        users (`StopUser`, `RescheduleTask`...) pass through.
        """
        handlers = self._handlers[::-1] if reverse else self._handlers[:]
        for handler in handlers:
            try:
                handler(**kwargs)
            except _STEERING:
                raise
            except (Exception, SystemExit) as e:
                _report(handler, e)


def _report(handler: Callable[..., Any], exception: BaseException) -> None:
    name = getattr(handler, "__qualname__", repr(handler))
    text = f"Uncaught exception in event handler:\n{format_exception(exception)}"
    if isinstance(exception, SystemExit):
        text += "\nsys.exit() in a listener does not end the process: call environment.runner.quit()"
    what = f"Uncaught exception in event handler {name}: {exception!r}"
    repeats.report((name, *origin(exception)), what, text)


Recorder = Callable[..., None]
"""(method, name, milliseconds, bytes, error) and, of a failure, whose fault it is."""


def error_text(exception: BaseException | str) -> str:
    """How an error is written in the statistics: Locust's `repr` of the exception."""
    return exception if isinstance(exception, str) else repr(exception)


class RequestEventHook(EventHook):
    """The `request` hook. Firing it records a request, which is all that a custom client has to do."""

    def __init__(self) -> None:
        super().__init__()
        self.recorder: Recorder | None = None
        """Where requests are recorded. Set by the runner."""

    def fire(self, *, reverse: bool = False, **kwargs: Any) -> None:
        """Record one request, then call the listeners."""
        if self.recorder is not None:
            exception = kwargs.get("exception")
            self.recorder(
                kwargs["request_type"],
                kwargs["name"],
                kwargs.get("response_time"),
                kwargs.get("response_length") or 0,
                *((error_text(exception), fault_of(exception)) if exception else (None,)),
            )
        if self._handlers:
            super().fire(reverse=reverse, **kwargs)

    def notify(self, **kwargs: Any) -> None:
        """Call the listeners only: for requests that the engine has recorded."""
        super().fire(**kwargs)

    @contextmanager
    def measure(
        self, request_type: str, name: str, response_length: int = 0, context: dict[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """
        Time a block and report it as a request; an exception inside it makes a failure. Example::

            with self.environment.events.request.measure("RPC", "login") as request_meta:
                request_meta["response_length"] = len(self.connection.login())
        """
        meta: dict[str, Any] = {
            "request_type": request_type,
            "name": name,
            "response_length": response_length,
            "context": context or {},
            "exception": None,
            "start_time": time.time(),
        }
        began = time.perf_counter()
        try:
            yield meta
        except Exception as e:
            meta["exception"] = e
        finally:
            meta["response_time"] = (time.perf_counter() - began) * 1000
            self.fire(**meta)


class DeprecatedEventHook(EventHook):
    """A hook that is going to go: adding a listener logs `message`."""

    def __init__(self, message: str) -> None:
        super().__init__()
        self.message = message

    def add_listener(self, handler: Listener) -> Listener:
        """As with any hook; logs `message` as a warning."""
        logging.getLogger("acrida.worker").warning(self.message)
        return super().add_listener(handler)


class Events:
    """All hooks. Every listener should also take `**kwargs`: arguments may be added."""

    def __init__(self) -> None:
        self.request = RequestEventHook()
        """(request_type, name, response_time ms or None, response_length, response, context, exception,
        start_time, url): a request is complete."""
        self.user_error = EventHook()
        """(user_instance, exception, tb): an exception left a task or `on_start`."""
        self.init = EventHook()
        """(environment, runner, web_ui): the process is set up, before any run."""
        self.init_command_line_parser = EventHook()
        """(parser): add command line arguments."""
        self.test_start = EventHook()
        """(environment): a run begins. Once per run, however often the number of users changes."""
        self.test_stopping = EventHook()
        """(environment): a run is about to end, its users still run."""
        self.test_stop = EventHook()
        """(environment): a run has ended."""
        self.spawning_complete = EventHook()
        """(user_count): all users of the run, over all workers, have been started."""
        self.reset_stats = EventHook()
        """(): the statistics were reset."""
        self.quitting = EventHook()
        """(environment): the process is about to end; `environment.process_exit_code` may be set."""
        self.quit = EventHook()
        """(exit_code): last call."""
        self.report_to_master = EventHook()
        """(client_id, data): a report goes to the master."""
        self.worker_report = EventHook()
        """(client_id, data): the master got a report."""
        self.worker_connect = EventHook()
        """(client_id): a worker joined the master."""
        self.cpu_warning = EventHook()
        """(environment, cpu_usage): the process uses too much of its core."""
        self.heartbeat_sent = EventHook()
        """(client_id, timestamp), on the master."""
        self.heartbeat_received = EventHook()
        """(client_id, timestamp), on a worker."""
        self.usage_monitor = EventHook()
        """(environment, cpu_usage, memory_usage)."""
