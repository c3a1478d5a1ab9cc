"""StatsEntry and StatsError: figures of one request name, and one kind of failure, with Locust's names.

An entry of `environment.stats` follows the figures it is read from; one made on its own counts by itself.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, overload

from . import stats_math as math

if TYPE_CHECKING:
    from .stats import RequestStats

T = TypeVar("T")


class CachedResponseTimes(NamedTuple):
    """Figures of an entry at an earlier second."""

    response_times: dict[int, int]
    num_requests: int
    num_none_requests: int


class _Figure(Generic[T]):
    """An attribute that is brought up to date when it is read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, entry: None, owner: type) -> _Figure[T]: ...
    @overload
    def __get__(self, entry: StatsEntry, owner: type) -> T: ...
    def __get__(self, entry: StatsEntry | None, owner: type) -> T | _Figure[T]:
        if entry is None:
            return self
        if entry.stats is not None:
            entry.stats.refresh_if_old()
        return entry.__dict__["_figures"][self._name]  # type: ignore[no-any-return]

    def __set__(self, entry: StatsEntry, value: T) -> None:
        entry.__dict__["_figures"][self._name] = value


class StatsEntry:
    """Figures of one (name, method). Times in ms, `start_time` and such in unix seconds."""

    num_requests = _Figure[int]()
    """Requests, failed ones included."""
    num_none_requests = _Figure[int]()
    """Those of them that have no response time."""
    num_failures = _Figure[int]()
    """Failed requests."""
    total_response_time = _Figure[float]()
    """Sum of all response times."""
    min_response_time = _Figure["float | None"]()
    """The shortest; None without any."""
    max_response_time = _Figure[float]()
    """The longest."""
    total_content_length = _Figure[int]()
    """Bytes of all responses."""
    start_time = _Figure[float]()
    """When counting began."""
    last_request_timestamp = _Figure["float | None"]()
    """When the last request ended."""
    response_times = _Figure[dict[int, int]]()
    """{rounded response time: requests}: two significant digits."""
    num_reqs_per_sec = _Figure[dict[int, int]]()
    """{unix second: requests}, of late."""
    num_fail_per_sec = _Figure[dict[int, int]]()
    """{unix second: failures}, of late."""

    def __init__(
        self, stats: RequestStats | None, name: str, method: str, use_response_times_cache: bool = False
    ) -> None:
        self.stats = stats
        """The statistics that this belongs to."""
        self.name = name
        self.method = method
        self.use_response_times_cache = use_response_times_cache
        """Whether `get_current_response_time_percentile` can be asked."""
        self.response_times_cache: OrderedDict[int, CachedResponseTimes] | None = None
        """Figures of the last 20 seconds, by second, where that is so."""
        self.__dict__["_figures"] = {}
        self.reset()

    def reset(self) -> None:
        """Begin at zero."""
        self.take({**_ZERO, "start_time": time.time()})
        if self.use_response_times_cache:
            self.response_times_cache = OrderedDict()

    def take(self, row: dict[str, Any]) -> None:
        """Replace the figures by those of a row; what it leaves out is zero."""
        figures = {key: row.get(key, zero) for key, zero in _ZERO.items()}
        for key in _MAPS:
            figures[key] = dict(figures[key] or {})
        self.__dict__["_figures"] = figures

    def is_empty(self) -> bool:
        """Whether nothing was counted, as far as was read."""
        figures = self.__dict__["_figures"]
        return not (figures["num_requests"] or figures["num_failures"])

    # -- counting
    # -------------------------------------------------------------------------------------------------

    def log(self, response_time: float | None, content_length: int) -> None:
        """Count a request."""
        now = time.time()
        figures = self.__dict__["_figures"]
        self.remember(int(now) - 1)
        figures["num_requests"] += 1
        figures["last_request_timestamp"] = now
        _add(figures["num_reqs_per_sec"], {int(now): 1})
        figures["total_content_length"] += content_length
        if response_time is None:
            figures["num_none_requests"] += 1
            return
        figures["total_response_time"] += response_time
        figures["min_response_time"] = _least(figures["min_response_time"], response_time)
        figures["max_response_time"] = max(figures["max_response_time"], response_time)
        _add(figures["response_times"], {math.bucket(response_time): 1})

    def log_error(self, error: BaseException | str | None) -> None:
        """Count a failure."""
        figures = self.__dict__["_figures"]
        figures["num_failures"] += 1
        _add(figures["num_fail_per_sec"], {int(time.time()): 1})

    def extend(self, other: StatsEntry) -> None:
        """Add the figures of another entry."""
        mine, theirs = self.__dict__["_figures"], other.serialize()
        for key in _SUMS:
            mine[key] += theirs[key]
        for key in _MAPS:
            _add(mine[key], theirs[key])
        mine["start_time"] = min(mine["start_time"], theirs["start_time"])
        mine["max_response_time"] = max(mine["max_response_time"], theirs["max_response_time"])
        mine["min_response_time"] = _least(mine["min_response_time"], theirs["min_response_time"])
        last = [t for t in (mine["last_request_timestamp"], theirs["last_request_timestamp"]) if t]
        mine["last_request_timestamp"] = max(last, default=None)
        if last:
            self.remember(int(max(last)))

    def remember(self, second: int) -> None:
        """Keep the present figures for `get_current_response_time_percentile`, once for each second."""
        cache = self.response_times_cache
        if cache is None or second in cache:
            return
        figures = self.__dict__["_figures"]
        cache[second] = CachedResponseTimes(
            dict(figures["response_times"]), figures["num_requests"], figures["num_none_requests"]
        )
        while len(cache) > math.CURRENT_WINDOW_S + 10:
            cache.popitem(last=False)

    # -- reading
    # --------------------------------------------------------------------------------------------------

    @property
    def fail_ratio(self) -> float:
        """Failures per request, 0 to 1."""
        if not self.num_requests:
            return 1.0 if self.num_failures else 0.0
        return self.num_failures / self.num_requests

    @property
    def avg_response_time(self) -> float:
        """Mean over the requests that have a time."""
        return self.total_response_time / self._timed if self._timed else 0.0

    @property
    def avg_content_length(self) -> float:
        """Mean response length in bytes."""
        return self.total_content_length / self.num_requests if self.num_requests else 0

    @property
    def median_response_time(self) -> float:
        """Half of the requests are faster."""
        if not self.response_times:
            return 0
        median = min(self.get_response_time_percentile(0.5), self.max_response_time)
        least = self.min_response_time
        return median if least is None else max(median, least)

    @property
    def _timed(self) -> int:
        return self.num_requests - self.num_none_requests

    def get_response_time_percentile(self, percent: float) -> int:
        """The response time that `percent` (0 to 1) of the requests stay below, from the rounded times."""
        return math.calculate_response_time_percentile(self.response_times, self._timed, percent)

    def get_current_response_time_percentile(self, percent: float) -> int | None:
        """
        The same over about the last 10 seconds; None as long as there is nothing from back then.

        Raises ValueError for an entry that does not keep it, as on workers.
        """
        if not self.use_response_times_cache:
            raise ValueError(
                "there are no current percentiles here: only the master's statistics (and those made with "
                "use_response_times_cache=True) keep what they need"
            )
        if self.stats is not None:
            self.stats.keep_watching()
        now, window = int(time.time()), math.CURRENT_WINDOW_S
        cache: dict[int, CachedResponseTimes] = self.response_times_cache or {}
        nearest = sorted(range(now - window - 8, now - window + 9), key=lambda t: abs(t - now + window))
        then = next((cache[second] for second in nearest if second in cache), None)
        if then is None:
            return None
        return math.calculate_response_time_percentile(
            math.diff_response_time_dicts(self.response_times, then.response_times),
            self._timed - (then.num_requests - then.num_none_requests),
            percent,
        )

    @property
    def current_rps(self) -> float:
        """Requests per second over ten seconds that ended two seconds before the last request."""
        return self._of_late(self.num_reqs_per_sec)

    @property
    def current_fail_per_sec(self) -> float:
        """The same for failures."""
        return self._of_late(self.num_fail_per_sec)

    def _of_late(self, per_second: dict[int, int]) -> float:
        total = self.stats.total_as_read() if self.stats is not None else self
        if total.last_request_timestamp is None:
            return 0
        last = int(total.last_request_timestamp)
        seconds = range(max(last - 12, int(total.start_time or 0)), last - 2)
        return sum(per_second.get(second, 0) for second in seconds) / max(len(seconds), 1)

    @property
    def total_rps(self) -> float:
        """Requests per second since the beginning."""
        return self._per_second(self.num_requests)

    @property
    def total_fail_per_sec(self) -> float:
        """The same for failures."""
        return self._per_second(self.num_failures)

    def _per_second(self, count: int) -> float:
        total = self.stats.total_as_read() if self.stats is not None else self
        if not total.last_request_timestamp or not total.start_time:
            return 0.0
        duration = total.last_request_timestamp - total.start_time
        return count / duration if duration else 0.0

    # -- as data
    # --------------------------------------------------------------------------------------------------

    def serialize(self) -> dict[str, Any]:
        """All figures as plain values: what workers report, and what `--json` prints."""
        if self.stats is not None:
            self.stats.refresh_if_old()
        return {"name": self.name, "method": self.method, **self.__dict__["_figures"]}

    @classmethod
    def unserialize(cls, data: dict[str, Any], stats: RequestStats | None) -> StatsEntry:
        """An entry from what `serialize` made."""
        entry = cls(stats, data["name"], data["method"])
        entry.take(data)
        return entry

    def get_stripped_report(self) -> dict[str, Any]:
        """`serialize`, then begin at zero."""
        report = self.serialize()
        self.reset()
        return report

    def to_dict(self, escape_string_values: bool = False) -> dict[str, Any]:
        """The figures that tables show."""
        from . import stats

        shown = stats.PERCENTILES_TO_STATISTICS
        return {
            "method": self.method,
            "name": self.name,
            "num_requests": self.num_requests,
            "num_failures": self.num_failures,
            "min_response_time": 0 if self.min_response_time is None else math.whole(self.min_response_time),
            "max_response_time": math.whole(self.max_response_time),
            "current_rps": self.current_rps,
            "current_fail_per_sec": self.current_fail_per_sec,
            "avg_response_time": self.avg_response_time,
            "median_response_time": self.median_response_time,
            "total_rps": self.total_rps,
            "total_fail_per_sec": self.total_fail_per_sec,
            **{f"response_time_percentile_{p}": self.get_response_time_percentile(p) for p in shown},
            "avg_content_length": self.avg_content_length,
        }

    def __str__(self) -> str:
        return (
            f"{self.method} {self.name}: {self.num_requests} requests, {self.num_failures} failures, "
            f"{self.avg_response_time:.0f} ms on average"
        )


