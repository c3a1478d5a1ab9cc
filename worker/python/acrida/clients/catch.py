"""Responses in a with-block (`catch_response=True`): the script decides whether the request succeeded.

The engine has not recorded such a request; leaving the block does.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from ..event import error_text
from ..exception import CatchResponseError, LocustError, ResponseError
from .base import announced_length
from .structures import lazy

if TYPE_CHECKING:
    from .._engine import Completion
    from .base import Session

_NOT_ENTERED = (
    "Tried to set the status of a request outside a with-block. Use it like this:\n\n"
    "with self.client.get(..., catch_response=True) as response:\n    response.{}"
)
_NOT_CAUGHT = "To change the state of a request with .success() or .failure(), pass catch_response=True to it"


class Uncaught:
    """For responses that are recorded already: explains what to do when somebody tries to change that."""

    __slots__ = ()

    def __enter__(self) -> Any:
        raise LocustError("In order to use a with-block for requests, you must also pass catch_response=True")

    def __exit__(
        self, kind: Any, value: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return None

    def success(self) -> None:
        """Only with `catch_response=True`."""
        raise LocustError(_NOT_CAUGHT)

    def failure(self, exc: Any) -> None:
        """Only with `catch_response=True`."""
        raise LocustError(_NOT_CAUGHT)


CaughtT = TypeVar("CaughtT", bound="Caught")


class Caught:
    """Mixin for the responses of both clients. Needs `_c`, `failure_as_exception()` and a `__dict__`."""

    _c: Completion
    _session: Session
    _context: dict[str, Any] | None
    _streamed: bool
    _entered: bool
    _manual_result: bool | Exception | None
    failure_as_exception: Callable[[], Exception | None]

    @lazy
    def request_meta(self) -> dict[str, Any]:
        """What will be reported. Changes to name, request_type, response_time and response_length are
        honoured."""
        return self._session.event_arguments(self, self._c, self._context)

    def __enter__(self: CaughtT) -> CaughtT:
        self._entered = True
        return self

    def __exit__(self, kind: Any, value: BaseException | None, traceback: TracebackType | None) -> bool:
        result = self._manual_result
        if result is not None:
            self._record(result if isinstance(result, Exception) else None, manual=True)
            return kind is None
        if kind is None:
            self._record(None, manual=False)
            return True
        if isinstance(value, ResponseError):
            self._record(value, manual=True)
            return True
        return False

    def _record(self, exception: Exception | None, manual: bool) -> None:
        completion = self._c
        text = None if exception is None else error_text(exception)
        error = text if manual else completion.failure()
        listeners = self._session._listeners
        if "request_meta" not in self.__dict__ and not listeners:
            if self._streamed:
                # What the engine counts is the body, which is not there yet.
                completion.report(error, length=announced_length(self))
            else:
                completion.report(error)
            return
        meta = self.request_meta
        completion.report(
            error,
            name=meta["name"],
            method=meta["request_type"],
            response_time_ms=meta["response_time"],
            length=meta["response_length"],
        )
        if listeners:
            meta["exception"] = exception if manual else self.failure_as_exception()
            self._session.request_event.notify(**meta)

    def success(self) -> None:
        """
        Count the request as successful, whatever its status. Example::

            with self.client.get("/does/not/exist", catch_response=True) as response:
                if response.status_code == 404:
                    response.success()
        """
        if not self._entered:
            raise LocustError(_NOT_ENTERED.format("success()"))
        self._manual_result = True

    def failure(self, exc: Any) -> None:
        """
        Count the request as failed, with a text or an exception as its error. Example::

            with self.client.get("/", catch_response=True) as response:
                if not response.content:
                    response.failure("No data")
        """
        if not self._entered:
            raise LocustError(_NOT_ENTERED.format("failure(...)"))
        self._manual_result = exc if isinstance(exc, Exception) else CatchResponseError(exc)

    def _raise_manual(self) -> bool:
        """Raise what `failure()` was called with; True if `success()` was called."""
        if isinstance(self._manual_result, Exception):
            raise self._manual_result
        return self._manual_result is True
