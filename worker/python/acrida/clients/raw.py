"""`Response.raw`: the body of a streamed response as a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from .structures import CaseInsensitiveDict


class RawBody(io.RawIOBase):
    """
    A file of what has not been read of the body. Content codings are undone already, whatever
    `decode_content` says. Empty unless the request was made with `stream=True`.
    """

    _original_response = None

    def __init__(self, response: Any, chunks: Iterator[bytes] | None) -> None:
        self._response = response
        self._chunks = chunks if chunks is not None else iter(())
        self._left = b""

    @property
    def status(self) -> int:
        """HTTP status."""
        status: int = self._response.status_code
        return status

    @property
    def reason(self) -> Any:
        """Text of the status."""
        return self._response.reason

    @property
    def headers(self) -> Any:
        """Response headers."""
        return self._response.headers or CaseInsensitiveDict()

    def getheader(self, name: str, default: Any = None) -> Any:
        """One header."""
        return self.headers.get(name, default)

    def readable(self) -> bool:
        """True."""
        return True

    def read(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
        """Up to `amt` bytes, as many if there are; all without `amt`."""
        parts, count = [self._left], len(self._left)
        while amt is None or amt < 0 or count < amt:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            count += len(chunk)
        data = b"".join(parts)
        end = len(data) if amt is None or amt < 0 else amt
        self._left = data[end:]
        return data[:end]

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; how many bytes it took."""
        view = memoryview(buffer).cast("B")
        data = self._left or next(self._chunks, b"")
        count = min(len(data), len(view))
        view[:count], self._left = data[:count], data[count:]
        return count

    def stream(self, amt: int | None = 2**16, decode_content: bool | None = None) -> Iterator[bytes]:
        """The rest in pieces of up to `amt` bytes."""
        while data := self.read(amt):
            yield data

    def isclosed(self) -> bool:
        """As `closed`."""
        return self.closed

    def release_conn(self) -> None:
        """Give the rest up."""
        self.close()

    def close(self) -> None:
        """Give the rest up."""
        if not self.closed and self._response is not None:
            self._response.close()
        super().close()
