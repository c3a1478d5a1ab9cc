"""Trying again."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

logger = logging.getLogger("acrida.worker")

FuncT = TypeVar("FuncT", bound=Callable[..., Any])


def retry(
    delays: tuple[float, ...] = (1, 3, 5), exception: type[BaseException] = Exception
) -> Callable[[FuncT], FuncT]:
    """Decorator: when the function raises `exception`, call it again after each of `delays` seconds; what the
    last call raises gets out."""

    def decorate(func: FuncT) -> FuncT:
        @functools.wraps(func)
        def call(*args: Any, **kwargs: Any) -> Any:
            for count, delay in enumerate(delays, 1):
                try:
                    return func(*args, **kwargs)
                except exception as e:
                    logger.info("Try %d of %s failed (%r): again in %g s", count, func.__name__, e, delay)
                    time.sleep(delay)
            return func(*args, **kwargs)

        return call  # type: ignore[return-value]

    return decorate
