"""TLS settings in the engine's terms: from `verify` and `cert`, and from an `ssl.SSLContext`.

The engine does not use Python's TLS. What a context says is honoured where it can be read: whether it checks
certificates and names, the authorities it trusts, its client certificate. Anything else raises ValueError.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

_chains: WeakKeyDictionary[ssl.SSLContext, tuple[Any, Any, Any]] = WeakKeyDictionary()
_ciphers: WeakKeyDictionary[ssl.SSLContext, str] = WeakKeyDictionary()


def _remember() -> None:
    """Note what contexts are given but do not give back."""
    # The standard library's own class, below that of gevent, so that both kinds of contexts are covered.
    plain: Any = next(kind for kind in reversed(ssl.SSLContext.__mro__) if kind.__name__ == "SSLContext")
    load_cert_chain, set_ciphers = plain.load_cert_chain, plain.set_ciphers

    def remembered_chain(self: Any, certfile: Any, keyfile: Any = None, password: Any = None) -> None:
        load_cert_chain(self, certfile, keyfile, password)
        _chains[self] = (certfile, keyfile, password)

    def remembered_ciphers(self: Any, ciphers: str) -> None:
        set_ciphers(self, ciphers)
        _ciphers[self] = ciphers

    if "_acrida" not in vars(plain):
        plain.load_cert_chain, plain.set_ciphers, plain._acrida = remembered_chain, remembered_ciphers, True


_remember()


def tls_settings(verify: Any, cert: Any) -> dict[str, Any]:
    """Arguments of `Engine.profile` for `verify` and `cert` as `requests` has them."""
    client_cert = None
    if cert is not None:
        client_cert = (str(cert), None) if not isinstance(cert, (tuple, list)) else (str(cert[0]), cert[1])
    ca_file = None if isinstance(verify, bool) else str(verify)
    return {"verify": bool(verify), "ca_file": ca_file, "client_cert": client_cert}


def context_settings(make: Callable[[], Any], check_hostname: bool | None = None) -> dict[str, Any]:
    """
    Arguments of `Engine.profile` for the context that `make` returns. `check_hostname` is instead of the
    context's own.
    """
    context = make()
    if not isinstance(context, ssl.SSLContext):
        raise ValueError(f"ssl_context_factory must return an ssl.SSLContext, not {context!r}")
    if _oldest_allowed(context) > ssl.TLSVersion.TLSv1_3 or _newest_allowed(context) < ssl.TLSVersion.TLSv1_2:
        raise _cannot("its maximum_version: the engine speaks TLS 1.2 and 1.3")
    ciphers = _ciphers.get(context, "DEFAULT")
    if not ciphers.startswith("DEFAULT"):
        raise _cannot(f"set_ciphers({ciphers!r}): the engine has its own, of TLS 1.2 and 1.3")
    certfile, keyfile, password = _chains.get(context, (None, None, None))
    if password is not None:
        raise _cannot("a client key with a password: remove the password from the key file")
    if certfile is not None:
        certfile, keyfile = str(certfile), None if keyfile is None else str(keyfile)
    return {
        "verify": context.verify_mode == ssl.CERT_REQUIRED,
        "check_hostname": context.check_hostname if check_hostname is None else check_hostname,
        "ca_file": None,
        "ca_certificates": context.get_ca_certs(binary_form=True),
        "client_cert": None if certfile is None else (certfile, keyfile),
    }


def _oldest_allowed(context: ssl.SSLContext) -> int:
    return max(context.minimum_version, ssl.TLSVersion.TLSv1)


def _newest_allowed(context: ssl.SSLContext) -> int:
    newest = context.maximum_version
    return ssl.TLSVersion.TLSv1_3 if newest == ssl.TLSVersion.MAXIMUM_SUPPORTED else newest


def _cannot(what: str) -> ValueError:
    return ValueError(f"the TLS context cannot be honoured because of {what}")
