"""MasterRunner: `environment.runner` where the script runs on the master, and what it knows of the workers.

The master itself is a program of its own, which says every second what its run is like; what a script asks
for here goes to it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from gevent.event import Event

from .runner_base import (
    STATE_INIT,
    STATE_MISSING,
    STATE_RUNNING,
    STATE_SPAWNING,
    STATE_STOPPED,
    STATE_STOPPING,
    Runner,
)

if TYPE_CHECKING:
    from .env import Environment
    from .user.users import User

# Added to `stop_timeout` while `stop()` waits for the workers to stop: Locust's.
_STOP_PATIENCE_S = 60.0

logger = logging.getLogger("acrida.script_host")


class MasterLink(Protocol):
    """What a MasterRunner needs of its way to the master."""

    def notify(self, op: str, **fields: Any) -> None:
        """Tell the master something; returns at once."""

    def request(self, op: str, wait: bool = True, **fields: Any) -> dict[str, Any]:
        """Ask the master and (with `wait`) let this greenlet wait for the answer."""


class WorkerNode:
    """A worker, as the master sees it."""

    def __init__(self, id: str, state: str = STATE_INIT) -> None:
        self.id = id
        """Its `client_id`."""
        self.index = -1
        """Its `worker_index`."""
        self.state = state
        """ready, spawning, running, stopping or missing."""
        self.user_count = 0
        """Users that run there."""
        self.user_classes_count: dict[str, int] = {}
        """The same by class, as last reported."""
        self.cpu_usage: float = 0
        """Percent of a core."""
        self.memory_usage: int = 0
        """Bytes."""

    def take(self, row: dict[str, Any]) -> None:
        """What the master says of it now."""
        self.index = row.get("index", self.index)
        self.state = row.get("state", self.state)
        self.user_count = row.get("user_count") or 0
        self.user_classes_count = row.get("user_classes_count") or {}
        self.cpu_usage = row.get("cpu") or 0
        self.memory_usage = row.get("memory") or 0

    def __repr__(self) -> str:
        return f"<WorkerNode {self.id} {self.state}, {self.user_count} users>"


class WorkerNodes(Mapping[str, WorkerNode]):
    """The workers by id. A worker keeps its object as long as the master knows it."""

    def __init__(self) -> None:
        self._nodes: dict[str, WorkerNode] = {}

    def __getitem__(self, client_id: str) -> WorkerNode:
        return self._nodes[client_id]

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._nodes))

    def take(self, rows: list[dict[str, Any]]) -> None:
        """All workers that there are now."""
        known, self._nodes = self._nodes, {}
        for row in rows:
            node = self.get_or_add(row["id"], known)
            node.take(row)

    def get_or_add(self, client_id: str, known: dict[str, WorkerNode] | None = None) -> WorkerNode:
        """The worker of this id; a new one, if there is none."""
        node = self._nodes.get(client_id) or (known or {}).get(client_id) or WorkerNode(client_id)
        self._nodes[client_id] = node
        return node

    def get_by_state(self, state: str) -> list[WorkerNode]:
        """Those in a state."""
        return [node for node in self._nodes.values() if node.state == state]

    @property
    def all(self) -> list[WorkerNode]:
        """All of them, missing ones included."""
        return list(self._nodes.values())

    @property
    def ready(self) -> list[WorkerNode]:
        """Those that run nothing and may."""
        return self.get_by_state(STATE_INIT)

    @property
    def spawning(self) -> list[WorkerNode]:
        """Those that start or stop users just now."""
        return self.get_by_state(STATE_SPAWNING)

    @property
    def running(self) -> list[WorkerNode]:
        """Those whose users run."""
        return self.get_by_state(STATE_RUNNING)

    @property
    def missing(self) -> list[WorkerNode]:
        """Those that are silent."""
        return self.get_by_state(STATE_MISSING)


class MasterRunner(Runner):
    """The master's runner: all workers together. It runs no users itself."""

    def __init__(self, environment: Environment, link: MasterLink) -> None:
        super().__init__(environment)
        self.clients = WorkerNodes()
        """The workers."""
        self.spawn_rate = 0.0
        """Users started or stopped per second, while their number changes."""
        self.elapsed_s = 0.0
        """Seconds since the run began."""
        self.shape_greenlet: Any = None
        """The greenlet that asks the load shape, while a run follows it."""
        self.in_hook: Callable[[], bool] = lambda: False
        """Whether the calling greenlet is one that the master waits for, or that has to go on listening."""
        self._has_stopped: Any = Event()
        self._link = link
        self._user_count = 0
        self._target_user_count = 0
        self._user_classes_count: dict[str, int] = {}
        environment.runner = self
        if environment.shape_class is not None:
            environment.shape_class.runner = self

    def take_state(self, state: dict[str, Any]) -> None:
        """What the master says of its run."""
        self.state = state.get("state", self.state)
        if self.state in (STATE_INIT, STATE_STOPPED):
            self._has_stopped.set()
        self._user_count = state.get("user_count") or 0
        self._target_user_count = state.get("target_user_count") or 0
        self._user_classes_count = state.get("user_classes_count") or {}
        self.spawn_rate = state.get("spawn_rate") or 0.0
        self.elapsed_s = state.get("elapsed_s") or 0.0
        self.clients.take(state.get("workers") or [])

    @property
    def user_count(self) -> int:
        """Users that run, over all workers."""
        return self._user_count

    @property
    def user_classes_count(self) -> dict[str, int]:
        """The same by class, with zeros."""
        return {**dict.fromkeys(self.user_classes_by_name, 0), **self._user_classes_count}

    @property
    def reported_user_classes_count(self) -> dict[str, int]:
        """Same as `user_classes_count`."""
        return self.user_classes_count

    @property
    def target_user_count(self) -> int:
        """Users that there should be, once all are started."""
        return self._target_user_count

    @property
    def worker_count(self) -> int:
        """Workers that are not missing."""
        return len(self.clients.ready) + len(self.clients.spawning) + len(self.clients.running)

    def get_worker_index(self, client_id: str) -> int:
        """The `worker_index` of a worker; -1 for one that is not there."""
        node = self.clients.get(client_id)
        return node.index if node is not None else -1

    def start(
        self,
        user_count: int,
        spawn_rate: float,
        wait: bool = False,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """
        Start a run, or change the number of users of the one that is on. With `user_classes`, only those.

        Returns when the master has taken the order, and so before the users are there: wait for `state`,
        `user_count` or `spawning_complete` if that matters.
        """
        names = None if user_classes is None else [user_class.__name__ for user_class in user_classes]
        self._target_user_count, self.spawn_rate = int(user_count), float(spawn_rate)
        self._order("start", users=int(user_count), spawn_rate=float(spawn_rate), user_classes=names)

    def stop(self, send_stop_to_client: bool = True) -> None:
        """
        Stop the run, if there is one: `test_stopping`, all users, `test_stop`. Returns when all that is done;
        in a hook that the master waits for, at once.
        """
        if self.state in (STATE_INIT, STATE_STOPPED, STATE_STOPPING):
            return
        self._has_stopped.clear()
        if self._order("stop") and not self.in_hook():
            self._has_stopped.wait(self.environment.stop_timeout + _STOP_PATIENCE_S)

    def quit(self) -> None:
        """Stop the run, then all workers, then the master."""
        self._link.notify("quit")

    def stop_test(self, reason: str) -> None:
        self.stop()

    def _order(self, op: str, **fields: Any) -> bool:
        # The master answers when it has done it, and fires hooks on the way: a hook must not wait for that.
        try:
            self._link.request(op, wait=not self.in_hook(), **fields)
        except Exception as e:
            logger.warning("The master did not %s the run: %s", op, e)
            return False
        return True

    def send_message(self, msg_type: str, data: Any = None, client_id: str | None = None) -> None:
        """
        Send a custom message to one worker, or to all. `data` is anything that msgpack can carry.

        Raises TypeError for what it cannot.
        """
        self._link.notify("send", type=msg_type, data=data, client_id=client_id)

    def user_class_updated(self, settings: dict[str, Any]) -> None:
        self._link.notify("update_user_class", settings=settings)
