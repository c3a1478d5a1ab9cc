"""Running one user in the foreground, for a debugger: `run_single_user(MyUser)` at the end of a locustfile.

No master takes part. The engine that the clients need is started when the first of them asks for it.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .exception import CatchResponseError

if TYPE_CHECKING:
    from argparse import Namespace

    from .env import Environment
    from .user.users import User

__all__ = ("PrintListener", "run_single_user")

# Longer errors are cut: a row is one line.
_MAX_ERROR_CHARS = 500


def error_line(exception: Any) -> str:
    """An exception as one line of bounded length; empty for None."""
    if exception is None:
        return ""
    text = str(exception) if isinstance(exception, (CatchResponseError, str)) else repr(exception)
    return " ".join(text[:_MAX_ERROR_CHARS].split())


class PrintListener:
    """Prints every request of an environment to stdout, a line each, below a header."""

    def __init__(
        self,
        env: Environment,
        include_length: bool = False,
        include_time: bool = False,
        include_context: bool = False,
        include_payload: bool = False,
    ) -> None:
        self.include_length = include_length
        self.include_time = include_time
        self.include_context = include_context
        self.include_payload = include_payload
        env.events.request.add_listener(self.on_request)
        header = self._row("time", "type", "name", "resp_ms", "length", "exception", "context", "payload")
        print(f"\n{header}", flush=True)

    def _row(
        self, time: Any, kind: Any, name: Any, ms: Any, length: Any, error: Any, context: Any, payload: Any
    ) -> str:
        cells = [
            (self.include_time, f"{time!s:<32}"),
            (True, str(kind)),
            (True, f"{name!s:<50}"),
            (True, f"{ms!s:<7}"),
            (self.include_length, str(length)),
            (True, f"{error!s:<9}"),
            (self.include_context, str(context)),
            (self.include_payload, str(payload)),
        ]
        return "\t".join(text for shown, text in cells if shown).rstrip()

    def on_request(
        self,
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int,
        exception: Any = None,
        context: Any = None,
        start_time: float | None = None,
        response: Any = None,
        **_kwargs: Any,
    ) -> None:
        """Print one request."""
        when = datetime.now(timezone.utc)
        if start_time is not None:
            when = datetime.fromtimestamp(start_time, tz=timezone.utc)
        ms = -1 if response_time is None else round(response_time)
        payload = getattr(getattr(response, "request", None), "body", "")
        error = error_line(exception)
        row = self._row(when, request_type, name, ms, response_length, error, context or "", payload)
        print(row, flush=True)


_env: Environment | None = None  # one for all calls, so that a second user finds what `init` has set up


def run_single_user(
    user_class: type[User],
    include_length: bool = False,
    include_time: bool = False,
    include_context: bool = False,
    include_payload: bool = False,
    loglevel: str | None = "WARNING",
) -> None:
    """
    Run one user of a class until it ends by itself, printing each of its requests. Example::

        if __name__ == "__main__":
            run_single_user(Visitor)

    Run the file with Python or a debugger; `--host` and the script's own arguments work on its command line.
    `init` and `test_start` are fired, `test_stop` and `quit` are not. The flags add columns: bytes of the
    response, time of the request, its context, the body that was sent. `loglevel` None leaves logging alone.
    """
    global _env
    from . import log

    if loglevel:
        log.setup_logging(loglevel)
    if _env is None:
        caller = sys._getframe(1).f_code.co_filename
        _env = _environment(os.path.basename(caller))
        PrintListener(_env, include_length, include_time, include_context, include_payload)
        _env.events.init.fire(environment=_env, runner=None, web_ui=None)
        if log.unhandled_greenlet_exception:
            raise SystemExit(1)  # the listener's error has been logged
    user = prepare(_env, user_class)
    user.run()


def prepare(environment: Environment, user_class: type[User]) -> User:
    """Begin a run of one user: tags, `test_start`, host. Returns the user, ready for `run()`."""
    environment.user_classes = [user_class]
    environment.filter_tasks()
    environment.events.test_start.fire(environment=environment)
    if environment.host:
        user_class.host = environment.host
    user = user_class(environment)
    environment.single_user_instance = user
    return user


def _environment(locustfile: str) -> Environment:
    import acrida

    from . import bridge
    from .env import Environment

    options = _parse_arguments()
    options.locustfile = locustfile
    environment = Environment(
        events=acrida.events, locustfile=locustfile, host=options.host, parsed_options=options
    )
    environment.use_engine(bridge.current().engine)
    return environment


def _parse_arguments() -> Namespace:
    """The command line of the script: the few of Locust's options that one user can heed, and the script's
    own. Others are ignored, as an editor may add some."""
    import acrida

    from .argument_parser import LocustArgumentParser
    from .event import EventHook
    from .options import namespace

    parser = LocustArgumentParser(description="Run one user of this file")
    parser.add_argument("-H", "--host", env_var="LOCUST_HOST", help="base URL of the target")
    parser.add_argument("-T", "--tags", nargs="*", help="tasks to run")
    parser.add_argument("-E", "--exclude-tags", nargs="*", help="tasks to leave out")
    acrida.events.init_command_line_parser.fire(parser=parser)
    known, unknown = parser.parse_known_args()
    if unknown:
        print(f"Ignored on the command line: {' '.join(unknown)}")
    return namespace(vars(known), EventHook())
