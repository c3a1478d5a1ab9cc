"""Lets `from geventhttpclient.client import HTTPClientPool` work where that package is not installed.

Locust brings it along, and its documentation tells users to give `FastHttpUser` such a pool. Here the engine
makes the connections, so all that is needed is the name. An installed package always counts before this.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_PACKAGE = "geventhttpclient"
_MODULE = "geventhttpclient.client"


class _StandIn:
    # Not derived from the classes of importlib.abc, whose import alone costs 20 ms.
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in (_PACKAGE, _MODULE):
            return None
        loader: Any = self
        return ModuleSpec(fullname, loader, is_package=fullname == _PACKAGE)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None  # the usual empty one

    def exec_module(self, module: ModuleType) -> None:
        from .clients.pools import HTTPClientPool

        if module.__name__ == _MODULE:
            module.HTTPClientPool = HTTPClientPool  # type: ignore[attr-defined]


def install() -> None:
    """Stand in from now on (idempotent)."""
    if not any(isinstance(finder, _StandIn) for finder in sys.meta_path):
        sys.meta_path.append(_StandIn())
