"""A page in a browser, by what a visitor does with it. It waits for its events, keeps its complaints."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Request, expect

from processes import PATIENCE_S

PATIENCE_MS = PATIENCE_S * 1000
expect.set_options(timeout=PATIENCE_MS)


def digits(figure: Locator) -> str:
    """Read a whole number as it is shown, without what separates its thousands."""
    return "".join(character for character in figure.inner_text() if character.isdigit())


class Page:
    """One tab of one visitor."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context = context
        self.base = base
        #: Errors of the console, and scripts that raised.
        self.complaints: list[str] = []
        #: Answers that are errors on purpose: parts of the lines that Chromium writes about them.
        self.expected: list[str] = []
        #: Requests to somebody else than the master.
        self.strangers: list[str] = []
        context.set_default_timeout(PATIENCE_MS)
        self.tab = context.new_page()
        self.tab.on("console", self._on_console)
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("request", self._on_request)

    def goto(self, path: str = "/") -> None:
        """Open a path of the master, and wait until the page has its first data."""
        self.tab.goto(self.base + path)
        self.wait("window.acrida.live.state.get().status !== null")

    def reload(self) -> None:
        """Load the page again."""
        self.tab.reload()
        self.wait("window.acrida.live.state.get().status !== null")

    def at(self, testid: str) -> Locator:
        """Find a control or figure."""
        return self.tab.get_by_test_id(testid)

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript expression is true; the page looks at each frame."""
        self.tab.wait_for_function(f"() => {{ try {{ return {condition}; }} catch {{ return false; }} }}")

    def state(self, field: str) -> Any:
        """Read what the page knows of the run shown: `status`, `series`, `statistics`…"""
        return self.tab.evaluate(f"() => window.acrida.source.state.get().{field}")

    def wait_state(self, state: str, users: int | None = None) -> None:
        """Wait until the page knows of this state, and of so many users."""
        condition = f"window.acrida.live.state.get().status.state === {state!r}"
        if users is not None:
            condition += f" && window.acrida.live.state.get().status.users === {users}"
        self.wait(condition)

    def wait_requests(self, count: int) -> None:
        """Wait until the page knows of so many requests."""
        self.wait(f"window.acrida.live.state.get().status.requests >= {count}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(part in message.text for part in self.expected):
            self.complaints.append(f"{message.text} ({message.location})")

    def _on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        is_own = request.url.startswith(self.base + "/") or address.scheme in ("data", "blob")
        if not is_own:
            self.strangers.append(request.url)
