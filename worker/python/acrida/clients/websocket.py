"""
WebSockets on the engine: `WebSocketClient` opens them, `WebSocket` is one.

Each operation is a row of the statistics:

====  =============================================================================
WS    a connection was made (or could not be)
WSS   a message was sent; the time until the system had taken its last byte
WSR   a message was received; the time somebody waited for it; pushes have no time
WSC   a request: from sending a message to its answer
WSP   a ping, until its pong
WSD   a connection was lost while nobody was waiting for anything
====  =============================================================================
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from gevent import GreenletExit, get_hub, getcurrent

from .. import bridge
from .base import USER_AGENT, _Nobody, as_text
from .cookies import SessionCookies
from .flags import DEFER
from .tls import tls_settings
from .websocket_errors import WebSocketClosed, WebSocketTimeout, error_of
from .websocket_match import Match, Message, matcher, size
from .websocket_reader import Reader

if TYPE_CHECKING:
    from .._engine import Session, Socket, SocketReply
    from ..event import RequestEventHook

DEFAULT: Any = object()
"""As a time-out: the client's `default_timeout`."""

MAX_MESSAGE_BYTES = 16 * 1024 * 1024

OnMessage = Callable[["WebSocket", Message], Any]


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


class WebSocket:
    """
    An open WebSocket. One greenlet at a time may receive from it (that is `receive`, `request` and
    iteration), unless it was opened with `on_message`.

    An operation that fails is recorded as a failure and raises: `WebSocketTimeout`, or `WebSocketClosed` if
    the connection is closed or lost. That the server has closed in good order (1000, 1001) is no failure for
    who only receives, and that the script has closed is none at all; both raise all the same.
    """

    __slots__ = (
        "__weakref__",
        "_client",
        "_context",
        "_listeners",
        "_reader",
        "_socket",
        "_switch",
        "headers",
        "name",
        "subprotocol",
    )

    def __init__(self, client: WebSocketClient, socket: Socket, context: dict[str, Any] | None) -> None:
        self._client = client
        self._socket = socket
        self._context = context
        self._switch = get_hub().switch
        self._listeners = client.request_event._handlers
        self._reader: Reader | None = None
        self.name = ""
        """What its rows are called unless an operation brings a name."""
        self.subprotocol: str | None = None
        """What the server chose of the subprotocols offered."""
        self.headers: list[tuple[str, str]] = []
        """Headers of the server's answer to the handshake."""

    @property
    def closed(self) -> bool:
        """Whether the connection has ended, whoever ended it."""
        return self._socket.ended is not None

    @property
    def close_code(self) -> int | None:
        """The close code of the server, once the connection has ended; 1006 if there was no close frame."""
        ended = self._socket.ended
        return None if ended is None else ended[0]

    @property
    def close_reason(self) -> str | None:
        """The reason that came with the close code."""
        ended = self._socket.ended
        return None if ended is None else ended[1]

    def send(self, message: Message, *, name: str | None = None, timeout: float | None = DEFAULT) -> None:
        """Send a message: a str as text, bytes as binary. Returns when the system has taken its last byte."""
        reply = self._wait(
            self._socket.send(getcurrent(), message, name or self.name, self._client.seconds(timeout))
        )
        self._conclude(reply, message)

    def receive(
        self, match: Match = None, *, timeout: float | None = DEFAULT, name: str | None = None
    ) -> Any:
        """
        The next message, or the next that fits `match` (see `matcher`); the others are recorded as pushes.

        The time of the row is what was spent waiting: 0 for a message that was there already.
        """
        name = name or self.name
        if self._reader is not None:
            return self._reader.receive(matcher(match), name, self._client.seconds(timeout))
        seconds, test = self._client.seconds(timeout), matcher(match)
        if test is not None:
            reply = self._wait(self._socket.receive(getcurrent(), name, seconds, DEFER))
            return self._until(test, reply, seconds, "message")
        reply = self._wait(self._socket.receive(getcurrent(), name, seconds))
        return self._conclude(reply, None)

    def request(
        self,
        message: Message,
        *,
        match: Match = None,
        timeout: float | None = DEFAULT,
        name: str | None = None,
    ) -> Any:
        """
        Send a message and return its answer: the next message, or the next that fits `match`. One row (WSC)
        with the round trip, and the size of the answer. Messages that came before are recorded as pushes.
        """
        name = name or self.name
        seconds, test = self._client.seconds(timeout), matcher(match)
        if self._reader is not None:
            return self._reader.request(message, test, name, seconds)
        if test is not None:
            reply = self._wait(self._socket.request(getcurrent(), message, name, seconds, DEFER))
            return self._until(test, reply, seconds, "answer")
        reply = self._wait(self._socket.request(getcurrent(), message, name, seconds))
        return self._conclude(reply, None)

    def ping(self, *, timeout: float | None = DEFAULT, name: str | None = None) -> float:
        """Send a ping and wait for its pong. Returns the round trip in milliseconds."""
        reply = self._wait(self._socket.ping(getcurrent(), name or self.name, self._client.seconds(timeout)))
        self._conclude(reply, None)
        return reply.response_time_ms

    def close(self, code: int = 1000, reason: str = "") -> None:
        """
        Send a close frame and wait for the server's, for 2 seconds at most; `close_code` is then the
        server's. Closing is not recorded, and closing twice is fine. Raises ValueError for a code that may
        not be sent.
        """
        self._wait(self._socket.close(getcurrent(), self.name, code, reason))
        self._client._sockets.discard(self)

    def __iter__(self) -> Iterator[Any]:
        """Messages as they come, without a time-out, until the connection is closed in good order."""
        while True:
            try:
                message = self.receive(timeout=None)
            except WebSocketClosed as e:
                if e.code in (1000, 1001, 1005):
                    return
                raise
            yield message

    def __enter__(self) -> WebSocket:
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is not None and issubclass(kind, GreenletExit):
            self._socket.abandon()  # the user is being stopped: nothing may wait any more
        else:
            self.close()

    def _wait(self, ticket: int) -> SocketReply:
        """Let others run until the engine is done with a ticket."""
        try:
            reply: SocketReply = self._switch()
        except BaseException:
            self._socket.cancel(ticket)
            raise
        self._client.user._yielded = True
        return reply

    def _conclude(self, reply: SocketReply, message: Message | None) -> Any:
        """The message of an operation that the engine has recorded; raises what it failed with."""
        error = error_of(reply)
        received = reply.message
        for skipped, came in reply.skipped:
            self._pushed(skipped, came)
        if self._listeners:
            self._notify(reply, received if message is None else message, error)
        if error is not None:
            raise error
        return received

    def _until(
        self, test: Callable[[Message], bool], first: SocketReply, seconds: float | None, what: str
    ) -> Any:
        """The first message that passes, in the row of the operation that began with `first`."""
        deadline = None if seconds is None else monotonic() + seconds - first.response_time_ms / 1000
        for skipped, came in first.skipped:
            self._pushed(skipped, came)
        reply = first
        while True:
            time_ms = max(0.0, (reply.end_time - first.start_time) * 1000)
            error = error_of(reply)
            if error is not None:
                if isinstance(error, WebSocketTimeout) and reply is not first:
                    error = WebSocketTimeout(f"no matching {what} within the time-out")
                if reply.error is not None and reply.error[2]:
                    first.report(_recorded(error, reply), time_ms, 0)
                    self._notify(first, None, error, time_ms, 0)
                raise error
            message: Any = reply.message
            try:
                passes = test(message)
            except Exception as e:
                first.report(repr(e), time_ms, reply.length)
                raise
            if passes:
                first.report(None, time_ms, reply.length)
                self._notify(first, message, None, time_ms, reply.length)
                return message
            self._pushed(message, reply.end_time)
            left = None if deadline is None else max(0.0, deadline - monotonic())
            reply = self._wait(self._socket.receive(getcurrent(), first.name, left, DEFER))

    def _pushed(self, message: Message, came: float) -> None:
        """Record a message that nobody asked for. It has no time."""
        name = self._client.push_name
        if name is not None:
            self._record("WSR", name, None, size(message), None, message, came)

    def _record(
        self,
        method: str,
        name: str,
        time_ms: float | None,
        length: int,
        error: Exception | None,
        message: Message | None,
        start: float,
    ) -> None:
        """Record what the engine has not, and tell the listeners."""
        text = None if error is None else repr(error)
        bridge.current().engine.record(method, name, time_ms, length, text)
        self._tell(method, name, time_ms, length, message, error, start)

    def _notify(
        self,
        reply: SocketReply,
        message: Message | None,
        error: Exception | None,
        time_ms: float | None = None,
        length: int | None = None,
    ) -> None:
        """Tell the listeners about an operation that is recorded."""
        if self._listeners and (reply.error is None or reply.error[2]):
            self._tell(
                reply.method,
                reply.name,
                reply.response_time_ms if time_ms is None else time_ms,
                reply.length if length is None else length,
                message,
                error,
                reply.start_time,
            )

    def _tell(
        self,
        method: str,
        name: str,
        time_ms: float | None,
        length: int,
        message: Message | None,
        error: Exception | None,
        start: float,
    ) -> None:
        if self._listeners:
            own = self._client.user.context()
            self._client.request_event.notify(
                request_type=method,
                name=name,
                response_time=time_ms,
                response_length=length,
                response=message,
                context={**own, **self._context} if self._context else own,
                exception=error,
                start_time=start,
                url=self.name,
            )


def http_url(url: str) -> str:
    """A URL as the engine knows it: the handshake is HTTP."""
    for scheme, http in (("ws://", "http://"), ("wss://", "https://")):
        if url[: len(scheme)].lower() == scheme:
            return http + url[len(scheme) :]
    return url


def _recorded(error: Exception, reply: SocketReply) -> str:
    """The engine's own text where it has one that fits."""
    return repr(error) if isinstance(error, WebSocketTimeout) or reply.error is None else reply.error[1]
