"""Points in time and durations as text."""

from __future__ import annotations

from datetime import datetime, timezone

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def format_utc_timestamp(unix_timestamp: float) -> str:
    """Such as `2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(int(unix_timestamp), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_safe_timestamp(unix_timestamp: float) -> str:
    """Local time for file names, such as `2026-01-31-12h00`."""
    return datetime.fromtimestamp(int(unix_timestamp)).strftime("%Y-%m-%d-%Hh%M")


def format_duration(start_time: float, end_time: float) -> str:
    """Such as `1 hour, 2 minutes and 3 seconds`."""
    left = int(end_time - start_time)
    parts = []
    for size, unit in _UNITS:
        count, left = divmod(left, size)
        if count > 0:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    if not parts:
        return "0 seconds"
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
