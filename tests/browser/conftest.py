"""What the tests of the page share: Chromium, the demo target, masters, pages that may not misbehave."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from page import Page
from playwright.sync_api import Browser, sync_playwright
from stage import ROOT, Stage, binary

from processes import Process

#: Pictures for people to look at.
ARTIFACTS = ROOT / "target" / "test-artifacts" / "browser"
#: Tests that have passed against a whole build. The others were written before there was one, and run only with
#: ACRIDA_BROWSER_ALL=1 until somebody has seen them pass and taken this list away.
PROVEN = ("test_a_reload_keeps_the_past_of_the_charts",)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """Find the system's browser."""
    chosen = os.environ.get("ACRIDA_CHROMIUM")
    return chosen or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what nobody has seen pass yet, and say so in the summary."""
    if os.environ.get("ACRIDA_BROWSER_ALL"):
        return
    unproven = [item for item in items if item.name not in PROVEN]
    config.hook.pytest_deselected(items=unproven)
    items[:] = [item for item in items if item.name in PROVEN]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window. It may reach 127.0.0.1 only."""
    path = find_browser()
    if path is None:
        pytest.exit(
            "the tests of the page need Chromium: install Debian's `chromium`, or set ACRIDA_CHROMIUM", 1
        )
    with sync_playwright() as playwright:
        # Chromium's own sandbox is not to be had in containers; it only sees our page.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the demo target."""
    folder = tmp_path_factory.mktemp("target")
    process = Process("target", [binary("target"), "--port", "0", "--lifeline"], folder, {})
    yield json.loads(process.wait_line('"url"'))["url"]
    process.stop()


@pytest.fixture
def stage(tmp_path: Path, target: str) -> Iterator[Stage]:
    """Make a master to be started; its output is shown when the test fails."""
    stage = Stage(tmp_path, target)
    yield stage
    stage.stop()
    print(stage.output)


@pytest.fixture
def open_page(browser: Browser, stage: Stage) -> Iterator[Callable[..., Page]]:
    """Open pages, each as a visitor of its own. At the end none may have complained or gone elsewhere."""
    pages: list[Page] = []

    def open_one(path: str = "/", **context: object) -> Page:
        page = Page(browser.new_context(**context), stage.url)  # type: ignore[arg-type]
        pages.append(page)
        page.goto(path)
        return page

    yield open_one
    for page in pages:
        page.context.close()
    for page in pages:
        assert page.complaints == []
        assert page.strangers == []


@pytest.fixture(scope="session")
def picture() -> Callable[[Page, str], None]:
    """Keep a picture of the page as it is now."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.tab.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)

    return take
