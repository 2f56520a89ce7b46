"""How much work a value makes for whoever reads, shows or makes it, in the steps of a rendering.

A step is about what a node of a template costs, a microsecond or two. A text or a range that is
looked up costs little: at most it is shown, which the size of the output bounds, or compared and
searched at the speed of C. Every item of a list is taken in hand by itself, however short it is,
and so it is paid for; of what lies within an item, only what is shown or joined with it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from shared.domain.messages.lean_liquid import is_undefined

_CHARACTERS: Final = 100  # of a text, for one step
_ITEM: Final = 40  # of these characters
_CHARACTERS_SEARCHED: Final = 1_000
_NUMBERS_SEARCHED: Final = 100  # of a range


def steps_to_look_up(value: object) -> int:
    """Steps for a value that an expression asks for, beside the one for asking."""
    match value:
        case str():
            return len(value) // _CHARACTERS_SEARCHED
        case range():
            return _count(value) // _NUMBERS_SEARCHED
        case list() | tuple():
            return sum(1 for _ in _flattened(value)) * _ITEM // _CHARACTERS
        case _:
            return 0


def steps_of(value: object) -> int:
    """Steps for what a filter made: whole ones, so that a short text costs nothing."""
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
            return sum(_ITEM + (len(item) if isinstance(item, str) else 0) for item in value)
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
    if isinstance(value, list | tuple):
        value = list(_flattened(value))
    return _size(value) + _count(value) * len(str(separator))


def _flattened(value: object) -> Iterator[object]:
    """What is shown or joined of lists within lists."""
    if not isinstance(value, list | tuple):
        yield value
        return
    for item in value:
        yield from _flattened(item)


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
