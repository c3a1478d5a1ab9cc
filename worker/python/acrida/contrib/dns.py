"""DNSUser: the functions of `dns.query` (package dnspython) as requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..event import EventHook
from ..exception import LocustError
from ..user.users import User
from ._driver import driver

if TYPE_CHECKING:
    from ..env import Environment

_query = driver("dns.query", "dnspython", "DNSUser")
_failure: type[Exception] = driver("dns.exception", "dnspython", "DNSUser").DNSException


class DNSClient:
    """Each function of `dns.query` as a method: `client.udp(message, "127.0.0.1")`. An argument `name` names
    the request."""

    def __init__(self, request_event: EventHook) -> None:
        self.request_event = request_event

    def __getattr__(self, function_name: str) -> Callable[..., Any]:
        ask = getattr(_query, function_name)

        def call(message: Any, *args: Any, name: str | None = None, **kwargs: Any) -> Any:
            response = None
            error: Exception | None = None
            start_time, began = time.time(), time.perf_counter()
            try:
                response = ask(message, *args, **kwargs)
                if not response.answer:
                    error = LocustError("No answer in DNS response")
            except _failure as e:
                error = e
            self.request_event.fire(
                request_type="DNS",
                name=name or function_name,
                start_time=start_time,
                response_time=(time.perf_counter() - began) * 1000,
                response_length=0,
                response=response,
                context={},
                exception=error,
            )
            return response

        return call


class DNSUser(User):
    """
    A user with a `client` for DNS. Example::

        message = dns.message.make_query("shop.example", "A")
        self.client.udp(message, "127.0.0.1")
    """

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client: DNSClient = DNSClient(environment.events.request)
