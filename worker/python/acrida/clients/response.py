"""What a client method returns: a view of the engine's completion in the shape of `requests.Response`.

Everything but status and completion is made when it is first asked for: most scripts look at nothing.
"""

from __future__ import annotations

import functools
import json as jsonlib
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gevent import get_hub, getcurrent

from .cookies import CookieView, response_cookies
from .errors import http_error, json_error, network_error, root_cause
from .links import guessed_charset, parse_links
from .prepared import PreparedRequest, redirected
from .raw import RawBody
from .structures import CaseInsensitiveDict, lazy

if TYPE_CHECKING:
    from .._engine import Completion


# What nearly every body needs, at half the cost of json.loads(), which guesses the charset of bytes first.
_decode_json = jsonlib.JSONDecoder().decode


@functools.lru_cache(maxsize=256)
def charset_of(content_type: str) -> str | None:
    """The charset a Content-Type names, or implies: ISO-8859-1 for text, UTF-8 for JSON (as `requests` has
    it)."""
    kind, *params = content_type.split(";")
    for param in params:
        name, _, value = param.partition("=")
        if name.strip().lower() == "charset":
            return value.strip("'\" ")
    if "text" in kind:
        return "ISO-8859-1"
    return "utf-8" if "application/json" in kind else None


class BaseResponse:
    """What the responses of both clients have in common."""

    __slots__ = ("__dict__", "__weakref__", "_c")

    _streamed = False
    # Kept where the completion does not have it, as there was no response.
    _asked_url = ""

    def __init__(self, completion: Completion) -> None:
        self._c = completion

    @property
    def status_code(self) -> int:
        """HTTP status; 0 if there was no response."""
        return self._c.status

    @property
    def ok(self) -> bool:
        """False for a status of 400 and above, and without a response."""
        return 0 < self._c.status < 400

    @lazy
    def reason(self) -> str | None:
        """Text of the status, such as "Not Found"."""
        return self._c.reason or None

    @lazy
    def headers(self) -> Any:
        """Response headers; names compare without case."""
        return CaseInsensitiveDict.joined(self._c.headers)

    @lazy
    def content(self) -> Any:
        """Body in bytes, decompressed. None without a response."""
        if self._streamed:
            return b"".join(self._chunks())
        return self._c.content if self._c.status else None

    @lazy
    def encoding(self) -> str | None:
        """Charset by the Content-Type header; assign to it before reading `text` to use another."""
        # Without making `headers`, which is dear and not what most scripts want.
        for name, value in self._c.headers:
            if name.lower() == "content-type":
                return charset_of(value)
        return None

    @property
    def apparent_encoding(self) -> str:
        """The charset used when the headers name none: UTF-8 if it fits, else a guess from the bytes."""
        return guessed_charset(self.content or b"")

    @property
    def text(self) -> Any:
        """Body as text. Bytes that do not fit the charset are replaced."""
        content = self.content
        if not content:
            return ""
        try:
            return str(content, self.encoding or self.apparent_encoding, errors="replace")
        except LookupError:
            return str(content, errors="replace")

    def json(self, **kwargs: Any) -> Any:
        """Body parsed as JSON. Raises `json.JSONDecodeError` (a ValueError) if it is not."""
        content = self.content
        if content and "encoding" not in self.__dict__:
            try:
                if not kwargs:
                    return _decode_json(content.decode())
            except ValueError:
                pass  # perhaps it has a byte order mark, or is UTF-16
            try:
                return jsonlib.loads(content, **kwargs)
            except UnicodeDecodeError:
                pass
        return jsonlib.loads(self.text, **kwargs)

    @lazy
    def elapsed(self) -> timedelta:
        """Response time as recorded."""
        return timedelta(milliseconds=self._c.response_time_ms)

    @lazy
    def cookies(self) -> CookieView:
        """Cookies that this response set."""
        lines = [value for name, value in self._c.headers if name.lower() == "set-cookie"]
        return response_cookies(lines, urlsplit(self._c.url).hostname or "")

    @lazy
    def request(self) -> PreparedRequest:
        """The request: method, url, headers, body."""
        c = self._c
        return PreparedRequest(
            c.request_method, c.request_url, CaseInsensitiveDict.joined(c.request_headers), c.request_body
        )

    @lazy
    def history(self) -> list[Any]:
        """The redirects that led here, oldest first."""
        return [type(self)(completion) for completion in self._c.history]

    @lazy
    def raw(self) -> RawBody:
        """The body as a file; empty unless the request was made with `stream=True`."""
        streams = self._streamed and "content" not in self.__dict__
        return RawBody(self, self._chunks() if streams else None)

    @property
    def links(self) -> dict[str, dict[str, str]]:
        """The `Link` header: {relation: {"url": ..., "rel": ...}}."""
        header = self.headers.get("link") if self._c.status else None
        return parse_links(header) if isinstance(header, str) else {}

    @property
    def next(self) -> PreparedRequest | None:
        """The request that a redirect leads to that was not followed, for `HttpSession.send`."""
        if not self.is_redirect:
            return None
        return redirected(self.request, self._c.status, self.headers["location"])

    @property
    def is_redirect(self) -> bool:
        """Whether this is a redirect that was not followed."""
        return self._c.status in (301, 302, 303, 307, 308) and "location" in self.headers

    @property
    def is_permanent_redirect(self) -> bool:
        """Whether this is a redirect for good that was not followed."""
        return self._c.status in (301, 308) and "location" in self.headers

    def _chunks(self) -> Iterator[bytes]:
        """The body of a streamed response as it arrives."""
        completion, switch = self._c, get_hub().switch
        try:
            while True:
                completion.next_chunk(getcurrent())
                chunk = switch()
                if not isinstance(chunk, bytes):
                    error = self._network_error(chunk)
                    raise error if error is not None else OSError("stream ended early")
                if not chunk:
                    return
                yield chunk
        finally:
            completion.close()

    def _network_error(self, completion: Completion) -> Exception | None:
        raise NotImplementedError

    def iter_content(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        """
        The body in pieces of at most `chunk_size` bytes (None: as they arrive), with `decode_unicode` as
        text if the headers name a charset.
        """
        source = (
            self._chunks()
            if self._streamed and "content" not in self.__dict__
            else iter((self.content or b"",))
        )
        charset = self.encoding if decode_unicode else None
        for chunk in source:
            step = chunk_size or len(chunk) or 1
            for start in range(0, len(chunk), step):
                piece = chunk[start : start + step]
                yield piece.decode(charset, "replace") if charset else piece

    def iter_lines(
        self, chunk_size: int = 512, decode_unicode: bool = False, delimiter: Any = None
    ) -> Iterator[Any]:
        """The body line by line, without line ends; as it arrives, with `stream=True`."""
        rest: Any = None
        for chunk in BaseResponse.iter_content(self, None, decode_unicode):
            data = chunk if rest is None else rest + chunk
            lines = data.split(delimiter) if delimiter else data.splitlines(keepends=True)
            end: Any = "\n" if isinstance(data, str) else b"\n"
            rest = lines.pop() if lines and (delimiter or not lines[-1].endswith(end)) else None
            for line in lines:
                yield line if delimiter else line.rstrip("\r\n" if isinstance(line, str) else b"\r\n")
        if rest:
            yield rest

    def close(self) -> None:
        """Give up the rest of a streamed response."""
        if self._streamed:
            self._c.close()

    def __iter__(self) -> Iterator[bytes]:
        return self.iter_content(128)

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"


class Response(BaseResponse):
    """Response of `HttpUser.client`."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return self.ok

    @lazy
    def error(self) -> Exception | None:
        """Why there was no response: an exception of `requests.exceptions`, or None."""
        return network_error(self._c)

    @lazy
    def url(self) -> str | None:
        """URL of the response, after redirects. None without a response."""
        return self._c.url if self._c.status else None

    def json(self, **kwargs: Any) -> Any:
        """Body parsed as JSON. Raises `requests.exceptions.JSONDecodeError` (a ValueError) if it is not."""
        try:
            return super().json(**kwargs)
        except jsonlib.JSONDecodeError as e:
            raise json_error(e) from None

    def _network_error(self, completion: Completion) -> Exception | None:
        return network_error(completion)

    def raise_for_status(self) -> None:
        """Raise `requests.exceptions.HTTPError` for a status of 400 and above, or what kept the request from
        it."""
        error = self.error or http_error(self._c, self._c.url, self)
        if error is not None:
            raise error

    def failure_as_exception(self) -> Exception | None:
        """What the request is recorded with as failure; a URL in it is replaced by the request's name."""
        return root_cause(self._c) or self.error or http_error(self._c, self._c.name, self)
