"""The parser that a script adds its own arguments to, in `events.init_command_line_parser`.

The master parses its own options. In its script host, flags of those stand in this parser as placeholders, so
that an argument of the script that clashes with one fails where the script adds it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

_EXTRAS: dict[str, Any] = {
    "include_in_web_ui": True,
    "is_secret": False,
    "is_required": False,
    "is_multiple": False,
    "env_var": None,
}
_TRUE = ("true", "yes", "1")
_FALSE = ("false", "no", "0")


class _Container:
    """`add_argument` with Locust's extra keywords, for parsers and all their groups."""

    def add_argument(self, *args: Any, **kwargs: Any) -> argparse.Action:
        """
        As in argparse; and besides:

        include_in_web_ui: show it in the start form (default True); is_secret: as a password field;
        is_required: the form wants a value; is_multiple: a list of choices to pick several from;
        env_var: name of the environment variable that gives a value where the command line has none.
        """
        extras = {name: kwargs.pop(name, default) for name, default in _EXTRAS.items()}
        action: argparse.Action = super().add_argument(*args, **kwargs)  # type: ignore[misc]
        for name, value in extras.items():
            setattr(action, name, value)
        return action

    def add_argument_group(self, *args: Any, **kwargs: Any) -> Any:
        """As in argparse."""
        group = _Group(self, *args, **kwargs)  # type: ignore[call-overload]
        self._action_groups.append(group)  # type: ignore[attr-defined]
        return group

    def add_mutually_exclusive_group(self, **kwargs: Any) -> Any:
        """As in argparse."""
        group = _ExclusiveGroup(self, **kwargs)  # type: ignore[arg-type]
        self._mutually_exclusive_groups.append(group)  # type: ignore[attr-defined]
        return group


class _Group(_Container, argparse._ArgumentGroup):
    pass


class _ExclusiveGroup(_Container, argparse._MutuallyExclusiveGroup):
    pass


class _Reserved(argparse.Action):
    """The place of one of the master's own options; never parsed here."""

    def __init__(self, option_strings: Sequence[str]) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs="?", default=argparse.SUPPRESS)
        self.help = argparse.SUPPRESS

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        pass


class LocustArgumentParser(_Container, argparse.ArgumentParser):
    """`argparse.ArgumentParser` with values from environment variables and hints for the start form."""

    def reserve(self, flags: Iterable[str]) -> None:
        """Keep flags for the master: adding an argument with one raises argparse.ArgumentError."""
        for flag in flags:
            if flag not in self._option_string_actions:
                self._add_action(_Reserved([flag]))

    @property
    def script_actions(self) -> list[argparse.Action]:
        """The arguments that were added, without those that are reserved and the help."""
        ours = (_Reserved, argparse._HelpAction)
        return [action for action in self._actions if not isinstance(action, ours)]

    def default_of(self, action: argparse.Action) -> Any:
        """What an argument is where nothing gives it: its default, converted as argparse does."""
        value = self.get_default(action.dest)
        return self._get_value(action, value) if isinstance(value, str) else value

    def _shown(self, extra: str | None = None) -> dict[str, argparse.Action]:
        return {
            action.dest: action
            for action in self.script_actions
            if getattr(action, "include_in_web_ui", False) and (extra is None or getattr(action, extra))
        }

    @property
    def args_included_in_web_ui(self) -> dict[str, argparse.Action]:
        """Arguments that the start form shows, by their dest."""
        return self._shown()

    @property
    def secret_args_included_in_web_ui(self) -> dict[str, argparse.Action]:
        """Those shown as a password field."""
        return self._shown("is_secret")

    @property
    def required_args_included_in_web_ui(self) -> dict[str, argparse.Action]:
        """Those that the form wants a value for."""
        return self._shown("is_required")

    @property
    def multiple_args_included_in_web_ui(self) -> dict[str, argparse.Action]:
        """Those with several values."""
        return self._shown("is_multiple")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As in argparse, with values of environment variables for arguments that `args` leaves out."""
        import sys

        given = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(self._from_environment(given) + given, namespace)

    def _from_environment(self, given: list[str]) -> list[str]:
        tokens: list[str] = []
        for action in self.script_actions:
            text = os.environ.get(getattr(action, "env_var", None) or "")
            if text is None or not action.option_strings or self._is_given(action, given):
                continue
            flag = next((s for s in action.option_strings if s.startswith("--")), action.option_strings[0])
            tokens += self._environment_tokens(action, flag, text)
        return tokens

    def _is_given(self, action: argparse.Action, given: list[str]) -> bool:
        names = {token.partition("=")[0] for token in given if token.startswith(tuple(self.prefix_chars))}
        return any(
            name in action.option_strings
            or (name.startswith("--") and any(option.startswith(name) for option in action.option_strings))
            for name in names
        )

    def _environment_tokens(self, action: argparse.Action, flag: str, text: str) -> list[str]:
        listed = text[1:-1].split(",") if text.startswith("[") and text.endswith("]") else None
        values = [value.strip() for value in listed] if listed is not None else [text]
        if action.nargs == 0:
            if text.lower() in _TRUE:
                return [flag]
            if text.lower() not in _FALSE:
                variable = getattr(action, "env_var", None)
                self.error(f"{variable}={text}: {flag} takes no value; use true or false")
            return []
        if isinstance(action, argparse._AppendAction):
            return [f"{flag}={value}" for value in values]
        if action.nargs in ("*", "+") or isinstance(action.nargs, int):
            return [flag, *values]
        return [f"{flag}={text}"]  # one token, so that a value may begin with a dash

    def error(self, message: str) -> NoReturn:
        """End with code 2 and `message`, which gets a suggestion for a misspelt option."""
        _, unknown, rest = message.partition("unrecognized arguments:")
        if unknown and rest.split():
            import difflib

            options = [flag for action in self._actions for flag in action.option_strings]
            if similar := difflib.get_close_matches(rest.split()[0], options, n=1):
                message += f"\nDid you mean {similar[0]!r}?"
        self.exit(2, f"{self.prog}: error: {message}\n")
        raise SystemExit(2)  # for an `exit` of a subclass that returns
