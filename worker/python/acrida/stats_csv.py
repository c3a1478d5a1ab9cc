"""Statistics as CSV, in Locust's columns, for a program that runs users itself (`create_local_runner`).

The master writes its own files (`--csv`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent

from . import stats as tunables
from .stats_error import StatsError
from .stats_math import get_readable_percentiles
from .util.date import format_utc_timestamp

if TYPE_CHECKING:
    from .env import Environment
    from .stats_entry import StatsEntry


class StatsCSV:
    """The tables, written to any `csv.writer`."""

    def __init__(self, environment: Environment, percentiles_to_report: list[float]) -> None:
        self.environment = environment
        self.percentiles_to_report = percentiles_to_report
        shown = get_readable_percentiles(percentiles_to_report)
        self.requests_csv_columns = [
            "Type", "Name", "Request Count", "Failure Count", "Median Response Time",
            "Average Response Time", "Min Response Time", "Max Response Time", "Average Content Size",
            "Requests/s", "Failures/s", *shown,
        ]  # fmt: skip
        self.failures_columns = ["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"]
        self.exceptions_columns = ["Count", "Message", "Traceback", "Nodes"]
        self.stats_history_csv_columns = [
            "Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s", *shown,
            "Total Request Count", "Total Failure Count", "Total Median Response Time",
            "Total Average Response Time", "Total Min Response Time", "Total Max Response Time",
            "Total Average Content Size",
        ]  # fmt: skip

    def requests_csv(self, csv_writer: Any) -> None:
        """The table of requests, the total last."""
        csv_writer.writerow(self.requests_csv_columns)
        stats = self.environment.stats
        for entry in [*tunables.sort_stats(stats.entries), stats.total]:
            rates = (entry.total_rps, entry.total_fail_per_sec)
            csv_writer.writerow([entry.method, entry.name, *_figures(entry), *rates, *self._times(entry)])

    def failures_csv(self, csv_writer: Any) -> None:
        """The table of failures."""
        csv_writer.writerow(self.failures_columns)
        for error in tunables.sort_stats(self.environment.stats.errors):
            text = StatsError.parse_error(error.error)
            seen = ["" if t is None else format_utc_timestamp(t) for t in (error.first_seen, error.last_seen)]
            csv_writer.writerow([error.method, error.name, text, error.occurrences, *seen])

    def exceptions_csv(self, csv_writer: Any) -> None:
        """The table of exceptions."""
        csv_writer.writerow(self.exceptions_columns)
        runner = self.environment.runner
        for row in runner.exceptions.values() if runner is not None else ():
            nodes = ", ".join(sorted(row["nodes"]))
            csv_writer.writerow([row["count"], row["msg"], row["traceback"], nodes])

    def _times(self, entry: StatsEntry, current: bool = False) -> list[Any]:
        if not entry.num_requests:
            return ["N/A"] * len(self.percentiles_to_report)
        if current and entry.use_response_times_cache:
            return [entry.get_current_response_time_percentile(p) or 0 for p in self.percentiles_to_report]
        return [entry.get_response_time_percentile(p) for p in self.percentiles_to_report]

    def close_files(self) -> None:
        """Nothing: the writers are the caller's."""


class StatsCSVFileWriter(StatsCSV):
    """
    The tables in files, kept up to date by calling it: `gevent.spawn(StatsCSVFileWriter(...))`.

    Files are `<base>_stats.csv`, `_stats_history.csv`, `_failures.csv` and `_exceptions.csv`; with
    `full_history` the history has a row for each name, and not only the total.
    """

    def __init__(
        self,
        environment: Environment,
        percentiles_to_report: list[float],
        base_filepath: str,
        full_history: bool = False,
    ) -> None:
        super().__init__(environment, percentiles_to_report)
        self.base_filepath = base_filepath
        self.full_history = full_history
        self._tables: list[tuple[Any, Callable[[Any], None]]] = [
            (self._open("_stats.csv"), self.requests_csv),
            (self._open("_failures.csv"), self.failures_csv),
            (self._open("_exceptions.csv"), self.exceptions_csv),
        ]
        self._history = self._open("_stats_history.csv")
        _writer(self._history).writerow(self.stats_history_csv_columns)

    def _open(self, ending: str) -> Any:
        return open(self.base_filepath + ending, "w", newline="")

    def stats_history_file_name(self) -> str:
        """Path of the history."""
        return f"{self.base_filepath}_stats_history.csv"

    def __call__(self) -> None:
        self.stats_writer()

    def stats_writer(self) -> None:
        """Write again and again, until the greenlet is killed; then, once more."""
        flushed = time.monotonic()
        try:
            while True:
                self._write()
                if time.monotonic() - flushed > tunables.CSV_STATS_FLUSH_INTERVAL_SEC:
                    flushed = time.monotonic()
                    self._flush()
                gevent.sleep(tunables.CSV_STATS_INTERVAL_SEC)
        finally:
            if not self._history.closed:
                self._write()
                self._flush()

    def _write(self) -> None:
        for file, table in self._tables:
            file.seek(0)
            table(_writer(file))
            file.truncate()
        stats, runner = self.environment.stats, self.environment.runner
        users = runner.user_count if runner is not None else 0
        entries = tunables.sort_stats(stats.entries) if self.full_history else []
        for entry in [*entries, stats.total]:
            rates = (f"{entry.current_rps:2f}", f"{entry.current_fail_per_sec:2f}")
            head = (int(time.time()), users, entry.method, entry.name, *rates)
            _writer(self._history).writerow([*head, *self._times(entry, self.full_history), *_figures(entry)])

    def _flush(self) -> None:
        for file in (*(file for file, _ in self._tables), self._history):
            file.flush()

    def close_files(self) -> None:
        """Close the files."""
        for file in (*(file for file, _ in self._tables), self._history):
            file.close()


def _writer(file: Any) -> Any:
    import csv  # not for every worker's start

    return csv.writer(file)


def _figures(entry: StatsEntry) -> tuple[Any, ...]:
    return (
        entry.num_requests,
        entry.num_failures,
        entry.median_response_time,
        entry.avg_response_time,
        entry.min_response_time or 0,
        entry.max_response_time,
        entry.avg_content_length,
    )
