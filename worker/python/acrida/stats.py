"""`environment.stats`: the figures of this process, or on the master those of all workers together.

The engine and the master keep them; nothing here is on the path of a request. Entries follow the figures: one
that a script keeps shows later ones when it is read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import gevent

from .stats_entry import CachedResponseTimes, StatsEntry, StatsError
from .stats_math import (
    CURRENT_WINDOW_S,
    calculate_response_time_percentile,
    diff_response_time_dicts,
    get_readable_percentiles,
)
from .stats_math import bucket as bucket_response_time

__all__ = (
    "CONSOLE_STATS_INTERVAL_SEC",
    "CSV_STATS_FLUSH_INTERVAL_SEC",
    "CSV_STATS_INTERVAL_SEC",
    "CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW",
    "HISTORY_STATS_INTERVAL_SEC",
    "PERCENTILES_TO_CHART",
    "PERCENTILES_TO_REPORT",
    "PERCENTILES_TO_STATISTICS",
    "CachedResponseTimes",
    "EntriesDict",
    "RequestStats",
    "StatsEntry",
    "StatsError",
    "bucket_response_time",
    "calculate_response_time_percentile",
    "diff_response_time_dicts",
    "get_readable_percentiles",
    "sort_stats",
)

# Locust's tunables. The master's reports follow its own options; these are read by `to_dict` and by scripts.
CONSOLE_STATS_INTERVAL_SEC = 2
HISTORY_STATS_INTERVAL_SEC = 5
CSV_STATS_INTERVAL_SEC = 1
CSV_STATS_FLUSH_INTERVAL_SEC = 5
CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW = CURRENT_WINDOW_S
PERCENTILES_TO_REPORT = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0]
PERCENTILES_TO_STATISTICS = [0.95, 0.99]
PERCENTILES_TO_CHART = [0.5, 0.95]

Snapshot = Callable[[], "list[dict[str, Any]]"]
Recorder = Callable[[str, str, "float | None", int, "str | None"], None]
Entry = TypeVar("Entry")

# A kept entry is brought up to date at most this often: a loop over all of them asks the engine once.
_MAX_AGE_S = 0.05

# So long after the last question for a current percentile, figures of earlier seconds are still kept.
_WATCH_S = 60.0


class EntriesDict(dict[tuple[str, str], StatsEntry]):
    """{(name, method): entry}; an entry that is not there is made when it is asked for."""

    def __init__(self, request_stats: RequestStats) -> None:
        super().__init__()
        self.request_stats = request_stats

    def __missing__(self, key: tuple[str, str]) -> StatsEntry:
        stats = self.request_stats
        self[key] = StatsEntry(stats, *key, use_response_times_cache=stats.use_response_times_cache)
        return self[key]


class RequestStats:
    """All figures since the run began (or the last reset)."""

    def __init__(self, use_response_times_cache: bool = True) -> None:
        self.source: Snapshot | None = None
        """Where rows come from, the last one being the total. Without one, this counts by itself."""
        self.error_source: Snapshot | None = None
        """Where rows of errors come from, if they come along: asked right after `source`."""
        self.resetter: Callable[[], None] | None = None
        """Lets the source begin anew."""
        self.recorder: Recorder | None = None
        """Where `log_request` goes in a worker: the engine."""
        self.max_age_s = 0.0
        """Age of the figures up to which the source is not asked again."""
        self.use_response_times_cache = use_response_times_cache
        """Whether entries can tell current percentiles."""
        self.history: list[dict[str, Any]] = []
        """Empty: the master keeps the history of a run."""
        self._entries: dict[tuple[str, str], StatsEntry] = EntriesDict(self)
        self._errors: dict[str, StatsError] = {}
        self._total = StatsEntry(self, "Aggregated", "", use_response_times_cache)
        self._read_at = float("-inf")
        self._watcher: Any = None
        self._watch_until = 0.0

    # -- following the source
    # -------------------------------------------------------------------------------------

    def refresh_if_old(self, max_age_s: float | None = None) -> None:
        """Read the source again unless that was done just now."""
        if self.source is None:
            return
        limit = max(self.max_age_s, _MAX_AGE_S) if max_age_s is None else max_age_s
        if time.monotonic() - self._read_at > limit:
            self.refresh()

    def refresh(self) -> None:
        """Read the source now."""
        if self.source is None:
            return
        rows = self.source()
        errors = self.error_source() if self.error_source is not None else []
        self._read_at = time.monotonic()
        # A new dict of the same entries: somebody may be in a loop over the old one.
        known, self._entries = dict(self._entries), EntriesDict(self)
        for row in rows[:-1]:
            key = (row["name"], row["method"])
            if key in known:
                self._entries[key] = known.pop(key)
            self._entries[key].take(row)
        for key, entry in known.items():
            if entry.is_empty():
                self._entries[key] = entry  # somebody asked for it, and may wait for its first request
            entry.take({})
        self._total.take(rows[-1] if rows else {})
        self._errors = {
            StatsError.create_key(row["method"], row["name"], row["error"]): StatsError.unserialize(row)
            for row in errors
        }
        if self._watcher is not None:
            for entry in self._each():
                entry.remember(int(time.time()))

    def forget(self) -> None:
        """Read the source again at the next question, however short ago the last was."""
        self._read_at = float("-inf")

    def keep_watching(self) -> None:
        """Read the source every second for a while, so that current percentiles can be told."""
        self._watch_until = time.monotonic() + _WATCH_S
        if self.source is None or self._watcher is not None:
            return

        def watch() -> None:
            while time.monotonic() < self._watch_until:
                gevent.sleep(1)
                self.refresh_if_old()
            self._watcher = None

        self._watcher = gevent.spawn(watch)
        self.refresh_if_old(0.0)

    def total_as_read(self) -> StatsEntry:
        """`total`, without asking for newer figures."""
        return self._total

    def _each(self) -> Iterator[StatsEntry]:
        yield from self._entries.values()
        yield self._total

    # -- reading
    # --------------------------------------------------------------------------------------------------

    @property
    def entries(self) -> dict[tuple[str, str], StatsEntry]:
        """By (name, method)."""
        self.refresh_if_old(self.max_age_s)
        return self._entries

    @property
    def total(self) -> StatsEntry:
        """All requests together."""
        self.refresh_if_old(self.max_age_s)
        return self._total

    @property
    def errors(self) -> dict[str, StatsError]:
        """Failures by kind; the keys have no meaning."""
        self.refresh_if_old(self.max_age_s)
        return self._errors

    def get(self, name: str, method: str) -> StatsEntry:
        """Figures of one name and method; zeros if there was no such request."""
        return self.entries[(name, method)]

    @property
    def num_requests(self) -> int:
        """Requests in total."""
        return self.total.num_requests

    @property
    def num_none_requests(self) -> int:
        """Requests without a response time in total."""
        return self.total.num_none_requests

    @property
    def num_failures(self) -> int:
        """Failures in total."""
        return self.total.num_failures

    @property
    def last_request_timestamp(self) -> float | None:
        """When the last request ended."""
        return self.total.last_request_timestamp

    @property
    def start_time(self) -> float:
        """When counting began."""
        return self.total.start_time

    def serialize_stats(self) -> list[dict[str, Any]]:
        """All entries with requests, as plain values. Those that count by themselves begin at zero then."""
        entries = [e for e in self.entries.values() if e.num_requests or e.num_failures]
        return [e.serialize() if self.source is not None else e.get_stripped_report() for e in entries]

    def serialize_errors(self) -> dict[str, dict[str, Any]]:
        """All errors as plain values."""
        return {key: error.serialize() for key, error in self.errors.items()}

    # -- counting
    # -------------------------------------------------------------------------------------------------

    def log_request(self, method: str, name: str, response_time: float | None, content_length: int) -> None:
        """Count a request. `environment.events.request.fire` is the way that also tells listeners."""
        if self.source is None:
            self._total.log(response_time, content_length)
            self._entries[(name, method)].log(response_time, content_length)
        elif self.recorder is not None:
            self.recorder(method, name, response_time, content_length, None)

    def log_error(self, method: str, name: str, error: BaseException | str | None) -> None:
        """Count a failure, where this counts by itself; elsewhere `events.request.fire` does."""
        if self.source is not None:
            return
        self._total.log_error(error)
        self._entries[(name, method)].log_error(error)
        key = StatsError.create_key(method, name, error)
        self._errors.setdefault(key, StatsError(method, name, error)).occurred()

    def reset_all(self) -> None:
        """Begin anew."""
        if self.resetter is not None:
            self.resetter()
        for entry in self._each():
            entry.reset()
        self._errors = {}
        self.history = []
        self.forget()

    def clear_all(self) -> None:
        """Begin anew, without any entries."""
        self.reset_all()
        self._entries = EntriesDict(self)


def sort_stats(stats: dict[Any, Entry]) -> list[Entry]:
    """The values by the order of their keys."""
    return [stats[key] for key in sorted(stats)]
