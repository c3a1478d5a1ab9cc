"""Which proxies a session uses: from `proxies`, from its own arguments, from the environment.

The engine applies the rules, as it knows where redirects lead; this module only brings them into one form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

Rule = tuple[str, "str | None", bool]
"""Key as in `requests` ("http", "all", "https://host"...), URL of the proxy (None: none for this key), and
whether the rule is the environment's, which `NO_PROXY` limits."""


def environment() -> tuple[dict[str, str], str]:
    """The proxies that the environment names, by scheme, and the hosts they are not for."""
    from urllib.request import getproxies_environment

    found = getproxies_environment()
    return found, found.pop("no", "")


def proxy_settings(own: Any, session: Any, trust_env: bool) -> dict[str, Any]:
    """
    Arguments for `Engine.profile`; empty without any proxy. The order is that of `requests`: the request's
    own proxies count before those of the environment, and these before the session's.
    """
    own, session = _entries(own), _entries(session)
    if not own and not session and not trust_env:
        return {}
    from_environment, no_proxy = environment() if trust_env else ({}, "")
    rules: list[Rule] = [(key, url, False) for key, url in own.items()]
    rules += [(key, url, True) for key, url in from_environment.items()]
    rules += [(key, url, False) for key, url in session.items()]
    if not rules:
        return {}
    return {"proxies": rules, "no_proxy": own.get("no_proxy") or no_proxy}


def _entries(proxies: Any) -> dict[str, str | None]:
    if not proxies:
        return {}
    items = proxies.items() if isinstance(proxies, Mapping) else proxies
    return {str(key): None if url is None else str(url) for key, url in items}


def single_proxy(
    host: str | None, port: int | None, user: str | None, password: str | None
) -> dict[str, Any]:
    """Arguments for `Engine.profile` for one proxy, as `FastHttpUser` names it."""
    if host is None:
        return {}
    if port is None:
        raise ValueError("proxy_host needs proxy_port as well: set both on the user class")
    login = ""
    if user is not None or password is not None:
        login = f"{quote(user or '', safe='')}:{quote(password or '', safe='')}@"
    bracketed = f"[{host}]" if ":" in host else host
    return {"proxies": [("all", f"http://{login}{bracketed}:{port}", False)], "no_proxy": ""}
