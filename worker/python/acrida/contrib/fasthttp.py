"""`FastHttpUser`, its client and responses, under the name that Locust gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..clients.errors import LocustBadStatusCode
from ..clients.fast import FastHttpSession
from ..clients.fast_response import FastResponse, ResponseContextManager
from ..clients.rest import RestMixin
from ..user.users import User, require_host

if TYPE_CHECKING:
    from ..env import Environment

__all__ = (
    "FastHttpSession",
    "FastHttpUser",
    "FastResponse",
    "LocustBadStatusCode",
    "ResponseContextManager",
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
    """Connections the user may have at a time (for requests from several greenlets)."""

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
        )
        """HTTP client with the user's own cookies and connections."""
