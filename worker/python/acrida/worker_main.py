"""A worker's Python process: `python -m acrida.worker_main`, configured by one line of JSON on stdin.

Importing the package has patched the standard library before anything of the script is loaded.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
from typing import Any

import gevent

import acrida

from . import bridge, log
from .env import Environment
from .options import namespace
from .runners import WorkerRunner
from .script_loader import ScriptError, load_user_classes, select
from .worker_runner import EXIT_NEW_SCRIPT

logger = logging.getLogger("acrida.worker")

# The last report and `quit` have to reach the master; past this it is taken for gone.
_DELIVERY_TIMEOUT_S = 10.0


def read_config() -> dict[str, Any]:
    """The first line of stdin. Nothing after it is read: the engine watches what remains for its end."""
    line = bytearray()
    while (byte := os.read(0, 1)) and byte != b"\n":
        line += byte
    config: dict[str, Any] = json.loads(line)
    return config


def build_environment(config: dict[str, Any]) -> Environment:
    """Load the script and set up what it can reach. Raises ScriptError, or ValueError without a class."""
    available = load_user_classes(config["locustfiles"])
    options = dict(config.get("options") or {})
    for name in ("tags", "exclude_tags", "stop_timeout", "host", "reset_stats", "loglevel", "logfile"):
        options.setdefault(name, config.get(name))
    return Environment(
        user_classes=select(available, config.get("user_classes") or []),
        available_user_classes=available,
        events=acrida.events,
        host=config.get("host"),
        locustfile=os.path.basename(config["locustfiles"][0]),
        reset_stats=bool(config.get("reset_stats")),
        stop_timeout=config.get("stop_timeout"),
        parsed_options=namespace(options, acrida.events.init_command_line_parser),
    )


def engine_config(config: dict[str, Any], environment: Environment) -> str:
    """What the engine needs of the configuration."""
    keys = ("node_id", "master_host", "master_port", "process_index", "processes", "script_hash", "lifeline")
    chosen = {key: config[key] for key in keys if key in config}
    return json.dumps({**chosen, "user_classes": list(environment.user_classes_by_name)})


def run(config: dict[str, Any], environment: Environment) -> int:
    """Connect, follow the master until it says quit, and return the exit code."""
    from ._engine import Engine

    engine = Engine(engine_config(config, environment))
    runner = WorkerRunner(environment, engine, config["node_id"])
    log.forward_to(engine.log)
    for signum in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(signum, runner.quit)
    engine.start()
    bridge.use(engine, runner.on_command)
    if config.get("master_host") is not None and not runner.wait_for_master():
        engine.shutdown(0.0)
        return exit_code(environment, runner.finished.get())
    environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
    _relax_gc()
    runner.start()
    code: int = runner.finished.get()
    environment.events.quitting.fire(environment=environment, reverse=True)
    if not engine.shutdown(_DELIVERY_TIMEOUT_S):
        logger.error("The last statistics did not reach the master within %g s", _DELIVERY_TIMEOUT_S)
    return exit_code(environment, code)


def _relax_gc() -> None:
    """Look for garbage cycles less often, and never in what is loaded by now: users make few of them.

    With the interpreter's settings, half the time of starting 10 000 users goes into looking: 114 us a user,
    now 56.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def exit_code(environment: Environment, code: int) -> int:
    """The script's choice; else 2 if a listener of it failed; else `code`. A new script comes before both."""
    if code == EXIT_NEW_SCRIPT:
        return code
    if environment.process_exit_code is not None:
        return environment.process_exit_code
    return code or (2 if log.unhandled_greenlet_exception else 0)


def main() -> int:
    """Entry point."""
    config = read_config()
    if not (config.get("options") or {}).get("skip_log_setup"):
        log.setup_logging(config.get("loglevel") or "INFO", config.get("logfile"))
    try:
        environment = build_environment(config)
    except (ScriptError, ValueError) as e:
        if detail := getattr(e, "detail", ""):
            logger.debug("%s", detail)
        logger.error("%s", e)
        return 1
    code = run(config, environment)
    environment.events.quit.fire(exit_code=code)
    return code


if __name__ == "__main__":
    sys.exit(main())
