"""Transport adapters of `requests`, as far as the engine, which does the transport, can do the same."""

from __future__ import annotations

from typing import Any

from ..exception import LocustError
from .tls import context_settings

_PASSIVE = ("source_address", "socket_options")


def adapter_settings(adapter: Any) -> dict[str, Any]:
    """
    Arguments of `Engine.profile` for an `HTTPAdapter`: retries after failed connections, connections kept,
    and the TLS context of its pools. Raises LocustError for what cannot be honoured.
    """
    kind = type(adapter)
    if "send" in _own(kind):
        raise LocustError(
            f"The transport adapter {kind.__name__} has a send() of its own, which cannot be used: requests "
            "are sent by Acrida's engine. Use hooks, auth, or events.request instead"
        )
    settings: dict[str, Any] = {}
    retries = getattr(adapter, "max_retries", 0)
    settings["max_retries"] = _attempts(retries)
    if (size := getattr(adapter, "_pool_maxsize", None)) is not None:
        settings["pool_size"] = int(size)
        if getattr(adapter, "_pool_block", False):
            settings["max_connections"] = int(size)
    pool_arguments = getattr(getattr(adapter, "poolmanager", None), "connection_pool_kw", {})
    for name in _PASSIVE:
        if pool_arguments.get(name):
            raise LocustError(f"{name} of a transport adapter cannot be honoured")
    if (context := pool_arguments.get("ssl_context")) is not None:
        names = pool_arguments.get("assert_hostname")
        try:
            settings |= context_settings(lambda: context, check_hostname=False if names is False else None)
        except ValueError as e:
            raise LocustError(f"The transport adapter {kind.__name__}: {e}") from None
    return settings


def _own(kind: type) -> set[str]:
    """Names that a script's class defines, those of `requests` itself left out."""
    own: set[str] = set()
    for base in kind.__mro__:
        if base is object or base.__module__.partition(".")[0] in ("requests", "acrida"):
            break
        own |= vars(base).keys()
    return own


def _attempts(retries: Any) -> int:
    """Further attempts to connect, from a number or a `urllib3.Retry`."""
    if isinstance(retries, int):
        return int(retries)
    if getattr(retries, "status_forcelist", None):
        raise LocustError(
            "Retry(status_forcelist=...) cannot be honoured: each response counts in the statistics. Repeat "
            "the request in the task instead"
        )
    total, connect = getattr(retries, "total", 0), getattr(retries, "connect", None)
    counts = [int(count) for count in (total, connect) if count is not None and count is not False]
    return min(counts, default=0)


class LocustHttpAdapter:
    """The adapter of Locust's sessions; mounted here, it asks for nothing special."""

    max_retries = 0

    def __init__(self, pool_manager: Any = None, *_: Any, **__: Any) -> None:
        self.poolmanager = pool_manager
