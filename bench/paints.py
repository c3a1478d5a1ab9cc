"""Runs in the Python that has Playwright: when a page that nothing is cached of shows its first contents.

Prints, as JSON, milliseconds since the start of each navigation.
usage: paints.py BROWSER URL COUNT
"""

from __future__ import annotations

import json
import sys

from playwright.sync_api import sync_playwright

ENTRIES = "performance.getEntriesByName('first-contentful-paint')"


def main() -> None:
    """Opens the page so many times, and once before for the browser to warm up."""
    browser_path, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    paints = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for _ in range(count + 1):
            # A context of its own has no cache.
            page = browser.new_context().new_page()
            page.goto(url)
            page.wait_for_function(f"{ENTRIES}.length > 0", timeout=10_000)
            paints.append(page.evaluate(f"{ENTRIES}[0].startTime"))
            page.context.close()
        browser.close()
    print(json.dumps(paints[1:]))


if __name__ == "__main__":
    main()
