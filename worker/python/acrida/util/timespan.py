"""Spans of time as options write them."""

from __future__ import annotations

import re

_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def parse_timespan(time_str: str) -> int:
    """Seconds of a span such as `20`, `20s`, `3m`, `2h` or `1h20m10s`. Raises ValueError for others."""
    if time_str and time_str.isdigit():
        return int(time_str)
    match = _SPAN.fullmatch(time_str or "")
    if match is None or not any(match.groups()):
        raise ValueError(f"{time_str!r} is no span of time: write 20, 20s, 3m, 2h or 1h20m10s")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
