"""Names around `FastHttpUser` that scripts know from `locust.contrib.fasthttp`."""

from __future__ import annotations

import ssl
import zlib
from typing import TYPE_CHECKING, Any

from ..exception import LocustError
from .fast_response import FastResponse

if TYPE_CHECKING:
    from .fast import FastHttpSession

FAILURE_EXCEPTIONS = (OSError, zlib.error)
"""What a failed request of `FastHttpUser` carries: errors of the network (time-outs included) and of a body
that cannot be decompressed."""


def insecure_ssl_context_factory() -> ssl.SSLContext:
    """A TLS context that accepts any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class _StandsForNone(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, FastResponse) and instance.status_code == 0


class ErrorResponse(FastResponse, metaclass=_StandsForNone):
    """A response that stands for none: `isinstance` holds for every FastResponse of status 0."""

    __slots__ = ()


class _Fixed(type):
    """Refuses what the engine would not follow."""

    def __setattr__(cls, name: str, value: Any) -> None:
        if name in ("valid_response_codes", "redirect_response_codes", "response_type", "request_type"):
            raise LocustError(
                f"LocustUserAgent.{name} cannot be changed: the engine sends and judges requests. Use "
                "catch_response=True and response.success() or response.failure() instead"
            )
        super().__setattr__(name, value)


class LocustUserAgent(metaclass=_Fixed):
    """What `FastHttpSession.client` is: the settings of the session, and its connections."""

    valid_response_codes = frozenset([*range(200, 209), 226, 301, 302, 303, 304, 307, 308])
    redirect_response_codes = frozenset([301, 302, 303, 307, 308])

    def __init_subclass__(cls, **kwargs: Any) -> None:
        raise LocustError(
            "LocustUserAgent cannot be subclassed: the engine sends and judges requests. Use "
            "catch_response=True and response.success() or response.failure() instead"
        )

    def __init__(self, session: FastHttpSession) -> None:
        self._session = session

    @property
    def clientpool(self) -> LocustUserAgent:
        """Has `close()`."""
        return self

    @property
    def cookiejar(self) -> Any:
        """The session's cookies."""
        return self._session.cookiejar

    @property
    def default_headers(self) -> Any:
        """Headers of every request."""
        return self._session.headers

    @property
    def max_redirects(self) -> int:
        """Redirects to follow before the request fails."""
        count: int = self._session._settings["max_redirects"]
        return count

    @property
    def max_retries(self) -> int:
        """How often to try again when the connection fails."""
        count: int = self._session._settings["max_retries"]
        return count

    def close(self) -> None:
        """Close the connections; later requests make new ones."""
        self._session.close()
