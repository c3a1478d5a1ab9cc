"""SocketIOUser: a Socket.IO client (package python-socketio) whose messages are requests."""

from __future__ import annotations

from typing import Any

import gevent

from ..event import RequestEventHook
from ..user.users import User
from ._driver import driver

_Base: Any = driver("socketio", "python-socketio[client]", "SocketIOUser").Client


class SocketIOClient(_Base):  # type: ignore[misc]
    """`socketio.Client` that records: WS connect, WSS send, WSE emit, WSC call, WSR received."""

    def __init__(self, request_event: RequestEventHook, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request_event = request_event

    def _record(self, kind: str, name: str, data: Any, error: Exception | None = None) -> None:
        self.request_event.fire(
            request_type=kind,
            name=name,
            response_time=0,
            response_length=len(data or []),
            exception=error,
            context={},
        )

    def connect(self, *args: Any, **kwargs: Any) -> None:
        """As in socketio; timed."""
        with self.request_event.measure("WS", "connect"):
            super().connect(*args, **kwargs)

    def send(self, data: Any, namespace: Any = None, callback: Any = None, name: str = "Unnamed") -> None:
        """As in socketio; an error is recorded, not raised."""
        error = None
        try:
            super().send(data, namespace, callback)
        except Exception as e:
            error = e
        self._record("WSS", name, data, error)

    def emit(self, event: Any, data: Any = None, namespace: Any = None, callback: Any = None) -> None:
        """As in socketio; an error is recorded, not raised."""
        error = None
        try:
            super().emit(event, data, namespace, callback)
        except Exception as e:
            error = e
        self._record("WSE", str(event), data, error)

    def call(self, event: Any, data: Any = None, *args: Any, **kwargs: Any) -> Any:
        """As in socketio; timed until the answer."""
        with self.request_event.measure("WSC", event):
            return super().call(event, data, *args, **kwargs)

    def on_message(self, event: str, data: Any = None) -> None:
        """An event without a handler of its own. Override it to give it a response time."""
        self._record("WSR", event, data)


class SocketIOUser(User):
    """A user with a Socket.IO client in `sio`."""

    abstract = True

    options: dict[str, Any] = {}
    """Arguments of `socketio.Client`, such as `{"reconnection_attempts": 1}`."""

    sio: SocketIOClient

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sio = SocketIOClient(self.environment.events.request, **self.options)
        self.sio_greenlet = gevent.spawn(self.sio.wait)
        self.sio.on("*", self.sio.on_message)
