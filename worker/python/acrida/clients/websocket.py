"""
An open WebSocket on the engine, as `WebSocketClient.connect` returns it.

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

from collections.abc import Callable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any

from gevent import GreenletExit, get_hub, getcurrent

from .. import bridge
from .flags import DEFER
from .websocket_errors import WebSocketClosed, WebSocketTimeout, error_of
from .websocket_match import Match, Message, matcher, size

if TYPE_CHECKING:
    from .._engine import Socket, SocketReply
    from .websocket_client import WebSocketClient
    from .websocket_reader import Reader

DEFAULT: Any = object()
"""As a time-out: the client's `default_timeout`."""


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
                self._notify(first, message, e, time_ms, reply.length)
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


def _recorded(error: Exception, reply: SocketReply) -> str:
    """The engine's own text where it has one that fits."""
    return repr(error) if isinstance(error, WebSocketTimeout) or reply.error is None else reply.error[1]
