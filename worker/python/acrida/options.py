"""Options of the command line, as scripts see them in `environment.parsed_options`."""

from __future__ import annotations

import argparse
from typing import Any

# Options that every master has. What it sends beyond these are custom ones, which workers take over.
_BUILTIN = frozenset(
    [
        "autoquit",
        "autostart",
        "build_path",
        "class_picker",
        "config",
        "config_users",
        "csv_prefix",
        "enable_rebalancing",
        "equal_weights",
        "exit_code_on_error",
        "expect_slaves",
        "expect_workers_max_wait",
        "headful",
        "headless",
        "help",
        "host",
        "html_file",
        "json",
        "json_file",
        "legacy_ui",
        "list_commands",
        "locustfile",
        "logfile",
        "loglevel",
        "master",
        "master_bind_host",
        "master_bind_port",
        "master_host",
        "master_port",
        "num_users",
        "only_summary",
        "otel",
        "print_stats",
        "processes",
        "profile",
        "reset_stats",
        "run_time",
        "show_task_ratio",
        "show_task_ratio_json",
        "skip_log_setup",
        "slave",
        "spawn_rate",
        "stats_history_enabled",
        "stop_timeout",
        "tls_cert",
        "tls_key",
        "user_classes",
        "version",
        "web_auth",
        "web_base_path",
        "web_host",
        "web_host_display_name",
        "web_login",
        "web_port",
        "worker",
    ]
)

_LOCUST_KEYWORDS = ("include_in_web_ui", "is_secret", "is_required", "is_multiple", "env_var")


def is_builtin(name: str) -> bool:
    """Whether a worker keeps its own value of an option. (Not so for tags and the number of workers.)"""
    return name in _BUILTIN


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
    """`options`, and the defaults of the arguments that the script adds."""
    parser = ScriptParser(add_help=False)
    init_hook.fire(parser=parser)
    defaults = {action.dest: action.default for action in parser._actions}
    return argparse.Namespace(**{**defaults, **options})
