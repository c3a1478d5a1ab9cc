"""`environment.stats`: this process' figures, read from the engine when they are asked for.

The engine keeps the statistics; nothing here is on the path of a request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Snapshot = Callable[[], "list[dict[str, Any]]"]


@dataclass
class StatsEntry:
    """Figures of one (method, name), with Locust's field names. Times in ms, `start_time` and such in unix
    seconds."""

    name: str
    method: str
    num_requests: int = 0
    num_none_requests: int = 0
    num_failures: int = 0
    total_response_time: float = 0.0
    min_response_time: float | None = None
    max_response_time: float = 0.0
    total_content_length: int = 0
    start_time: float = 0.0
    last_request_timestamp: float | None = None
    response_times: dict[int, int] = field(default_factory=dict)

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> StatsEntry:
        """From a row of the engine's snapshot; fields unknown here are left out."""
        return cls(**{key: value for key, value in row.items() if key in cls.__dataclass_fields__})

    @property
    def fail_ratio(self) -> float:
        """Failures per request, 0 to 1."""
        return self.num_failures / self.num_requests if self.num_requests else 0.0

    @property
    def avg_response_time(self) -> float:
        """Mean over the requests that have a time."""
        timed = self.num_requests - self.num_none_requests
        return self.total_response_time / timed if timed else 0.0

    @property
    def avg_content_length(self) -> float:
        """Mean response length in bytes."""
        return self.total_content_length / self.num_requests if self.num_requests else 0.0

    def get_response_time_percentile(self, percent: float) -> float:
        """The response time that `percent` (0 to 1) of the requests stay below, from the rounded times."""
        wanted = int(sum(self.response_times.values()) * percent)
        seen = 0
        for time_ms in sorted(self.response_times):
            seen += self.response_times[time_ms]
            if seen > wanted:
                return min(float(time_ms), self.max_response_time)
        return self.max_response_time

    @property
    def median_response_time(self) -> float:
        """Half of the requests are faster."""
        return self.get_response_time_percentile(0.5)


class RequestStats:
    """All figures since the run began (or the last reset)."""

    def __init__(self) -> None:
        self.source: Snapshot | None = None
        """Where rows come from: `Engine.snapshot`. Without one there are no figures."""
        self.resetter: Callable[[], None] | None = None
        """`Engine.reset_stats`."""

    def _rows(self) -> list[dict[str, Any]]:
        return self.source() if self.source is not None else []

    @property
    def entries(self) -> dict[tuple[str, str], StatsEntry]:
        """By (name, method)."""
        return {(row["name"], row["method"]): StatsEntry.from_row(row) for row in self._rows()[:-1]}

    @property
    def total(self) -> StatsEntry:
        """All requests together."""
        rows = self._rows()
        return StatsEntry.from_row(rows[-1]) if rows else StatsEntry("Aggregated", "")

    def get(self, name: str, method: str) -> StatsEntry:
        """Figures of one name and method; zeros if there was no such request."""
        return self.entries.get((name, method)) or StatsEntry(name, method)

    @property
    def num_requests(self) -> int:
        """Requests in total."""
        return self.total.num_requests

    @property
    def num_failures(self) -> int:
        """Failures in total."""
        return self.total.num_failures

    def reset_all(self) -> None:
        """Begin anew."""
        if self.resetter is not None:
            self.resetter()

    clear_all = reset_all
