"""What the lake knows better: events that never came, and consents that nobody ever gave."""

from collections.abc import Iterator
from difflib import get_close_matches

from shared.domain.events.own import OWN_EVENTS
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.rules import EventEntry, EventMatch
from shared.domain.journeys.verify.finding import Finding, warned
from shared.domain.journeys.verify.messages import sends_something
from shared.domain.journeys.verify.surroundings import Seen, Surroundings

_FEW = 5


def seen(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    """Every warning that follows from what has been seen; none where nobody has looked."""
    if around.seen is None:
        return
    yield from _events(journey, around.seen)
    yield from _consents(journey, around, around.seen)


def _events(journey: Journey, known: Seen) -> Iterator[Finding]:
    for path, rule in (("entry", journey.entry), *journey.rules()):
        if not isinstance(rule, EventMatch | EventEntry):
            continue
        if rule.event not in known.events and rule.event not in OWN_EVENTS:
            like = get_close_matches(rule.event, known.events, _FEW)
            others = like or sorted(known.events - OWN_EVENTS)[:_FEW]
            yield warned(
                "event_never_seen", f"{path}.event", event=rule.event, known=", ".join(others)
            )


def _consents(journey: Journey, around: Surroundings, known: Seen) -> Iterator[Finding]:
    needed = journey.purpose in around.definitions.settings.consent_required
    if not needed or not sends_something(journey):
        return
    given = {(one.purpose, one.topic) for one in known.consents}
    if not {(journey.purpose, ""), (journey.purpose, journey.topic)} & given:
        about = journey.topic or journey.purpose
        yield warned("consent_never_recorded", "purpose", purpose=journey.purpose, about=about)
