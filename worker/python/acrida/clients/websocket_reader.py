"""The greenlet of a WebSocket with `on_message`: it reads everything and deals it out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent
from gevent import Timeout, getcurrent
from gevent.event import AsyncResult

from .flags import DEFER
from .websocket_errors import WebSocketClosed, WebSocketTimeout, error_of
from .websocket_match import Message, size

if TYPE_CHECKING:
    from .._engine import SocketReply
    from .websocket import WebSocket

Test = Callable[[Message], bool]


class _Expected:
    """Somebody who waits for a message that passes a test."""

    def __init__(self, test: Test | None) -> None:
        self.test = test
        self.end: Any = AsyncResult()
        """(message, when it came, None), or (None, 0.0, the reply that says how the connection ended)."""


class Reader:
    """Reads until the connection ends. Any number of greenlets may wait for messages."""

    def __init__(self, websocket: WebSocket, on_message: Callable[[WebSocket, Message], Any]) -> None:
        self._websocket = websocket
        self._on_message = on_message
        self._expected: list[_Expected] = []
        self._ended: SocketReply | None = None
        gevent.spawn(self._run)

    def receive(self, test: Test | None, name: str, seconds: float | None) -> Any:
        """As `WebSocket.receive`."""
        return self._get(self._expect(test), "WSR", name, time.time(), seconds, "message")

    def request(self, message: Message, test: Test | None, name: str, seconds: float | None) -> Any:
        """As `WebSocket.request`."""
        websocket = self._websocket
        # before it is sent: the answer may be here before we are told that it left
        expected = self._expect(test)
        try:
            sent = websocket._wait(websocket._socket.send(getcurrent(), message, name, seconds, DEFER))
        except BaseException:
            self._forget(expected)
            raise
        error = error_of(sent)
        if error is not None:
            self._forget(expected)
            if sent.error is not None and sent.error[2]:
                websocket._record("WSC", name, sent.response_time_ms, 0, error, None, sent.start_time)
            raise error
        left = None if seconds is None else max(0.0, seconds - sent.response_time_ms / 1000)
        return self._get(expected, "WSC", name, sent.start_time, left, "answer")

    def _expect(self, test: Test | None) -> _Expected:
        expected = _Expected(test)
        if self._ended is not None:
            expected.end.set((None, 0.0, self._ended))
        else:
            self._expected.append(expected)
        return expected

    def _forget(self, expected: _Expected) -> None:
        if expected in self._expected:
            self._expected.remove(expected)

    def _get(
        self, expected: _Expected, method: str, name: str, start: float, seconds: float | None, what: str
    ) -> Any:
        """What `expected` gets, recorded."""
        record = self._websocket._record
        timer = Timeout.start_new(seconds)
        try:
            message, came, ended = expected.end.get()
        except Timeout as timeout:
            if timeout is not timer:
                raise  # one of the script's own
            matching = "matching " if expected.test else ""
            late = WebSocketTimeout(f"no {matching}{what} within the time-out")
            record(method, name, (time.time() - start) * 1000, 0, late, None, start)
            raise late from None
        finally:
            timer.close()
            self._forget(expected)
            self._websocket._client.user._yielded = True
        if ended is not None:
            error = error_of(ended)
            # A request is one for an answer, which a close in good order is not.
            if ended.error[2] or (method == "WSC" and ended.error[0] == "closed"):
                record(method, name, (time.time() - start) * 1000, 0, error, None, start)
            raise error or WebSocketClosed("the connection is closed")
        record(method, name, max(0.0, (came - start) * 1000), size(message), None, message, start)
        return message

    def _run(self) -> None:
        websocket = self._websocket
        while self._ended is None:
            reply = websocket._wait(websocket._socket.receive(getcurrent(), websocket.name, None, DEFER))
            message = reply.message
            if reply.error is not None:
                self._end(reply)
            elif message is not None:
                self._deal(message, reply.end_time)

    def _deal(self, message: Message, came: float) -> None:
        """Hand a message to the first who waits for one like it, else to the handler."""
        try:
            for expected in self._expected:
                if expected.test is None or expected.test(message):
                    self._expected.remove(expected)
                    expected.end.set((message, came, None))
                    return
            self._websocket._pushed(message, came)
            self._on_message(self._websocket, message)
        except Exception as e:
            # The reader has to go on: it is the handler (or a test) that is wrong, and the others still wait.
            self._websocket._client.user._report(e)

    def _end(self, reply: SocketReply) -> None:
        self._ended = reply
        waiting, self._expected = self._expected, []
        for expected in waiting:
            expected.end.set((None, 0.0, reply))
        if not waiting and reply.error is not None and reply.error[2]:
            name = self._websocket.name
            self._websocket._record("WSD", name, 0.0, 0, error_of(reply), None, reply.end_time)
