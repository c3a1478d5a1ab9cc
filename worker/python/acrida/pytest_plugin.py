"""A plugin of pytest: `session` and `fastsession` for the test functions that are users of a locustfile, too.

pytest finds it where the package is installed; else name it: `pytest -p acrida.pytest_plugin --host URL`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .clients.fast import FastHttpSession
from .clients.http import HttpSession
from .event import RequestEventHook


def pytest_addoption(parser: Any) -> None:
    """`--host`, unless another plugin has it."""
    try:
        parser.addoption("--host", "-H", action="store", default=None, help="base URL of the target")
    except ValueError as e:
        if "already added" not in str(e):
            raise


@pytest.fixture
def session(request: Any) -> Iterator[HttpSession]:
    """An HttpSession; failed requests raise nothing by themselves."""
    client = HttpSession(request.config.getoption("--host"), RequestEventHook())
    yield client
    client.close()


@pytest.fixture
def fastsession(request: Any) -> FastHttpSession:
    """A FastHttpSession; failed requests raise nothing by themselves."""
    return FastHttpSession(request.config.getoption("--host"), RequestEventHook())
