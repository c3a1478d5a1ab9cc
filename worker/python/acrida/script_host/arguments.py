"""The script's own command line arguments: told to the master, parsed, and set from the start form."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any, NoReturn

from .. import options
from ..argument_parser import LocustArgumentParser
from ..event import Events
from ..script_loader import ScriptError
from ..tracebacks import format_exception
from .hooks import listeners

_TYPES = {None: "str", str: "str", int: "int", float: "float", bool: "bool"}
_ACTIONS: tuple[tuple[type, str], ...] = (
    (argparse._StoreTrueAction, "store_true"),
    (argparse._StoreFalseAction, "store_false"),
    (argparse._StoreConstAction, "other"),
    (argparse._StoreAction, "store"),
    (argparse._AppendConstAction, "other"),
    (argparse._AppendAction, "append"),
    (argparse._CountAction, "count"),
)
_TRUE = ("true", "yes", "on", "1")


class ArgumentError(ScriptError):
    """What argparse says of an argument: the user's mistake, not the script's."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__("argument", message, detail)


class _Parser(LocustArgumentParser):
    """Raises instead of ending the process."""

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise ArgumentError((message or f"the parser ended with code {status}").strip())

    def error(self, message: str) -> NoReturn:
        try:
            super().error(message)
        except ArgumentError as e:
            e.message = e.message.removeprefix(f"{self.prog}: error: ")
            raise


class Arguments:
    """One parser with what the script has added to it."""

    def __init__(self, events: Events, own_flags: Iterable[str]) -> None:
        """Fire `init_command_line_parser`. Raises ScriptError if a listener fails or adds such a flag."""
        self._parser = _Parser(prog="master", add_help=False)
        self._parser.reserve(own_flags)
        for listener in listeners(events.init_command_line_parser):
            try:
                listener(parser=self._parser)
            except argparse.ArgumentError as e:
                message = f"an argument that the script adds clashes with one that there is: {e}"
                raise ArgumentError(message, format_exception(e)) from e
            except BaseException as e:
                message = f"a listener of init_command_line_parser failed: {type(e).__name__}: {e}"
                raise ArgumentError(message, format_exception(e)) from e

    def describe(self) -> list[dict[str, Any]]:
        """The arguments as the master lists, completes and shows them."""
        return [self._describe(action) for action in self._parser.script_actions]

    def _describe(self, action: argparse.Action) -> dict[str, Any]:
        nargs, metavar = action.nargs, action.metavar
        kind = next((name for base, name in _ACTIONS if type(action) is base), "other")
        flag = nargs == 0 and kind in ("store_true", "store_false")
        return {
            "flags": list(action.option_strings),
            "dest": action.dest,
            "default": plain(self._parser.default_of(action)),
            "help": None if action.help in (None, argparse.SUPPRESS) else _help(action),
            "metavar": " ".join(metavar) if isinstance(metavar, tuple) else metavar,
            "type": "bool" if flag else _TYPES.get(action.type, "other"),  # type: ignore[arg-type]
            "action": kind,
            "takes_value": nargs != 0,
            "nargs": nargs if nargs is None or isinstance(nargs, int) or nargs in ("?", "*", "+") else "*",
            "choices": None if action.choices is None else [plain(choice) for choice in action.choices],
            "required": bool(action.required),
            "env_var": getattr(action, "env_var", None),
            "include_in_web_ui": bool(getattr(action, "include_in_web_ui", True)),
            "is_secret": bool(getattr(action, "is_secret", False)),
            "is_required": bool(getattr(action, "is_required", False)),
            "is_multiple": bool(getattr(action, "is_multiple", False)),
        }

    def parse(self, argv: list[str], given: dict[str, Any]) -> argparse.Namespace:
        """`given` (the master's options), their defaults, and the script's arguments in `argv`. Raises
        ScriptError."""
        namespace = argparse.Namespace(**{**options.defaults(), "worker": False, **given})
        try:
            return self._parser.parse_args(argv, namespace)
        except ScriptError:
            raise
        except BaseException as e:  # of a `type` or an `action` of the script
            raise ArgumentError(f"{type(e).__name__}: {e}", format_exception(e)) from e

    def custom(self, namespace: argparse.Namespace) -> dict[str, Any]:
        """The values of the script's own arguments."""
        dests = (action.dest for action in self._parser.script_actions)
        return {dest: plain(getattr(namespace, dest)) for dest in dests if hasattr(namespace, dest)}

    def set(self, namespace: argparse.Namespace, values: dict[str, Any]) -> None:
        """Set values from texts: by the declared type, or else the type that an option has. All or none.
        Raises ScriptError."""
        actions = {action.dest: action for action in self._parser.script_actions}
        converted: dict[str, Any] = {}
        for dest, value in values.items():
            try:
                if dest in actions:
                    converted[dest] = self._convert(actions[dest], value)
                else:
                    converted[dest] = _like(getattr(namespace, dest, None), value)
            except argparse.ArgumentError as e:
                raise ArgumentError(str(e)) from e
            except (TypeError, ValueError) as e:
                raise ArgumentError(f"argument {dest}: {e}") from e
        if "users" in converted:
            converted["num_users"] = converted["users"]
        vars(namespace).update(converted)

    def _convert(self, action: argparse.Action, value: Any) -> Any:
        if action.nargs == 0 and not isinstance(action, argparse._CountAction):
            if isinstance(action, (argparse._StoreTrueAction, argparse._StoreFalseAction)):
                return _truth(value)
            return _truth(value) if isinstance(action.default, bool) else value
        if action.type is bool or (action.type is None and isinstance(action.default, bool)):
            return _truth(value)
        several = (
            action.nargs in ("*", "+")
            or isinstance(action.nargs, int)
            or isinstance(action, argparse._AppendAction)
            or getattr(action, "is_multiple", False)
            or isinstance(action.default, list)
        )
        if several:
            return [self._one(action, item) for item in _items(value)]
        return self._one(action, value[-1] if isinstance(value, list) and value else value)

    def _one(self, action: argparse.Action, value: Any) -> Any:
        converted = self._parser._get_value(action, value) if isinstance(value, str) else value
        self._parser._check_value(action, converted)
        return converted


def plain(value: Any) -> Any:
    """`value` as something every worker can read; what a script's own `type` made, as text."""
    if value is None or isinstance(value, (bool, str, bytes)):
        return value
    if type(value) is int:
        return value if -(2**63) <= value < 2**64 else str(value)
    if type(value) is float:
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value)


def _help(action: argparse.Action) -> str:
    values = {**vars(action), "prog": "master"}
    try:
        return (action.help or "") % values
    except (TypeError, ValueError, KeyError):
        return action.help or ""


def _truth(value: Any) -> bool:
    return value.strip().lower() in _TRUE if isinstance(value, str) else bool(value)


def _items(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    return [item.strip() for item in value.split(",")] if isinstance(value, str) and value else []


def _like(present: Any, value: Any) -> Any:
    """`value` with the type of what an option is now."""
    if not isinstance(value, str) or present is None:
        return value
    if isinstance(present, bool):
        return _truth(value)
    if isinstance(present, list):
        whole = bool(present) and all(isinstance(item, int) for item in present)
        return [int(item) if whole else item for item in _items(value)]
    return type(present)(value)
