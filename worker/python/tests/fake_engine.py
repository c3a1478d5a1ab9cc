"""An engine in pure Python, for tests of everything above it: answers come from a function the test gives."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from acrida.clients.flags import DEFER, STREAM

HOLD = object()
"""A responder returns this to leave a request unanswered."""


class FakeCompletion:
    """A finished request. Keyword arguments override what a plain 200 would have."""

    def __init__(self, session: FakeSession, method: str, url: str, name: str, **answer: Any) -> None:
        self._engine = session.engine
        self.method, self.name = method, name
        self.status: int = answer.get("status", 200)
        self.reason: str = answer.get("reason", "OK")
        self.headers: list[tuple[str, str]] = answer.get("headers", [])
        self.content: bytes = answer.get("content", b"")
        self.url: str = answer.get("url", url)
        self.error: tuple[str, str] | None = answer.get("error")
        self.history: list[FakeCompletion] = answer.get("history", [])
        self.length = len(self.content)
        self.response_time_ms: float = answer.get("response_time_ms", 1.5)
        self.start_time = 1000.0
        self.request_method, self.request_url = method, url
        self.request_headers: list[tuple[str, str]] = []
        self.request_body = b""
        self.chunks: list[Any] = list(answer.get("chunks", []))
        self.reported = False
        self.closed = False

    def failure(self) -> str | None:
        if self.error:
            return self.error[1]
        return f"status {self.status}" if self.status >= 400 else None

    def report(self, error: str | None, **overrides: Any) -> None:
        if self.reported:
            return
        self.reported = True
        row = {
            "name": self.name,
            "method": self.method,
            "response_time_ms": self.response_time_ms,
            "length": self.length,
        }
        row.update((key, value) for key, value in overrides.items() if value is not None)
        self._engine.record(row["method"], row["name"], row["response_time_ms"], row["length"], error)

    def next_chunk(self, waiter: Any) -> int:
        self._engine.complete(waiter, self.chunks.pop(0) if self.chunks else b"")
        return 0

    def close(self) -> None:
        self.closed = True


class FakeSession:
    def __init__(
        self, engine: FakeEngine, profile: dict[str, Any], jar: dict[str, tuple[str, str, str, str]]
    ) -> None:
        self.engine = engine
        self.profile = profile
        self.jar = jar
        self.pool: Any = None
        self.dropped = 0

    def submit(
        self,
        waiter: Any,
        method: str,
        url: str,
        name: str | None = None,
        headers: Any = None,
        body: bytes | None = None,
        flags: int = 0,
        connect_timeout: float | None = None,
        read_timeout: float | None = None,
    ) -> int:
        engine = self.engine
        if url.startswith("bad:"):
            raise ValueError(f"bad URL {url}")
        full = url if url.startswith("http") else self.profile["base_url"] + url
        engine.ticket += 1
        sent = {
            "method": method, "url": full, "name": name, "headers": headers, "body": body, "flags": flags,
            "timeouts": (connect_timeout, read_timeout), "session": self,
        }  # fmt: skip
        engine.submitted.append(sent)
        answer = engine.responder(sent)
        if answer is not HOLD:
            completion = FakeCompletion(self, method, full, name or url, **(answer or {}))
            completion.request_headers = [h for h in headers or [] if h[1] is not None]
            completion.request_body = body or b""
            if not flags & DEFER:
                completion.report(completion.failure())
            if flags & STREAM:
                completion.content, completion.length = b"", 0
            engine.complete(waiter, completion)
        return engine.ticket

    def cancel(self, ticket: int) -> None:
        self.engine.cancelled.append(ticket)

    def cookies(self) -> list[tuple[str, str, str, str]]:
        return list(self.jar.values())

    def set_cookie(self, name: str, value: str, domain: str = "", path: str = "/") -> None:
        self.jar[name] = (name, value, domain, path)

    def clear_cookies(self) -> None:
        self.jar.clear()

    def drop_connections(self) -> None:
        self.dropped += 1

    def close(self) -> None:
        pass


class FakeProfile:
    def __init__(self, engine: FakeEngine, settings: dict[str, Any]) -> None:
        self.engine = engine
        self.settings = settings

    def session(self, share_cookies_of: FakeSession | None = None, pool: Any = None) -> FakeSession:
        jar = share_cookies_of.jar if share_cookies_of is not None else {}
        session = FakeSession(self.engine, self.settings, jar)
        session.pool = pool
        return session


class FakeEngine:
    """Answers requests by `responder(request)`: keyword arguments of a completion, None for a plain 200."""

    def __init__(self, responder: Callable[[dict[str, Any]], Any] | None = None) -> None:
        self.responder = responder or (lambda request: None)
        self.submitted: list[dict[str, Any]] = []
        self.records: list[tuple[str, str, float | None, int, str | None]] = []
        self.sent: list[tuple[str, Any]] = []
        self.states: list[tuple[str, dict[str, int]]] = []
        self.cancelled: list[int] = []
        self.profiles: list[dict[str, Any]] = []
        self.resets = 0
        self.listening: tuple[bool, bool] = (False, False)
        self.extras: list[tuple[int, dict[str, Any]]] = []
        self.ticket = 0
        self._ready: list[tuple[Any, Any]] = []
        self._commands: list[tuple[str, Any]] = []
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)

    def fileno(self) -> int:
        return self._read

    def complete(self, waiter: Any, value: Any) -> None:
        self._ready.append((waiter, value))
        if len(self._ready) == 1:
            os.write(self._write, b"x")

    def drain(self) -> list[tuple[Any, Any]]:
        os.read(self._read, 16)
        ready, self._ready = self._ready, []
        return ready

    def flush(self) -> None:
        pass

    def has_commands(self) -> bool:
        return bool(self._commands)

    def commands(self) -> list[tuple[str, Any]]:
        commands, self._commands = self._commands, []
        return commands

    def command(self, kind: str, data: Any = None) -> None:
        """The master says something."""
        self._commands.append((kind, data))
        os.write(self._write, b"x")

    def send(self, kind: str, data: Any) -> None:
        self.sent.append((kind, data))

    def set_users(self, state: str, counts: dict[str, int]) -> None:
        self.states.append((state, counts))

    def listen(self, reports: bool, heartbeats: bool) -> None:
        self.listening = (reports, heartbeats)

    def add_to_report(self, number: int, extras: dict[str, Any]) -> None:
        self.extras.append((number, extras))

    def close_for_copy(self) -> None:
        pass

    def record(
        self,
        method: str,
        name: str,
        response_time_ms: float | None,
        length: int,
        error: str | None,
        fault: str | None = None,
    ) -> None:
        self.records.append((method, name, response_time_ms, length, error))

    def reset_stats(self) -> None:
        self.resets += 1

    def errors(self) -> list[dict[str, Any]]:
        return []

    def snapshot(self) -> list[dict[str, Any]]:
        return []

    def pool(self, *, in_use: int | None, kept: int) -> tuple[int | None, int]:
        return in_use, kept

    def profile(self, **settings: Any) -> FakeProfile:
        self.profiles.append(settings)
        return FakeProfile(self, settings)
