"""What the users of vector databases share: calls whose outcome is a dictionary, and a request for each."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .. import events

Outcome = dict[str, Any]
"""success, response_time (ms), result; of a search also empty; of a failure instead of a result exception."""


def timed(
    call: Callable[..., Any], *args: Any, empty: Callable[[Any], bool] | None = None, **kwargs: Any
) -> Outcome:
    """Call and time something; with `empty`, a result that is empty by it is no success."""
    began = time.perf_counter()
    try:
        result = call(*args, **kwargs)
    except Exception as e:
        return {"success": False, "response_time": (time.perf_counter() - began) * 1000, "exception": e}
    outcome: Outcome = {"success": True, "response_time": (time.perf_counter() - began) * 1000}
    if empty is not None:
        outcome["empty"] = empty(result)
        outcome["success"] = not outcome["empty"]
    return {**outcome, "result": result}


def fire(request_type: str, name: str, outcome: Outcome) -> Outcome:
    """Record an outcome as a request, and return it."""
    events.request.fire(
        request_type=request_type,
        name=name,
        response_time=outcome.get("response_time", 0),
        response_length=0,
        exception=outcome.get("exception"),
    )
    return outcome
