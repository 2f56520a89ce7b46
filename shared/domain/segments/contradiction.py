"""Whether several conditions can hold of one person at one instant.

It is proven: yes is said only where no person whatsoever can match, so nothing that is built on it
gives a false alarm. Where it would have to look for too long, or at kinds of facts that
it does not understand, it says no.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from shared.domain.segments.condition import (
    AllCondition,
    AnyCondition,
    AtLeastCondition,
    Node,
    NotCondition,
)
from shared.domain.segments.contradicting import Literal, agree, subject_of

MOST_WORK: Final = 100_000  # comparisons of tests with one another: a fraction of a second


class _Wanted(NamedTuple):
    """At least so many of some parts have to hold, or to fail."""

    least: int
    parts: tuple[Node, ...]
    holds: bool


@dataclass
class _Case:
    """One way in which everything could hold: what it takes, and what is still to be chosen."""

    literals: dict[str, tuple[Literal, ...]] = field(default_factory=dict)
    choices: tuple[_Wanted, ...] = ()


class Prover:
    """Looks for proofs within one allowance; once that is spent, none is found."""

    def __init__(self, work: int = MOST_WORK) -> None:
        """`work` is what may be spent on all proofs, and `MOST_WORK` on each."""
        self._left = work

    def impossible(self, conditions: Iterable[Node]) -> bool:
        """Say whether it is certain that these can never all hold; they must have been expanded."""
        effort = _Effort(min(self._left, MOST_WORK))
        try:
            return self._impossible(conditions, effort)
        except _SpentError:
            return False
        finally:
            self._left -= effort.spent

    def _impossible(self, conditions: Iterable[Node], effort: "_Effort") -> bool:
        wanted = [_Wanted(1, (each,), holds=True) for each in conditions]
        start = _settled(_Case(), wanted, effort)
        waiting = [start] if start else []
        while waiting:
            case = waiting.pop()
            if not case.choices:
                return False
            waiting.extend(_ways(case, effort))
        return True

    def implies(self, condition: Node, other: Node) -> bool:
        """Say whether it is certain that whoever matches the one matches the other."""
        return self.impossible((condition, NotCondition(condition=other)))


class _SpentError(Exception):
    """The allowance is spent."""


@dataclass
class _Effort:
    """What is spent on one proof, and what may be."""

    most: int
    spent: int = 0

    def spend(self, work: int) -> None:
        self.spent += work
        if self.spent > self.most:
            self.spent = self.most
            raise _SpentError


def _ways(case: _Case, effort: _Effort) -> list[_Case]:
    """The case once one of its choices is made: the first part is among those, or it is not."""
    effort.spend(len(case.choices) + len(case.literals))
    (least, parts, holds), *others = sorted(case.choices, key=lambda one: len(one.parts))
    first, rest = parts[0], parts[1:]
    taken = [_Wanted(1, (first,), holds), _Wanted(least - 1, rest, holds)]
    left = _Case(case.literals, tuple(others))
    found = [_settled(left, [_Wanted(least, rest, holds)], effort), _settled(left, taken, effort)]
    return [one for one in found if one is not None]


def _settled(case: _Case, wanted: list[_Wanted], effort: _Effort) -> _Case | None:
    """The case with everything that leaves no choice, or None when that contradicts itself."""
    literals, choices = dict(case.literals), list(case.choices)
    while wanted:
        least, parts, holds = wanted.pop()
        if least <= 0:
            continue
        if least > len(parts):
            return None
        if least < len(parts):
            choices.append(_Wanted(least, parts, holds))
            continue
        for part in parts:
            match part:
                case NotCondition():
                    wanted.append(_Wanted(1, (part.condition,), not holds))
                case AllCondition() | AnyCondition() | AtLeastCondition():
                    wanted.append(_group(part, holds=holds))
                case _:
                    subject = subject_of(part)
                    known = (*literals.get(subject, ()), Literal(part, holds))
                    effort.spend(len(known) ** 2)
                    if not agree(known):
                        return None
                    literals[subject] = known
    return _Case(literals, tuple(choices))


def _group(group: AllCondition | AnyCondition | AtLeastCondition, *, holds: bool) -> _Wanted:
    """How many parts of a group have to hold for it, or to fail against it."""
    size = len(group.conditions)
    match group:
        case AllCondition():
            least = size
        case AnyCondition():
            least = 1
        case AtLeastCondition():
            least = group.count
    return _Wanted(least if holds else size - least + 1, group.conditions, holds)
