"""Tables of statistics as Locust prints them, for a program that runs users itself (`create_local_runner`).

The master prints its own. Tables go to the logger `acrida.stats_logger`, which `setup_logging` lets write
bare lines; widths, periods and percentiles are the tunables of `stats`.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent

from . import stats as tunables
from .stats_math import get_readable_percentiles
from .util.date import format_utc_timestamp
from .util.rounding import proper_round

if TYPE_CHECKING:
    from .runner_base import Runner
    from .stats import RequestStats
    from .stats_entry import StatsEntry

console = logging.getLogger("acrida.stats_logger")

# What the other columns of a table take.
_OTHER_COLUMNS_WIDTH = 80


def _name_width() -> int:
    if tunables.STATS_AUTORESIZE:
        try:
            width = os.get_terminal_size().columns - _OTHER_COLUMNS_WIDTH
        except OSError:
            pass  # no terminal
        else:
            return max(0, min(width, 80))
    return tunables.STATS_NAME_WIDTH


def _widths() -> tuple[int, int]:
    kind = tunables.STATS_TYPE_WIDTH
    return kind, max(0, _name_width() - kind + 4)


def entry_row(entry: StatsEntry, current: bool) -> str:
    """A row of the table of requests."""
    kind, name = _widths()
    rps = entry.current_rps if current else entry.total_rps
    failing = entry.current_fail_per_sec if current else entry.total_fail_per_sec
    failures = f"{entry.num_failures}({100 * entry.fail_ratio:.2f}%)"
    times = (entry.avg_response_time, entry.min_response_time, entry.max_response_time)
    avg, least, most = (int(value or 0) for value in times)
    return (
        f"{f'{entry.method} ' if entry.method else '':<{kind}} {entry.name:<{name}} {entry.num_requests:>7} "
        f"{failures:>12} |{avg:>7} {least:>7} {most:>7}{int(entry.median_response_time):>7} | "
        f"{rps:>7.2f} {failing:>11.2f}"
    )


def get_stats_summary(stats: RequestStats, current: bool = True) -> list[str]:
    """Lines of the table of requests; rates are the current ones, or those of the whole run."""
    kind, name = _widths()
    head = (
        f"{'Type':<{kind}} {'Name':<{name}} {'# reqs':>7} {'# fails':>12} |{'Avg':>7} {'Min':>7} {'Max':>7}"
        f"{'Med':>7} | {'req/s':>7} {'failures/s':>11}"
    )
    rule = "|".join("-" * width for width in (kind, name, 7, 13, 7, 7, 7, 7, 8, 11))
    rows = [entry_row(entry, current) for entry in tunables.sort_stats(stats.entries)]
    return [head, rule, *rows, rule, entry_row(stats.total, current)]


def percentile_row(entry: StatsEntry) -> str:
    """A row of the table of percentiles. Raises ValueError for an entry without requests."""
    if not entry.num_requests:
        raise ValueError(f"{entry.name} has no requests, and so no percentiles")
    times = [entry.get_response_time_percentile(p) for p in tunables.PERCENTILES_TO_REPORT]
    return _percentile_line(entry.method or "", entry.name, times, entry.num_requests)


def _percentile_line(kind: str, name: str, cells: list[Any], requests: Any) -> str:
    # Locust sets the first percentile in the wide column that its header means for it.
    cells = [*cells, requests]
    rest = " ".join(f"{cell:>6}" for cell in cells[1:])
    return f"{kind:<{tunables.STATS_TYPE_WIDTH}} {name:<{_name_width()}} {cells[0]:>8} {rest}"


def get_percentile_stats_summary(stats: RequestStats) -> list[str]:
    """Lines of the table of percentiles."""
    shown = tunables.PERCENTILES_TO_REPORT
    head = _percentile_line("Type", "Name", get_readable_percentiles(shown), "# reqs")
    widths = (tunables.STATS_TYPE_WIDTH, _name_width(), 8, *[6] * len(shown))
    rule = "|".join("-" * width for width in widths)
    rows = [percentile_row(e) for e in tunables.sort_stats(stats.entries) if e.response_times]
    total = [percentile_row(stats.total)] if stats.total.response_times else []
    return ["Response time percentiles (approximated)", head, rule, *rows, rule, *total]


def get_error_report_summary(stats: RequestStats) -> list[str]:
    """Lines of the table of errors."""
    rule = f"{'-' * 18}|{'-' * (80 + _name_width() - 19)}"
    rows = [f"{error.occurrences:<18} {error.to_name():<100}" for error in stats.errors.values()]
    return ["Error report", f"{'# occurrences':<18} {'Error':<100}", rule, *rows, rule, ""]


def _print(lines: list[str]) -> None:
    for line in lines:
        console.info("%s", line)


def print_stats(stats: RequestStats, current: bool = True) -> None:
    """Print the table of requests."""
    _print([*get_stats_summary(stats, current), ""])


def print_percentile_stats(stats: RequestStats) -> None:
    """Print the table of percentiles."""
    _print([*get_percentile_stats_summary(stats), ""])


def print_error_report(stats: RequestStats) -> None:
    """Print the table of errors, if there were any."""
    if stats.errors:
        _print(get_error_report_summary(stats))


def print_stats_json(stats: RequestStats) -> None:
    """Print all entries to stdout, as JSON."""
    print(json.dumps(stats.serialize_stats(), indent=4))


def save_stats_json(stats: RequestStats, filename: str) -> None:
    """Write all entries to `<filename>.json`."""
    with open(f"{filename}.json", "w") as file:
        json.dump(stats.serialize_stats(), file, indent=4)


def stats_printer(stats: RequestStats) -> Callable[[], None]:
    """A function that prints the table again and again, for `gevent.spawn(stats_printer(env.stats))`."""

    def print_for_ever() -> None:
        while True:
            print_stats(stats)
            gevent.sleep(tunables.CONSOLE_STATS_INTERVAL_SEC)

    return print_for_ever


def update_stats_history(runner: Runner, timestamp: str | None = None) -> None:
    """Note the present figures in `stats.history`."""
    total, stamp = runner.stats.total, timestamp or format_utc_timestamp(time.time())
    noted: dict[str, Any] = {
        f"response_time_percentile_{p}": [stamp, total.get_current_response_time_percentile(p) or 0]
        for p in tunables.PERCENTILES_TO_CHART
    }
    noted["current_rps"] = [stamp, total.current_rps]
    noted["current_fail_per_sec"] = [stamp, total.current_fail_per_sec]
    noted["total_avg_response_time"] = [stamp, proper_round(total.avg_response_time, digits=2)]
    noted["user_count"] = [stamp, runner.user_count]
    noted["time"] = stamp
    runner.stats.history.append(noted)


def stats_history(runner: Runner) -> None:
    """Note the figures of a run every few seconds, for `gevent.spawn(stats_history, env.runner)`."""
    while runner.stats.use_response_times_cache:
        if runner.state not in ("ready", "stopped"):
            update_stats_history(runner)
        gevent.sleep(tunables.HISTORY_STATS_INTERVAL_SEC)
