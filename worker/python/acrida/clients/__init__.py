"""The HTTP client of `HttpUser` (the one of `FastHttpUser` is in `contrib.fasthttp`)."""

from .http import HttpSession, ResponseContextManager
from .response import Response

__all__ = ("HttpSession", "Response", "ResponseContextManager")
