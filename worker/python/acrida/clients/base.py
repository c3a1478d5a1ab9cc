"""What both HTTP sessions share: their engine session, state that goes with every request, and the events.

The hot path is the client's own `get`; this module keeps what it needs ready (`_submit`, `_wire`, `_slow`),
and does everything rare.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from gevent import get_hub, getcurrent

from .. import bridge
from .._version import __version__
from .body import FORM, JSON
from .cookies import SessionCookies
from .structures import CaseInsensitiveDict, WatchedHeaders

if TYPE_CHECKING:
    from typing_extensions import Self

    from .._engine import Completion
    from ..event import RequestEventHook

_SESSIONS_MAX = 64
"""Combinations of settings (`verify`, `cert`, `proxies`...) a session keeps connections for."""

USER_AGENT = f"acrida/{__version__}"


class _Nobody:
    """Stands in for the user of a session that has none."""

    _yielded = False

    def context(self) -> dict[str, Any]:
        return {}


class Session:
    """An HTTP client with cookies and connections of its own."""

    style: Literal["requests", "fast"]

    _json_asks_for_json = False
    # The engine's pool of connections, where users share one.
    _pool: Any = None

    def __init__(
        self, base_url: str | None, request_event: RequestEventHook, user: Any, headers: list[tuple[str, str]]
    ) -> None:
        self.request_event = request_event
        self.user = user
        self.request_name: str | None = None
        """Name for the statistics of all requests, unless they bring their own."""
        self._base_url = base_url or ""
        self._user: Any = user if user is not None else _Nobody()
        # The list itself: it is changed in place, and empty for most runs.
        self._listeners = request_event._handlers
        self._switch = get_hub().switch
        self._defaults = CaseInsensitiveDict(headers)
        self._headers = WatchedHeaders(headers, self._headers_changed)
        self._wire: list[tuple[str, str | None]] | None = None
        self._typed_wire: dict[str, list[tuple[str, str | None]]] = {}
        self._auth_value: str | None = None
        # Set once the session has something that has to be worked into each request (params, hooks...).
        self._slow = False
        self._sessions: dict[tuple[Any, ...], Any] = {}
        self._use(self._make_session(()))

    def _profile_settings(self) -> dict[str, Any]:
        """Keyword arguments of `Engine.profile`, all but base_url, style and headers."""
        raise NotImplementedError

    def _make_session(self, key: tuple[Any, ...], **changes: Any) -> Any:
        """The engine's session for settings other than the usual ones; it shares this session's cookies."""
        session = self._sessions.get(key)
        if session is None:
            settings = {**self._profile_settings(), **changes}
            profile = bridge.current().profile(
                base_url=self._base_url, style=self.style, headers=list(self._defaults.items()), **settings
            )
            first = next(iter(self._sessions.values()), None)
            session = self._sessions[key] = (
                profile.session(first) if self._pool is None else profile.session(first, self._pool)
            )
            if len(self._sessions) > _SESSIONS_MAX:
                # They share their cookies, so all that a dropped one takes along is its connections.
                oldest = next(
                    key for key, known in self._sessions.items() if known not in (session, self._session)
                )
                del self._sessions[oldest]
        return session

    def _use(self, session: Any) -> None:
        self._session = session
        self._submit = session.submit
        self._cancel = session.cancel

    def _reconfigure(self) -> None:
        """A setting of the session has changed: go on with an engine session that has it."""
        key = (self._base_url, *map(str, self._profile_settings().items()))
        self._use(self._make_session(key))

    @property
    def base_url(self) -> str:
        """What relative URLs are appended to."""
        return self._base_url

    @base_url.setter
    def base_url(self, value: str) -> None:
        self._base_url = value
        self._reconfigure()

    @property
    def headers(self) -> Any:
        """Headers of every request; change them in place or assign a dict. A value of None removes a default
        one."""
        return self._headers

    @headers.setter
    def headers(self, value: Any) -> None:
        self._headers = WatchedHeaders(value or {}, self._headers_changed)
        self._headers_changed()

    def _headers_changed(self) -> None:
        """Work out once what differs from the headers that the engine sends anyway."""
        wire: list[tuple[str, str | None]] = [
            (name, None if value is None else as_text(value))
            for name, value in self._headers.items()
            if self._defaults.get(name) != value
        ]
        wire += [(name, None) for name in self._defaults if name not in self._headers]
        if self._auth_value is not None and "authorization" not in self._headers:
            wire.append(("Authorization", self._auth_value))
        self._wire = wire or None
        self._typed_wire.clear()

    @property
    def cookies(self) -> Any:
        """The session's cookies by name; assign a dict to replace them."""
        return SessionCookies(self)

    @cookies.setter
    def cookies(self, value: Any) -> None:
        jar = SessionCookies(self)
        jar.clear()
        jar.update(value or {})

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """Record all requests of a with-block under one name."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def _headers_for(
        self, headers: Any, content_type: str | None, extra: list[tuple[str, str]] | None = None
    ) -> list[tuple[str, str | None]] | None:
        """Session headers, a Content-Type if the script has set none, `extra`, then the request's own."""
        if not headers and not extra:
            if content_type is None:
                return self._wire
            known = self._typed_wire.get(content_type)
            if known is not None:
                return known
        merged = {name.lower(): (name, value) for name, value in self._wire or ()}
        if content_type is not None:
            merged.setdefault("content-type", ("Content-Type", content_type))
            if content_type is JSON and self._json_asks_for_json:
                merged.setdefault("accept", ("Accept", JSON))
        for name, value in extra or ():
            merged[name.lower()] = (name, value)
        for name, value in headers.items() if headers else ():
            key = name if isinstance(name, str) else name.decode("latin1")
            merged[key.lower()] = (key, None if value is None else as_text(value))
        wire = list(merged.values())
        if not headers and not extra and content_type in (JSON, FORM):
            self._typed_wire[content_type] = wire
        return wire

    def _cookie_header(self, cookies: Any) -> str:
        """Value of a Cookie header: the session's cookies and a request's own on top."""
        merged = {**SessionCookies(self).get_dict()}
        merged.update(cookies.items() if hasattr(cookies, "items") else ((c.name, c.value) for c in cookies))
        return "; ".join(f"{name}={value}" for name, value in merged.items())

    def _exchange(
        self,
        session: Any,
        method: str,
        url: str,
        name: str | None,
        headers: Any,
        body: bytes | None,
        flags: int,
        connect_timeout: float | None,
        read_timeout: float | None,
    ) -> Completion:
        """Send one request and let others run until it is complete."""
        ticket = session.submit(
            getcurrent(), method, url, name, headers, body, flags, connect_timeout, read_timeout
        )
        try:
            completion: Completion = self._switch()
        except BaseException:
            # Killed, or a gevent.Timeout: nobody waits any more, so the late answer has to be dropped.
            session.cancel(ticket)
            raise
        self._user._yielded = True
        return completion

    def event_arguments(
        self, response: Any, completion: Completion, context: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Arguments of the `request` event."""
        own = self._user.context()
        return {
            "request_type": completion.method,
            "name": completion.name,
            "response_time": completion.response_time_ms,
            "response_length": response_length(response, completion),
            "response": response,
            "context": {**own, **context} if context else own,
            "exception": None,
            "start_time": completion.start_time,
            "url": _asked_url(completion) or response._asked_url or self._base_url,
        }

    def _notify(self, response: Any, completion: Completion, context: dict[str, Any] | None) -> None:
        """Tell the listeners about a request that is recorded."""
        arguments = self.event_arguments(response, completion, context)
        arguments["exception"] = response.failure_as_exception()
        self.request_event.notify(**arguments)

    def _absolute(self, url: str) -> str:
        return url if url[:8].lower().startswith(("http://", "https://")) else self._base_url + url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; later requests make new ones."""
        for session in self._sessions.values():
            session.drop_connections()


def response_length(response: Any, completion: Completion) -> int:
    """Bytes to count: of a streamed response, what its header announces, as its body is not there yet."""
    return announced_length(response) if response._streamed else completion.length


def announced_length(response: Any) -> int:
    """What the Content-Length header of a response says; 0 if there is none."""
    announced = response.headers.get("content-length") if response._c.status else None
    return int(announced) if isinstance(announced, str) and announced.isdigit() else 0


def _asked_url(completion: Completion) -> str:
    """What the script asked for, before any redirect; empty without a response."""
    history = completion.history
    return (history[0] if history else completion).request_url


def as_text(value: Any) -> str:
    """A header, method or URL as text, also where it was given as bytes."""
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


def timeouts(timeout: Any) -> tuple[float | None, float | None]:
    """(connect, read) in seconds, from a number or a pair. None: no limit."""
    if timeout is None or isinstance(timeout, (int, float)):
        return timeout, timeout
    connect, read = timeout
    return connect, read
