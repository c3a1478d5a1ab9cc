"""The engine: sockets, statistics and the link to the master, in one Rust thread beside the interpreter.

Everything is called by the thread that runs gevent; no call blocks but `Engine.shutdown`. `bridge` joins
it to the hub. A request is `Session.submit`, then a switch to the hub, which `Engine.drain` ends by naming
the waiter.
"""

from typing import Any, Literal

DEFER: int
"""Flag of `submit`: record nothing until `Completion.report`."""
STREAM: int
"""Flag of `submit`: complete when the head of the response is here; the body comes by `next_chunk`."""
NO_REDIRECT: int
"""Flag of `submit`: hand out a redirect as it is."""

def pack(obj: Any) -> bytes:
    """MessagePack of None, bool, int, float, str, bytes, datetime, and lists, tuples and dicts of them.
    Raises TypeError, with the type's name, for anything else; ValueError if nested too deep or beyond 64
    bits."""

def unpack(data: bytes) -> Any:
    """The object that `data` holds. Raises ValueError if it is not exactly one."""

class Engine:
    def __init__(self, config_json: str) -> None:
        """Keys: node_id, master_host (null: no link), master_port, user_classes, lifeline, lifeline_fd."""
    def start(self) -> None:
        """Start the reactor thread, and the link, which asks the master until it answers."""
    def fileno(self) -> int:
        """Readable when `drain` or `commands` has something."""
    def drain(self) -> list[tuple[Any, Completion | bytes | SocketReply]]:
        """(waiter, what it waited for) of all that is complete."""
    def flush(self) -> None:
        """Let the submitted requests go."""
    def has_commands(self) -> bool:
        """Whether the master has said something."""
    def commands(self) -> list[tuple[str, Any]]:
        """What it said: ack, heartbeat, spawn, spawning_complete, stop, quit, update_user_class, message; or
        what happened to the link: master_lost, connect_failed, lifeline_closed; or report, usage."""
    def send(self, kind: str, data: Any) -> None:
        """Send a message to the master."""
    def set_users(self, state: str, counts: dict[str, int]) -> None:
        """What heartbeats and reports say: state, and users by class."""
    def listen(self, reports: bool, heartbeats: bool) -> None:
        """Whether to ask for additions before each report (command `report`), and to tell of heartbeats."""
    def add_to_report(self, number: int, extras: dict[str, Any]) -> None:
        """Answer the command `report`. Raises TypeError or ValueError for what cannot be sent."""
    def close_for_copy(self) -> None:
        """In a forked child: nothing leaves from now on."""
    def log(self, line: str) -> None:
        """A line for the master's log collection."""
    def record(
        self,
        method: str,
        name: str,
        response_time_ms: float | None,
        length: int,
        error: str | None,
        fault: str | None = None,
    ) -> None:
        """Record a request that the engine did not make; of a failure, whose fault it is: target, network,
        generator or script."""
    def reset_stats(self) -> None:
        """Forget the figures of this process."""
    def snapshot(self) -> list[dict[str, Any]]:
        """Figures since the last reset, a row for each (method, name); the last row is the total."""
    def errors(self) -> list[dict[str, Any]]:
        """Kinds of failures since the last report to a master; without one, since the last reset."""
    def profile(
        self,
        *,
        base_url: str,
        style: Literal["requests", "fast"],
        verify: bool = True,
        ca_file: str | None = None,
        client_cert: tuple[str, str | None] | None = None,
        connect_timeout: float | None = None,
        read_timeout: float | None = None,
        max_redirects: int = 30,
        max_retries: int = 0,
        headers: list[tuple[str, str]] = ...,
        pool_size: int = 10,
        max_connections: int | None = None,
        proxies: list[tuple[str, str | None, bool]] = ...,
        no_proxy: str = "",
        ca_certificates: list[bytes] = ...,
        check_hostname: bool = True,
    ) -> Profile:
        """What the sessions of a class and host share. Raises ValueError for what cannot be used.

        `proxies`: (key, URL or None, whether `no_proxy` applies), strongest first; `ca_certificates`: DER.
        """
    def pool(self, *, in_use: int | None, kept: int) -> Pool:
        """Connections that sessions share: at most `in_use` at a time (others wait), `kept` while idle, both
        for each host."""
    def shutdown(self, timeout_s: float, extras: dict[str, Any] | None = None) -> bool:
        """Send the last report, with `extras`, and `quit`. False if they were not delivered in time."""

class Profile:
    def session(self, share_cookies_of: Session | None = None, pool: Pool | None = None) -> Session:
        """Cookies of one user, and connections, own ones or those of a pool."""

