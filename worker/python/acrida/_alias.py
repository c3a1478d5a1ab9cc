"""Makes `locust` and `locust.<anything>` answer with the modules of this package.

Our modules carry Locust's names, so one rule is enough: `locust.X` is `acrida.X`, the same module object,
hence the same classes. The finder stands first on the import path, so that neither an installed Locust nor a
second copy of a module of ours can slip in.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_ALIAS = "locust"
_PACKAGE = __name__.partition(".")[0]


class _Finder:
    # Not derived from the classes of importlib.abc, whose import alone costs 20 ms.
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(_ALIAS + "."):
            return None
        real = _PACKAGE + fullname[len(_ALIAS) :]
        try:
            found = find_spec(real) is not None
        except ModuleNotFoundError:
            found = False
        loader: Any = self
        return ModuleSpec(fullname, loader) if found else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None  # the usual empty one, which exec_module replaces

    def exec_module(self, module: ModuleType) -> None:
        # The import system returns what stands in sys.modules when this returns: the real module.
        sys.modules[module.__name__] = importlib.import_module(_PACKAGE + module.__name__[len(_ALIAS) :])


def install() -> None:
    """Answer to `locust` from now on (idempotent)."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    sys.modules[_ALIAS] = sys.modules[_PACKAGE]
