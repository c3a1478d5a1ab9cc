"""Tracebacks as their reader needs them: the script's frames, without ours or gevent's around them."""

from __future__ import annotations

import os
import traceback
from types import FrameType, TracebackType

_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
_GEVENT = f"{os.sep}gevent{os.sep}"
_IMPORT = "<frozen importlib"
_RUNPY = "<frozen runpy"


def is_of_script(filename: str) -> bool:
    """Whether a frame of that file is for the script's author: neither ours nor gevent's nor the importer's."""
    return not filename.startswith((_OURS, _IMPORT, _RUNPY)) and _GEVENT not in filename


def _of_script(tb: TracebackType | None) -> list[traceback.FrameSummary]:
    return [f for f in traceback.extract_tb(tb) if is_of_script(f.filename)]


def origin(exception: BaseException) -> tuple[str, str, int]:
    """(type, file, line) of the innermost frame of the script: what tells one trouble from another. Cheap."""
    file, line = "", 0
    tb = exception.__traceback__
    while tb is not None:
        name = tb.tb_frame.f_code.co_filename
        if not file or is_of_script(name):
            file, line = name, tb.tb_lineno
        tb = tb.tb_next
    return (type(exception).__name__, file, line)


def format_stack(frame: FrameType | None) -> str:
    """The script's frames of a running stack, outermost first; all, if none is the script's."""
    frames = traceback.extract_stack(frame)
    return "".join(traceback.format_list([f for f in frames if is_of_script(f.filename)] or frames))


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
