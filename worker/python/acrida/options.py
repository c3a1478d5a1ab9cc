"""Options of the command line, as scripts see them in `environment.parsed_options`."""

from __future__ import annotations

import argparse
from typing import Any

from .argument_parser import LocustArgumentParser

# What a script finds in `parsed_options` before the master has said more: Locust's options and defaults.
_DEFAULTS: dict[str, Any] = {
    "autoquit": -1,
    "autostart": False,
    "build_path": "",
    "class_picker": False,
    "config": None,
    "config_users": None,
    "csv_prefix": None,
    "enable_rebalancing": False,
    "equal_weights": False,
    "exclude_tags": None,
    "exit_code_on_error": 1,
    "expect_workers": 1,
    "expect_workers_max_wait": 0,
    "headful": False,
    "headless": False,
    "host": None,
    "html_file": None,
    "json": False,
    "json_file": None,
    "list_commands": False,
    "locustfile": "locustfile",
    "logfile": None,
    "loglevel": "INFO",
    "master": False,
    "master_bind_host": "*",
    "master_bind_port": 5557,
    "master_host": "127.0.0.1",
    "master_port": 5557,
    "num_users": None,
    "only_summary": False,
    "print_stats": False,
    "processes": None,
    "profile": None,
    "reset_stats": False,
    "run_time": None,
    "show_task_ratio": False,
    "show_task_ratio_json": False,
    "skip_log_setup": False,
    "spawn_rate": None,
    "stats_history_enabled": False,
    "stop_timeout": 0.0,
    "tags": None,
    "tls_cert": "",
    "tls_key": "",
    "user_classes": [],
    "web_auth": None,
    "web_base_path": "",
    "web_host": "",
    "web_host_display_name": None,
    "web_login": False,
    "web_port": 8089,
    "worker": True,
}

# Those that say how this process itself runs: the master's are no business of ours.
_OWN = frozenset(
    [
        "config",
        "headful",
        "headless",
        "help",
        "locustfile",
        "logfile",
        "loglevel",
        "master",
        "master_host",
        "master_port",
        "processes",
        "skip_log_setup",
        "version",
        "worker",
    ]
)


def is_own(name: str) -> bool:
    """Whether a worker keeps its own value of an option, whatever the master's is."""
    return name in _OWN


def defaults() -> dict[str, Any]:
    """A fresh copy of all options' defaults, by Locust's names."""
    return {name: list(value) if isinstance(value, list) else value for name, value in _DEFAULTS.items()}


def namespace(options: dict[str, Any], init_hook: Any) -> argparse.Namespace:
    """`options`, and the defaults of those that are missing or that the script adds."""
    parser = LocustArgumentParser(add_help=False)
    init_hook.fire(parser=parser)
    added = {action.dest: parser.default_of(action) for action in parser.script_actions}
    return argparse.Namespace(**{**defaults(), **added, **options})
