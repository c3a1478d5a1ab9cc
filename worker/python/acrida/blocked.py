"""Notices a script that keeps all users of its process waiting: code that runs or blocks for long without
letting the hub run, such as a computation, or a library whose waiting gevent cannot make cooperative.

A thread of the operating system looks from outside, so it sees where the script is while it is there. It may
not use anything of gevent's, nor the logging module, whose locks the blocked thread may hold.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from gevent import get_hub
from gevent.monkey import get_original

from .tracebacks import format_stack

BLOCKED_AFTER_S = 5.0
"""Time without a turn of the hub after which it is reported."""

_LOOKS_PER_LIMIT = 10
# Places that are remembered as reported; past it, nothing is reported any more.
_PLACES_MAX = 50


class Watch:
    """Watches the hub of the thread that makes it, until `stop()`."""

    def __init__(
        self, tell: Callable[[str], None], limit_s: float = BLOCKED_AFTER_S, others: str = "other users"
    ) -> None:
        """`others` is what waits."""
        # `tell` is called with a line by a thread of its own, so it may use neither locks of gevent nor hubs.
        self._tell = tell
        self._limit_s = limit_s
        self._others = others
        self._pause_s = limit_s / _LOOKS_PER_LIMIT
        self._thread = get_original("_thread", "get_ident")()
        self._turn = time.monotonic()
        self._stopped = False
        self._timer = get_hub().loop.timer(self._pause_s, self._pause_s, ref=False)
        self._timer.start(self._on_turn)
        start = get_original("_thread", "start_new_thread")
        start(self._look, ())

    def stop(self) -> None:
        """Look no more."""
        self._stopped = True
        self._timer.close()

    def _on_turn(self) -> None:
        self._turn = time.monotonic()

    def _look(self) -> None:
        sleep = get_original("time", "sleep")
        reported: set[str] = set()
        while not self._stopped:
            sleep(self._pause_s)
            turn = self._turn
            if time.monotonic() - turn < self._limit_s:
                continue
            where = format_stack(sys._current_frames().get(self._thread))
            is_new = where not in reported and len(reported) < _PLACES_MAX
            if is_new:
                reported.add(where)
                lag_s = time.monotonic() - turn
                self._tell(
                    f"The script has not let {self._others} run for {lag_s:.0f} s (loop lag); "
                    f"all of this process wait while it is here:\n{where.rstrip()}"
                )
            while self._turn == turn and not self._stopped:
                sleep(self._pause_s)
            if is_new and not self._stopped:
                self._tell(f"{self._others.capitalize()} run again after {self._turn - turn:.1f} s")
