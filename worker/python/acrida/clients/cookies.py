"""A session's cookies, seen through the engine, which keeps and sends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, NamedTuple

CookieRow = tuple[str, str, str, str]
"""Name, value, domain, path."""

if TYPE_CHECKING:
    from .base import Session


class Cookie(NamedTuple):
    """One cookie."""

    name: str
    value: str
    domain: str
    path: str


class CookieView:
    """Cookies by name; iterating gives `Cookie`s. Read-only."""

    def __init__(self, rows: list[CookieRow]) -> None:
        self._fixed = rows

    def _rows(self) -> list[CookieRow]:
        return self._fixed

    def __iter__(self) -> Iterator[Cookie]:
        return (Cookie(*row) for row in self._rows())

    def __len__(self) -> int:
        return len(self._rows())

    def __contains__(self, name: object) -> bool:
        return any(cookie.name == name for cookie in self)

    def __getitem__(self, name: str) -> str:
        for cookie in self:
            if cookie.name == name:
                return cookie.value
        raise KeyError(name)

    def get(self, name: str, default: Any = None, domain: str | None = None, path: str | None = None) -> Any:
        """The value of a cookie, or `default`."""
        for cookie in self:
            if cookie.name == name and domain in (None, cookie.domain) and path in (None, cookie.path):
                return cookie.value
        return default

    def get_dict(self) -> dict[str, str]:
        """{name: value}."""
        return {cookie.name: cookie.value for cookie in self}

    def keys(self) -> list[str]:
        """Names."""
        return [cookie.name for cookie in self]

    def values(self) -> list[str]:
        """Values."""
        return [cookie.value for cookie in self]

    def items(self) -> list[tuple[str, str]]:
        """(name, value) pairs."""
        return [(cookie.name, cookie.value) for cookie in self]

    def __repr__(self) -> str:
        return f"<Cookies {self.get_dict()}>"


class SessionCookies(CookieView):
    """The cookies that a session sends; changes take effect with the next request."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def _rows(self) -> list[CookieRow]:
        rows: list[CookieRow] = self._session._session.cookies()
        return rows

    def set(self, name: str, value: str | None, domain: str = "", path: str = "/", **_: Any) -> None:
        """Set a cookie (for the base URL's host if no domain is given); a value of None takes it away."""
        if value is None:
            self._remove(name)
        else:
            self._session._session.set_cookie(name, str(value), domain, path)

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self._remove(name)

    def set_cookie(self, cookie: Any) -> None:
        """Set a cookie given as an object with name, value, domain and path."""
        self.set(cookie.name, cookie.value, cookie.domain or "", cookie.path or "/")

    def update(self, other: Any) -> None:
        """Set several cookies, from a mapping or a cookie jar."""
        if isinstance(other, (Mapping, CookieView)):
            for name, value in other.items():
                self.set(name, value)
        else:
            for cookie in other:
                self.set_cookie(cookie)

    def clear(self) -> None:
        """Forget all cookies."""
        self._session._session.clear_cookies()

    def _remove(self, name: str) -> None:
        rows = [row for row in self._rows() if row[0] != name]
        self.clear()
        for row in rows:
            self._session._session.set_cookie(*row)


def response_cookies(lines: list[str], host: str) -> CookieView:
    """The cookies that a response's `Set-Cookie` lines set."""
    rows: list[CookieRow] = []
    for line in lines:
        parsed: SimpleCookie = SimpleCookie()
        try:
            parsed.load(line)
        except CookieError:
            continue
        rows += [(m.key, m.value, m["domain"] or host, m["path"] or "/") for m in parsed.values()]
    return CookieView(rows)
