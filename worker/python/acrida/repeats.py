"""Troubles that may come thousands of times: shown once with their traceback, then only counted.

A listener that raises on every request, or a greenlet that dies in every task, must not drown the log.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable

from . import log

logger = logging.getLogger("acrida.worker")

# Different troubles remembered; further ones share one place.
_DIFFERENT_MAX = 200

_seen: dict[Hashable, tuple[str, int]] = {}


def is_first(key: Hashable, what: str) -> bool:
    """Count a trouble; True if it is the first with that `key`. `what` names it when its count is told."""
    if key not in _seen and len(_seen) >= _DIFFERENT_MAX:
        key, what = None, "more different troubles than are listed"
    name, count = _seen.get(key, (what, 0))
    _seen[key] = (name, count + 1)
    return count == 0


def report(key: Hashable, what: str, text: str) -> None:
    """Log `text` as an error if it is the first with that key, and count it. The process ends with code 2."""
    log.note_unhandled()
    if is_first(key, what):
        logger.error("%s", text)


def tell_counts() -> None:
    """Log how often those came that came more than once, and forget all: at the end of a run."""
    for what, count in _seen.values():
        if count > 1:
            logger.error("%s: %d times in all", what, count)
    _seen.clear()
