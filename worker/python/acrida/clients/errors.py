"""The exceptions that responses carry. Those of `requests` where it is installed, so that a script's
`except requests.exceptions.HTTPError` works, else classes of the same names."""

from __future__ import annotations

import builtins
import functools
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._engine import Completion

_BY_KIND = {
    "connect_timeout": "ConnectTimeout",
    "read_timeout": "ReadTimeout",
    "tls": "SSLError",
    "proxy": "ProxyError",
    "too_many_redirects": "TooManyRedirects",
    "decode": "ContentDecodingError",
}


class RequestException(OSError):
    """A request failed."""

    def __init__(self, *args: Any, request: Any = None, response: Any = None) -> None:
        super().__init__(*args)
        self.request = request
        self.response = response


class InvalidURL(RequestException, ValueError):
    """The URL cannot be requested."""


class ConnectionError(RequestException):
    """The connection could not be made, or broke."""


def _own_classes() -> dict[str, type[Exception]]:
    classes: dict[str, type[Exception]] = {
        "RequestException": RequestException,
        "InvalidURL": InvalidURL,
        "ConnectionError": ConnectionError,
    }
    for name in ("HTTPError", "TooManyRedirects", "ContentDecodingError", "ReadTimeout"):
        classes[name] = type(name, (RequestException,), {"__module__": __name__})
    for name in ("ConnectTimeout", "SSLError", "ProxyError"):
        classes[name] = type(name, (ConnectionError,), {"__module__": __name__})
    classes["InvalidProxyURL"] = type("InvalidProxyURL", (InvalidURL,), {"__module__": __name__})
    return classes


@functools.cache
def requests_exceptions() -> dict[str, Any]:
    """By name. `requests` is only imported when the first of them is needed: it would double a worker's
    start-up."""
    try:
        from requests import exceptions
    except ImportError:
        return _own_classes()
    return vars(exceptions)


def invalid_url(text: str) -> Exception:
    """What HttpUser's client raises for a URL that cannot be requested."""
    error: Exception = requests_exceptions()["InvalidURL"](text)
    return error


def json_error(error: json.JSONDecodeError) -> json.JSONDecodeError:
    """What `HttpUser`'s responses raise for a body that is no JSON: the error of `requests` if the script has
    imported that, as it can only name it then."""
    if "requests" not in sys.modules:
        return error
    result: json.JSONDecodeError = requests_exceptions()["JSONDecodeError"](error.msg, error.doc, error.pos)
    return result


def _parsed(text: str) -> tuple[str, tuple[Any, ...]]:
    """Name and arguments of an exception from its `repr`: the form of the engine's error texts."""
    import ast  # only for failed requests

    name, bracket, rest = text.partition("(")
    try:
        args = ast.literal_eval(f"({rest[:-1]},)") if bracket and rest.endswith(")") else (text,)
    except (ValueError, SyntaxError):
        args = (text,)
    return name, args


def root_cause(completion: Completion) -> Exception | None:
    """The operating system's error behind a failed request (`ConnectionRefusedError`...), if there is one."""
    if completion.error is None:
        return None
    name, args = _parsed(completion.error[1])
    kind = getattr(builtins, name, None)
    return kind(*args) if isinstance(kind, type) and issubclass(kind, OSError) else None


def network_error(completion: Completion) -> Exception | None:
    """The exception for a request that got no (whole) response, in terms of `requests`."""
    if completion.error is None:
        return None
    kind, text = completion.error
    name, args = _parsed(text)
    error: Any = requests_exceptions()[_BY_KIND.get(kind, "ConnectionError")]
    result: Exception = error(*args) if name == error.__name__ else error(text)
    return result


def http_error(completion: Completion, url: str, response: Any = None) -> Exception | None:
    """`HTTPError` for a status from 400 to 599, worded as in `requests`."""
    status = completion.status
    if not 400 <= status < 600:
        return None
    side = "Client" if status < 500 else "Server"
    text = f"{status} {side} Error: {completion.reason} for url: {url}"
    error: Exception = requests_exceptions()["HTTPError"](text, response=response)
    return error


class LocustBadStatusCode(Exception):
    """FastHttpUser's client: the status is not one of success."""

    def __init__(self, url: str | None, code: int) -> None:
        super().__init__(url)
        self.url = url
        self.code = code

    def __str__(self) -> str:
        return f"URL {self.url}: code={self.code}"

    def __repr__(self) -> str:
        return f"LocustBadStatusCode(code={self.code})"


def fast_network_error(completion: Completion) -> Exception | None:
    """The exception for a request that got no (whole) response, as FastHttpUser's users know it."""
    if completion.error is None:
        return None
    kind, text = completion.error
    if (cause := root_cause(completion)) is not None:
        return cause
    return TimeoutError(_parsed(text)[1][0]) if kind in ("connect_timeout", "read_timeout") else OSError(text)
