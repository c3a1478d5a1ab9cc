"""Tracebacks as their reader needs them: the script's frames, without ours or gevent's around them."""

from __future__ import annotations

import os
import traceback
from types import TracebackType

_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_GEVENT = f"{os.sep}gevent{os.sep}"
_IMPORT = "<frozen importlib"


def _of_script(tb: TracebackType | None) -> list[traceback.FrameSummary]:
    frames = traceback.extract_tb(tb)
    return [f for f in frames if not f.filename.startswith((_OURS, _IMPORT)) and _GEVENT not in f.filename]


def format_frames(tb: TracebackType | None) -> str:
    """The script's frames of `tb`, as `traceback.format_tb` has them; all, if none is the script's."""
    return "".join(traceback.format_list(_of_script(tb) or traceback.extract_tb(tb)))


def format_exception(exception: BaseException) -> str:
    """`exception` with its causes, each with the script's frames only."""
    lines = []
    cause = exception.__cause__ or (None if exception.__suppress_context__ else exception.__context__)
    if cause is not None:
        lines.append(format_exception(cause) + "\nwhile handling it:\n\n")
    if frames := _of_script(exception.__traceback__):
        lines.append("Traceback (most recent call last):\n" + "".join(traceback.format_list(frames)))
    lines.extend(traceback.format_exception_only(type(exception), exception))
    return "".join(lines).rstrip("\n")
