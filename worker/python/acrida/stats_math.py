"""The arithmetic of statistics: Locust's buckets and percentiles."""

from __future__ import annotations

import re

CURRENT_WINDOW_S = 10
"""What "current" percentiles look back on."""

_ADDRESS = re.compile(r"(object at 0x)[^>]*(?=>)")


def bucket(response_time: float) -> int:
    """A response time in ms, rounded to two significant digits (whole ms below 100)."""
    if response_time < 100:
        return round(response_time)
    if response_time < 1000:
        return int(round(response_time, -1))
    if response_time < 10_000:
        return int(round(response_time, -2))
    return int(round(response_time, -3))


def calculate_response_time_percentile(
    response_times: dict[int, int], num_requests: int, percent: float
) -> int:
    """The bucket of the element with index int(num_requests * percent) of the sorted times; 0 without any."""
    allowed_below = int(num_requests * percent)
    seen = 0
    for time_ms in sorted(response_times, reverse=True):
        seen += response_times[time_ms]
        if num_requests - seen <= allowed_below:
            return time_ms
    return 0


def diff_response_time_dicts(latest: dict[int, int], old: dict[int, int]) -> dict[int, int]:
    """{response time: requests} that came since `old`."""
    more = {time_ms: count - old.get(time_ms, 0) for time_ms, count in latest.items()}
    return {time_ms: count for time_ms, count in more.items() if count}


def get_readable_percentiles(percentile_list: list[float]) -> list[str]:
    """0.95 as "95%"."""
    return [f"{round(100 * p, 6):g}%" for p in percentile_list]


def whole(number: float) -> float:
    """Rounded to a whole number, halves up."""
    return float(int(number + 0.5))


def without_address(text: str) -> str:
    """A repr without the address of the (first) object in it."""
    return _ADDRESS.sub(r"\1....", text, count=1)
