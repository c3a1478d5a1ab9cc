"""Greenlets that users started and left running when their run was over.

They would load the target unseen, and count in the next run. They are known by an object that gevent hands
down from a greenlet to those it spawns, so keeping track of them costs nothing while the run is on.
"""

from __future__ import annotations

import gc
import linecache
import logging
from collections import Counter
from typing import Any

import gevent
from gevent import Greenlet, getcurrent

from .tracebacks import is_of_script

logger = logging.getLogger("acrida.worker")

# Places they were spawned at that are listed.
_PLACES_MAX = 5
# Time they get for their clean-up.
_END_TIMEOUT_S = 1.0


class Leftovers:
    """The greenlets of one run after the other."""

    def __init__(self) -> None:
        self._mark: dict[str, Any] = {}

    def begin_run(self) -> None:
        """What is marked from now on belongs to a new run."""
        self._mark = {"acrida_run": True}

    def mark_current(self) -> None:
        """Everything that the current greenlet spawns, and what that spawns, belongs to the run."""
        getcurrent().spawn_tree_locals = self._mark

    def unmark(self, greenlet: Any) -> None:
        """A greenlet, and what it spawns from now on, does not belong to the run."""
        greenlet.spawn_tree_locals = {}

    def end(self) -> int:
        """End those that still run, and say where they came from. Returns how many there were."""
        found = [
            one
            for one in gc.get_objects()
            if isinstance(one, Greenlet)
            and not one.dead
            and getattr(one, "spawn_tree_locals", None) is self._mark
            and one is not getcurrent()
        ]
        if not found:
            return 0
        places = Counter(map(_place, found))
        lines = [f"{n} x {place}" for place, n in places.most_common(_PLACES_MAX)]
        if len(places) > _PLACES_MAX:
            lines.append(f"and {len(places) - _PLACES_MAX} more places")
        logger.warning(
            "%d greenlets that users started were still running after the end of the run; they are ended. "
            "End them in on_stop. They were started at:\n  %s",
            len(found),
            "\n  ".join(lines),
        )
        gevent.killall(found, timeout=_END_TIMEOUT_S)
        if stubborn := sum(not one.dead for one in found):
            logger.warning("%d of them go on all the same", stubborn)
        return len(found)


def _place(greenlet: Greenlet) -> str:
    frame = getattr(greenlet, "spawning_stack", None)
    while frame is not None and not is_of_script(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return "an unknown place"
    file, line = frame.f_code.co_filename, frame.f_lineno
    return f"{file}:{line} in {frame.f_code.co_name}: {linecache.getline(file, line).strip()}"
