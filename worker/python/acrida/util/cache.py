"""Keeping results for a while."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any


class _Memo:
    def __init__(self, func: Callable[..., Any], timeout: float, dynamic: bool) -> None:
        functools.update_wrapper(self, func)
        self._func = func
        self._timeout = timeout
        self._dynamic = dynamic
        self._made_at: float | None = None
        self._result: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        began = time.time()
        if self._made_at is None or began - self._made_at > self._timeout:
            self._result = self._func(*args, **kwargs)
            self._made_at = time.time()
            if self._dynamic and self._made_at - began > self._timeout:
                self._timeout *= 2
        return self._result

    def clear_cache(self) -> None:
        """Forget the result."""
        self._made_at = self._result = None


def memoize(timeout: float, dynamic_timeout: bool = False) -> Callable[[Callable[..., Any]], _Memo]:
    """
    Decorator: give the last result, whatever the arguments, until it is `timeout` seconds old. The result has
    `clear_cache()`. With `dynamic_timeout`, a function that takes longer than that doubles it.
    """
    return lambda func: _Memo(func, timeout, dynamic_timeout)
