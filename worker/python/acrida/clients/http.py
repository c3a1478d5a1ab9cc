"""`HttpUser.client`: the surface of `requests.Session`, with Locust's extra arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gevent import getcurrent

from ..exception import LocustError
from .base import USER_AGENT, Session, response_length, timeouts
from .body import add_params, basic_auth, encode_body
from .catch import Caught, Uncaught
from .errors import invalid_url
from .flags import DEFER, NO_REDIRECT, STREAM
from .response import Response, SentRequest
from .structures import CaseInsensitiveDict

if TYPE_CHECKING:
    from .._engine import Completion

new = object.__new__

_DEFAULT_HEADERS = [("User-Agent", USER_AGENT), ("Accept", "*/*")]


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


class HttpSession(Session):
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
        self, base_url: str | None, request_event: Any, user: Any = None, *_: Any, **__: Any
    ) -> None:
        self._verify: bool | str = True
        self._cert: Any = None
        self._max_redirects = 30
        self._params: Any = {}
        self._auth: Any = None
        self._hooks: dict[str, Any] = {"response": []}
        self.trust_env = False
        self.stream = False
        super().__init__(base_url, request_event, user, _DEFAULT_HEADERS)

    def _profile_settings(self) -> dict[str, Any]:
        return {**_tls(self._verify, self._cert), "max_redirects": self._max_redirects}

    # The plain case has a straight line to the engine, without keyword dicts: this is where the time goes.
    def get(self, url: str, *, name: str | None = None, catch_response: bool = False, **options: Any) -> Any:
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
        response = new(HttpResponse)  # without a call of __init__: half the cost
        response._c = completion
        return response

    def options(self, url: str, **options: Any) -> Any:
        """Send an OPTIONS request."""
        return self.request("OPTIONS", url, **options)

    def head(self, url: str, **options: Any) -> Any:
        """Send a HEAD request. Redirects are not followed unless `allow_redirects=True`."""
        options.setdefault("allow_redirects", False)
        return self.request("HEAD", url, **options)

    def post(self, url: str, data: Any = None, json: Any = None, **options: Any) -> Any:
        """Send a POST request."""
        if options:
            return self.request("POST", url, data=data, json=json, **options)
        return self.request("POST", url, data=data, json=json)

    def put(self, url: str, data: Any = None, **options: Any) -> Any:
        """Send a PUT request."""
        return self.request("PUT", url, data=data, **options)

    def patch(self, url: str, data: Any = None, **options: Any) -> Any:
        """Send a PATCH request."""
        return self.request("PATCH", url, data=data, **options)

    def delete(self, url: str, **options: Any) -> Any:
        """Send a DELETE request."""
        return self.request("DELETE", url, **options)

    def request(
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
    ) -> Any:
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
        :param stream: return as soon as the headers are here; read the body by `iter_content`.
        :param verify: False to accept any TLS certificate, or the path of a CA bundle.
        :param cert: client certificate: path, or pair (certificate, key).
        """
        if proxies:
            raise LocustError("This client does not support proxies; remove the argument 'proxies'")
        if isinstance(url, bytes):
            url = url.decode()
        if params or self._params:
            url = add_params(url, _merged(self._params, params))
        body, content_type = (
            encode_body(data, json, files) if data or json is not None or files else (None, None)
        )
        extra = []
        if auth is not None and not callable(auth):
            extra.append(("Authorization", basic_auth(*auth)))
        if cookies:
            extra.append(("Cookie", self._cookie_header(cookies)))
        wire = self._headers_for(headers, content_type, extra)
        sign = self._auth if auth is None else auth
        if callable(sign):
            wire = _authorized(sign, method, self._absolute(url), wire, body)
        stream = self.stream if stream is None else stream
        flags = (0 if allow_redirects else NO_REDIRECT) | (STREAM | DEFER if stream else 0)
        if catch_response:
            flags |= DEFER
        session = self._session
        if verify is not None or cert is not None:
            changes = _tls(self._verify if verify is None else verify, self._cert if cert is None else cert)
            session = self._make_session(("tls", *map(str, changes.values())), **changes)
        connect, read = timeouts(timeout) if timeout is not None else (None, None)
        try:
            completion = self._exchange(
                session, method.upper(), url, name or self.request_name, wire, body, flags, connect, read
            )
        except ValueError as e:
            raise invalid_url(str(e)) from None
        return self._finish(completion, url, catch_response, context, stream, hooks)

    def _finish(
        self, completion: Completion, url: str, catch_response: bool, context: Any, stream: bool, hooks: Any
    ) -> Any:
        response: Any = (
            ResponseContextManager(completion, self, context) if catch_response else HttpResponse(completion)
        )
        if stream:
            response._streamed = True
        if not completion.status:
            response._asked_url = self._absolute(url)
        if hooks or self._hooks["response"]:
            for hook in (*_as_list(self._hooks["response"]), *_as_list((hooks or {}).get("response"))):
                changed = hook(response)
                response = response if changed is None else changed
        if not catch_response:
            if stream:
                completion.report(completion.failure(), length=response_length(response, completion))
            if self._listeners:
                self._notify(response, completion, context)
        return response

    @property
    def auth(self) -> Any:
        """(user, password) for every request, or a callable."""
        return self._auth

    @auth.setter
    def auth(self, value: Any) -> None:
        self._auth = value
        self._auth_value = basic_auth(*value) if value and not callable(value) else None
        self._slow = self._slow or callable(value)
        self._headers_changed()

    @property
    def params(self) -> Any:
        """Query parameters for every request."""
        self._slow = True  # the caller may change the dict in place
        return self._params

    @params.setter
    def params(self, value: Any) -> None:
        self._slow = True
        self._params = value

    @property
    def hooks(self) -> dict[str, Any]:
        """{"response": [functions called with each response]}."""
        self._slow = True
        return self._hooks

    @hooks.setter
    def hooks(self, value: dict[str, Any]) -> None:
        self._slow = True
        self._hooks = {"response": [], **value}

    @property
    def verify(self) -> Any:
        """False to accept any TLS certificate, or the path of a CA bundle."""
        return self._verify

    @verify.setter
    def verify(self, value: Any) -> None:
        self._verify = value
        self._reconfigure()

    @property
    def cert(self) -> Any:
        """Client certificate: path, or pair (certificate, key)."""
        return self._cert

    @cert.setter
    def cert(self, value: Any) -> None:
        self._cert = value
        self._reconfigure()

    @property
    def max_redirects(self) -> int:
        """Redirects to follow before the request fails."""
        return self._max_redirects

    @max_redirects.setter
    def max_redirects(self, value: int) -> None:
        self._max_redirects = value
        self._reconfigure()


def _tls(verify: Any, cert: Any) -> dict[str, Any]:
    client_cert = None
    if cert is not None:
        client_cert = (str(cert), None) if not isinstance(cert, (tuple, list)) else (str(cert[0]), cert[1])
    ca_file = None if isinstance(verify, bool) else str(verify)
    return {"verify": bool(verify), "ca_file": ca_file, "client_cert": client_cert}


def _merged(session: Any, own: Any) -> Any:
    if not session or not own:
        return own or session
    if isinstance(own, (str, bytes)):
        return own
    return {**dict(session), **dict(own)}


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _authorized(
    auth: Any, method: str, url: str, wire: Any, body: bytes | None
) -> list[tuple[str, str | None]]:
    """Let a callable (a `requests.auth.AuthBase`) change the headers of a request."""
    sent = SentRequest(method, url, CaseInsensitiveDict((k, v) for k, v in wire or () if v is not None), body)
    removed = [(k, v) for k, v in wire or () if v is None]
    changed = auth(sent) or sent
    return [*changed.headers.items(), *removed]
