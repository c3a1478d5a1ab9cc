"""Turns what a script passes (`params`, `data`, `json`, `files`, `auth`) into the bytes and headers to send.

Rules follow the `requests` package, which is what Locust's users know.
"""

from __future__ import annotations

import json as jsonlib
import os
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def _pairs(data: Any) -> list[tuple[Any, Any]]:
    """(name, value) for a dict or list of pairs, lists as values spread out and None left out."""
    pairs: list[tuple[Any, Any]] = []
    for name, values in data.items() if isinstance(data, Mapping) else data:
        if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
            values = (values,)  # noqa: PLW2901
        pairs.extend((name, value) for value in values if value is not None)
    return pairs


def add_params(url: str, params: Any) -> str:
    """`url` with `params` (dict, list of pairs, str or bytes) added to its query."""
    if isinstance(params, bytes):
        params = params.decode()
    query = params if isinstance(params, str) else urlencode(_pairs(params))
    if not query:
        return url
    url, mark, fragment = url.partition("#")
    return f"{url}{'&' if '?' in url else '?'}{query}{mark}{fragment}"


def encode_body(data: Any, json: Any, files: Any) -> tuple[bytes | None, str | None]:
    """The body and its Content-Type (None: the script's own, or none at all)."""
    if files:
        return _multipart(data, files)
    if data:
        if isinstance(data, bytes):
            return data, None
        if isinstance(data, str):
            return data.encode(), None
        if hasattr(data, "read"):
            return _as_bytes(data.read()), None
        if isinstance(data, (Mapping, list, tuple)):
            return urlencode(_pairs(data)).encode(), FORM
        return b"".join(_as_bytes(chunk) for chunk in data), None
    if json is not None:
        return jsonlib.dumps(json).encode(), JSON
    return None, None


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    return str(value).encode()


def _multipart(data: Any, files: Any) -> tuple[bytes, str]:
    boundary = os.urandom(16).hex()
    parts = []
    for name, value in _pairs(data) if data else ():
        parts.append((_disposition(name, None), _as_bytes(value)))
    for name, spec in files.items() if isinstance(files, Mapping) else files:
        filename, content, kind, extra = _file(name, spec)
        head = _disposition(name, filename)
        if kind:
            head += f"Content-Type: {kind}\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in extra.items())
        parts.append((head, content))
    body = b"".join(
        b"--%s\r\n%s\r\n%s\r\n" % (boundary.encode(), head.encode(), content) for head, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _disposition(name: Any, filename: str | None) -> str:
    def quoted(text: Any) -> str:
        return str(text).replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")

    head = f'Content-Disposition: form-data; name="{quoted(name)}"'
    return head + (f'; filename="{quoted(filename)}"\r\n' if filename else "\r\n")


def _file(name: Any, spec: Any) -> tuple[str | None, bytes, str | None, Mapping[str, str]]:
    """(file name, content, content type, extra headers) from a file, a value, or a tuple of up to four of
    them."""
    kind = extra = None
    if isinstance(spec, (tuple, list)):
        filename, content, kind, extra = (*spec, None, None)[:4]
    else:
        own = getattr(spec, "name", None)
        filename, content = os.path.basename(own) if isinstance(own, str) else str(name), spec
    if hasattr(content, "read"):
        content = content.read()
    return filename, _as_bytes(content), kind, extra or {}


def basic_auth(username: Any, password: Any) -> str:
    """Value of the Authorization header. Text is sent as latin-1, as browsers and `requests` do."""
    user, secret = (v if isinstance(v, bytes) else str(v).encode("latin1") for v in (username, password))
    return "Basic " + b64encode(user + b":" + secret).decode()
