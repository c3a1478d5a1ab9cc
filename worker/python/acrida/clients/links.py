"""What a response says in less usual ways: its `Link` header, and the charset its bytes suggest."""

from __future__ import annotations

import re

_LINK = re.compile(r"<([^>]*)>([^<]*)")
_PARAMETER = re.compile(r""";\s*([\w*!#$&+.^`|~-]+)\s*=\s*("[^"]*"|'[^']*'|[^;,\s]*)""")


def parse_links(header: str) -> dict[str, dict[str, str]]:
    """A `Link` header by relation, or by URL where a link names none."""
    links: dict[str, dict[str, str]] = {}
    for url, parameters in _LINK.findall(header):
        link = {"url": url}
        for name, value in _PARAMETER.findall(parameters):
            link[name] = value.strip("\"'")
        links[link.get("rel") or url] = link
    return links


def guessed_charset(content: bytes) -> str:
    """UTF-8 if `content` is that; else what a detector says, where one that `requests` uses is installed."""
    try:
        content.decode()
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    for name in ("chardet", "charset_normalizer"):
        try:
            detector = __import__(name)
        except ImportError:
            continue
        found = detector.detect(content)["encoding"]
        return found or "utf-8"
    return "utf-8"
