"""WebSocketUser."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..clients.websocket import DEFAULT, WebSocket
from ..clients.websocket_client import MAX_MESSAGE_BYTES, OnMessage, WebSocketClient
from .users import User, require_host


class WebSocketUser(User):
    """
    A user with WebSockets. Example::

        class Chat(WebSocketUser):
            host = "wss://chat.example"

            @task
            def talk(self):
                with self.connect("/room/1") as room:
                    room.send("hello")
                    room.receive(match="hello")

    The engine measures and records each operation; see `acrida.clients.websocket` for the rows. Whatever is
    open when the user stops is closed with code 1000.
    """

    headers: dict[str, str] | None = None
    """Sent with every handshake."""

    subprotocols: Sequence[str] = ()
    """Offered with every handshake."""

    default_timeout: float | None = 10.0
    """Seconds for connecting and for each operation that brings no time-out of its own; None: for ever."""

    verify: bool | str = True
    """Whether certificates are checked (wss); or a file of authorities to trust besides the system's."""

    cert: str | tuple[str, str] | None = None
    """The client's certificate: a PEM file, or (certificate, key)."""

    push_name: str | None = "push"
    """Name of the rows of messages that nobody asked for; None: they are not recorded."""

    max_message_bytes: int = MAX_MESSAGE_BYTES
    """A longer message of the server ends its connection, with close code 1009."""

    abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client: WebSocketClient = WebSocketClient(
            require_host(self),
            self.environment.events.request,
            self,
            headers=self.headers,
            subprotocols=self.subprotocols,
            default_timeout=self.default_timeout,
            verify=self.verify,
            cert=self.cert,
            push_name=self.push_name,
            max_message_bytes=self.max_message_bytes,
        )
        """Opens WebSockets; they have the user's cookies."""

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
        """Open a WebSocket: see `WebSocketClient.connect`."""
        return self.client.connect(
            path,
            name=name,
            headers=headers,
            subprotocols=subprotocols,
            timeout=timeout,
            on_message=on_message,
            context=context,
        )

    def start(self, group: Any) -> Any:
        """As `User.start`; closes what is open once the user has ended, however that was."""
        greenlet = super().start(group)
        greenlet.rawlink(self._close)
        return greenlet

    def _close(self, _greenlet: Any) -> None:
        self.client.close()
