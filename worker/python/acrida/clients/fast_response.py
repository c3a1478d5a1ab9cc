"""What `FastHttpUser.client` returns: the same view as `Response`, with the differences its users know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .catch import Caught, Uncaught
from .errors import LocustBadStatusCode, fast_network_error
from .response import BaseResponse
from .structures import FastHeaders, lazy

if TYPE_CHECKING:
    from .._engine import Completion
    from .fast import FastHttpSession


class FastResponse(Uncaught, BaseResponse):
    """Response of `FastHttpUser.client`."""

    __slots__ = ()

    def __enter__(self) -> Any:
        return self  # a with-block without catch_response is allowed here, unlike with HttpUser

    @lazy
    def error(self) -> Exception | None:
        """Why the request counts as failed: no response, or a status that is not one of success."""
        c = self._c
        if c.error is not None:
            return fast_network_error(c)
        return LocustBadStatusCode(self.url, c.status) if c.failure() is not None else None

    @lazy
    def headers(self) -> Any:
        """Response headers; None without a response."""
        return FastHeaders(self._c.headers) if self._c.status else None

    @lazy
    def url(self) -> str | None:
        """URL of the request (not the one that redirects led to)."""
        return self._c.request_url

    @property
    def text(self) -> Any:
        """Body as text; None without a response."""
        return None if self.content is None else super().text

    def read(self, size: int | None = None) -> bytes:
        """The whole body. `size` only limits what is returned."""
        content: bytes = self.content or b""
        return content if size is None else content[:size]

    @property
    def stream(self) -> Any:
        """The response itself: iterate over it to read a body that was requested with `stream=True`."""
        return self

    def iter_content(self, chunk_size: int | None = 1024, decode_content: bool = True) -> Any:
        """The body in pieces: text where it is valid UTF-8, else bytes (with `decode_content`)."""
        for chunk in super().iter_content(chunk_size):
            if not decode_content:
                yield chunk
                continue
            try:
                yield chunk.decode()
            except UnicodeDecodeError:
                yield chunk

    def info(self) -> Any:
        """The headers."""
        return self.headers

    @property
    def status(self) -> str:
        """HTTP status as text."""
        return str(self.status_code)

    @property
    def data(self) -> Any:
        """The body."""
        return self.content

    def readline(self) -> bytes:
        """One line of a body that was requested with `stream=True`."""
        return self.raw.readline()

    def release(self) -> None:
        """Give up the rest of a streamed response."""
        self.close()

    def isclosed(self) -> bool:
        """Whether the whole body is here."""
        return not self._streamed or "content" in self.__dict__

    def __len__(self) -> int:
        announced = self.headers.get("content-length", "0") if self.headers else "0"
        return int(announced)

    def __bool__(self) -> bool:
        return True

    def raise_for_status(self) -> None:
        """Raise `error`, if there is one."""
        if self.error is not None:
            raise self.error

    def failure_as_exception(self) -> Exception | None:
        """What the request is recorded with as failure."""
        return self.error

    def _network_error(self, completion: Completion) -> Exception | None:
        return fast_network_error(completion)


class ResponseContextManager(Caught, FastResponse):
    """Response in a with-block, with `success()` and `failure()` to decide how it is recorded."""

    # Slots: an instance dict for the state of the block would cost as much as the rest of the object.
    __slots__ = ("_context", "_entered", "_manual_result", "_session")

    js: Any

    def __init__(
        self, completion: Completion, session: FastHttpSession, context: dict[str, Any] | None
    ) -> None:
        self._c = completion
        self._session = session
        self._context = context
        self._entered = False
        self._manual_result = None

    def raise_for_status(self) -> None:
        """As on any response, but what `success()` or `failure()` said comes first."""
        if not self._raise_manual():
            super().raise_for_status()


class RestResponseContextManager(ResponseContextManager):
    """What `rest()` gives; only a name for annotations."""
