"""The settings of `HttpSession` that scripts read and assign as on a `requests.Session`."""

from __future__ import annotations

from typing import Any

from .adapters import adapter_settings
from .base import Session
from .body import basic_auth
from .errors import requests_exceptions
from .proxies import proxy_settings
from .structures import WatchedDict
from .tls import tls_settings


class RequestsSettings(Session):
    """Settings for all requests of a session; an assignment takes effect with the next request."""

    def __init__(
        self,
        base_url: str | None,
        request_event: Any,
        user: Any,
        headers: list[tuple[str, str]],
        trust_env: bool,
    ) -> None:
        self._verify: bool | str = True
        self._cert: Any = None
        self._max_redirects = 30
        self._params: Any = {}
        self._auth: Any = None
        self._hooks: dict[str, Any] = {"response": []}
        self._proxies: WatchedDict | None = None
        self._trust_env = trust_env
        self._adapters: dict[str, Any] = {}
        self.stream = False
        super().__init__(base_url, request_event, user, headers)

    def _profile_settings(self) -> dict[str, Any]:
        settings = {**tls_settings(self._environment_verify(self._verify), self._cert)}
        settings["max_redirects"] = self._max_redirects
        if self._proxies or self._trust_env:
            settings |= proxy_settings(None, self._proxies, self._trust_env)
        return settings

    def _environment_verify(self, verify: Any) -> Any:
        """As `requests`: without an own bundle, that of the environment, if the environment is trusted."""
        if verify is not True or not self._trust_env:
            return verify
        import os

        return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

    def _session_for(self, url: str, verify: Any, cert: Any, proxies: Any) -> Any:
        """The engine's session for a request with settings of its own."""
        changes: dict[str, Any] = {}
        if self._adapters and (adapter := self._adapter_for(url)) is not None:
            changes |= adapter_settings(adapter)
        if verify is not None or cert is not None:
            own = self._verify if verify is None else verify
            changes |= tls_settings(self._environment_verify(own), self._cert if cert is None else cert)
        if proxies:
            changes |= proxy_settings(proxies, self._proxies, self._trust_env)
        if not changes:
            return self._session
        settings = {**self._profile_settings(), **changes}
        key = (self._base_url, *map(str, settings.items()))
        try:
            return self._make_session(key, **settings)
        except ValueError as e:
            if "proxy" not in str(e):
                raise
            raise requests_exceptions()["InvalidProxyURL"](str(e)) from None

    @property
    def auth(self) -> Any:
        """(user, password) for every request, or a callable."""
        return self._auth

    @auth.setter
    def auth(self, value: Any) -> None:
        self._auth = value
        pair = auth_pair(value)
        self._auth_value = basic_auth(*pair) if pair else None
        self._slow = self._slow or (pair is None and callable(value))
        self._headers_changed()

    @property
    def params(self) -> Any:
        """Query parameters for every request."""
        self._slow = True  # the caller may change the dict in place
        return self._params

    @params.setter
    def params(self, value: Any) -> None:
        self._slow = True
        self._params = value

    @property
    def hooks(self) -> dict[str, Any]:
        """{"response": [functions called with each response]}."""
        self._slow = True
        return self._hooks

    @hooks.setter
    def hooks(self, value: dict[str, Any]) -> None:
        self._slow = True
        self._hooks = {"response": [], **value}

    @property
    def verify(self) -> Any:
        """False to accept any TLS certificate, or the path of a CA bundle."""
        return self._verify

    @verify.setter
    def verify(self, value: Any) -> None:
        self._verify = value
        self._reconfigure()

    @property
    def cert(self) -> Any:
        """Client certificate: path, or pair (certificate, key)."""
        return self._cert

    @cert.setter
    def cert(self, value: Any) -> None:
        self._cert = value
        self._reconfigure()

    @property
    def max_redirects(self) -> int:
        """Redirects to follow before the request fails."""
        return self._max_redirects

    @max_redirects.setter
    def max_redirects(self, value: int) -> None:
        self._max_redirects = value
        self._reconfigure()

    @property
    def proxies(self) -> Any:
        """
        {"http": "http://user:password@host:port", "https": ..., "all": ..., "https://host": ...}; change it
        in place or assign a dict. Raises ValueError for a URL that cannot be used.
        """
        if self._proxies is None:
            self._proxies = WatchedDict({}, self._reconfigure)
        return self._proxies

    @proxies.setter
    def proxies(self, value: Any) -> None:
        self._proxies = WatchedDict(value or {}, self._reconfigure)
        self._reconfigure()

    @property
    def trust_env(self) -> bool:
        """Whether proxies and CA bundle are also taken from the environment; False for an `HttpUser`."""
        return self._trust_env

    @trust_env.setter
    def trust_env(self, value: bool) -> None:
        self._trust_env = bool(value)
        self._reconfigure()

    def mount(self, prefix: str, adapter: Any) -> None:
        """
        Use the settings of a `requests` transport adapter for URLs with that prefix: `max_retries`, the
        sizes of its pools, the TLS context of its pool manager. Raises LocustError for what cannot be
        honoured.
        """
        adapter_settings(adapter)
        self._adapters[prefix.lower()] = adapter
        self._slow = True

    @property
    def adapters(self) -> dict[str, Any]:
        """The mounted adapters by prefix."""
        return self._adapters

    def get_adapter(self, url: str) -> Any:
        """The adapter mounted for a URL; the session itself if there is none, as it sends the requests."""
        return self._adapter_for(url) or self

    def _adapter_for(self, url: str) -> Any:
        lower = url.lower()
        fitting = (prefix for prefix in self._adapters if lower.startswith(prefix))
        return self._adapters.get(max(fitting, key=len, default=""))


def auth_pair(auth: Any) -> Any:
    """User and password for basic authentication, from a pair or from the object `requests` makes of one."""
    if auth is None:
        return None
    if not callable(auth):
        return auth
    return (auth.username, auth.password) if type(auth).__name__ == "HTTPBasicAuth" else None
