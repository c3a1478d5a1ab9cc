"""Loads locustfiles and finds their User classes. Errors are one line that says where and what to do."""

from __future__ import annotations

import importlib.util
import os
import sys
import traceback
from collections.abc import Iterable
from importlib.machinery import SourceFileLoader
from typing import Any, NamedTuple

from .shape import LoadTestShape
from .tracebacks import format_exception
from .user.users import User

UserClasses = dict[str, type[User]]


class ScriptError(Exception):
    """A script that cannot be run. `kind` is one of syntax, import, no_user_class, unknown_user_class,
    no_tasks, other; `detail` a traceback where that helps."""

    def __init__(self, kind: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.detail = detail


class Script(NamedTuple):
    """What locustfiles hold, by name."""

    user_classes: UserClasses
    shape_classes: dict[str, type[LoadTestShape]]


def load_script(paths: Iterable[str]) -> Script:
    """All runnable User and LoadTestShape classes of the files; without User classes, users that call their
    test functions. Raises ScriptError."""
    script = Script({}, {})
    origin: dict[tuple[str, str], str] = {}

    def add(kind: str, found: dict[str, Any], items: dict[str, Any], path: str) -> None:
        for name, item in items.items():
            if name in found and found[name] is not item:
                raise ScriptError(
                    "other",
                    f"Two {kind} classes are called {name}: in {origin[kind, name]} and {path}. "
                    "Rename one of them",
                )
            found[name] = item
            origin[kind, name] = path

    modules = {path: _import(path) for path in paths}
    for path, module in modules.items():
        add("User", script.user_classes, _classes_in(module, User), path)
        add("LoadTestShape", script.shape_classes, _classes_in(module, LoadTestShape), path)
    if not script.user_classes:
        for path, module in modules.items():
            add("User", script.user_classes, _test_users(module, path), path)
    return script


def load_test_functions(path: str) -> UserClasses:
    """Users that call the test functions of a file, by name. Raises ScriptError."""
    return _test_users(_import(path), path)


def _test_users(module: Any, path: str) -> UserClasses:
    if not any(name.startswith("test_") for name in vars(module)):
        return {}
    from .user.test_functions import users_of

    try:
        return users_of(module)
    except ValueError as e:
        raise ScriptError("other", f"{path}: {e}") from e


def load_user_classes(paths: Iterable[str]) -> UserClasses:
    """All runnable User classes of the files, by name. Raises ScriptError, also if there is none."""
    paths = list(paths)
    classes = load_script(paths).user_classes
    require_user_class(classes, paths)
    return classes


def require_user_class(classes: UserClasses, paths: Iterable[str]) -> None:
    """Raise ScriptError if there is none."""
    if not classes:
        raise ScriptError(
            "no_user_class",
            f"No User class found in {', '.join(paths)}: define a class that inherits from User, HttpUser or "
            "FastHttpUser and is not abstract",
        )


def select(classes: UserClasses, names: Iterable[str]) -> list[type[User]]:
    """The classes called `names` (all, if none is given). Raises ScriptError for a name that is not there."""
    names = list(names)
    unknown = [name for name in names if name not in classes]
    if unknown:
        raise ScriptError(
            "unknown_user_class",
            f"Unknown User class: {', '.join(unknown)}. There are: {', '.join(sorted(classes))}",
        )
    return [classes[name] for name in names] if names else list(classes.values())


def require_tasks(
    classes: Iterable[type[User]],
    tags: Iterable[str] | None = None,
    exclude_tags: Iterable[str] | None = None,
) -> None:
    """Raise ScriptError if no class has a task to run after it was filtered by these tags."""
    classes = list(classes)
    if any(user_class.tasks for user_class in classes):
        return
    names = ", ".join(user_class.__name__ for user_class in classes)
    given = [("--tags", tags), ("--exclude-tags", exclude_tags)]
    filters = " ".join(f"{option} {' '.join(values)}" for option, values in given if values)
    if filters:
        raise ScriptError("no_tasks", f"{filters} leaves no task of {names} to run")
    raise ScriptError(
        "no_tasks", f"No tasks defined on {names}: use the @task decorator, or set its 'tasks' attribute"
    )


def _classes_in(module: Any, base: Any) -> dict[str, Any]:
    return {
        value.__name__: value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and not getattr(value, "abstract", True)
    }


def _import(path: str) -> Any:
    folder, filename = os.path.split(os.path.abspath(path))
    for entry in (os.getcwd(), folder):
        # The script's own folder first: it may import its neighbours, also later, from within tasks.
        if entry in sys.path:
            sys.path.remove(entry)
        sys.path.insert(0, entry)
    name = os.path.splitext(filename)[0]
    if name in ("locust", "acrida"):
        name = "locustfile"
    loader = SourceFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None:
        raise ScriptError("other", f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except SyntaxError as e:
        raise ScriptError("syntax", f"{e.filename}:{e.lineno}: syntax error: {e.msg}", _detail(e)) from e
    except ImportError as e:
        raise ScriptError("import", f"{_place(e, path)}: {e}", _detail(e)) from e
    except OSError as e:
        if e.filename == path:
            raise ScriptError("other", f"Cannot read {path}: {e.strerror}") from e
        raise ScriptError("other", f"{_place(e, path)}: {type(e).__name__}: {e}", _detail(e)) from e
    except SystemExit as e:
        raise ScriptError(
            "other", f"{_place(e, path)}: the script called sys.exit({e.code!r})", _detail(e)
        ) from e
    except Exception as e:
        text = " ".join(str(e).split())
        raise ScriptError("other", f"{_place(e, path)}: {type(e).__name__}: {text}", _detail(e)) from e
    return module


def _detail(error: BaseException) -> str:
    error.__context__ = error.__cause__ = None
    return format_exception(error)


def _place(error: BaseException, path: str) -> str:
    """file:line of the last line of the script itself that led to `error`."""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    return f"{path}:{lines[-1]}" if lines else path
