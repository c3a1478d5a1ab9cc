"""HttpUser."""

from __future__ import annotations

from typing import Any

from ..clients.http import HttpSession
from ..clients.rest import RestMixin
from .users import User, require_host


class HttpUser(User, RestMixin):
    """
    A user with an HTTP `client` that has the interface of `requests.Session`: own cookies, kept-alive
    connections, redirects followed, TLS certificates checked.
    """

    abstract = True

    pool_manager: Any = None
    """A `urllib3.PoolManager`: users that have the same one share their connections, of which it keeps
    `maxsize` for each host; with `block=True` there are never more. Cookies stay each user's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client: HttpSession = HttpSession(
            base_url=require_host(self),
            request_event=self.environment.events.request,
            user=self,
            pool_manager=self.pool_manager,
            trust_env=False,
        )
        """HTTP client with the user's own cookies and connections."""
