"""What a person's events say about the person: traits, and decisions about consent."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.channels.catalog import ADDRESSES
from shared.domain.consents.model import Decision
from shared.domain.consents.statements import decisions_of
from shared.domain.events.model import Event
from shared.domain.profiles.model import Trait
from shared.domain.profiles.traits import later

MINIPROGRAM: Final = "miniprogram"
_OPENID: Final = "wechat_openid"
_TRAITS: Final = frozenset(one.trait for one in ADDRESSES.values() if one.trait)


@dataclass(frozen=True, slots=True)
class Learned:
    """The last claim of each trait, and every decision about consent, among one person's events.

    Of the consents that clients stamp on every event, only the last of each kind. `evidence` holds
    the indexes of the events that all these come from.
    """

    traits: Mapping[str, Trait]
    decisions: tuple[Decision, ...]
    evidence: frozenset[int]


def learn(events: Sequence[Event], stop_words: Iterable[str] = ()) -> Learned:
    """Fold the claims of events; their order does not matter.

    `stop_words` are what the workspace takes for an opt-out, beside what everybody does.
    """
    decisions: dict[object, tuple[Decision, int]] = {}
    traits: dict[str, tuple[Trait, int]] = {}
    for index, event in enumerate(events):
        for name, trait in _claimed_traits(event):
            if name not in traits or later(traits[name][0], trait) is trait:
                traits[name] = (trait, index)
        for decision in decisions_of(event, stop_words):
            stamped = decision.evidence == "stamp"
            place = (decision.scope, decision.granted) if stamped else (decision.scope, index)
            if place not in decisions or decisions[place][0].moment < decision.moment:
                decisions[place] = (decision, index)
    return Learned(
        traits={name: trait for name, (trait, _) in traits.items()},
        decisions=tuple(decision for decision, _ in decisions.values()),
        evidence=frozenset(index for _, index in (*traits.values(), *decisions.values())),
    )


def _claimed_traits(event: Event) -> Iterator[tuple[str, Trait]]:
    if event.type == "identify":
        for name, value in {**_addresses(event), **event.traits}.items():
            yield name, Trait(value, event.occurred_at, event.source_id)


def _addresses(event: Event) -> dict[str, str]:
    """Identifiers that are addresses too, such as an openid: each is the trait of its name.

    An openid is of one app, and mini-programs say in `context.app.name` that they are the app.
    """
    named, app = event.context.get("externalIds"), event.context.get("app")
    if not isinstance(named, list):
        return {}
    is_miniprogram = isinstance(app, dict) and app.get("name") == MINIPROGRAM
    renamed = {_OPENID: "miniprogram_openid"} if is_miniprogram else {}
    found: dict[str, str] = {}
    for one in named:
        kind, value = (one.get("type"), one.get("id")) if isinstance(one, dict) else (None, None)
        if isinstance(kind, str) and isinstance(value, str) and kind in _TRAITS:
            found[renamed.get(kind, kind)] = value
    return found
