"""Options of the command line, as scripts see them in `environment.parsed_options`."""

from __future__ import annotations

import argparse
from typing import Any

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

_LOCUST_KEYWORDS = ("include_in_web_ui", "is_secret", "is_required", "is_multiple", "env_var")


def is_own(name: str) -> bool:
    """Whether a worker keeps its own value of an option, whatever the master's is."""
    return name in _OWN


class _Lenient:
    """Takes Locust's extra keywords for arguments, which matter to its web interface only."""

    def add_argument(self, *args: Any, **kwargs: Any) -> Any:
        for keyword in _LOCUST_KEYWORDS:
            kwargs.pop(keyword, None)
        return super().add_argument(*args, **kwargs)  # type: ignore[misc]


class _Group(_Lenient, argparse._ArgumentGroup):
    pass


class ScriptParser(_Lenient, argparse.ArgumentParser):
    """Collects the arguments a script adds in `init_command_line_parser`."""

    def add_argument_group(self, *args: Any, **kwargs: Any) -> Any:
        """As in argparse."""
        group = _Group(self, *args, **kwargs)
        self._action_groups.append(group)
        return group


def namespace(options: dict[str, Any], init_hook: Any) -> argparse.Namespace:
    """`options`, and the defaults of those that are missing or that the script adds."""
    parser = ScriptParser(add_help=False)
    init_hook.fire(parser=parser)
    defaults = {action.dest: action.default for action in parser._actions}
    return argparse.Namespace(**{**_DEFAULTS, **defaults, **options})
