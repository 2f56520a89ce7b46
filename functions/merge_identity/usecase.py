"""Applies queued events to people: who is it, what is known now, what happened; each event once.

The order makes every point safe to die at. Identity comes first, so that the events of a message
find the same profile when the message comes again; then traits and consents, where repeating
changes nothing; then the event's row, whose condition is what applies the event once. A message
that failed, in whole or for one person, is simply delivered again.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from aws_lambda_powertools import Logger

from functions.merge_identity.decode import read_body, read_event
from shared.aws.profile_store import ProfileStore
from shared.aws.queues import Queue
from shared.domain.events.model import Event
from shared.domain.identity.groups import connected
from shared.domain.identity.model import Claim, Known, Plan
from shared.domain.identity.resolve import claim_of, resolve, undecided
from shared.domain.profiles.learn import Learned, learn
from shared.domain.profiles.model import Profile, Trait
from shared.domain.profiles.traits import merge_traits
from shared.errors import ConflictError, PermanentError, TransientError

MAX_ATTEMPTS: Final = 8  # at one decision, each after reading again what others have changed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event and the queue record that brought it."""

    record_id: str
    event: Event
    claim: Claim


@dataclass(frozen=True, slots=True)
class Poison:
    """What can never be applied, as the dead-letter queue gets it."""

    record_id: str
    content: Mapping[str, Any]
    reason: str


@dataclass(slots=True)
class Outcome:
    """What came of a batch: metric name → count, and the records to deliver again."""

    counts: Counter[str] = field(default_factory=Counter)
    failed: set[str] = field(default_factory=set)


