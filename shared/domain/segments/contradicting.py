"""Whether tests of one and the same thing can agree: of a trait, a count, an amount, a silence.

Each says no only where no value passes all tests. Values are tried that stand for all others: those
that the tests name, and one in each gap between them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Final, NamedTuple

from shared.domain.segments.comparing import same, value_holds
from shared.domain.segments.condition import (
    ActivityCondition,
    AmountCondition,
    EventCondition,
    FavouriteCondition,
    Node,
    RatioCondition,
    TraitCondition,
    ValueCondition,
)
from shared.domain.segments.counting import counts_agree
from shared.domain.segments.evaluating.comparisons import compares, exact
from shared.domain.segments.nodes.base import ValueTest
from shared.domain.text import to_text


class Literal(NamedTuple):
    """A leaf that has to hold, or to fail."""

    leaf: Node
    holds: bool


_OF_LISTS: Final = frozenset({"contains", "contains_any", "contains_all"})
_OF_TEXTS: Final = frozenset({"contains", "matches"})
_LIST: Final[tuple[object, ...]] = ()


def subject_of(leaf: Node) -> str:
    """What a leaf is about, so that only those about the same can contradict one another."""
    match leaf:
        case TraitCondition():
            return f"trait {leaf.trait}"
        case EventCondition():
            return f"count {leaf.event}"
        case ActivityCondition():
            return f"activity {leaf.about}"
        case ValueCondition() | FavouriteCondition():
            about = leaf.model_dump(mode="json", exclude={"test"})
            return to_text([about, leaf.test.property])
        case AmountCondition() | RatioCondition():
            return to_text(leaf.model_dump(mode="json", exclude={"comparison", "value"}))
        case _:
            return to_text(leaf.model_dump(mode="json"))


def agree(literals: Sequence[Literal]) -> bool:
    """Say whether these, which are about the same thing, can all be as they have to be."""
    leaves = [(one.leaf, one.holds) for one in literals]
    match leaves[0][0]:
        case TraitCondition():
            tests = [(leaf, holds) for leaf, holds in leaves if isinstance(leaf, TraitCondition)]
            return _values_agree(tests)
        case ValueCondition() | FavouriteCondition():
            return _values_agree(
                [
                    (leaf.test, holds)
                    for leaf, holds in leaves
                    if isinstance(leaf, ValueCondition | FavouriteCondition)
                ]
            )
        case EventCondition():
            return counts_agree(
                [(leaf, holds) for leaf, holds in leaves if isinstance(leaf, EventCondition)]
            )
        case ActivityCondition():
            return _numbers_agree(
                [
                    _Figure(partial(_activity_holds, leaf), exact(leaf.value), holds)
                    for leaf, holds in leaves
                    if isinstance(leaf, ActivityCondition)
                ],
                least=0,
            )
        case AmountCondition() | RatioCondition():
            return _numbers_agree(
                [
                    _Figure(partial(_amount_holds, leaf), exact(leaf.value), holds)
                    for leaf, holds in leaves
                    if isinstance(leaf, AmountCondition | RatioCondition)
                ]
            )
        case _:  # the same leaf
            return len({holds for _, holds in leaves}) == 1


# --- numbers ----------------------------------------------------------------------------------


class _Figure(NamedTuple):
    """A test of a number that may be missing, the number in it, and how it has to come out."""

    test: Callable[[Decimal | None], bool]
    named: Decimal
    holds: bool


def _numbers_agree(figures: Sequence[_Figure], least: int | None = None) -> bool:
    named = sorted({one.named for one in figures})
    tried = (named[0] - 1, *named, *((a + b) / 2 for a, b in pairwise(named)), named[-1] + 1)
    numbers = (number for number in tried if least is None or number >= least)
    return any(all(one.test(number) == one.holds for one in figures) for number in (None, *numbers))


def _activity_holds(leaf: ActivityCondition, number: Decimal | None) -> bool:
    """Whoever did nothing has 0 events, and neither silence nor age, of which nothing is less."""
    if number is None:
        return False
    return (number >= leaf.value) == (leaf.comparison == "at_least")


def _amount_holds(leaf: AmountCondition | RatioCondition, number: Decimal | None) -> bool:
    return number is not None and compares(leaf.comparison, number, exact(leaf.value))


# --- JSON values ------------------------------------------------------------------------------

Tests = Sequence[tuple[ValueTest, bool]]


def _values_agree(tests: Tests) -> bool:
    named = _named(tests)
    points = (None, True, False, *named, *_numbers_between(named))
    if any(_all_as_wanted(tests, value) for value in points):
        return True
    texts = sorted(one for one in named if isinstance(one, str))
    if any(_text_can(tests, text) for text in _texts_between(texts)):
        return True
    return _list_can(tests)


def _all_as_wanted(tests: Tests, value: object) -> bool:
    return all(value_holds(test, value) == holds for test, holds in tests)


def _named(tests: Tests) -> list[bool | int | float | str]:
    found: list[bool | int | float | str] = []
    for test, _ in tests:
        for value in test.value if isinstance(test.value, tuple) else (test.value,):
            if value is not None and not any(same(value, one) for one in found):
                found.append(value)
    return found


def _numbers_between(named: Iterable[object]) -> Iterator[float]:
    numbers = sorted(
        one for one in named if isinstance(one, int | float) and not isinstance(one, bool)
    )
    if not numbers:
        yield 0
        return
    yield from ((one + other) / 2 for one, other in pairwise(numbers))
    yield numbers[0] - 1
    yield numbers[-1] + 1


def _texts_between(texts: Sequence[str]) -> Iterator[str]:
    """One text in each gap between these, by code point: the least one, and each one's successor.

    They stand for all texts of their gap.
    """
    yield from (text for text in ("", *(f"{text}\x00" for text in texts)) if text not in texts)


def _text_can(tests: Tests, text: str) -> bool:
    """Whether a text of the gap that `text` stands for could pass; what looks into texts may."""
    for test, holds in tests:
        if test.operator in _OF_TEXTS:
            continue
        if value_holds(test, text) != holds:
            return False
    return True


def _list_can(tests: Tests) -> bool:
    """Whether a list could pass: the shortest one that has all that it has to."""
    if any(test.operator == "contains_any" and holds for test, holds in tests):
        others = [(test, holds) for test, holds in tests if test.operator not in _OF_LISTS]
        return _all_as_wanted(others, _LIST)
    needed: list[object] = []
    for test, holds in tests:
        if holds and test.operator in _OF_LISTS:
            needed.extend(test.value if isinstance(test.value, tuple) else (test.value,))
    return _all_as_wanted(tests, needed)
