"""What the page costs: the master's CPU with readers of the live feed, its weight, and its first paint.

The load has many request names and hardly any rate: what is measured is the telling, not the requests.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import clients
from measures import Row
from processes import Missing, cpu_s, wait_until
from servers import Target, fetch

READERS = 10
NAMES = 200
# Each name once a second.
USERS = 20
WINDOW_S = 20.0
MODULES_MAX = 500
PAINTS = 5


@contextmanager
def _watched(target: Target, binaries: Path, folder: Path) -> Iterator[clients.Watched]:
    client = clients.acrida_with_page(
        binaries, "names.py", target.url, folder, users=USERS, rate=USERS, NAMES=str(NAMES), USERS=str(USERS)
    )
    try:
        wait_until("the master answers", partial(_answers, client.page))
        yield client
    finally:
        client.close()


def _answers(url: str) -> bool:
    try:
        fetch(url)
    except OSError:
        return False
    return True


class _Reader(threading.Thread):
    """One open page, as far as the master can tell."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self.events = 0
        self.bytes = 0
        self.failure: str | None = None

    def run(self) -> None:
        """Reads until the master ends."""
        try:
            with urllib.request.urlopen(self._url, timeout=30) as feed:
                for line in feed:
                    self.events += line.startswith(b"event:")
                    self.bytes += len(line)
        except OSError as error:
            self.failure = str(error)


def feed(target: Target, binaries: Path, folder: Path) -> Row:
    """The master's share of a core with readers of the live feed, and without."""
    with _watched(target, binaries, folder) as client:
        events = urljoin(client.page, "api/v1/events")
        wait_until("all names are known", lambda: _names(client.page) >= NAMES)
        alone = _share(client.pid)
        readers = [_Reader(events) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        time.sleep(2.0)
        failed = next((reader.failure for reader in readers if reader.failure), None)
        if failed is not None:
            raise Missing(f"not measured: the live feed cannot be read ({failed})")
        before = sum(reader.events for reader in readers)
        watched = _share(client.pid)
        told = sum(reader.events for reader in readers) - before
    return {
        "readers": READERS,
        "names": NAMES,
        "core_share": watched,
        "core_share_alone": alone,
        "events_per_s_each": told / WINDOW_S / READERS,
        "bytes_each": sum(reader.bytes for reader in readers) // READERS,
    }


def _names(page: str) -> int:
    return len(json.loads(fetch(urljoin(page, "stats/requests")))["stats"]) - 1


def _share(pid: int) -> float:
    cpu, clock = cpu_s(pid), time.monotonic()
    time.sleep(WINDOW_S)
    return (cpu_s(pid) - cpu) / (time.monotonic() - clock)


def weight(target: Target, binaries: Path, folder: Path) -> Row:
    """Bytes of the page with all that it names, as they reach a browser that takes compression."""
    with _watched(target, binaries, folder) as client:
        sizes = _load(client.page)
    heaviest = max(sizes, key=lambda url: sizes[url])
    return {"bytes": sum(sizes.values()), "files": len(sizes), "heaviest": heaviest.rsplit("/", 1)[-1]}


# An address in an import, in an attribute, or in an import map.
_NAMED = re.compile(r"""["']((?:acrida/|\.{0,2}/)?[\w./-]+\.(?:js|css|svg|woff2))(?:\?[^"']*)?["']""")


def _load(page: str) -> dict[str, int]:
    """Sizes by address of everything that can be reached from the page by what its files name."""
    sizes: dict[str, int] = {}
    waiting = [page]
    while waiting and len(sizes) < MODULES_MAX:
        url = waiting.pop()
        if url in sizes:
            continue
        try:
            size, text = _transfer(url)
        except urllib.error.HTTPError as error:
            if url == page:
                raise Missing(f"not measured: the master has no page (HTTP {error.code})") from error
            continue
        sizes[url] = size
        if url.endswith((".woff2", ".svg")):
            continue
        for name in _NAMED.findall(text):
            mapped = (
                urljoin(page, "ui/" + name.removeprefix("acrida/")) if name.startswith("acrida/") else None
            )
            waiting.append(mapped or urljoin(url, name))
    return sizes


def _transfer(url: str) -> tuple[int, str]:
    """Bytes on the wire, and the text, which is asked for again without compression."""
    packed = urllib.request.Request(url, headers={"Accept-Encoding": "br, gzip"})
    with urllib.request.urlopen(packed, timeout=10) as answer:
        size = len(answer.read())
    return size, fetch(url)


def first_paint(target: Target, binaries: Path, folder: Path) -> Row:
    """Milliseconds from the start of the navigation to the first contents, in a browser without a window."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    python = Path(".venv-ui/bin/python")
    if browser is None or not python.exists():
        raise Missing("not measured: no headless Chromium, or no .venv-ui with Playwright")
    with _watched(target, binaries, folder) as client:
        paints = json.loads(
            subprocess.run(
                [str(python), "-c", _PAINT, client.page, browser, str(PAINTS)],
                check=True,
                capture_output=True,
                timeout=120,
            ).stdout
        )
    if not paints:
        raise Missing("not measured: nothing was painted")
    return {
        "first_paint_ms": sorted(paints)[len(paints) // 2],
        "worst_ms": max(paints),
        "paints": len(paints),
    }


# Each in a context of its own, so without a cache; the first, for the browser to warm up, is left out.
_PAINT = """
import json, sys
from playwright.sync_api import sync_playwright
url, browser, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
paints = []
with sync_playwright() as p:
    b = p.chromium.launch(executable_path=browser, args=["--no-sandbox"])
    for _ in range(count + 1):
        page = b.new_context().new_page()
        page.goto(url)
        entries = "performance.getEntriesByName('first-contentful-paint')"
        page.wait_for_function(entries + ".length > 0", timeout=10000)
        paints.append(page.evaluate(entries + "[0].startTime"))
        page.context.close()
    b.close()
print(json.dumps(paints[1:]))
"""
