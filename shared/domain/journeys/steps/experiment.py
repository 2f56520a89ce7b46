"""`experiment`: draws one of several variants by their weights, for each person always the same.

Where the call that began the enrolment names a winner, everybody gets that one.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from shared.domain.journeys.hashing import ALL, draw
from shared.domain.journeys.kinds import ExperimentStep, Variant
from shared.domain.journeys.steps.outcome import Go, Moment, Outcome, fact
from shared.domain.journeys.stimulus import Perform


def answer(step: ExperimentStep, moment: Moment) -> Outcome | None:
    """Draw when its turn has come; nothing else concerns it."""
    if not isinstance(moment.stimulus, Perform):
        return None
    enrolment = moment.enrolment
    if won := _winner(step, enrolment.entry):
        control = {"control": True} if won.control else {}
        return Go("drew", won.next, (fact("variant", won.name, share=1, won=True, **control),))
    salt = step.salt or f"{enrolment.journey_id}/{step.name}"
    variant = drawn(step.variants, draw(salt, enrolment.profile_id))
    share = round(variant.weight / sum(one.weight for one in step.variants), 6)
    control = {"control": True} if variant.control else {}
    because = (fact("variant", variant.name, share=share, **control),)
    return Go("drew", variant.next, because)


def _winner(step: ExperimentStep, entry: Mapping[str, object]) -> Variant | None:
    """The variant that the entry asks for; one that is not there (any more) is drawn instead."""
    name = entry.get(step.winner)
    return next((one for one in step.variants if one.name == name), None)


def drawn(variants: Sequence[Variant], number: int) -> Variant:
    """The variant in whose part of all numbers this one lies; exact, without floating point."""
    sums = list(accumulate(variant.weight for variant in variants))
    place = number * sums[-1] // ALL
    return next(one for one, until in zip(variants, sums, strict=True) if place < until)
