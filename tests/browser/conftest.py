"""What the tests of the page share: Chromium, the demo target, masters, pages that may not misbehave."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

from page import Page
from processes import Process
from stage import ROOT, Stage, binary

#: Pictures for people to look at.
ARTIFACTS = ROOT / "target" / "test-artifacts" / "browser"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: What is said without a browser; the Makefile says the same.
NO_BROWSER = (
    "the tests of the page need Chromium: install it (Debian: apt-get install chromium), name it in "
    "ACRIDA_CHROMIUM, or leave them out by ACRIDA_TESTS_WITHOUT_BROWSER=1"
)


def find_browser() -> str | None:
    """Find the browser that ACRIDA_CHROMIUM names, else the system's."""
    chosen = os.environ.get("ACRIDA_CHROMIUM")
    names = (chosen,) if chosen else BROWSERS
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window. It may reach 127.0.0.1 only."""
    path = find_browser()
    if path is None:
        pytest.exit(NO_BROWSER, 1)
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
def picture() -> Callable[[Tab, str], None]:
    """Keep a picture of a tab as it is now."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)

    def take(tab: Tab, name: str) -> None:
        tab.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)

    return take
