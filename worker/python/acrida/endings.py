"""How a worker process ends: what a script's greenlets raise unseen, and that nothing keeps it from ending."""

from __future__ import annotations

import os
import sys
from typing import Any

from gevent import GreenletExit, get_hub
from gevent.monkey import get_original

from . import repeats
from .tracebacks import format_exception, origin

LEAVE_S = 3.0
"""Time a process gets to end once its last figures are delivered."""

# What is not for the script's author, or is gevent's own business.
_NOT_OURS = (GreenletExit, KeyboardInterrupt, SystemError)


def report_dying_greenlets() -> None:
    """Log what ends a greenlet of the script, once for each place. `sys.exit()` in one ends it, not the
    process: gevent would end the process at once, without its last figures."""
    hub = get_hub()
    original = hub.handle_error

    def handle_error(context: Any, kind: type[BaseException], value: Any, tb: Any) -> None:
        if not isinstance(value, BaseException) or isinstance(value, _NOT_OURS):
            original(context, kind, value, tb)
            return
        text = f"A greenlet of the script died:\n{format_exception(value)}"
        if isinstance(value, SystemExit):
            text += "\nsys.exit() in a greenlet does not end the process: call environment.runner.quit()"
        if repeats.is_first(("greenlet", *origin(value)), f"A greenlet of the script died of {value!r}"):
            repeats.logger.error("%s", text)

    hub.handle_error = handle_error


def leave_within(seconds: float, code: int, tell: Any) -> None:
    """End the process with `code` after a while if it has not ended by then: a script's threads, or processes
    it has not waited for, would keep it. `tell` is called with a line, by a thread of its own."""

    def end() -> None:
        get_original("time", "sleep")(seconds)
        tell(
            f"Something of the script (a thread, or a process it has started) keeps this process from ending: "
            f"ended after {seconds:g} s"
        )
        sys.stdout.flush()
        os._exit(code)

    get_original("_thread", "start_new_thread")(end, ())
