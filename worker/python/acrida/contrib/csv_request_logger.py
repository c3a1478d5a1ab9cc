"""
CsvRequestLogger: a row in a CSV file for every request. Example::

    @events.init.add_listener
    def log_requests(environment, **kwargs):
        CsvRequestLogger(f"requests_{environment.runner.worker_index}.csv").register(environment)

Each worker process writes a file of its own.
"""

from __future__ import annotations

import csv
import logging
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..env import Environment

logger = logging.getLogger("acrida.worker")

CSV_COLUMNS = (
    "timestamp",
    "request_type",
    "name",
    "response_time_ms",
    "response_length",
    "status_code",
    "exception",
)
"""Unix seconds of the start, method, name, milliseconds, bytes, status (0 without one), error or empty."""


class CsvRequestLogger:
    """Writes requests to `filepath` (overwritten; its folder must exist), to disk after every
    `flush_interval` rows."""

    def __init__(self, filepath: str, *, flush_interval: int = 1) -> None:
        self.filepath = filepath
        self.flush_interval = max(1, flush_interval)
        self._file: Any = None
        self._writer: Any = None
        self._pending = 0

    def register(self, environment: Environment) -> None:
        """Open the file and log the requests of an environment until its `quitting`. Raises OSError."""
        self.close()
        self._file = open(self.filepath, "w", newline="", encoding="utf-8")  # noqa: SIM115  (until `close`)
        self._writer = csv.writer(self._file)
        self._writer.writerow(CSV_COLUMNS)
        self._file.flush()
        environment.events.request.add_listener(self._on_request)
        environment.events.quitting.add_listener(self._on_quitting)
        logger.debug("Logging requests to %s", self.filepath)

    def close(self) -> None:
        """Write what is left and close the file. May be called again."""
        if self._file is not None:
            self._file.close()
        self._file = self._writer = None
        self._pending = 0

    def _on_request(
        self,
        *,
        request_type: str,
        name: str,
        response_time: float | None = None,
        response_length: int = 0,
        exception: Any = None,
        response: Any = None,
        start_time: float | None = None,
        **_: Any,
    ) -> None:
        if self._writer is None:
            return
        status = getattr(response, "status_code", 0)
        self._writer.writerow(
            (
                round(time.time() if start_time is None else start_time, 6),
                request_type,
                name,
                "" if response_time is None else round(response_time, 2),
                response_length,
                status if isinstance(status, int) else 0,
                "" if exception is None else str(exception),
            )
        )
        self._pending += 1
        if self._pending >= self.flush_interval:
            self._file.flush()
            self._pending = 0

    def _on_quitting(self, **_: Any) -> None:
        self.close()
