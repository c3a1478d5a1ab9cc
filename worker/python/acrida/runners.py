"""Runners and their states, under the names that Locust gives them."""

from __future__ import annotations

from .runner_base import (
    STATE_CLEANUP,
    STATE_INIT,
    STATE_MISSING,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    STATE_STOPPING,
    Message,
    Runner,
)
from .worker_runner import WorkerRunner

__all__ = (
    "STATE_CLEANUP",
    "STATE_INIT",
    "STATE_MISSING",
    "STATE_RUNNING",
    "STATE_SPAWNING",
    "STATE_STOPPED",
    "STATE_STOPPING",
    "LocalRunner",
    "MasterRunner",
    "Message",
    "Runner",
    "WorkerRunner",
)


class MasterRunner(Runner):
    """No runner in a worker is of this class (the master is a program of its own): it is there for
    `isinstance`."""


class LocalRunner(Runner):
    """No runner is of this class, as every run has a master and workers: it is there for `isinstance`."""
