"""`WebSocketClient` opens WebSockets on the engine."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gevent import getcurrent

from .. import bridge
from .base import USER_AGENT, _Nobody, as_text
from .cookies import SessionCookies
from .tls import tls_settings
from .websocket import DEFAULT, WebSocket
from .websocket_errors import error_of
from .websocket_match import Message
from .websocket_reader import Reader

if TYPE_CHECKING:
    from .._engine import Session
    from ..event import RequestEventHook

MAX_MESSAGE_BYTES = 16 * 1024 * 1024

OnMessage = Callable[[WebSocket, Message], Any]


class WebSocketClient:
    """
    Opens WebSockets with common settings and cookies.

    `WebSocketUser` has one as `client`. Another user can make its own; with `cookies_of=self.client` it
    shares the cookies of an HTTP client. `host` may begin with ws, wss, http or https.
    """

    def __init__(
        self,
        host: str | None,
        request_event: RequestEventHook,
        user: Any = None,
        *,
        headers: dict[str, str] | None = None,
        subprotocols: Sequence[str] = (),
        default_timeout: float | None = 10.0,
        verify: bool | str = True,
        cert: Any = None,
        push_name: str | None = "push",
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        cookies_of: Any = None,
    ) -> None:
        self.request_event = request_event
        self.user: Any = user if user is not None else _Nobody()
        self.subprotocols = tuple(subprotocols)
        """Offered with every handshake that brings none of its own."""
        self.default_timeout = default_timeout
        """Seconds that an operation may take unless it brings a time-out of its own; None: for ever."""
        self.push_name = push_name
        """Name of the rows of messages that nobody asked for; None: they are not recorded."""
        self.max_message_bytes = max_message_bytes
        """A longer message of the server ends the connection, with close code 1009."""
        own = {"User-Agent": USER_AGENT, **(headers or {})}
        profile = bridge.current().profile(
            base_url=http_url(host or ""),
            style="requests",
            headers=[(name, as_text(value)) for name, value in own.items()],
            **tls_settings(verify, cert),
        )
        self._session: Session = profile.session(getattr(cookies_of, "_session", None))
        self._sockets: weakref.WeakSet[WebSocket] = weakref.WeakSet()

    @property
    def cookies(self) -> Any:
        """Cookies by name: sent with handshakes, and set by their answers."""
        return SessionCookies(self)  # type: ignore[arg-type]

    def connect(
        self,
        path: str = "",
        *,
        name: str | None = None,
        headers: dict[str, str] | None = None,
        subprotocols: Sequence[str] | None = None,
        timeout: float | None = DEFAULT,
        on_message: OnMessage | None = None,
        context: dict[str, Any] | None = None,
    ) -> WebSocket:
        """
        Open a WebSocket.

        `path` is appended to the host, or is a whole URL. `name` is what its rows are called, instead of path
        and query. With `on_message`, a greenlet reads all messages and calls it with (websocket, message) for
        each that no `receive` or `request` waits for.

        Raises `WebSocketHandshakeError` if the server refuses, `WebSocketTimeout`, or
        `WebSocketConnectError`; ValueError for a URL, header or subprotocol that cannot be used.
        """
        from .._engine import Socket

        socket = Socket(self._session)
        ticket = socket.connect(
            getcurrent(),
            http_url(path),
            name,
            [(key, None if value is None else as_text(value)) for key, value in (headers or {}).items()],
            list(self.subprotocols if subprotocols is None else subprotocols),
            self.seconds(timeout),
            self.max_message_bytes,
        )
        websocket = WebSocket(self, socket, context)
        reply = websocket._wait(ticket)
        error = error_of(reply)
        websocket.name = reply.name
        websocket._notify(reply, None, error)
        if error is not None:
            raise error
        websocket.subprotocol = reply.subprotocol
        websocket.headers = reply.headers
        self._sockets.add(websocket)
        if on_message is not None:
            websocket._reader = Reader(websocket, on_message)
        return websocket

    def close(self) -> None:
        """Close all WebSockets in good order (code 1000), without waiting for it."""
        for websocket in list(self._sockets):
            websocket._socket.abandon()
        self._sockets.clear()

    def seconds(self, timeout: Any) -> float | None:
        """A time-out of a call in seconds."""
        seconds: float | None = self.default_timeout if timeout is DEFAULT else timeout
        return seconds


def http_url(url: str) -> str:
    """A URL as the engine knows it: the handshake is HTTP."""
    for scheme, http in (("ws://", "http://"), ("wss://", "https://")):
        if url[: len(scheme)].lower() == scheme:
            return http + url[len(scheme) :]
    return url
