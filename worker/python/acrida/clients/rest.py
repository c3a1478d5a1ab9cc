"""`rest()` and `rest_()` of the HTTP users: requests to JSON interfaces with less ceremony."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any

_SHOWN_BYTES = 200


class RestMixin:
    """Adds `rest` and `rest_` to a user with a `client`."""

    client: Any

    @contextmanager
    def rest(
        self, method: str, url: str, headers: dict[str, str] | None = None, **kwargs: Any
    ) -> Iterator[Any]:
        """
        A request in a with-block whose response has the parsed JSON in `js` (None if there is none).

        Asks for and sends JSON. Invalid JSON, a failed `assert` and any other exception in the block mark the
        request as failed, and the task goes on after the block.
        """
        headers = dict(headers or {})
        given = {name.lower() for name in headers}
        for name in ("Content-Type", "Accept"):
            if name.lower() not in given:
                headers[name] = "application/json"
        with self.client.request(method, url, catch_response=True, headers=headers, **kwargs) as response:
            response.js = None
            if response.content is None:
                response.failure(str(response.error))
            elif response.text:
                try:
                    response.js = response.json()
                except JSONDecodeError as e:
                    response.failure(
                        f"Could not parse response as JSON. {response.text[:250]}, "
                        f"response code {response.status_code}, error {e}"
                    )
            try:
                yield response
            except AssertionError as e:
                response.failure(_assertion_text(e, response))
            except Exception as e:
                frame = traceback.extract_tb(e.__traceback__)[-1]
                response.failure(
                    f"{type(e).__name__}: {e} at {frame.filename}:{frame.lineno} in {frame.name}. "
                    f"Response was {_shown(response)}"
                )

    @contextmanager
    def rest_(self, method: str, url: str, name: str | None = None, **kwargs: Any) -> Iterator[Any]:
        """`rest` with a parameter `_=<time>` added to the URL, against caches; recorded as `_=...`."""
        mark = "&" if "?" in url else "?"
        with self.rest(
            method, f"{url}{mark}_={int(time.time() * 1000)}", name=name or f"{url}{mark}_=...", **kwargs
        ) as response:
            yield response


def _shown(response: Any) -> Any:
    return response.text[:_SHOWN_BYTES] if response.text else response.text


def _assertion_text(error: AssertionError, response: Any) -> str:
    """The assertion's message; one that ends in a comma asks for the response to be added."""
    text = str(error.args[0]) if error.args else "Assertion failed"
    return f"{text[:-1]}, response was {_shown(response)}" if text.endswith(",") else text
