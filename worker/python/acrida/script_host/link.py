"""What the rest of the script host says to the master: notifications, and requests with an answer."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from typing import Any

from gevent.event import AsyncResult

from .pipe import Frame

logger = logging.getLogger("acrida.script_host")

Send = Callable[[Frame], None]


class MasterRefused(Exception):
    """The master answered a request with `failed`."""


class Link:
    """Requests and notifications over one `send`."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._ids = itertools.count(1)
        self._waiting: dict[int, Any] = {}

    def notify(self, op: str, **fields: Any) -> None:
        """Tell the master something."""
        self._send({"op": op, **fields})

    def request(self, op: str, wait: bool = True, **fields: Any) -> Frame:
        """Ask the master; blocks only the calling greenlet. Without `wait`, returns {} at once. Raises
        MasterRefused."""
        ident = next(self._ids)
        if wait:
            self._waiting[ident] = AsyncResult()
        try:
            self._send({"op": op, "id": ident, **fields})
            return self._waiting[ident].get() if wait else {}
        finally:
            self._waiting.pop(ident, None)

    def on_answer(self, frame: Frame) -> None:
        """A `done` or `failed` of the master."""
        waiter = self._waiting.get(frame.get("id", 0))
        if waiter is None:
            return
        if frame["op"] == "done":
            waiter.set(frame)
        else:
            waiter.set_exception(MasterRefused(str(frame.get("message") or "the master refused")))

    def answer(self, request: Frame, **fields: Any) -> None:
        """`done` to a request of the master."""
        self._send({"op": "done", "id": request.get("id"), **fields})

    def fail(self, request: Frame, kind: str, message: str, detail: str = "") -> None:
        """`failed` to a request of the master. `message` is one line."""
        text = " ".join(message.split())
        if "id" not in request:  # it was only told, and does not listen
            logger.error("Could not carry out %r: %s\n%s", request.get("op"), text, detail)
            return
        self._send({"op": "failed", "id": request.get("id"), "kind": kind, "message": text, "detail": detail})
