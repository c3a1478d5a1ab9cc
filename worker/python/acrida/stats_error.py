"""StatsError: one kind of failure of one request name, with Locust's names."""

from __future__ import annotations

import time
from typing import Any

from .stats_math import without_address


class StatsError:
    """One kind of failure of one request name."""

    def __init__(
        self,
        method: str,
        name: str,
        error: BaseException | str | None,
        occurrences: int = 0,
        first_seen: float | None = None,
        last_seen: float | None = None,
    ) -> None:
        self.method = method
        self.name = name
        self.error = error
        self.occurrences = occurrences
        """How often."""
        self.first_seen = first_seen
        """Unix seconds."""
        self.last_seen = last_seen
        """Unix seconds."""

    @classmethod
    def parse_error(cls, error: BaseException | str | None) -> str:
        """The text of an error, without addresses in memory, so that equal ones are one row."""
        return without_address(error if isinstance(error, str) else repr(error))

    @classmethod
    def create_key(cls, method: str, name: str, error: BaseException | str | None) -> str:
        """The key of such an error in `stats.errors`."""
        import hashlib  # only for failures

        text = f"{method}.{name}.{cls.parse_error(error)!r}"
        return hashlib.sha256(text.encode()).hexdigest()

    def occurred(self) -> None:
        """Count one more."""
        self.occurrences += 1
        self.last_seen = time.time()
        if self.first_seen is None:
            self.first_seen = self.last_seen

    def to_name(self) -> str:
        """Method, name and text; a failure of `catch_response` by what the script said."""
        text = self.parse_error(self.error)
        inner = text.removeprefix("CatchResponseError(")
        if inner != text:
            text = inner[:-1]
            if isinstance(self.error, BaseException) and self.error.args:
                text = str(self.error.args[0])
        return f"{self.method} {self.name}: {text}"

    def serialize(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "name": self.name,
            "method": self.method,
            "error": self.parse_error(self.error),
            "occurrences": self.occurrences,
            "first_seen": self.first_seen,
            "last_seen": self.last_seen,
        }

    to_dict = serialize

    @classmethod
    def unserialize(cls, data: dict[str, Any]) -> StatsError:
        """From what `serialize` made."""
        seen = (data.get("first_seen"), data.get("last_seen"))
        return cls(data["method"], data["name"], data["error"], data["occurrences"], *seen)
