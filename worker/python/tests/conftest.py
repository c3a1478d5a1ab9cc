"""Fixtures: a fake engine with an environment on it, and checks that the real one is there where it is
needed."""

from __future__ import annotations

import pytest

import acrida
from acrida import bridge
from acrida.env import Environment
from fake_engine import FakeEngine


# Last, so that tests that `-m` takes out do not count.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not any(item.get_closest_marker("engine") for item in items):
        return
    try:
        import acrida._engine  # noqa: F401
    except ImportError as e:
        raise pytest.UsageError(f"tests need the built extension, run `make build` first ({e})") from e


@pytest.fixture
def engine():
    fake = FakeEngine()
    bridge.use(fake)
    yield fake
    bridge.reset()


@pytest.fixture
def env(engine):
    environment = Environment(events=acrida.event.Events())
    environment.events.request.recorder = engine.record
    return environment
