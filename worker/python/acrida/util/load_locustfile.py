"""Finding the classes of a locustfile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..shape import LoadTestShape
from ..user.users import User

if TYPE_CHECKING:
    from ..script_loader import UserClasses


def is_user_class(item: Any) -> bool:
    """Whether something is a User class that can be run."""
    return isinstance(item, type) and issubclass(item, User) and not item.abstract


def is_shape_class(item: Any) -> bool:
    """Whether something is a load shape that can be run."""
    return isinstance(item, type) and issubclass(item, LoadTestShape) and not item.abstract


def load_locustfile(path: str) -> tuple[UserClasses, list[LoadTestShape]]:
    """Import a file; its User classes by name, and an instance of each of its shapes. Raises ScriptError."""
    from ..script_loader import load_script

    script = load_script([path])
    return script.user_classes, [shape() for shape in script.shape_classes.values()]


def load_locustfile_pytest(path: str) -> UserClasses:
    """Import a file; a User class for each of its test functions, by name. Raises ScriptError."""
    from ..script_loader import load_test_functions

    return load_test_functions(path)
