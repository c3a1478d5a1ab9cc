"""Loading the package that a contributed user drives: its absence is one line that says what to install."""

from __future__ import annotations

import importlib
from typing import Any


def driver(module: str, package: str, user: str) -> Any:
    """Import `module` of the PyPI package `package`. Raises ImportError that names `user` and the way out."""
    try:
        return importlib.import_module(module)
    except ImportError as e:
        raise ImportError(
            f"{user} needs the package {package} ({e}): install it with `pip install {package}` in the "
            "Python of the master and of every worker"
        ) from e
