"""Logging of our processes: on stderr or in a file and, by a worker's engine, in the master's collection."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

HOSTNAME = socket.gethostname().partition(".")[0]

LINE_FORMAT = f"[%(asctime)s] {HOSTNAME}/%(levelname)s/%(name)s: %(message)s"

# Where `stats.print_stats` and the like print: bare lines, on stderr also with a log file.
_tables = logging.getLogger("acrida.stats_logger")

unhandled_greenlet_exception = False
"""True once a listener or a greenlet of ours died of an exception: the process then ends with code 2."""


def note_unhandled() -> None:
    """Remember that something failed that nobody will report otherwise."""
    global unhandled_greenlet_exception
    unhandled_greenlet_exception = True


# Lines kept for the master from before there was a way to it: as many as it keeps.
_EARLY_LINES_MAX = 500


class ForwardHandler(logging.Handler):
    """Hands each formatted line to `sink`, normally `Engine.log`."""

    def __init__(self, sink: Callable[[str], None]) -> None:
        super().__init__()
        self._sink = sink
        self.setFormatter(logging.Formatter(LINE_FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._sink(self.format(record))
        except Exception:
            self.handleError(record)


def setup_logging(loglevel: str, logfile: str | None = None) -> None:
    """Log at `loglevel` (a name, such as INFO) to stderr, or to `logfile`, whose folder is created."""
    handler: logging.Handler
    if logfile:
        if folder := os.path.dirname(logfile):
            os.makedirs(folder, exist_ok=True)
        handler = logging.FileHandler(logfile)
    else:
        handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(LINE_FORMAT))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    level = logging.getLevelName(loglevel.upper())
    root.setLevel(level if isinstance(level, int) else logging.INFO)
    tables = logging.StreamHandler(sys.stderr)
    tables.setFormatter(logging.Formatter("%(message)s"))
    _tables.handlers[:] = [tables]
    _tables.setLevel(logging.INFO)
    _tables.propagate = False


_early: tuple[ForwardHandler, deque[str]] | None = None
_sink: Callable[[str], None] | None = None


def collect() -> None:
    """Keep the lines from now on until `forward_to` says where they go: those of a script that is loaded."""
    global _early
    lines: deque[str] = deque(maxlen=_EARLY_LINES_MAX)
    _early = (ForwardHandler(lines.append), lines)
    logging.getLogger().addHandler(_early[0])


def forward_to(sink: Callable[[str], None]) -> None:
    """Also hand every line to `sink`, first those that were collected."""
    global _early, _sink
    root = logging.getLogger()
    if _early is not None:
        handler, lines = _early
        root.removeHandler(handler)
        for line in lines:
            sink(line)
        _early = None
    _sink = sink
    root.addHandler(ForwardHandler(sink))


def write_past_logging(text: str, level: int = logging.ERROR) -> None:
    """Log a line from a thread that may not touch the locks of `logging`: they are gevent's, and perhaps held
    by a greenlet that does not run."""
    record = logging.LogRecord("acrida.worker", level, __file__, 0, text, None, None)
    line = logging.Formatter(LINE_FORMAT).format(record)
    descriptors = [_descriptor(handler) for handler in logging.getLogger().handlers]
    for descriptor in descriptors:
        if descriptor is not None:
            os.write(descriptor, f"{line}\n".encode(errors="replace"))
    if _sink is not None:
        _sink(line)


def _descriptor(handler: logging.Handler) -> int | None:
    if isinstance(handler, logging.StreamHandler):
        try:
            return int(handler.stream.fileno())
        except (AttributeError, OSError, ValueError):
            return None
    return None


def greenlet_exception_logger(logger: logging.Logger, level: int = logging.CRITICAL) -> Callable[[Any], None]:
    """A function for `Greenlet.link_exception`: logs the exception, and the process ends with code 2."""

    def log_it(greenlet: Any) -> None:
        logger.log(level, "Unhandled exception in greenlet: %s", greenlet, exc_info=greenlet.exc_info)
        note_unhandled()

    return log_it
