"""Fixtures: a fake engine with an environment on it, and checks that the real one is there where it is
needed."""

from __future__ import annotations

import pytest

import acrida
from acrida import bridge
from acrida.env import Environment
from fake_engine import FakeEngine
from servers import Proxy, Target, certificate


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


@pytest.fixture
def environment():
    """An environment on the real engine, in a process of its own statistics."""
    bridge.reset()
    environment = Environment(events=acrida.event.Events())
    engine = bridge.current().engine
    environment.use_engine(engine)
    yield environment
    bridge.reset()
    engine.shutdown(1.0)


@pytest.fixture
def target():
    running = Target()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def certificate_files(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def secure_target(certificate_files):
    running = Target(tls=certificate_files)
    yield running
    running.stop()


@pytest.fixture
def proxy():
    running = Proxy()
    yield running
    running.stop()


@pytest.fixture
def make_user(environment):
    """Makes a user of a class of its own: `make_user(HttpUser, host, attribute=value...)`."""
    return lambda base, host, **attributes: type("Site", (base,), {"host": host, **attributes})(environment)


@pytest.fixture
def rows(environment):
    """{(name, method): (requests, failures)} as recorded so far."""
    return lambda: {
        key: (entry.num_requests, entry.num_failures) for key, entry in environment.stats.entries.items()
    }
