"""Requests as objects: what callables given as `auth` change, what responses show as `request`, and what
`HttpSession.send` sends."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

from .body import FORM, basic_auth, encode_body
from .structures import CaseInsensitiveDict


class PreparedRequest:
    """A request that can be sent, or was. `headers` and `url` may be changed before it is sent."""

    def __init__(
        self, method: str, url: str, headers: Any, body: bytes | None, name: str | None = None
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body: Any = body or None
        if body and headers.get("content-type") == FORM:
            self.body = body.decode()  # as `requests` has it: text for a form, bytes otherwise
        self.hooks: dict[str, list[Any]] = {"response": []}
        self.name = name
        """Name it is recorded under; None for its path and query."""
        self.follow_redirects = False
        self._cookies: Any = {}

    @property
    def path_url(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def copy(self) -> PreparedRequest:
        """An independent copy."""
        other = PreparedRequest.__new__(PreparedRequest)
        other.__dict__.update(self.__dict__)
        other.headers = self.headers.copy()
        other.hooks = {event: list(hooks) for event, hooks in self.hooks.items()}
        return other

    def register_hook(self, event: str, hook: Any) -> None:
        """Call `hook` (one or several functions) with the response."""
        if event != "response":
            raise ValueError(f'Unsupported event specified, with event name "{event}"')
        self.hooks[event].extend(hook if isinstance(hook, (list, tuple)) else [hook])

    def deregister_hook(self, event: str, hook: Any) -> bool:
        """Take a hook back; False if it was not there."""
        try:
            self.hooks[event].remove(hook)
        except (KeyError, ValueError):
            return False
        return True

    def prepare_headers(self, headers: Any) -> None:
        """Replace all headers."""
        self.headers = CaseInsensitiveDict(headers or {})

    def prepare_url(self, url: str, params: Any) -> None:
        """Replace the URL."""
        from .body import add_params

        self.url = add_params(url, params) if params else url

    def prepare_body(self, data: Any, files: Any, json: Any = None) -> None:
        """Replace the body."""
        self.body, content_type = encode_body(data, json, files)
        if content_type is not None:
            self.headers["Content-Type"] = content_type

    def prepare_content_length(self, body: Any) -> None:
        """Nothing: the length is worked out when the request is sent."""

    def prepare_auth(self, auth: Any, url: str = "") -> None:
        """Let `auth` (a pair or a callable) change the request."""
        if callable(auth):
            changed = auth(self)
            if changed is not None:
                self.__dict__.update(changed.__dict__)
        elif auth:
            self.headers["Authorization"] = basic_auth(*auth)

    def prepare_cookies(self, cookies: Any) -> None:
        """Cookies of a dict as a header; those of a jar are sent by the session anyway."""
        if isinstance(cookies, dict) and cookies:
            self.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def body_bytes(self) -> bytes | None:
        """The body as it is sent."""
        if self.body is None:
            return None
        return encode_body(self.body, None, None)[0]

    def __repr__(self) -> str:
        return f"<PreparedRequest [{self.method}]>"


def redirected(request: PreparedRequest, status: int, location: str) -> PreparedRequest:
    """The request that follows a redirect, by the rules of `requests`."""
    following = request.copy()
    following.url = urljoin(request.url, location)
    if request.method != "HEAD" and (status in (302, 303) or (status == 301 and request.method == "POST")):
        following.method = "GET"
    if status not in (307, 308):
        following.body = None
        for name in ("Content-Length", "Content-Type", "Transfer-Encoding"):
            following.headers.pop(name, None)
    for name in ("Cookie", "Host"):
        following.headers.pop(name, None)
    if urlsplit(following.url).hostname != urlsplit(request.url).hostname:
        following.headers.pop("Authorization", None)
    return following
