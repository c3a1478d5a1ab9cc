"""Runners and their states, under the names that Locust gives them."""

from __future__ import annotations

from .local_runner import LocalRunner
from .master_runner import MasterRunner, WorkerNode, WorkerNodes
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
    "WorkerNode",
    "WorkerNodes",
    "WorkerRunner",
)
