"""Connection pools that users share: `HttpUser.pool_manager` and `FastHttpUser.client_pool`.

Neither object is used for connections, which are the engine's. What counts is which users have the same one,
and what it says of the number of connections.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from .. import bridge

_pools: WeakKeyDictionary[Any, dict[int, tuple[Any, Any]]] = WeakKeyDictionary()
"""By bridge, then by the id of the script's object, which is kept so that the id stays its own."""

POOLS_MAX = 1000
"""Different pools of one process; a script that makes one for each user is mistaken."""


def shared_pool(manager: Any) -> Any:
    """
    The engine's pool for a `urllib3.PoolManager` or a `geventhttpclient` `HTTPClientPool` (None for None);
    the same for the same object. Raises ValueError for what cannot be used as one.
    """
    if manager is None:
        return None
    here = bridge.current()
    pools = _pools.setdefault(here, {})
    known = pools.get(id(manager))
    if known is None:
        in_use, kept = _sizes(manager)
        if len(pools) >= POOLS_MAX:
            raise ValueError(
                f"there are {POOLS_MAX} connection pools already: make one for the class, not for each user"
            )
        known = pools[id(manager)] = (manager, here.engine.pool(in_use=in_use, kept=kept))
    return known[1]


def _sizes(manager: Any) -> tuple[int | None, int]:
    """Connections in use at most (None: no bound) and connections kept, both per host."""
    arguments = getattr(manager, "connection_pool_kw", None)
    if arguments is not None:
        if getattr(manager, "proxy", None) is not None:
            raise ValueError("pool_manager cannot be a ProxyManager: set `self.client.proxies` instead")
        size = int(arguments.get("maxsize", 1))
        return (size if arguments.get("block") else None), size
    arguments = getattr(manager, "client_args", None)
    if arguments is not None:
        size = int(arguments.get("concurrency", 1))
        return size, size
    raise ValueError(
        f"{manager!r} is no connection pool: give a urllib3.PoolManager as pool_manager, or a "
        "geventhttpclient.client.HTTPClientPool as client_pool"
    )


_CLIENT_DEFAULTS = {"connection_timeout": 5.0, "network_timeout": 5.0, "insecure": False}
_CLIENT_ARGUMENTS = (
    *_CLIENT_DEFAULTS,
    "proxy_host",
    "proxy_port",
    "proxy_user",
    "proxy_password",
    "ssl_context_factory",
)


def client_arguments(pool: Any) -> dict[str, Any]:
    """What an `HTTPClientPool` says of its clients; it counts before what the user class says."""
    given = getattr(pool, "client_args", {})
    return {**_CLIENT_DEFAULTS, **{name: given[name] for name in _CLIENT_ARGUMENTS if name in given}}
