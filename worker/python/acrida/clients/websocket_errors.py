"""What operations on a WebSocket raise. The engine's failure texts are the `repr` of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exception import LocustError
from .errors import _parsed

if TYPE_CHECKING:
    from .._engine import SocketReply


class WebSocketError(OSError):
    """An operation on a WebSocket failed. Base of the others."""


class WebSocketTimeout(WebSocketError, TimeoutError):
    """It took longer than its time-out. The connection stays open."""


class WebSocketClosed(WebSocketError, ConnectionError):
    """The connection is closed, or was lost."""

    code: int = 1006
    """The close code; 1006 if there was no close frame."""
    reason: str = ""
    """The reason in the close frame."""


class WebSocketConnectError(WebSocketError, ConnectionError):
    """The connection could not be made."""


class WebSocketHandshakeError(WebSocketConnectError):
    """The server did not agree to speak WebSocket."""

    status_code: int = 0
    """What it answered: 403, 404..."""
    headers: list[tuple[str, str]] = []
    """Headers of its answer."""


def error_of(reply: SocketReply) -> Exception | None:
    """The exception for an operation that failed, None for one that did not."""
    failure = reply.error
    if failure is None:
        return None
    kind, text, _ = failure
    message = str(_parsed(text)[1][0])
    if kind == "timeout":
        return WebSocketTimeout(message)
    if kind in ("closed", "shut"):
        closed = WebSocketClosed(message)
        closed.code, closed.reason = reply.closed or (1006, "")
        return closed
    if kind == "handshake":
        refused = WebSocketHandshakeError(message)
        refused.status_code, refused.headers = reply.status, reply.headers
        return refused
    if kind == "connect":
        return WebSocketConnectError(text)
    return LocustError(text) if kind == "busy" else WebSocketError(message)
