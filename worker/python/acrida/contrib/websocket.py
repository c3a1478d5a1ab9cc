"""WebSockets: the names a script needs beside `WebSocketUser`."""

from __future__ import annotations

from ..clients.websocket import WebSocket
from ..clients.websocket_client import WebSocketClient
from ..clients.websocket_errors import (
    WebSocketClosed,
    WebSocketConnectError,
    WebSocketError,
    WebSocketHandshakeError,
    WebSocketTimeout,
)
from ..user.websocket import WebSocketUser

__all__ = (
    "WebSocket",
    "WebSocketClient",
    "WebSocketClosed",
    "WebSocketConnectError",
    "WebSocketError",
    "WebSocketHandshakeError",
    "WebSocketTimeout",
    "WebSocketUser",
)
