"""What the page costs: the master's CPU with readers of the live feed, its weight, first paint, and frames.

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
from typing import Any
from urllib.parse import urljoin

import long_history

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
HISTORY_NAMES = 500
# Of the run whose seconds become the long history.
HISTORY_SEED_S = 20.0
PAINTS = 5


@contextmanager
def _watched(target: Target, binaries: Path, folder: Path, names: int = NAMES) -> Iterator[clients.Watched]:
    client = clients.acrida_with_page(
        binaries, "names.py", target.url, folder, users=USERS, rate=USERS, NAMES=str(names), USERS=str(USERS)
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


def frames(target: Target, binaries: Path, folder: Path) -> Row:
    """How long the page's main thread is busy at a time, with many request names and two hours of history.

    Frames are lost or not while figures come in, the pointer moves over the charts, and a table is scrolled
    fast. What happens once, at the user's own click, is told by its longest task only.
    """
    with _watched(target, binaries, folder, HISTORY_NAMES) as client:
        wait_until("all names are known", lambda: _names(client.page) >= HISTORY_NAMES)
        time.sleep(HISTORY_SEED_S)
        with long_history.served(client.page) as page:
            # From here on the load would only take time from the browser.
            clients.stop_run(client.page)
            found = _in_browser("frames.py", page)
    lasting = [act for name, act in found.items() if name not in ("open", "change_tab")]
    row: Row = {"lost_share": sum(act["lost"] for act in lasting) / sum(act["frames"] for act in lasting)}
    for name, act in found.items():
        row[f"{name}_ms"] = act["longest_ms"]
    return row | {"scroll_lost_share": found["scroll"]["lost"] / found["scroll"]["frames"]}


def _in_browser(script: str, *arguments: str) -> Any:
    """What a script of ours that drives a browser without a window has to say."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    python = Path(".venv-ui/bin/python")
    if browser is None or not python.exists():
        raise Missing("not measured: no headless Chromium, or no .venv-ui with Playwright")
    command = [str(python), str(Path(__file__).with_name(script)), browser, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=180)
    if done.returncode != 0:
        raise ValueError(f"{script}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


def first_paint(target: Target, binaries: Path, folder: Path) -> Row:
    """Milliseconds from the start of the navigation to the first contents, in a browser without a window."""
    with _watched(target, binaries, folder) as client:
        paints = _in_browser("paints.py", client.page, str(PAINTS))
    if not paints:
        raise Missing("not measured: nothing was painted")
    return {
        "first_paint_ms": sorted(paints)[len(paints) // 2],
        "worst_ms": max(paints),
        "paints": len(paints),
    }
