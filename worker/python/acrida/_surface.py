"""What of Locust's public names is not here, and why: importing one says so, instead of failing bare.

`docs/python-api.md` lists all names; a test compares it with this table and with Locust's own package.
"""

from __future__ import annotations

import logging
from types import ModuleType
from typing import Any

logger = logging.getLogger("acrida.worker")

_NO_WEB = "pages and the REST face are the master's, a program without Python; see the README for its options"
_NO_WIRE = (
    "the link between master and workers is in the engine; use environment.runner.send_message and "
    "register_message"
)
_NO_LIBRARY = (
    "Acrida is two programs, master and worker: start these, or run users in a program of your own by "
    "Environment(...).create_local_runner()"
)
_FIXED = "it is fixed in the engine and the master (docs/limits.md)"
_TYPES_ONLY = "it types keyword arguments for Locust's own sources; annotate with typing.Any"

ABSENT_MODULES: dict[str, str] = {
    "__main__": _NO_LIBRARY,
    "dispatch": "the master deals out users by itself; a dispatcher in Python cannot be plugged in",
    "html": "the master makes reports by itself: --html FILE",
    "input_events": "the master reads no keys from the terminal; use its REST face to change a run",
    "main": _NO_LIBRARY,
    "opentelemetry": "traces are not exported; a listener of events.request can do that for a script",
    "rpc": _NO_WIRE,
    "rpc.protocol": _NO_WIRE,
    "rpc.zmqrpc": _NO_WIRE,
    "web": _NO_WEB,
}
"""Modules by their name below `locust`."""

_TUNABLE = " on what the master writes, and when: that follows its own options"

ABSENT_NAMES: dict[str, dict[str, str]] = {
    "argument_parser": {
        **dict.fromkeys(
            (
                "DEFAULT_CONFIG_FILES",
                "LocustConfigParser",
                "LocustTomlConfigParser",
                "default_args_dict",
                "exit_handler",
                "get_empty_argument_parser",
                "get_locustfiles_locally",
                "get_parser",
                "gt_zero",
                "json_user_config",
                "parse_locustfile_option",
                "parse_locustfile_paths",
                "parse_locustfiles_from_master",
                "parse_options",
                "positive_integer",
                "raise_argument_type_error",
                "setup_parser_arguments",
                "timespan",
                "ui_extra_args_dict",
                "version",
            ),
            "the programs parse their own options; a script finds them in environment.parsed_options",
        ),
        **dict.fromkeys(
            (
                "download_locustfile_from_master",
                "download_locustfile_from_url",
                "retrieve_locustfiles_from_master",
            ),
            "the worker program gets the locustfile",
        ),
        "UIExtraArgOptions": _NO_WEB,
    },
    "clients": dict.fromkeys(("RESTKwargs", "RequestKwargs"), _TYPES_ONLY),
    "contrib.fasthttp": dict.fromkeys(("PatchKwargs", "PostKwargs", "PutKwargs", "RESTKwargs"), _TYPES_ONLY),
    "log": dict.fromkeys(
        ("LogReader", "get_logs"), "lines of the log go to the master, which collects those of all workers"
    ),
    "runners": {
        **dict.fromkeys(
            (
                "CONNECT_RETRY_COUNT",
                "CONNECT_TIMEOUT",
                "CPU_MONITOR_INTERVAL",
                "CPU_WARNING_THRESHOLD",
                "FALLBACK_INTERVAL",
                "HEARTBEAT_DEAD_INTERNAL",
                "HEARTBEAT_INTERVAL",
                "HEARTBEAT_LIVENESS",
                "MASTER_HEARTBEAT_TIMEOUT",
                "WORKER_LOG_REPORT_INTERVAL",
                "WORKER_REPORT_INTERVAL",
            ),
            _FIXED,
        ),
        "DistributedRunner": "MasterRunner and WorkerRunner have no base of their own: name both, or Runner",
        "ExceptionDict": _TYPES_ONLY,
        "locust_exception_handler": "exceptions of greenlets are logged without it",
    },
    "stats": {
        "resize_handler": "tables ask for the width of the terminal whenever they are printed",
        "validate_stats_configuration": "tables are made with what the tunables say, unchecked",
        **dict.fromkeys(
            ("CSVWriter", "StatsBaseDict", "StatsEntryDict", "StatsErrorDict", "StatsHolder"), _TYPES_ONLY
        ),
        "RequestStatsAdditionError": "statistics of workers are merged by the master",
        "avg": "statistics.fmean does it",
        "setup_distributed_stats_event_listeners": _NO_WIRE,
    },
    "user.users": {
        "RestResponseT": _TYPES_ONLY,
    },
}
"""Names by module."""

WITHOUT_EFFECT: dict[str, dict[str, str]] = {
    "stats": dict.fromkeys(
        (
            "CONSOLE_STATS_INTERVAL_SEC",
            "CSV_STATS_FLUSH_INTERVAL_SEC",
            "CSV_STATS_INTERVAL_SEC",
            "CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW",
            "HISTORY_STATS_INTERVAL_SEC",
            "PERCENTILES_TO_CHART",
            "PERCENTILES_TO_REPORT",
            "PERCENTILES_TO_STATISTICS",
        ),
        _TUNABLE,
    ),
    "runners": {name: f": {reason}" for name, reason in ABSENT_NAMES["runners"].items() if name.isupper()},
}
"""Names that a script may set, with a warning that says what it does not change."""


def why_absent(module: str, name: str = "") -> str | None:
    """Why `locust.<module>`, or a name in it, is not here; None if nothing is known of it."""
    if not name:
        return ABSENT_MODULES.get(module)
    below = f"{module}.{name}" if module else name
    return ABSENT_NAMES.get(module, {}).get(name) or ABSENT_MODULES.get(below)


class Surface(ModuleType):
    """A module that can tell why a name of Locust is not in it, and warns when one is set in vain."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            module = self.__name__.partition(".")[2]
            if (reason := why_absent(module, name)) is not None:
                path = ".".join(filter(None, ("locust", module, name)))
                raise ImportError(f"{path} is not in Acrida: {reason}", name=path)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        module = self.__name__.partition(".")[2]
        reason = WITHOUT_EFFECT.get(module, {}).get(name)
        if reason is not None:
            logger.warning("Setting locust.%s.%s has no effect%s", module, name, reason)
        super().__setattr__(name, value)


def is_surfaced(module: str) -> bool:
    """Whether a module below `locust` lacks names, or has some that are set in vain."""
    return module in ABSENT_NAMES or module in WITHOUT_EFFECT


def attach(module: ModuleType) -> None:
    """Let a module of ours tell about what it lacks."""
    module.__class__ = Surface
