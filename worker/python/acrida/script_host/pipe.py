"""Frames between the master and this process: a length of four bytes, then one MessagePack map.

A thread of the system reads, so that the end of the master is noticed even while a script keeps the
interpreter's one gevent hub busy; it ends the process then. Everything else runs in greenlets.
"""

from __future__ import annotations

import os
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import gevent
from gevent import monkey
from gevent.event import Event
from gevent.os import make_nonblocking, nb_write

from .. import log
from .._engine import pack, unpack
from ..endings import leave_within
from .limits import EXIT_GRACE_S, MAX_BYTES_TO_WRITE, MAX_FRAME_BYTES, MAX_FRAMES_WAITING

Frame = dict[str, Any]

_LENGTH = struct.Struct(">I")
_READ_AT_ONCE = 256 * 1024
_MASTER_GONE_EXIT_CODE = 1

_start_thread: Callable[..., int] = monkey.get_original("_thread", "start_new_thread")
_sleep: Callable[[float], None] = monkey.get_original("time", "sleep")


class PipeClosed(Exception):
    """The master takes no more frames."""


class Pipe:
    """Both directions. `frames` is for one greenlet; `send` may be called by any, and never blocks."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._received: deque[Frame | None] = deque()
        self._to_write: deque[bytes] = deque()
        self._bytes_to_write = 0
        self._closed = False
        self._is_copy = False
        os.register_at_fork(after_in_child=self._in_forked_child)
        self._work: Any = Event()
        self._written: Any = Event()
        self._written.set()
        self._arrived: Any = Event()
        make_nonblocking(write_fd)
        # Signalled by the reading thread; runs in the hub.
        self._wake = gevent.get_hub().loop.async_()
        self._wake.start(self._arrived.set)
        self._writer = gevent.spawn(self._write)
        _start_thread(self._read, ())

    # -- reading
    # --------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """The thread. Uses nothing that gevent has patched."""
        try:
            while True:
                (length,) = _LENGTH.unpack(self._read_exactly(_LENGTH.size))
                if length > MAX_FRAME_BYTES:
                    raise ValueError(f"the master sent a frame of {length} bytes")
                frame = unpack(self._read_exactly(length))
                while len(self._received) >= MAX_FRAMES_WAITING:
                    if self._closed:
                        return
                    if _hung_up(self._read_fd):
                        raise EOFError
                    _sleep(0.05)
                self._received.append(frame)
                self._wake.send()
        except EOFError:
            if self._closed:
                return  # the process ends by itself, with what the script does on its way out
        except Exception as e:
            os.write(2, f"The script host cannot read from its master: {e}\n".encode())
        # The master is gone, and with it the reason to run; the script gets no say in it.
        os._exit(_MASTER_GONE_EXIT_CODE)

    def _read_exactly(self, count: int) -> bytes:
        parts: list[bytes] = []
        while count:
            part = os.read(self._read_fd, min(count, _READ_AT_ONCE))
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def frames(self) -> Iterator[Frame]:
        """What the master sends, until `close`."""
        while not self._closed:
            self._arrived.clear()
            while self._received:
                frame = self._received.popleft()
                if frame is None:
                    return
                yield frame
            self._arrived.wait()

    # -- writing
    # --------------------------------------------------------------------------------------------------

    def send(self, frame: Frame) -> None:
        """Queue a frame. Raises TypeError or ValueError for what cannot be packed, and PipeClosed."""
        if self._is_copy:
            return
        data = pack(frame)
        if len(data) > MAX_FRAME_BYTES:
            raise ValueError(f"a message of {len(data)} bytes is too large; {MAX_FRAME_BYTES} can be carried")
        if self._closed:
            raise PipeClosed("the script host is ending")
        if self._bytes_to_write > MAX_BYTES_TO_WRITE:
            raise PipeClosed("the master has not taken earlier messages yet")
        self._to_write.append(_LENGTH.pack(len(data)) + data)
        self._bytes_to_write += len(data)
        self._written.clear()
        self._work.set()

    def _write(self) -> None:
        while True:
            self._work.wait()
            self._work.clear()
            while self._to_write:
                rest = memoryview(self._to_write.popleft())
                self._bytes_to_write -= len(rest) - _LENGTH.size
                while rest:
                    try:
                        rest = rest[nb_write(self._write_fd, rest) :]
                    except OSError:
                        os._exit(_MASTER_GONE_EXIT_CODE)  # nobody reads: the master is gone
            self._written.set()

    # -- in a child that the script has forked
    # -----------------------------------------------------------------------------

    def _in_forked_child(self) -> None:
        # It must not speak for the host, nor hold the pipe open when the host has ended.
        self._is_copy = self._closed = True
        os.close(self._read_fd)
        os.close(self._write_fd)

    def flush(self, timeout_s: float) -> bool:
        """Wait until the master's end has taken everything."""
        return bool(self._written.wait(timeout_s))

    def close(self) -> None:
        """Hand out no more frames. The process has `EXIT_GRACE_S` to end, then it is ended."""
        self._closed = True
        self._received.append(None)
        self._arrived.set()
        leave_within(EXIT_GRACE_S, 0, log.write_past_logging)


def _hung_up(fd: int) -> bool:
    import select

    poller = monkey.get_original("select", "poll")()
    poller.register(fd, 0)
    return any(events & (select.POLLHUP | select.POLLERR) for _, events in poller.poll(0))


def take_stdio() -> Pipe:
    """
    The pipe to the master, on what were standard input and output.

    What the script prints goes to standard error from now on, also from its child processes; what it reads
    is empty.
    """
    read_fd, write_fd = os.dup(0), os.dup(1)  # not inherited by child processes of the script
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return Pipe(read_fd, write_fd)