class Pool:
    """Connections that sessions share."""

class Session:
    def submit(
        self,
        waiter: Any,
        method: str,
        url: str,
        name: str | None = None,
        headers: list[tuple[str, str | None]] | None = None,
        body: bytes | None = None,
        flags: int = 0,
        connect_timeout: float | None = None,
        read_timeout: float | None = None,
    ) -> int:
        """Queue a request and return its ticket. `url` may be relative; a header of None is not sent. Raises
        ValueError for a bad URL."""
    def cancel(self, ticket: int) -> None:
        """Nobody waits any more."""
    def cookies(self) -> list[tuple[str, str, str, str]]:
        """(name, value, domain, path)."""
    def set_cookie(self, name: str, value: str, domain: str = "", path: str = "/") -> None: ...
    def clear_cookies(self) -> None: ...
    def drop_connections(self) -> None:
        """Close the idle connections; later requests make new ones."""
    def close(self) -> None:
        """Close the connections; later requests fail."""

class Socket:
    """A WebSocket. `flags` may be DEFER; a time-out of None is for ever; every operation but the last two
    wakes its waiter with a SocketReply."""

    ended: tuple[int, str] | None
    """(close code, reason) once the connection is over."""
    def __init__(self, session: Session) -> None:
        """With the settings and cookies of a session. Not open yet."""
    def connect(
        self,
        waiter: Any,
        url: str,
        name: str | None,
        headers: list[tuple[str, str | None]],
        subprotocols: list[str],
        timeout: float | None,
        message_max_bytes: int,
        flags: int = 0,
    ) -> int:
        """Open it. Raises ValueError for a bad URL, header or subprotocol."""
    def send(
        self, waiter: Any, message: str | bytes, name: str, timeout: float | None, flags: int = 0
    ) -> int:
        """Send a message; over when the system has taken its last byte."""
    def receive(self, waiter: Any, name: str, timeout: float | None, flags: int = 0) -> int:
        """The oldest message nobody has read, or the next."""
    def request(
        self, waiter: Any, message: str | bytes, name: str, timeout: float | None, flags: int = 0
    ) -> int:
        """Send a message; over with the first message that comes afterwards."""
    def ping(self, waiter: Any, name: str, timeout: float | None, flags: int = 0) -> int:
        """Send a ping; over with its pong."""
    def close(self, waiter: Any, name: str, code: int, reason: str) -> int:
        """Send a close frame; over with the target's answer, or after 2 s. Raises ValueError for a bad
        code."""
    def cancel(self, ticket: int) -> None:
        """Nobody waits any more."""
    def abandon(self) -> None:
        """Close in good order, without waiting for it. The last call."""

class SocketReply:
    """An operation on a WebSocket that is over."""

    message: str | bytes | None
    skipped: list[tuple[str | bytes, float]]
    """Messages that came before a request was sent, and when (unix seconds)."""
    name: str
    method: str
    length: int
    response_time_ms: float
    start_time: float
    end_time: float
    """Unix seconds; of a message, when it came."""
    error: tuple[str, str, bool] | None
    """(kind, text, whether it counts as a failure); kinds: connect, handshake, timeout, closed, shut, busy,
    queue_full."""
    status: int
    headers: list[tuple[str, str]]
    subprotocol: str | None
    closed: tuple[int, str] | None
    """(close code, reason) of the connection, in a failure because it is over."""
    def report(
        self, error: str | None = None, response_time_ms: float | None = None, length: int | None = None
    ) -> None:
        """Record what was asked for with DEFER; only the first call does."""

class Completion:
    """A request that is over."""

    status: int
    reason: str
    url: str
    name: str
    method: str
    headers: list[tuple[str, str]]
    content: bytes
    length: int
    response_time_ms: float
    start_time: float
    error: tuple[str, str] | None
    """(kind, text); kinds: refused, reset, closed, dns, connect_timeout, read_timeout, proxy, tls,
    too_many_redirects, malformed, decode, network."""
    history: list[Completion]
    request_method: str
    request_url: str
    request_headers: list[tuple[str, str]]
    request_body: bytes
    def failure(self) -> str | None:
        """The error it is recorded with, if nobody says otherwise."""
    def report(
        self,
        error: str | None,
        *,
        name: str | None = None,
        method: str | None = None,
        response_time_ms: float | None = None,
        length: int | None = None,
    ) -> None:
        """Record a request submitted with DEFER; only the first call does."""
    def next_chunk(self, waiter: Any) -> int:
        """Wake the waiter with the next bytes of a stream (empty: its end), or a Completion with an error."""
    def close(self) -> None:
        """Give up the rest of a stream."""
