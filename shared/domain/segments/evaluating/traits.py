"""Judges leaves about a trait."""

from shared.domain.profiles.model import View
from shared.domain.segments.comparing import value_holds
from shared.domain.segments.condition import TraitCondition
from shared.domain.segments.courses import Course
from shared.domain.segments.evaluating.finding import Fact, Finding, shown


def find(node: TraitCondition, view: View) -> Finding:
    """What is known of a trait; it stays as it is until somebody claims another value."""
    value = view.traits.get(node.trait)
    holds = value_holds(node, value)
    return Finding(Course(holds), (Fact("trait", node.trait, shown(value), holds),))