class StatsError:
    """One kind of failure of one request name."""

    def __init__(
        self,
        method: str,
        name: str,
        error: BaseException | str | None,
        occurrences: int = 0,
        first_seen: float | None = None,
        last_seen: float | None = None,
    ) -> None:
        self.method = method
        self.name = name
        self.error = error
        self.occurrences = occurrences
        """How often."""
        self.first_seen = first_seen
        """Unix seconds."""
        self.last_seen = last_seen
        """Unix seconds."""

    @classmethod
    def parse_error(cls, error: BaseException | str | None) -> str:
        """The text of an error, without addresses in memory, so that equal ones are one row."""
        return math.without_address(error if isinstance(error, str) else repr(error))

    @classmethod
    def create_key(cls, method: str, name: str, error: BaseException | str | None) -> str:
        """The key of such an error in `stats.errors`."""
        import hashlib  # only for failures

        text = f"{method}.{name}.{cls.parse_error(error)!r}"
        return hashlib.sha256(text.encode()).hexdigest()

    def occurred(self) -> None:
        """Count one more."""
        self.occurrences += 1
        self.last_seen = time.time()
        if self.first_seen is None:
            self.first_seen = self.last_seen

    def to_name(self) -> str:
        """Method, name and text; a failure of `catch_response` by what the script said."""
        text = self.parse_error(self.error)
        inner = text.removeprefix("CatchResponseError(")
        if inner != text:
            text = inner[:-1]
            if isinstance(self.error, BaseException) and self.error.args:
                text = str(self.error.args[0])
        return f"{self.method} {self.name}: {text}"

    def serialize(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "name": self.name,
            "method": self.method,
            "error": self.parse_error(self.error),
            "occurrences": self.occurrences,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
        }

    to_dict = serialize

    @classmethod
    def unserialize(cls, data: dict[str, Any]) -> StatsError:
        """From what `serialize` made."""
        seen = (data.get("first_seen"), data.get("last_seen"))
        return cls(data["method"], data["name"], data["error"], data["occurrences"], *seen)


_MAPS = ("response_times", "num_reqs_per_sec", "num_fail_per_sec")
_SUMS = ("num_requests", "num_none_requests", "num_failures", "total_response_time", "total_content_length")
_ZERO: dict[str, Any] = {
    **dict.fromkeys(_SUMS, 0),
    "min_response_time": None,
    "max_response_time": 0,
    "start_time": 0.0,
    "last_request_timestamp": None,
    **dict.fromkeys(_MAPS),
}


def _least(a: float | None, b: float | None) -> float | None:
    known = [value for value in (a, b) if value is not None]
    return min(known, default=None)


def _add(counts: dict[int, int], more: dict[int, int]) -> None:
    for key, count in more.items():
        counts[key] = counts.get(key, 0) + count
