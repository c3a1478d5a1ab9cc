"""Whose fault a failure is that a script reports itself, as far as its exception tells.

A library may raise anything for any reason, so this names an owner only where the type leaves no doubt; the
engine's own clients do not come here, they know more.
"""

from __future__ import annotations

import errno
from socket import gaierror
from typing import Literal

Fault = Literal["target", "network", "generator", "script"]

_MISTAKES = (NameError, ImportError, SyntaxError, AttributeError, TypeError, NotImplementedError)
"""What only code raises that is wrong itself."""

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.EADDRNOTAVAIL)
_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN)


def fault_of(exception: BaseException | str | None) -> Fault | None:
    """The owner of a failure; None if it cannot be told."""
    if isinstance(exception, _MISTAKES):
        return "script"
    if not isinstance(exception, OSError):
        return None
    if exception.errno in _EXHAUSTED:
        return "generator"
    if isinstance(exception, gaierror) or exception.errno in _UNREACHABLE:
        return "network"
    return "target" if isinstance(exception, ConnectionError) else None
