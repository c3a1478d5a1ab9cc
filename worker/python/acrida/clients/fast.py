"""`FastHttpUser.client`: fewer features than `HttpSession`, other defaults. Both run on the same engine."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from typing import Any

from gevent import getcurrent

from .agent import LocustUserAgent
from .base import USER_AGENT, Session, response_length, timeouts
from .body import add_params, basic_auth, encode_body
from .fast_response import FastResponse, ResponseContextManager
from .flags import DEFER, NO_REDIRECT, STREAM
from .pools import client_arguments, shared_pool
from .proxies import single_proxy
from .response import BaseResponse
from .tls import context_settings

new = object.__new__

# What this client, unlike that of HttpUser, says of a body given as text or bytes.
TEXT = "text/plain; charset=utf-8"
BINARY = "application/octet-stream"

logger = logging.getLogger("acrida.client")


@functools.cache
def _warn_of(arguments: frozenset[str]) -> None:
    names = ", ".join(sorted(arguments))
    logger.warning("FastHttpUser's client ignores the arguments it does not know: %s", names)


class FastHttpSession(Session):
    """
    HTTP client of a `FastHttpUser`. Its methods take a URL, absolute or below the user's host, and the
    arguments of `request`.
    """

    style = "fast"

    _json_asks_for_json = True

    def __init__(
        self,
        base_url: str | None,
        request_event: Any,
        user: Any = None,
        insecure: bool = True,
        *,
        network_timeout: float = 60.0,
        connection_timeout: float = 60.0,
        max_redirects: int = 30,
        max_retries: int = 0,
        concurrency: int = 10,
        headers: dict[str, str] | None = None,
        client_pool: Any = None,
        ssl_context_factory: Any = None,
        proxy_host: str | None = None,
        proxy_port: int | None = None,
        proxy_user: str | None = None,
        proxy_password: str | None = None,
    ) -> None:
        if client_pool is not None:
            # As with Locust, the pool makes the connections, by what it was told itself.
            own = client_arguments(client_pool)
            insecure, network_timeout = own["insecure"], own["network_timeout"]
            connection_timeout = own["connection_timeout"]
            ssl_context_factory = own.get("ssl_context_factory")
            proxy_host, proxy_port = own.get("proxy_host"), own.get("proxy_port")
            proxy_user, proxy_password = own.get("proxy_user"), own.get("proxy_password")
            self._pool = shared_pool(client_pool)
        self._settings: dict[str, Any] = {
            "verify": not insecure,
            "connect_timeout": connection_timeout,
            "read_timeout": network_timeout,
            "max_redirects": max_redirects,
            "max_retries": max_retries,
            "pool_size": concurrency,
            "max_connections": concurrency,
            **single_proxy(proxy_host, proxy_port, proxy_user, proxy_password),
        }
        if ssl_context_factory is not None:
            self._settings |= context_settings(ssl_context_factory, check_hostname=not insecure)
        defaults = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate, br", **(headers or {})}
        super().__init__(base_url, request_event, user, list(defaults.items()))

    def _profile_settings(self) -> dict[str, Any]:
        return self._settings

    @property
    def client(self) -> LocustUserAgent:
        """Settings and connections; `client.clientpool.close()` makes later requests connect anew."""
        return LocustUserAgent(self)

    @property
    def cookiejar(self) -> Any:
        """The session's cookies."""
        return self.cookies

    # The plain case has a straight line to the engine, without keyword dicts: this is where the time goes.
    def get(
        self, url: str, *, name: str | None = None, catch_response: bool = False, **options: Any
    ) -> ResponseContextManager:
        """Send a GET request."""
        if options or self._listeners:
            return self.request("GET", url, name, catch_response=catch_response, **options)
        ticket = self._submit(
            getcurrent(),
            "GET",
            url,
            name or self.request_name,
            self._wire,
            None,
            DEFER if catch_response else 0,
        )
        try:
            completion = self._switch()
        except BaseException:
            self._cancel(ticket)
            raise
        self._user._yielded = True
        if catch_response:
            return ResponseContextManager(completion, self, None)
        # Typed as the class that annotations name. Without a call of __init__: half the cost.
        response: Any = new(FastResponse)
        response._c = completion
        return response  # type: ignore[no-any-return]

    def delete(self, url: str, **options: Any) -> ResponseContextManager:
        """Send a DELETE request."""
        return self.request("DELETE", url, **options)

    def head(self, url: str, **options: Any) -> ResponseContextManager:
        """Send a HEAD request."""
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Any) -> ResponseContextManager:
        """Send an OPTIONS request."""
        return self.request("OPTIONS", url, **options)

    def post(self, url: str, data: Any = None, json: Any = None, **options: Any) -> ResponseContextManager:
        """Send a POST request."""
        if options:
            return self.request("POST", url, data=data, json=json, **options)
        return self.request("POST", url, data=data, json=json)

    def put(self, url: str, data: Any = None, json: Any = None, **options: Any) -> ResponseContextManager:
        """Send a PUT request."""
        return self.request("PUT", url, data=data, json=json, **options)

    def patch(self, url: str, data: Any = None, json: Any = None, **options: Any) -> ResponseContextManager:
        """Send a PATCH request."""
        return self.request("PATCH", url, data=data, json=json, **options)

    def iter_lines(self, url: str, method: str = "GET", **options: Any) -> Iterator[str]:
        """Send a request and yield the lines of its response as they arrive. Raises for a failed request."""
        response = self.request(method, url, stream=True, **options)
        response.raise_for_status()
        for line in BaseResponse.iter_lines(response):
            yield line.decode("utf-8", "replace")

    def request(
        self,
        method: str,
        url: str,
        name: str | None = None,
        data: Any = None,
        catch_response: bool = False,
        stream: bool = False,
        headers: Any = None,
        auth: tuple[str | bytes, str | bytes] | None = None,
        json: Any = None,
        allow_redirects: bool = True,
        context: dict[str, Any] | None = None,
        params: Any = None,
        files: Any = None,
        timeout: Any = None,
        cookies: Any = None,
        **ignored: Any,
    ) -> ResponseContextManager:
        """
        Send a request.

        :param method: such as "GET".
        :param url: absolute, or relative to the user's host.
        :param name: what to record it as; default: the argument `url`.
        :param data: body: dict (a form), str, bytes, or a file.
        :param catch_response: return the response for a with-block.
        :param stream: return as soon as the headers are here; read the body by `iter_content`.
        :param headers: dict.
        :param auth: (user, password) for basic authentication.
        :param json: body, sent as JSON; also asks for JSON.
        :param allow_redirects: follow redirects.
        :param context: for listeners of the `request` event.
        :param params: query parameters.
        :param files: dict of files, sent as multipart/form-data.
        :param timeout: seconds without an answer, or a pair (to connect, to read).
        :param cookies: dict, for this request only.

        Other arguments that `requests` knows are ignored, so that a script may change its user class.
        """
        if ignored:
            _warn_of(frozenset(ignored))
        path = url
        if params:
            url = add_params(url, params)
        body, content_type = (
            encode_body(data, json, files) if data or json is not None or files else (None, None)
        )
        if content_type is None and body is not None:
            content_type = TEXT if isinstance(data, str) else BINARY
        extra = [("Authorization", basic_auth(*auth))] if auth else []
        if cookies:
            extra.append(("Cookie", self._cookie_header(cookies)))
        connect, read = timeouts(timeout) if timeout is not None else (None, None)
        flags = (0 if allow_redirects else NO_REDIRECT) | (STREAM | DEFER if stream else 0)
        if catch_response:
            flags |= DEFER
        completion = self._exchange(
            self._session,
            method.upper(),
            url,
            name or self.request_name or path,
            self._headers_for(headers, content_type, extra),
            body,
            flags,
            connect,
            read,
        )
        response: Any = (
            ResponseContextManager(completion, self, context) if catch_response else FastResponse(completion)
        )
        if stream:
            response._streamed = True
        if not completion.status:
            response._asked_url = self._absolute(url)
        if not catch_response:
            if stream:
                completion.report(completion.failure(), length=response_length(response, completion))
            if self._listeners:
                self._notify(response, completion, context)
        return response  # type: ignore[no-any-return]
