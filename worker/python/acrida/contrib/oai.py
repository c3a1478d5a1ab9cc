"""OpenAIUser: calls by the package openai as requests. Needs the variable OPENAI_API_KEY."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..event import EventHook
from ..user.users import User
from ._driver import driver

_httpx = driver("httpx", "httpx", "OpenAIUser")
_Base: Any = driver("openai", "openai", "OpenAIUser").OpenAI

if "OPENAI_API_KEY" not in os.environ:
    raise ImportError("OpenAIUser needs a key: set OPENAI_API_KEY in the environment of master and workers")


class OpenAIClient(_Base):  # type: ignore[misc]
    """`openai.OpenAI` that records each HTTP request. Its length is the number of output tokens."""

    def __init__(self, request_event: EventHook, user: User, *args: Any, **kwargs: Any) -> None:
        self.request_name: str | None = None
        """Name for the statistics; None: the path."""
        self.user = user
        self._request_event = request_event
        hooks = {"request": [self._started], "response": [self._ended]}
        super().__init__(*args, **kwargs, http_client=_httpx.Client(event_hooks=hooks))

    def _started(self, request: Any) -> None:
        request.start_time, request.start_perf_counter = time.time(), time.perf_counter()

    def _ended(self, response: Any) -> None:
        response.read()
        elapsed = (time.perf_counter() - response.request.start_perf_counter) * 1000
        error = tokens = None
        try:
            response.raise_for_status()
        except _httpx.HTTPStatusError as e:
            error = e
        with suppress(ValueError, AttributeError):  # no JSON object: an error page, or a stream
            tokens = response.json().get("usage", {}).get("output_tokens")
        self._request_event.fire(
            request_type=response.request.method,
            name=self.request_name or response.url.path,
            context={},
            response=response,
            exception=error,
            start_time=response.request.start_time,
            response_time=elapsed,
            response_length=tokens or 0,
            url=response.url,
        )

    @contextmanager
    def rename_request(self, name: str) -> Iterator[None]:
        """Record all requests of a with-block under one name."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None


class OpenAIUser(User):
    """A user whose `client` is an `openai.OpenAI`."""

    abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client: OpenAIClient = OpenAIClient(self.environment.events.request, user=self)
