"""Children that a script forks (os.fork, multiprocessing): they run what they were forked for, and nothing of
the worker they are a copy of.

The engine's thread is not in the copy, but all users' greenlets are, and would run a second time as soon as
the child waits for anything. So the child gets an event loop of its own, on which nobody of the parent waits.
Programs started by subprocess need none of this: they replace the copy.
"""

from __future__ import annotations

import _socket
import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

import gevent
from gevent import getcurrent
from gevent._hub_local import set_hub
from gevent.hub import Hub

from .user.taskset import LOCUST_STATE_STOPPING

if TYPE_CHECKING:
    from .user.users import User

_is_copy = False


def is_copy() -> bool:
    """Whether this process is a child that the script has forked."""
    return _is_copy


def leave() -> NoReturn:
    """End this copy of a worker or of the script host at once, without the original's last words."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def guard(close: Callable[[], None], users: Callable[[], Iterable[User]], master_port: int) -> None:
    """
    From now on, make forked children harmless.

    There, the link to `master_port` is given up (or the master would not see the worker's end), and `close`
    makes the engine deaf and dumb. The task of a user of `users` that forked is the last thing that runs in
    the child: should it return, the child ends.
    """

    def in_child() -> None:
        global _is_copy
        if _is_of_subprocess():
            return
        _is_copy = True
        close()
        _drop_link(master_port)
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, signal.SIG_DFL)
        current = getcurrent()
        for user in users():
            if user.greenlet is current:
                user._state = LOCUST_STATE_STOPPING
                user.on_stop = leave  # type: ignore[method-assign]
        _renew_hub(current)

    os.register_at_fork(after_in_child=in_child)


def _is_of_subprocess() -> bool:
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.endswith((f"gevent{os.sep}subprocess.py", f"{os.sep}subprocess.py")):
            return True
        frame = frame.f_back
    return False


def _drop_link(port: int) -> None:
    """Give up the connection to the master, and the one within this process that leads to it: while a copy
    holds them, the worker cannot close them."""
    ends: dict[int, tuple[Any, Any]] = {}
    for descriptor in map(int, os.listdir("/dev/fd")):
        try:
            link = _socket.socket(fileno=descriptor)
        except OSError:
            continue  # not a socket, or the listing itself
        with suppress(OSError):  # one that is not connected
            ends[descriptor] = (link.getsockname(), link.getpeername())
        link.detach()
    own = {name for name, _ in ends.values() if isinstance(name, tuple)}
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor, (_, peer) in ends.items():
        if isinstance(peer, tuple) and (peer[1] == port or peer in own):
            # Not closed: whoever opens a file next must not get a number that the engine's code still holds.
            os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)


def _renew_hub(current: Any) -> None:
    old = gevent.get_hub()
    main = old.parent
    old.loop.destroy()
    set_hub(None)
    new = Hub()
    set_hub(new)
    # When nothing is left to wait for, or the forking greenlet ends, control passes to the main greenlet.
    new.parent = main
    if current is not main:
        current.parent = new
