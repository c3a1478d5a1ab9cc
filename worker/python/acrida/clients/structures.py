"""Small building blocks of the clients: header mappings, whose names compare without case and keep the case
they were given in, and attributes that are made when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")
Pairs = Iterable["tuple[str, str]"]


class lazy(Generic[T]):
    """
    `functools.cached_property` without its lock: before Python 3.12 it takes one, which gevent's patch makes
    dearer than most of what is made here.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> lazy[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> T | lazy[T]:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._make(instance)
        return value


class CaseInsensitiveDict(MutableMapping[str, Any]):
    """A dict of headers. A name that occurs several times reads as its values joined by `, `."""

    __slots__ = ("_items",)

    def __init__(self, data: Mapping[str, Any] | Pairs | None = None, **kwargs: Any) -> None:
        self._items: dict[str, tuple[str, Any]] = {}
        self.update(data or {}, **kwargs)

    @classmethod
    def joined(cls, pairs: Pairs) -> CaseInsensitiveDict:
        """From a response's header lines."""
        headers = cls()
        items = headers._items
        for name, value in pairs:
            key = name.lower()
            known = items.get(key)
            items[key] = (known[0], f"{known[1]}, {value}") if known else (name, value)
        return headers

    def __getitem__(self, name: str) -> Any:
        return self._items[name.lower()][1]

    def __setitem__(self, name: str, value: Any) -> None:
        self._items[name.lower()] = (name, value)

    def __delitem__(self, name: str) -> None:
        del self._items[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._items

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return dict(self.lower_items()) == {k.lower(): v for k, v in other.items()}

    __hash__ = None  # type: ignore[assignment]

    def lower_items(self) -> Iterator[tuple[str, Any]]:
        """(name in lower case, value)."""
        return ((key, value) for key, (_, value) in self._items.items())

    def copy(self) -> CaseInsensitiveDict:
        """An independent copy."""
        return CaseInsensitiveDict(self)

    def __repr__(self) -> str:
        return repr(dict(self.items()))


class FastHeaders(CaseInsensitiveDict):
    """Response headers as `FastHttpUser`'s users know them: a name that occurs several times has a list."""

    __slots__ = ()

    def __init__(self, pairs: Pairs = ()) -> None:
        super().__init__()
        for name, value in pairs:
            known = self._items.get(name.lower())
            values = [*self.getlist(name), value] if known else value
            self._items[name.lower()] = (known[0] if known else name, values)

    def getlist(self, name: str) -> list[str]:
        """All values of a name."""
        value = self.get(name)
        if value is None:
            return []
        return list(value) if isinstance(value, list) else [value]

    def get_all(self, name: str, failobj: Any = None) -> Any:
        """All values of a name, `failobj` if there are none."""
        return self.getlist(name) or failobj


class WatchedDict(dict[str, Any]):
    """A dict that tells its owner when it has changed."""

    def __init__(self, data: Any, changed: Callable[[], None]) -> None:
        super().__init__(data)
        self._changed = changed

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self._changed()

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self._changed()

    def update(self, *args: Any, **kwargs: Any) -> None:
        """As dict.update."""
        super().update(*args, **kwargs)
        self._changed()

    def __ior__(self, other: Any) -> WatchedDict:  # type: ignore[override,misc]
        self.update(other)
        return self

    def setdefault(self, key: str, default: Any = None) -> Any:
        """As dict.setdefault."""
        value = super().setdefault(key, default)
        self._changed()
        return value

    def pop(self, *args: Any) -> Any:
        """As dict.pop."""
        value = super().pop(*args)
        self._changed()
        return value

    def popitem(self) -> tuple[str, Any]:
        """As dict.popitem."""
        item = super().popitem()
        self._changed()
        return item

    def clear(self) -> None:
        """As dict.clear."""
        super().clear()
        self._changed()


class WatchedHeaders(CaseInsensitiveDict):
    """Headers of a session: tell it when they change, so that it need not look at them for every request."""

    __slots__ = ("_changed",)

    def __init__(self, data: Mapping[str, Any] | Pairs, changed: Callable[[], None]) -> None:
        self._changed: Callable[[], None] | None = None
        super().__init__(data)
        self._changed = changed

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if self._changed is not None:
            self._changed()

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        if self._changed is not None:
            self._changed()
