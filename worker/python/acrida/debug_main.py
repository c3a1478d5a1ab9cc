"""`worker --debug`: one user in the foreground, without a master: `python -m acrida.debug_main CONFIG`.

CONFIG is the JSON that a worker's process gets on stdin; here stdin is the terminal, so that `breakpoint()`
can use it. The launcher has made way for this process: signals and the exit code are its own.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import gevent

from . import bridge, log
from .debug import error_line, prepare
from .env import Environment
from .exception import StopTest, StopUser
from .runners import LocalRunner, Message
from .script_loader import ScriptError
from .user.taskset import left_debugger
from .worker_main import build_environment, exit_code

if TYPE_CHECKING:
    from .user.users import User

logger = logging.getLogger("acrida.worker")

_ROW = "{:<7} {:>6} {:>9} {:>9}  {:<30} {:<45} {}"


class DebugRunner(LocalRunner):
    """The runner of one user: messages come back to this process, and `quit()` ends the user."""

    worker_index = 0

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._greenlet = gevent.getcurrent()
        self._runs = False
        environment.runner = self

    @property
    def user_count(self) -> int:
        """1 while the user runs."""
        return int(self._runs)

    def run(self, user: User) -> None:
        """The user's life, in the greenlet of the caller."""
        self._runs = True
        try:
            user.run()
        finally:
            self._runs = False

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """Hand a message to the listener that this process has for it."""
        if (found := self.custom_messages.get(msg_type)) is None:
            logger.warning("Unknown message type received: %s", msg_type)
            return
        listener, concurrent = found
        msg = Message(msg_type, data, "local")
        if concurrent:
            gevent.spawn(listener, environment=self.environment, msg=msg)
        else:
            listener(environment=self.environment, msg=msg)

    def stop_test(self, reason: str) -> None:
        """End the user."""
        if gevent.getcurrent() is self._greenlet:
            raise StopUser()
        gevent.get_hub().loop.run_callback(self._throw)

    def _throw(self) -> None:
        if self._runs:
            self._greenlet.throw(StopUser())

    def stop(self) -> None:
        """End the user."""
        self.stop_test("stop() was called")

    def quit(self) -> None:
        """End the user, and with it the process."""
        self.stop_test("quit() was called")


class Printer:
    """Prints each request as an aligned row, and counts what failed."""

    def __init__(self, environment: Environment) -> None:
        self.requests = self.failures = self.exceptions = 0
        environment.events.request.add_listener(self.on_request)
        environment.events.user_error.add_listener(self.on_user_error)
        self._print("method", "status", "ms", "bytes", "name", "URL", "failure")

    def _print(self, *cells: Any) -> None:
        print(_ROW.format(*cells).rstrip(), flush=True)

    def on_request(
        self,
        request_type: str,
        name: str,
        response_time: float | None = None,
        response_length: int | None = 0,
        exception: Any = None,
        response: Any = None,
        url: str | None = None,
        **_: Any,
    ) -> None:
        """A request is over."""
        self.requests += 1
        self.failures += exception is not None
        ms = "-" if response_time is None else f"{response_time:.1f}"
        status = getattr(response, "status_code", None)
        self._print(
            request_type, status or "-", ms, response_length or 0, name, url or "-", error_line(exception)
        )

    def on_user_error(self, **_: Any) -> None:
        """An exception left a task; it has been logged."""
        self.exceptions += 1

    def summary(self) -> str:
        """What there was, in one line."""
        return f"{self.requests} requests, {self.failures} failures, {self.exceptions} exceptions"


def choose(environment: Environment, named: Iterable[str]) -> type[User]:
    """The class to run: the one named, or the first of the file. Raises ScriptError if several are named."""
    classes = environment.user_classes
    names = ", ".join(user_class.__name__ for user_class in classes)
    if len(classes) > 1:
        if list(named):
            raise ScriptError("other", f"--debug runs one user: name one class, not {names}")
        print(f"Running {classes[0].__name__}, the first of {names}; name another one to run that")
    return classes[0]


def run(environment: Environment, user_class: type[User]) -> int:
    """Run one user until it ends or Ctrl-C ends it. Returns the exit code."""
    events = environment.events
    # Also where a shell has started this process in the background, which ignores Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hub = gevent.get_hub()
    hub.NOT_ERROR = (*hub.NOT_ERROR, KeyboardInterrupt)  # it is handled below: not to be printed
    environment.use_engine(bridge.current().engine)
    runner = DebugRunner(environment)
    events.init.fire(environment=environment, runner=runner, web_ui=None)
    printer = Printer(environment)
    try:
        runner.run(prepare(environment, user_class))
    except KeyboardInterrupt:
        print()
    except StopTest as e:
        printer.exceptions += 1
        logger.error("%s", e)
    except Exception as e:
        if not left_debugger(e):
            printer.exceptions += 1
            logger.error("The user ended by an exception", exc_info=e)
    print(printer.summary(), flush=True)
    events.test_stopping.fire(environment=environment)
    events.test_stop.fire(environment=environment)
    events.quitting.fire(environment=environment, reverse=True)
    code = exit_code(environment, 1 if printer.failures or printer.exceptions else 0)
    events.quit.fire(exit_code=code)
    return code


def _breakpoint(*_args: Any, **_kwargs: Any) -> None:
    # Python's own hook makes Ctrl-C, once the user runs on, stop wherever that is: mostly in gevent's hub,
    # which a debugger must not leave by an exception. Here it ends the user instead.
    import pdb

    pdb.Pdb(nosigint=True).set_trace(sys._getframe(1))


def main() -> int:
    """Entry point."""
    if sys.breakpointhook is sys.__breakpointhook__ and "PYTHONBREAKPOINT" not in os.environ:
        sys.breakpointhook = _breakpoint
    config: dict[str, Any] = json.loads(sys.argv[1])
    sys.argv[:] = [config["locustfiles"][0]]
    if not (config.get("options") or {}).get("skip_log_setup"):
        log.setup_logging(config.get("loglevel") or "INFO", config.get("logfile"))
    try:
        environment = build_environment(config)
        user_class = choose(environment, config.get("user_classes") or [])
    except (ScriptError, ValueError) as e:
        if detail := getattr(e, "detail", ""):
            logger.debug("%s", detail)
        logger.error("%s", e)
        return 1
    return run(environment, user_class)


if __name__ == "__main__":
    sys.exit(main())
