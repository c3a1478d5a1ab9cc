"""The less usual ways of an `HttpSession`: hooks, callables as `auth`, and requests as objects."""

from __future__ import annotations

import time
from typing import Any

from ..event import error_text
from .base import as_text, response_length, timeouts
from .body import add_params, encode_body
from .errors import requests_exceptions
from .flags import DEFER, NO_REDIRECT, STREAM
from .http_response import FailedCompletion, HttpResponse, ResponseContextManager
from .http_settings import RequestsSettings, auth_pair
from .prepared import PreparedRequest
from .structures import CaseInsensitiveDict


class PreparedRequests(RequestsSettings):
    """Preparing, sending and hooking of requests."""

    def _signed(
        self, sign: Any, method: str, url: str, wire: Any, body: bytes | None, name: str | None
    ) -> tuple[str, Any, bytes | None, list[Any]]:
        """URL, headers and body as a callable (a `requests.auth.AuthBase`) changes them, and its hooks."""
        prepared = self._prepared(method, self._absolute(url), wire, body, name)
        prepared.prepare_auth(sign)
        return prepared.url, _wire_of(prepared, wire), prepared.body_bytes(), prepared.hooks["response"]

    def _report(self, response: Any) -> None:
        """Record a request that the engine has left to us."""
        c = response._c
        took = response.__dict__.get("_took_ms")
        length = response_length(response, c)
        if took is None:
            c.report(c.failure(), length=length)
        else:
            c.report(c.failure(), length=length, response_time_ms=took)

    def _hooked(
        self, response: Any, name: str | None, follow: bool, hooks: list[Any], arguments: Any, began: float
    ) -> Any:
        """
        Call the hooks, which may give another response instead (authentication does). One that raises an
        exception of `requests` fails the request; any other leaves the request unrecorded, as with Locust.
        """
        kind, asked_url = type(response), response._asked_url
        if not response._c.status:
            return response  # without a response, `requests` has nothing to call hooks with
        first = response
        try:
            for hop in response.history:
                for hook in hooks:
                    hook(hop, **arguments)
            response.connection = self
            request = response.request
            request.name, request.follow_redirects = name or first._c.name, follow
            for hook in hooks:
                changed = hook(response, **arguments)
                response = response if changed is None else changed
        except requests_exceptions()["RequestException"] as e:
            failed = self._like(first, kind, FailedCompletion(first._c, error_text(e)))
            failed.error = e
            failed._asked_url = asked_url or first._c.request_url
            return failed
        if response is not first:
            response = self._like(first, kind, response._c, response.__dict__)
            response._took_ms = (time.perf_counter() - began) * 1000
        return response

    def _like(self, first: Any, kind: Any, completion: Any, state: Any = None) -> Any:
        """A response of the same kind as `first`, with another completion."""
        response: Any
        if kind is HttpResponse:
            response = HttpResponse(completion)
        else:
            response = ResponseContextManager(completion, first._session, first._context)
        if state:
            response.__dict__.update(state)
        return response

    def _prepared(
        self, method: str, url: str, wire: Any, body: bytes | None, name: str | None = None
    ) -> PreparedRequest:
        """A request as an object, with all headers that will be sent but the engine's own."""
        headers = CaseInsensitiveDict({k: v for k, v in self._headers.items() if v is not None})
        for key, value in wire or ():
            if value is None:
                headers.pop(key, None)
            else:
                headers[key] = value
        return PreparedRequest(method, url, headers, body, name)

    def prepare_request(self, request: Any) -> PreparedRequest:
        """A `requests.Request` with this session's headers, cookies, params and auth, ready for `send`."""
        url = add_params(request.url, merged(self._params, request.params))
        body, content_type = encode_body(request.data, request.json, request.files)
        extra = []
        if request.cookies:
            extra.append(("Cookie", self._cookie_header(request.cookies)))
        wire = self._headers_for(request.headers, content_type, extra)
        prepared = self._prepared(request.method.upper(), url, wire, body)
        for event, hooks in (request.hooks or {}).items():
            prepared.register_hook(event, as_list(hooks))
        if (auth := self._auth if request.auth is None else request.auth) is not None:
            prepared.prepare_auth(auth_pair(auth) or auth)
        return prepared

    def send(
        self,
        request: Any,
        *,
        stream: bool | None = None,
        timeout: Any = None,
        verify: Any = None,
        cert: Any = None,
        proxies: Any = None,
        allow_redirects: bool | None = None,
    ) -> Any:
        """
        Send a prepared request. As with Locust it is not recorded and reaches no listeners, and raises an
        exception of `requests` when there is no response.
        """
        name = getattr(request, "name", None)
        follow = getattr(request, "follow_redirects", True) if allow_redirects is None else allow_redirects
        flags = DEFER | (0 if follow else NO_REDIRECT) | (STREAM if stream else 0)
        session = self._session_for(request.url, verify, cert, proxies)
        connect, read = timeouts(timeout) if timeout is not None else (None, None)
        wire = _wire_of(request, [(key, None) for key in self._defaults])
        body = request.body
        body = encode_body(body, None, None)[0] if body is not None else None
        completion = self._exchange(
            session, request.method.upper(), request.url, name, wire, body, flags, connect, read
        )
        response: Any = HttpResponse(completion)
        response._streamed = bool(stream)
        if response.error is not None:
            raise response.error
        return response


def _wire_of(prepared: Any, wire: Any) -> list[tuple[str, str | None]]:
    """Headers of a prepared request for the engine; those of `wire` that are gone are taken out."""
    items = [(name, as_text(value)) for name, value in prepared.headers.items()]
    present = {name.lower() for name, _ in items}
    gone = [(name, None) for name, value in wire or () if value is None and name.lower() not in present]
    return [*items, *gone]


def merged(session: Any, own: Any) -> Any:
    """Query parameters of the session and of a request."""
    if not session or not own:
        return own or session
    if isinstance(own, (str, bytes)):
        return own
    return {**dict(session), **dict(own)}


def as_list(value: Any) -> list[Any]:
    """One, several or none as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
