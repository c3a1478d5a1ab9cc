"""Rounding."""

from __future__ import annotations


def proper_round(val: float, digits: int = 0) -> float:
    """Round halves up, where Python's `round` goes to the even neighbour."""
    number = float(val)
    return round(number + 10.0 ** (-len(str(number)) - 1), digits)
