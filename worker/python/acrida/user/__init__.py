"""Users and their tasks."""

from .http import HttpUser
from .sequential_taskset import SequentialTaskSet
from .task import tag, task
from .taskset import TaskSet
from .users import User
from .websocket import WebSocketUser

__all__ = ("HttpUser", "SequentialTaskSet", "TaskSet", "User", "WebSocketUser", "tag", "task")
