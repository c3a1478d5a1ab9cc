"""Runs in the Python that has Playwright: how long a page's main thread is busy at a time.

Prints, as JSON, for each thing that is done to the page, in this order: the longest task in milliseconds, the
frames that a screen could have shown meanwhile, and how many of them were lost to tasks longer than a frame.
usage: frames.py BROWSER URL
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

# What the browser runs between two looks at its queue; nothing is painted meanwhile.
TASK = "ThreadControllerImpl::RunTask"
CATEGORIES = ["toplevel", "__metadata"]
FRAME_MS = 1000 / 60
LOOK_S = 10.0
STEPS = 60


def main() -> None:
    """Does one thing after the other."""
    browser_path, url = sys.argv[1:3]
    found: dict[str, dict[str, float]] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        for name, act in _ACTS:
            browser.start_tracing(page=page, categories=CATEGORIES)
            began_s = time.monotonic()
            act(page, url)
            frames = (time.monotonic() - began_s) * 1000 / FRAME_MS
            tasks_ms = _tasks_ms(browser)
            lost = sum(int(ms / FRAME_MS) for ms in tasks_ms)
            found[name] = {"longest_ms": max(tasks_ms, default=0.0), "frames": frames, "lost": lost}
        browser.close()
    print(json.dumps(found))


def _open(page: Page, url: str) -> None:
    page.goto(url + "?tab=charts")
    page.get_by_test_id("chart-rate").wait_for()
    page.wait_for_timeout(3000)


def _watch(page: Page, _: str) -> None:
    page.wait_for_timeout(LOOK_S * 1000)


def _point(page: Page, _: str) -> None:
    box = page.get_by_test_id("chart-rate").bounding_box()
    assert box is not None
    for step in range(STEPS):
        page.mouse.move(box["x"] + box["width"] * (0.1 + 0.8 * step / STEPS), box["y"] + box["height"] / 2)
        page.wait_for_timeout(LOOK_S * 1000 / STEPS)


def _tables(page: Page, _: str) -> None:
    page.get_by_test_id("tab-statistics").click()
    page.get_by_test_id("table-statistics").wait_for()


def _scroll(page: Page, _: str) -> None:
    box = page.get_by_test_id("table-statistics").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 300)
    for _step in range(STEPS):
        page.mouse.wheel(0, 120)
        page.wait_for_timeout(50)


_ACTS: list[tuple[str, Callable[[Page, str], None]]] = [
    ("open", _open),
    ("charts", _watch),
    ("cursor", _point),
    ("change_tab", _tables),
    ("tables", _watch),
    ("scroll", _scroll),
]


def _tasks_ms(browser: Browser) -> list[float]:
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event["dur"] / 1000
        for event in events
        if event["name"] == TASK and "dur" in event and (event["pid"], event["tid"]) in mains
    ]


if __name__ == "__main__":
    main()
