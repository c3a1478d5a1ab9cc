"""The HTTP client of `HttpUser` (the one of `FastHttpUser` is in `contrib.fasthttp`)."""

import re

from .adapters import LocustHttpAdapter
from .http import HttpSession, ResponseContextManager
from .http_response import RestResponseContextManager
from .response import Response

absolute_http_url_regexp = re.compile(r"^https?://", re.IGNORECASE)
"""What a URL starts with that is not below the user's host."""

__all__ = (
    "HttpSession",
    "LocustHttpAdapter",
    "Response",
    "ResponseContextManager",
    "RestResponseContextManager",
    "absolute_http_url_regexp",
)
