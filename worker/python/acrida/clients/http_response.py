"""The responses that `HttpUser.client` gives out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .catch import Caught, Uncaught
from .response import Response

if TYPE_CHECKING:
    from .._engine import Completion
    from .http import HttpSession


class HttpResponse(Uncaught, Response):
    """Response of a request that is recorded already."""

    __slots__ = ()


class ResponseContextManager(Caught, Response):
    """Response in a with-block, with `success()` and `failure()` to decide how it is recorded."""

    # Slots: an instance dict for the state of the block would cost as much as the rest of the object.
    __slots__ = ("_context", "_entered", "_manual_result", "_session")

    def __init__(self, completion: Completion, session: HttpSession, context: dict[str, Any] | None) -> None:
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

    js: Any


class FailedCompletion:
    """A completion that counts as failed though there was a response: a hook has raised."""

    status = 0
    reason = url = request_url = ""
    headers: list[tuple[str, str]] = []
    content = b""
    length = 0
    history: list[Any] = []

    def __init__(self, completion: Completion, text: str) -> None:
        self._real = completion
        self.error = ("hook", text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def failure(self) -> str:
        """The text of what the hook raised."""
        return self.error[1]
