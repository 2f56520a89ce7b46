"""How much work a value makes for whoever reads, shows or makes it, in the steps of a rendering.

A step is about what a node of a template costs. A hundred characters of a text are one, and so is
every item of a list: an item is taken in hand by itself, however short it is.
"""

from collections.abc import Callable, Mapping
from typing import Final

from shared.domain.messages.lean_liquid import is_undefined

_CHARACTERS: Final = 100  # of a text, for one step
_ITEM: Final = _CHARACTERS


def steps_of(value: object) -> int:
    """Steps for reading or making a value: whole ones, so that a short text costs nothing."""
    return _size(value) // _CHARACTERS


def steps_of_filter(name: str, value: object, *args: object) -> int:
    """Steps to pay before a filter runs: one, and what it reads.

    Some filters can make or do far more than they read, and pay for that as well.
    """
    return 1 + _WORK.get(name, _size_of_all)(value, *args) // _CHARACTERS


def _size(value: object) -> int:
    if is_undefined(value):
        return 0
    match value:
        case str():
            return len(value)
        case range():
            return _count(value) * _ITEM
        case list() | tuple():
            return sum(_ITEM + _size(item) for item in value)
        case dict():
            return sum(_ITEM + _size(item) for item in value.values())
        case Mapping():
            return len(value) * _ITEM
        case int():
            return value.bit_length() // 8
        case _:
            return 1


def _count(value: object) -> int:
    """How many items a filter of lists finds in a value."""
    match value:
        case range():
            return max(0, value.stop - value.start)  # len() cannot count the longest
        case list() | tuple():
            return len(value)
        case _:
            return 1


def _size_of_all(*values: object) -> int:
    return sum(map(_size, values))


def _size_replaced(value: object, old: object = "", new: object = "", *_: object) -> int:
    text = str(value)
    return len(text) + text.count(str(old)) * len(str(new))


def _size_joined(value: object, separator: object = " ", *_: object) -> int:
    return _size(value) + _count(value) * len(str(separator))


def _size_split(value: object, separator: object = "", *_: object) -> int:
    text = str(value)
    return len(text) + text.count("" if separator is None else str(separator)) * _ITEM


def _size_compared(value: object, *_: object) -> int:
    return _size(value) + 4 * _count(value) ** 2  # each with each


_WORK: Final[Mapping[str, Callable[..., int]]] = {
    "replace": _size_replaced,
    "join": _size_joined,
    "split": _size_split,
    "uniq": _size_compared,
}
