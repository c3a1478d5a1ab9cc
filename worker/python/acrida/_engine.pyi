"""Contract of the extension module `acrida._engine` (built by the lead; the Python package codes against it).

Thread model: everything here is called by the Python (gevent) thread; a Rust reactor thread does the I/O. No call blocks except `shutdown`.
The package integrates it in the hub: `hub.loop.io(engine.fileno(), 1)` -> on_ready: `for waiter, value in engine.drain(): waiter.switch(value)`
and `for kind, data in engine.commands(): ...` (only when engine.has_commands()); a `hub.loop.prepare()` watcher with the lowest priority calls `engine.flush()` so that
submits leave in batches before the loop blocks (drain also flushes when submits wait for more than ~100 µs).
A waiter is the current greenlet; the client method does: ticket = session.submit(getcurrent(), ...); try: c = hub.switch() except BaseException: session.cancel(ticket); raise.
"""

from typing import Any, Literal

# flags of Session.submit
DEFER: (
    int  # do not record statistics; Completion.report(...) does (catch_response, and when Python must decide)
)
STREAM: int  # complete when the response head is here; body by next_chunk
NO_REDIRECT: int  # hand out 3xx as they are

class Engine:
    def __init__(self, config_json: str) -> None:
        ...
        # keys: node_id, master_host (null = no link: run_single_user/debug/tests), master_port, user_classes (all names, for empty reports), lifeline (bool), heartbeat/report intervals
    def start(
        self,
    ) -> None: ...  # starts the reactor thread (and the link, which sends client_ready until acked)
    def fileno(self) -> int: ...
    def drain(self) -> list[tuple[Any, Completion | bytes]]: ...
    def flush(self) -> None: ...
    def has_commands(self) -> bool: ...
    def commands(self) -> list[tuple[str, Any]]:
        ...
        # ("ack", {"index": 0}) | ("spawn", {"user_classes_count": {..}, "host": str|None, "stop_timeout": float, "parsed_options": {..}, "spread_s": float})
        #   (the link has already answered `spawning` and dropped stale timestamps)
        # ("spawning_complete", {"user_count": n}) | ("stop", None) | ("quit", None) | ("update_user_class", {...}) | ("message", (kind, data))
        # ("master_lost", text) | ("connect_failed", text) | ("lifeline_closed", None)
    def send(self, kind: str, data: Any) -> None:
        ...  # any wire message: "spawning_complete", "client_stopped", "exception", custom kinds
        # after "client_stopped" the link itself re-sends client_ready
    def set_users(
        self, state: str, counts: dict[str, int]
    ) -> None: ...  # for heartbeats and stats; "ready"|"spawning"|"running"|"stopping"
    def log(self, line: str) -> None: ...  # one formatted line for the master's log collection
    def record(
        self, method: str, name: str, response_time_ms: float | None, length: int, error: str | None
    ) -> None: ...
    def reset_stats(self) -> None: ...
    def snapshot(
        self,
    ) -> list[
        dict[str, Any]
    ]: ...  # figures since the last reset: Locust's entry fields per (method, name); last row is Aggregated
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
    ) -> Profile:
        ...
        # one per (User class, host): shared settings and caches. base_url may contain user:pw@ (basic auth). Raises ValueError (bad URL, unreadable CA/cert: one line).
        # style decides default name (requests: path+query as sent; fast: the url argument), failure texts, max statuses that count as ok (both: <400)
    def shutdown(
        self, timeout_s: float
    ) -> bool: ...  # last stats + `quit`, waits for delivery and the reactor's end (GIL released); False if not delivered in time

class Profile:
    def session(self, share_cookies_of: Session | None = None) -> Session: ...

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
        ...
        # positional arguments; url absolute or relative to base_url, already with its query. headers override the profile's by name; value None removes one.
        # Content-Type etc. are the caller's; Host, Content-Length, Connection, Cookie, Accept-Encoding (unless given) are ours. Raises ValueError on a bad URL.
    def cancel(self, ticket: int) -> None: ...
    def cookies(self) -> list[tuple[str, str, str, str]]: ...  # name, value, domain, path
    def set_cookie(self, name: str, value: str, domain: str = "", path: str = "/") -> None: ...
    def clear_cookies(self) -> None: ...
    def close(self) -> None: ...

class Completion:
    status: int  # 0 if there is no response
    reason: str
    url: str  # final URL
    name: str
    method: str  # as recorded
    headers: list[tuple[str, str]]  # of the final response, in order
    content: bytes  # decoded body (b"" for streams)
    length: int  # bytes counted as response length (decoded body; 0 for streams until drained)
    response_time_ms: float
    start_time: float  # unix seconds
    error: (
        tuple[str, str] | None
    )  # (kind, text); kinds: refused reset closed dns connect_timeout read_timeout tls too_many_redirects malformed decode network
    history: list[Completion]
    request_method: str
    request_url: str
    request_headers: list[tuple[str, str]]
    request_body: bytes
    def failure(
        self,
    ) -> (
        str | None
    ): ...  # the text that would be/was recorded as failure (status >= 400 or error), in the profile's style, else None
    def report(
        self,
        error: str | None,
        *,
        name: str | None = None,
        method: str | None = None,
        response_time_ms: float | None = None,
        length: int | None = None,
    ) -> None:
        ...
        # records a DEFERred request once (later calls do nothing)
    def next_chunk(
        self, waiter: Any
    ) -> int: ...  # stream: wakes the waiter with bytes (b"" = end) or a Completion with .error
    def close(self) -> None: ...  # stream: give the connection up
