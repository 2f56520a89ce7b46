"""A condition judged by the facts that were written down when it decided something.

Those are not all facts: only what decided is kept. So there are three answers: yes, no, and that it
cannot be told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.segments.comparing import value_holds
from shared.domain.segments.condition import (
    ActivityCondition,
    AllCondition,
    AmountCondition,
    AnyCondition,
    AtLeastCondition,
    EventCondition,
    FavouriteCondition,
    Node,
    NotCondition,
    TraitCondition,
    TrendCondition,
    ValueCondition,
)
from shared.domain.segments.evaluating.comparisons import compares
from shared.domain.segments.evaluating.finding import MAX_TEXT

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recalled:
    """The answer, None where it cannot be told, and the facts that decide it, in their order."""

    holds: bool | None
    because: tuple[Told, ...] = ()


def recalled(condition: Node, facts: Sequence[Told]) -> Recalled:
    """Judge an expanded condition by facts as `Fact.to_json` writes them."""
    match condition:
        case NotCondition(condition=inner):
            found = recalled(inner, facts)
            return Recalled(None if found.holds is None else not found.holds, found.because)
        case AllCondition(conditions=parts):
            return _group(parts, len(parts), facts)
        case AnyCondition(conditions=parts):
            return _group(parts, 1, facts)
        case AtLeastCondition(conditions=parts, count=count):
            return _group(parts, count, facts)
        case _:
            return _leaf(condition, facts)


def _group(parts: Sequence[Node], least: int, facts: Sequence[Told]) -> Recalled:
    found = [recalled(part, facts) for part in parts]
    yes = sum(one.holds is True for one in found)
    perhaps = sum(one.holds is not False for one in found)
    holds = True if yes >= least else None if perhaps >= least else False
    deciding = (one.because for one in found if holds is not None and one.holds == holds)
    return Recalled(holds, tuple(fact for because in deciding for fact in because))


def _leaf(leaf: Node, facts: Sequence[Told]) -> Recalled:
    told = next((fact for fact in facts if _is_about(fact, leaf)), None)
    return Recalled(None) if told is None else Recalled(bool(told.get("holds")), (told,))


def _is_about(fact: Told, leaf: Node) -> bool:
    """Whether a fact was written of this very leaf, as far as can be seen."""
    window = getattr(leaf, "window", None)
    written = {
        **_names(leaf),
        "within_days": getattr(leaf, "within_days", None),
        "window": window and window.model_dump(mode="json"),
    }
    return (
        fact.get("about") == leaf.type
        and all(fact.get(name) == value for name, value in written.items())
        and _again(leaf, fact) in (None, fact.get("holds"))
    )


def _names(leaf: Node) -> dict[str, object]:
    """What the fact of a leaf says of what was looked at; no fact says all of a ratio, a date or
    a sequence.
    """
    match leaf:
        case TraitCondition():
            return {"name": leaf.trait}
        case ActivityCondition():
            return {"name": leaf.about}
        case EventCondition():
            return {"name": leaf.event}
        case AmountCondition() | TrendCondition():
            return {
                "name": leaf.event, "property": leaf.property, "aggregate": leaf.aggregate
            }  # fmt: skip
        case ValueCondition():
            return {"name": leaf.event, "property": leaf.test.property, "aggregate": leaf.which}
        case FavouriteCondition():
            return {"name": leaf.event, "property": leaf.test.property}
        case _:
            return {"name": None}


def _again(leaf: Node, fact: Told) -> bool | None:
    """The comparison made anew with the value that was written down; None where it is not there.

    A text may have been cut where it is as long as a fact shows it.
    """
    value = fact.get("value")
    if isinstance(value, str) and len(value) >= MAX_TEXT:
        return None
    match leaf:
        case TraitCondition() if value is not None:
            return value_holds(leaf, value)
        case ValueCondition(test=test) | FavouriteCondition(test=test) if value is not None:
            return value_holds(test, value)
        case EventCondition(comparison=comparison, times=times) if isinstance(value, int):
            return compares(comparison, value, times)
        case ActivityCondition(comparison=comparison, value=wanted) if isinstance(value, int):
            return (value >= wanted) == (comparison == "at_least")
        case _:
            return None
