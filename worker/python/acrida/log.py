"""Logging of a worker: lines on stderr (or a file) and, by the engine, in the master's log collection."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

HOSTNAME = socket.gethostname().partition(".")[0]

LINE_FORMAT = f"[%(asctime)s] {HOSTNAME}/%(levelname)s/%(name)s: %(message)s"

unhandled_greenlet_exception = False
"""True once a listener or a greenlet of ours died of an exception: the process then ends with code 2."""


def note_unhandled() -> None:
    """Remember that something failed that nobody will report otherwise."""
    global unhandled_greenlet_exception
    unhandled_greenlet_exception = True


class ForwardHandler(logging.Handler):
    """Hands each formatted line to `sink`, normally `Engine.log`."""

    def __init__(self, sink: Callable[[str], None]) -> None:
        super().__init__()
        self._sink = sink

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


def forward_to(sink: Callable[[str], None]) -> None:
    """Also hand every line to `sink`."""
    handler = ForwardHandler(sink)
    handler.setFormatter(logging.Formatter(LINE_FORMAT))
    logging.getLogger().addHandler(handler)


def greenlet_exception_logger(logger: logging.Logger, level: int = logging.CRITICAL) -> Callable[[Any], None]:
    """A function for `Greenlet.link_exception`: logs the exception, and the process ends with code 2."""

    def log_it(greenlet: Any) -> None:
        logger.log(level, "Unhandled exception in greenlet: %s", greenlet, exc_info=greenlet.exc_info)
        note_unhandled()

    return log_it
