"""`HttpUser.client`: the surface of `requests.Session`, with Locust's extra arguments."""

from __future__ import annotations

import time
from typing import Any

from gevent import getcurrent

from .base import USER_AGENT, as_text, timeouts
from .body import add_params, basic_auth, encode_body
from .errors import invalid_url
from .flags import DEFER, NO_REDIRECT, STREAM
from .http_prepared import PreparedRequests, as_list, merged
from .http_response import HttpResponse, ResponseContextManager
from .http_settings import auth_pair
from .pools import shared_pool

new = object.__new__

_DEFAULT_HEADERS = [("User-Agent", USER_AGENT), ("Accept", "*/*")]

__all__ = ("HttpResponse", "HttpSession", "ResponseContextManager")


class HttpSession(PreparedRequests):
    """
    HTTP client of an `HttpUser`. Its methods take the arguments of `requests.Session`'s, a URL may be a path
    below the user's host, and there are three more:

    * `name`: record the request under this name instead of its path and query.
    * `catch_response`: use the response in a with-block, and say there whether it is a success.
    * `context`: a dict for the listeners of the `request` event.

    A request that fails does not raise: it is recorded as failure and gives a response with status_code 0 and
    the exception in `error`. Only a URL that cannot be requested raises (`InvalidURL`, a ValueError).
    """

    style = "requests"

    def __init__(
        self,
        base_url: str | None,
        request_event: Any,
        user: Any = None,
        *_: Any,
        pool_manager: Any = None,
        trust_env: bool = True,
        **__: Any,
    ) -> None:
        self._pool = shared_pool(pool_manager)
        super().__init__(base_url, request_event, user, _DEFAULT_HEADERS, trust_env)

    # The plain case has a straight line to the engine, without keyword dicts: this is where the time goes.
    def get(
        self, url: str, *, name: str | None = None, catch_response: bool = False, **options: Any
    ) -> ResponseContextManager:
        """Send a GET request."""
        if options or self._slow or self._listeners:
            return self.request("GET", url, name, catch_response, **options)
        try:
            ticket = self._submit(
                getcurrent(),
                "GET",
                url,
                name or self.request_name,
                self._wire,
                None,
                DEFER if catch_response else 0,
            )
        except ValueError as e:
            raise invalid_url(str(e)) from None
        try:
            completion = self._switch()
        except BaseException:
            self._cancel(ticket)
            raise
        self._user._yielded = True
        if catch_response:
            return ResponseContextManager(completion, self, None)
        # Typed as the class that annotations name. Without a call of __init__: half the cost.
        response: Any = new(HttpResponse)
        response._c = completion
        return response  # type: ignore[no-any-return]

    def options(self, url: str, **options: Any) -> ResponseContextManager:
        """Send an OPTIONS request."""
        return self.request("OPTIONS", url, **options)

    def head(self, url: str, **options: Any) -> ResponseContextManager:
        """Send a HEAD request. Redirects are not followed unless `allow_redirects=True`."""
        options.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **options)

    def post(self, url: str, data: Any = None, json: Any = None, **options: Any) -> ResponseContextManager:
        """Send a POST request."""
        if options:
            return self.request("POST", url, data=data, json=json, **options)
        return self.request("POST", url, data=data, json=json)

    def put(self, url: str, data: Any = None, **options: Any) -> ResponseContextManager:
        """Send a PUT request."""
        return self.request("PUT", url, data=data, **options)

    def patch(self, url: str, data: Any = None, **options: Any) -> ResponseContextManager:
        """Send a PATCH request."""
        return self.request("PATCH", url, data=data, **options)

    def delete(self, url: str, **options: Any) -> ResponseContextManager:
        """Send a DELETE request."""
        return self.request("DELETE", url, **options)

    def request(  # noqa: PLR0912 (one branch for each argument)
        self,
        method: str,
        url: str,
        name: str | None = None,
        catch_response: bool = False,
        context: dict[str, Any] | None = None,
        *,
        params: Any = None,
        data: Any = None,
        json: Any = None,
        headers: Any = None,
        cookies: Any = None,
        files: Any = None,
        auth: Any = None,
        timeout: Any = None,
        allow_redirects: bool = True,
        proxies: Any = None,
        hooks: Any = None,
        stream: bool | None = None,
        verify: Any = None,
        cert: Any = None,
    ) -> ResponseContextManager:
        """
        Send a request.

        :param method: such as "GET".
        :param url: absolute, or relative to the user's host.
        :param name: what to record it as; default: path and query.
        :param catch_response: return the response for a with-block.
        :param context: for listeners of the `request` event.
        :param params: query parameters: dict, list of pairs, or str.
        :param data: body: dict or list of pairs (a form), str, bytes, or a file.
        :param json: body, sent as JSON.
        :param headers: dict; a value of None removes one of the session's.
        :param cookies: dict, for this request only.
        :param files: dict of files, sent as multipart/form-data; values as in `requests`.
        :param auth: (user, password), or a callable that changes the request's headers.
        :param timeout: seconds without an answer, or a pair (to connect, to read).
        :param allow_redirects: follow redirects.
        :param proxies: as `session.proxies`, for this request; they count before the session's.
        :param hooks: {"response": function or functions}, called with the response.
        :param stream: return as soon as the headers are here; read the body by `iter_content`.
        :param verify: False to accept any TLS certificate, or the path of a CA bundle.
        :param cert: client certificate: path, or pair (certificate, key).
        """
        if type(url) is not str or type(method) is not str:
            url, method = as_text(url), as_text(method)
        method = method.upper()
        if params or self._params:
            url = add_params(url, merged(self._params, params))
        body, content_type = (
            encode_body(data, json, files) if data or json is not None or files else (None, None)
        )
        extra = []
        if auth is not None and (pair := auth_pair(auth)) is not None:
            extra.append(("Authorization", basic_auth(*pair)))
        if cookies:
            extra.append(("Cookie", self._cookie_header(cookies)))
        wire = self._headers_for(headers, content_type, extra)
        name = name or self.request_name
        all_hooks: list[Any] = []
        if hooks or self._hooks["response"]:
            all_hooks = [*as_list(self._hooks["response"]), *as_list((hooks or {}).get("response"))]
        sign = self._auth if auth is None else auth
        if callable(sign) and auth_pair(sign) is None:
            url, wire, body, own_hooks = self._signed(sign, method, url, wire, body, name)
            all_hooks += own_hooks
        stream = self.stream if stream is None else stream
        flags = (0 if allow_redirects else NO_REDIRECT) | (STREAM | DEFER if stream else 0)
        if catch_response or all_hooks:
            flags |= DEFER
        session = self._session
        if verify is not None or cert is not None or proxies or self._adapters:
            session = self._session_for(self._absolute(url), verify, cert, proxies)
        connect, read = timeouts(timeout) if timeout is not None else (None, None)
        began = time.perf_counter() if all_hooks else 0.0
        try:
            completion = self._exchange(session, method, url, name, wire, body, flags, connect, read)
        except ValueError as e:
            raise invalid_url(str(e)) from None
        response: Any = (
            ResponseContextManager(completion, self, context) if catch_response else HttpResponse(completion)
        )
        if stream:
            response._streamed = True
        if not completion.status:
            response._asked_url = self._absolute(url)
        if all_hooks:
            arguments = {
                "timeout": timeout,
                "verify": verify,
                "cert": cert,
                "proxies": proxies,
                "stream": stream,
            }
            response = self._hooked(response, name, allow_redirects, all_hooks, arguments, began)
        if not catch_response:
            if flags & DEFER:
                self._report(response)
            if self._listeners:
                self._notify(response, response._c, context)
        return response  # type: ignore[no-any-return]
