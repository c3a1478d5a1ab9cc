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
import gevent.hub

import acrida

from . import blocked, bridge, endings, forks, log
from .env import Environment
from .options import namespace
from .runners import WorkerRunner
from .script_loader import ScriptError, load_user_classes, select

logger = logging.getLogger("acrida.worker")

# The last report and `quit` have to reach the master; past this it is taken for gone.
_DELIVERY_TIMEOUT_S = 10.0


def read_config() -> dict[str, Any]:
    """The first line of stdin. What remains of it is our lifeline, which the engine watches for its end: it is
    moved out of the way, so that neither the script nor what it starts waits for input there."""
    line = bytearray()
    while (byte := os.read(0, 1)) and byte != b"\n":
        line += byte
    config: dict[str, Any] = json.loads(line)
    config["lifeline_fd"] = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
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
    keys = ("node_id", "master_host", "master_port", "process_index", "processes", "lifeline", "lifeline_fd")
    chosen = {key: config[key] for key in keys if key in config}
    return json.dumps({**chosen, "user_classes": list(environment.user_classes_by_name)})


def run(config: dict[str, Any], environment: Environment) -> int:
    """Connect, follow the master until it says quit, and return the exit code."""
    from ._engine import Engine

    engine = Engine(engine_config(config, environment))
    runner = WorkerRunner(
        environment, engine, config["node_id"], config.get("master_host"), config.get("master_port") or 0
    )
    log.forward_to(engine.log)
    for signum in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(signum, runner.quit)
    engine.start()
    bridge.use(engine, runner.on_command)
    if config.get("master_host") is not None and not runner.wait_for_master():
        engine.shutdown(0.0)
        return exit_code(environment, runner.finished.get())
    forks.guard(engine.close_for_copy, runner.population.everybody, runner.master_port)
    watch = blocked.Watch(log.write_past_logging)
    environment.events.init.fire(environment=environment, runner=runner, web_ui=None)
    _relax_gc()
    runner.start()
    code = _wait_for_end(runner)
    environment.events.quitting.fire(environment=environment, reverse=True)
    watch.stop()
    if not runner.shut_down(_DELIVERY_TIMEOUT_S):
        logger.error("The last statistics did not reach the master within %g s", _DELIVERY_TIMEOUT_S)
    return exit_code(environment, code)


def _wait_for_end(runner: WorkerRunner) -> int:
    try:
        code: int = runner.finished.get()
    except gevent.hub.LoopExit:
        # A copy that the script has forked has nothing left to do.
        if forks.is_copy():
            forks.leave()
        raise
    return code


def _relax_gc() -> None:
    """Look for garbage cycles less often, and never in what is loaded by now: users make few of them.

    With the interpreter's settings, half the time of starting 10 000 users goes into looking: 114 us a user,
    now 56.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def exit_code(environment: Environment, code: int) -> int:
    """The script's choice; else 2 if a listener of it failed; else `code`."""
    if environment.process_exit_code is not None:
        return environment.process_exit_code
    return code or (2 if log.unhandled_greenlet_exception else 0)


def main() -> int:
    """Entry point."""
    config = read_config()
    if not (config.get("options") or {}).get("skip_log_setup"):
        log.setup_logging(config.get("loglevel") or "INFO", config.get("logfile"))
    log.collect()
    endings.report_dying_greenlets()
    process = os.getpid()
    try:
        environment = build_environment(config)
    except (ScriptError, ValueError) as e:
        detail = getattr(e, "detail", "")
        # A syntax error has said all there is; of anything else, the way there is of interest.
        shown = detail and getattr(e, "kind", "") in ("import", "other")
        logger.error("%s", f"{e}\n{detail}" if shown else e)
        return 1
    if os.getpid() != process:
        logger.error("The script has forked while it was loaded, and let the copy go on: the copy ends")
        forks.leave()
    code = run(config, environment)
    if config.get("lifeline"):
        endings.leave_within(endings.LEAVE_S, code, log.write_past_logging)
    environment.events.quit.fire(exit_code=code)
    return code


if __name__ == "__main__":
    sys.exit(main())
