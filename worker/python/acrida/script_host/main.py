"""The process: takes the pipe, follows the master, ends when told."""

from __future__ import annotations

import signal

from ..endings import report_dying_greenlets
from .limits import EXIT_GRACE_S
from .link import Link
from .pipe import take_stdio
from .service import Service


def main() -> int:
    """Follow the master until it says `exit`. Returns the exit code."""
    # A handler and not SIG_IGN, which the script's own child processes would inherit: on Ctrl-C, the master
    # decides when this process ends, not the terminal.
    signal.signal(signal.SIGINT, lambda *_: None)
    pipe = take_stdio()
    report_dying_greenlets()
    service = Service(Link(pipe.send))
    service.on_end = pipe.close
    for frame in pipe.frames():
        service.on_frame(frame)
    pipe.flush(EXIT_GRACE_S)
    return 0
