"""First match wins, as a condition: of several conditions in order, does the first to hold pass?"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

from shared.domain.segments.condition import AllCondition, AnyCondition, Node, NotCondition
from shared.domain.segments.standing_for import always


class Rule(NamedTuple):
    """One of the conditions, where it stands, and whether the answer is yes if it is the first."""

    passes: bool
    condition: Node
    path: str


Expand = Callable[[Rule, int], Node]
"""Expands the condition of a rule, so many levels below the whole."""


def first_match(rules: Sequence[Rule], expand: Expand, *, otherwise: bool) -> Node:
    """The condition that holds if the first rule to match passes, or `otherwise` if none does.

    Rules that cannot change the answer are left out. Neighbours with the same answer share a
    group: a passing one is `any` of them or what follows, a failing one `all` of their opposites
    and what follows.
    """
    deciding = list(rules)
    while deciding and deciding[-1].passes == otherwise:
        deciding.pop()
    if not deciding:
        return always(holds=otherwise)
    runs = [(passes, tuple(run)) for passes, run in groupby(deciding, lambda rule: rule.passes)]
    rest: tuple[Node, ...] = ()
    for level, (passes, run) in reversed(list(enumerate(runs))):
        if passes:
            parts = (*(expand(rule, level + 1) for rule in run), *rest)
            rest = (_joined(AnyCondition, parts),)
        else:
            opposites = (NotCondition(condition=expand(rule, level + 2)) for rule in run)
            rest = (_joined(AllCondition, (*opposites, *rest)),)
    return rest[0]


def _joined(group: type[AllCondition | AnyCondition], parts: tuple[Node, ...]) -> Node:
    return parts[0] if len(parts) == 1 else group(conditions=parts)