class MergeIdentity:
    """One batch of queue records; make a new one for each."""

    def __init__(
        self,
        people: ProfileStore,
        dead_letters: Queue,
        new_id: Callable[[], str],
        log: Logger,
    ) -> None:
        """`new_id` gives a profile_id that nobody has."""
        self._people = people
        self._dead_letters = dead_letters
        self._new_id = new_id
        self._log = log
        self._poison: list[Poison] = []
        self._outcome = Outcome()

    def apply(self, records: Sequence[Mapping[str, Any]]) -> Outcome:
        """Apply SQS records: what fails is named to be delivered again, the rest is done."""
        workspaces: dict[str, list[Delivery]] = {}
        for record in records:
            for delivery in self._read(record):
                workspaces.setdefault(delivery.event.workspace_id, []).append(delivery)
        for workspace_id, deliveries in workspaces.items():
            with self._alone(deliveries):
                self._apply_workspace(workspace_id, deliveries)
        self._bury()
        return self._outcome

    def _read(self, record: Mapping[str, Any]) -> Iterator[Delivery]:
        record_id, body = record["messageId"], record["body"]
        try:
            events = read_body(body)
        except PermanentError as error:
            self._poison.append(Poison(record_id, {"body": body}, error.message))
            return
        for data in events:
            try:
                event = read_event(data)
            except PermanentError as error:
                self._poison.append(Poison(record_id, {"v": 1, "events": [data]}, error.message))
            else:
                yield Delivery(record_id, event, claim_of(event))

    # --- who is it ----------------------------------------------------------------------------

    def _apply_workspace(self, workspace_id: str, deliveries: Sequence[Delivery]) -> None:
        claims = [delivery.claim for delivery in deliveries]
        known = self._known(workspace_id, claims)
        for group in connected(claims, known.owners):
            members = [deliveries[index] for index in group]
            with self._alone(members):
                plan = self._identify(workspace_id, [member.claim for member in members], known)
                self._apply_group(workspace_id, members, plan)

    def _known(self, workspace_id: str, claims: Sequence[Claim]) -> Known:
        asked = {identifier for claim in claims for identifier in claim.identifiers}
        known = Known(self._people.owners(workspace_id, asked))
        doubtful = undecided(claims, known)
        users = self._people.users(workspace_id, doubtful) if doubtful else {}
        return Known(known.owners, users)

    def _identify(self, workspace_id: str, claims: Sequence[Claim], known: Known) -> Plan:
        def decide() -> Plan:
            plan = resolve(claims, known, self._new_id)
            if plan.links:
                self._people.commit(workspace_id, plan)
            return plan

        def read_again() -> None:
            nonlocal known
            known = self._known(workspace_id, claims)

        plan = _settle(decide, read_again)
        self._count("ProfilesCreated", len(plan.created))
        self._count("IdentifiersDisputed", len({each.identifier for each in plan.disputes}))
        return plan

    def _apply_group(self, workspace_id: str, members: Sequence[Delivery], plan: Plan) -> None:
        people: dict[str, list[Delivery]] = {}
        for member, profile_id in zip(members, plan.owners, strict=True):
            people.setdefault(profile_id, []).append(member)
        for profile_id, deliveries in people.items():
            with self._alone(deliveries):
                first = deliveries[0].claim.at
                new = profile_id in plan.created
                fresh = Profile(workspace_id, profile_id, first) if new else None
                self._apply_person(workspace_id, profile_id, deliveries, fresh)

    # --- what is known, what happened -----------------------------------------------------------

    def _apply_person(
        self,
        workspace_id: str,
        profile_id: str,
        deliveries: Sequence[Delivery],
        fresh: Profile | None,
    ) -> None:
        """`fresh` is the profile when it was made just now, so that nothing of it need be read."""
        once: dict[object, Delivery] = {}
        for each in deliveries:
            once.setdefault((each.event.timestamp, each.event.message_id), each)
        self._count("EventsDuplicate", len(deliveries) - len(once))
        ordered = sorted(once.values(), key=lambda each: each.event.occurred_at)
        self._learn(workspace_id, profile_id, [each.event for each in ordered], fresh)
        for delivery in ordered:
            self._add(profile_id, delivery)

    def _learn(
        self, workspace_id: str, profile_id: str, events: list[Event], fresh: Profile | None
    ) -> None:
        profile, learned = self._confirmed(workspace_id, profile_id, events, fresh)
        if profile and learned.traits:
            self._keep_traits(profile, learned.traits)
        for consent in learned.consents.values():
            _settle(partial(self._people.put_consent, workspace_id, profile_id, consent))

    def _confirmed(
        self, workspace_id: str, profile_id: str, events: list[Event], profile: Profile | None
    ) -> tuple[Profile | None, Learned]:
        """What the events say, and the profile if they say anything.

        A repetition of an event that is in the timeline counts as what is stored there: clients
        retry with another `sentAt`, which moves `occurred_at`, and a trait must not move with it.
        """
        learned = learn(events)
        confirmed: set[int] = set()
        fresh = profile is not None
        while not fresh and (doubtful := sorted(learned.evidence - confirmed)):
            asked = [events[index] for index in doubtful]
            profile, stored = self._people.recall(workspace_id, profile_id, asked)
            for place, event in stored.items():
                events[doubtful[place]] = event
            confirmed.update(doubtful)
            learned = learn(events)
        return profile, learned

    def _keep_traits(self, profile: Profile, claimed: Mapping[str, Trait]) -> None:
        def keep() -> Mapping[str, str]:
            merged = merge_traits(profile.traits, claimed)
            if merged.traits != profile.traits:
                self._people.put_traits(profile, merged.traits)
            return merged.refused

        def read_again() -> None:
            nonlocal profile
            profile, _ = self._people.recall(profile.workspace_id, profile.profile_id, [])

        refused = _settle(keep, read_again)
        if refused:
            self._count("TraitsRefused", len(refused))
            self._log.warning("traits refused", extra={"reasons": sorted(set(refused.values()))})

    def _add(self, profile_id: str, delivery: Delivery) -> None:
        try:
            new = self._people.add_event(profile_id, delivery.event)
        except PermanentError as error:
            content = {"v": 1, "events": [delivery.event.to_json()]}
            self._poison.append(Poison(delivery.record_id, content, error.message))
        else:
            self._count("EventsApplied" if new else "EventsDuplicate", 1)

    # --- what goes wrong ------------------------------------------------------------------------

    @contextmanager
    def _alone(self, deliveries: Sequence[Delivery]) -> Iterator[None]:
        """Whatever fails inside fails only the records behind these deliveries."""
        try:
            yield
        except Exception as error:
            self._log.exception("events failed", extra={"error": type(error).__name__})
            self._outcome.failed.update(delivery.record_id for delivery in deliveries)

    def _bury(self) -> None:
        """Send what is poison to the dead-letter queue, once its record is otherwise done.

        A record that comes again brings its poison again, so that is left for the last time.
        """
        for poison in self._poison:
            if poison.record_id in self._outcome.failed:
                continue
            try:
                letter = {**poison.content, "reason": poison.reason}
                self._dead_letters.send([json.dumps(letter, separators=(",", ":"))])
            except TransientError:
                self._log.exception("dead letter not sent")
                self._outcome.failed.add(poison.record_id)
            else:
                self._log.error("event dead-lettered", extra={"reason": poison.reason})
                self._count("EventsDeadLettered", 1)

    def _count(self, name: str, value: int) -> None:
        if value:
            self._outcome.counts[name] += value


def _settle(act: Callable[[], T], read_again: Callable[[], None] = lambda: None) -> T:
    """Do something that others may be faster at, reading again before each further attempt.

    Raises TransientError when others stay faster.
    """
    for _ in range(MAX_ATTEMPTS):
        try:
            return act()
        except ConflictError:
            read_again()
    raise TransientError("others keep changing the same person")
