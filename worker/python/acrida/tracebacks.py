"""Tracebacks as their reader needs them: the script's frames, without ours or gevent's around them."""

from __future__ import annotations

import os
import traceback
from types import TracebackType

_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_GEVENT = f"{os.sep}gevent{os.sep}"


def format_frames(tb: TracebackType | None) -> str:
    """The frames of `tb` of the script, in the form of `traceback.format_tb` (all, if none does)."""
    frames = traceback.extract_tb(tb)
    own = [f for f in frames if not f.filename.startswith(_OURS) and _GEVENT not in f.filename]
    return "".join(traceback.format_list(own or list(frames)))


def format_exception(exception: BaseException) -> str:
    """`exception` with its causes, each with the script's frames only."""
    lines = []
    cause = exception.__cause__ or (None if exception.__suppress_context__ else exception.__context__)
    if cause is not None:
        lines.append(format_exception(cause) + "\nwhile handling it:\n\n")
    if frames := format_frames(exception.__traceback__):
        lines.append("Traceback (most recent call last):\n" + frames)
    lines.extend(traceback.format_exception_only(type(exception), exception))
    return "".join(lines).rstrip("\n")
