"""Makes `locust` and `locust.<anything>` answer with the modules of this package.

Our modules carry Locust's names, so one rule is enough: `locust.X` is `acrida.X`, the same module object,
hence the same classes. The finder stands first on the import path, so that neither an installed Locust nor a
second copy of a module of ours can slip in. It also says why a module of Locust is not here, and lets the
others say it of their names (`_surface`).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from . import _surface

_ALIAS = "locust"
_PACKAGE = __name__.partition(".")[0]


class _Finder:
    # Not derived from the classes of importlib.abc, whose import alone costs 20 ms.
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        if package not in (_ALIAS, _PACKAGE) or not name:
            return None
        if (reason := _surface.why_absent(name)) is not None:
            raise ModuleNotFoundError(f"{_ALIAS}.{name} is not in Acrida: {reason}", name=fullname)
        if package == _PACKAGE:
            return _surfaced(fullname, path) if _surface.is_surfaced(name) else None
        real = f"{_PACKAGE}.{name}"
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


def _surfaced(fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """The usual spec of a module of ours, which is told what it lacks once it is loaded."""
    spec = PathFinder.find_spec(fullname, path)
    if spec is None or spec.loader is None:
        return spec
    load = spec.loader.exec_module

    def load_and_attach(module: ModuleType) -> None:
        load(module)
        _surface.attach(module)

    spec.loader.exec_module = load_and_attach  # type: ignore[method-assign]
    return spec


def install() -> None:
    """Answer to `locust` from now on (idempotent)."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    sys.modules[_ALIAS] = sys.modules[_PACKAGE]


def attach_package() -> None:
    """Let the package itself say why a module is missing, as in `from locust import web`."""
    _surface.attach(sys.modules[_PACKAGE])
