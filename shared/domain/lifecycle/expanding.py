"""The lifecycle made ready for judging: its conditions of facts alone."""

from dataclasses import dataclass

from shared.domain.lifecycle.model import Lifecycle
from shared.domain.segments.condition import Node
from shared.domain.segments.expand import Definitions, ExpansionError, Named, expand, numbered
from shared.domain.segments.references import References, all_references, references


@dataclass(frozen=True, slots=True)
class ExpandedLifecycle:
    """Stages with their conditions, in the order in which they are tried."""

    stages: tuple[tuple[str, Node], ...]
    otherwise: str


def expand_lifecycle(lifecycle: Lifecycle, definitions: Definitions) -> ExpandedLifecycle:
    """Put facts in place of everything that stages refer to; raises ExpansionError.

    Paths begin at the lifecycle: `stages[1].condition.conditions[0].tag_id`.
    """
    stages = []
    for path, rule in numbered("stages", lifecycle.stages):
        try:
            condition = expand(rule.condition, definitions, Named("lifecycle"))
        except ExpansionError as error:
            where = ".".join(part for part in (path, "condition", error.where) if part)
            raise ExpansionError(error.message, where=where) from None
        stages.append((rule.stage, condition))
    return ExpandedLifecycle(tuple(stages), lifecycle.otherwise)


def lifecycle_references(lifecycle: ExpandedLifecycle) -> References:
    """Everything that must be known of a person to tell the stage."""
    return all_references(references(condition) for _, condition in lifecycle.stages)
