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
    AnyCondition,
    AtLeastCondition,
    EventCondition,
    Node,
    NotCondition,
    TraitCondition,
)
from shared.domain.segments.evaluating.comparisons import compares

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
    if told is None:
        return Recalled(None)
    holds = bool(told.get("holds"))
    again = _again(leaf, told)
    return Recalled(None) if again not in (None, holds) else Recalled(holds, (told,))


def _is_about(fact: Told, leaf: Node) -> bool:
    """Whether a fact was written of this very leaf, as far as can be seen."""
    window = getattr(leaf, "window", None)
    return (
        fact.get("about") == leaf.type
        and fact.get("name") == _name(leaf)
        and fact.get("within_days") == getattr(leaf, "within_days", None)
        and fact.get("window") == (window and window.model_dump(mode="json"))
        and _again(leaf, fact) in (None, fact.get("holds"))
    )


def _name(leaf: Node) -> object:
    for field in ("trait", "event", "about"):
        if hasattr(leaf, field):
            return getattr(leaf, field)
    return None


def _again(leaf: Node, fact: Told) -> bool | None:
    """The comparison made anew with the value that was written down; None where it is not there."""
    value = fact.get("value")
    match leaf:
        case TraitCondition() if value is not None and len(str(value)) < 100:
            return value_holds(leaf, value)
        case EventCondition(comparison=comparison, times=times) if isinstance(value, int):
            return compares(comparison, value, times)
        case ActivityCondition(comparison=comparison, value=wanted) if isinstance(value, int):
            return (value >= wanted) == (comparison == "at_least")
        case _:
            return None
