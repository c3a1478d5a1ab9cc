"""Which message a `receive` or `request` is about."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Message = str | bytes
Match = str | bytes | re.Pattern[str] | re.Pattern[bytes] | Callable[[Any], Any] | None
"""What `match` may be: see `matcher`."""


def matcher(match: Match) -> Callable[[Message], bool] | None:
    """
    The test that `match` stands for; None if every message will do.

    * `str` or `bytes`: messages of that kind that contain it.
    * A compiled regular expression: messages in which it finds something.
    * A callable: messages for which it returns something true.
    """
    if match is None:
        return None
    if isinstance(match, (str, bytes)):
        wanted: Any = match
        kind: type = str if isinstance(match, str) else bytes
        return lambda message: isinstance(message, kind) and wanted in message
    if isinstance(match, re.Pattern):
        pattern: re.Pattern[Any] = match
        kind = str if isinstance(pattern.pattern, str) else bytes
        return lambda message: isinstance(message, kind) and pattern.search(message) is not None
    if callable(match):
        test = match
        return lambda message: bool(test(message))
    raise TypeError(f"match is a str, bytes, a compiled regular expression or a callable, not {match!r}")


def size(message: Message) -> int:
    """Bytes of a message on the wire, without framing."""
    return len(message) if isinstance(message, bytes) else len(message.encode())
