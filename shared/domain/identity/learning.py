"""Keeps what a strand's events say about their person: traits and consents."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from shared.domain.consents.statements import REPLIED
from shared.domain.events.model import Event
from shared.domain.identity.identifying import settle
from shared.domain.identity.ports import ConsentPort, RulesPort, StrandPort
from shared.domain.profiles.learn import Learned, learn
from shared.domain.profiles.model import Profile, Trait
from shared.domain.profiles.traits import Refusal, merge_traits

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Learner:
    """What is learned of one strand."""

    def __init__(
        self,
        strands: StrandPort,
        consents: ConsentPort,
        catalog: RulesPort,
        workspace_id: str,
        strand_id: str,
    ) -> None:
        self._strands = strands
        self._consents = consents
        self._catalog = catalog
        self._workspace_id = workspace_id
        self._strand_id = strand_id

    def learn(self, events: list[Event], *, is_new: bool) -> Mapping[str, Refusal]:
        """Keep what events say; gives the traits that found no room, each with the reason.

        `is_new` when the strand was made just now, so that nothing of it need be read. Raises
        TransientError.
        """
        known = None
        if is_new:
            known = Profile(self._workspace_id, self._strand_id, _LONG_AGO)
        known, learned = settle(lambda: self._confirmed(events, known))
        refused: Mapping[str, Refusal] = {}
        if known and learned.traits:
            refused = self._keep(known, learned.traits)
        if learned.decisions:
            self._consents.record(self._workspace_id, self._strand_id, learned.decisions)
        return refused

    def _confirmed(
        self, events: list[Event], profile: Profile | None
    ) -> tuple[Profile | None, Learned]:
        """What the events say, and the strand if they say anything.

        A repetition of an event that lies there already counts as what is stored: clients retry
        with another `sentAt`, which moves `occurred_at`, and a trait must not move with it.
        """
        words = self._stop_words(events)
        learned = learn(events, words)
        confirmed: set[int] = set()
        is_new = profile is not None
        while not is_new and (doubtful := sorted(learned.evidence - confirmed)):
            asked = [events[index] for index in doubtful]
            profile, stored = self._recall(asked)
            for place, event in stored.items():
                events[doubtful[place]] = event
            confirmed.update(doubtful)
            learned = learn(events, words)
        return profile, learned

    def _stop_words(self, events: Sequence[Event]) -> Collection[str]:
        if all(event.name != REPLIED for event in events):
            return ()
        return self._catalog.settings(self._workspace_id).opt_out_words

    def _keep(self, profile: Profile, claimed: Mapping[str, Trait]) -> Mapping[str, Refusal]:
        read = [profile]

        def keep() -> Mapping[str, Refusal]:
            known = read.pop() if read else self._recall([])[0]
            merged = merge_traits(known.traits, claimed)
            if merged.traits != known.traits:
                self._strands.put_traits(known, merged.traits)
            return merged.refused

        return settle(keep)

    def _recall(self, events: Sequence[Event]) -> tuple[Profile, dict[int, Event]]:
        return self._strands.recall(self._workspace_id, self._strand_id, events)
