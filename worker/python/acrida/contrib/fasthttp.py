"""`FastHttpUser`, its client and responses, under the name that Locust gives them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..clients.agent import FAILURE_EXCEPTIONS, ErrorResponse, LocustUserAgent, insecure_ssl_context_factory
from ..clients.errors import LocustBadStatusCode
from ..clients.fast import FastHttpSession
from ..clients.fast_response import FastResponse, ResponseContextManager, RestResponseContextManager
from ..clients.prepared import PreparedRequest as FastRequest
from ..clients.rest import RestMixin
from ..user.users import User, require_host

if TYPE_CHECKING:
    from ..env import Environment

absolute_http_url_regexp = re.compile(r"^https?://", re.IGNORECASE)
"""What a URL starts with that is not below the user's host."""

__all__ = (
    "FAILURE_EXCEPTIONS",
    "ErrorResponse",
    "FastHttpSession",
    "FastHttpUser",
    "FastRequest",
    "FastResponse",
    "LocustBadStatusCode",
    "LocustUserAgent",
    "ResponseContextManager",
    "RestResponseContextManager",
    "absolute_http_url_regexp",
    "insecure_ssl_context_factory",
)


class FastHttpUser(User, RestMixin):
    """
    A user with an HTTP `client` of few features. `HttpUser` is as fast here; this one has other defaults: TLS
    certificates are not checked, and time-outs are set.
    """

    network_timeout: float = 60.0
    """Seconds to wait for an answer."""

    connection_timeout: float = 60.0
    """Seconds to wait for a connection."""

    max_redirects: int = 30
    """Redirects to follow before the request fails."""

    max_retries: int = 0
    """How often to try again when the connection fails."""

    insecure: bool = True
    """True accepts any TLS certificate."""

    default_headers: dict[str, str] | None = None
    """Headers for every request."""

    concurrency: int = 10
    """Requests the user may have under way at a time to one host, from several greenlets; others wait.
    Without effect with a `client_pool`."""

    proxy_host: str | None = None
    """Host of an HTTP proxy for all requests; `https` URLs go through a tunnel."""

    proxy_port: int | None = None
    """Its port."""

    client_pool: Any = None
    """A `geventhttpclient.client.HTTPClientPool`: users that have the same one share their connections, at
    most its `concurrency` at a time. Time-outs, `insecure` and the proxy are then those of the pool."""

    ssl_context_factory: Callable[[], Any] | None = None
    """Returns an `ssl.SSLContext` whose authorities, client certificate and checks are taken over. The user
    does not start if the context asks for something that the engine cannot do."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client: FastHttpSession = FastHttpSession(
            base_url=require_host(self),
            request_event=environment.events.request,
            user=self,
            insecure=self.insecure,
            network_timeout=self.network_timeout,
            connection_timeout=self.connection_timeout,
            max_redirects=self.max_redirects,
            max_retries=self.max_retries,
            concurrency=self.concurrency,
            headers=self.default_headers,
            client_pool=self.client_pool,
            ssl_context_factory=_factory(self),
            proxy_host=self.proxy_host,
            proxy_port=self.proxy_port,
        )
        """HTTP client with the user's own cookies and connections."""


def _factory(user: FastHttpUser) -> Callable[[], Any] | None:
    """The user's factory; a function that takes nothing is meant as it is, also without staticmethod."""
    factory = user.ssl_context_factory
    plain = getattr(factory, "__func__", None)
    if plain is not None and not inspect.signature(plain).parameters:
        factory = plain
    return factory
