"""One person as the admin API tells of them, as typed dictionaries."""

from typing import Any, Literal

from typing_extensions import TypedDict

from shared.domain.messages.model import MessageStatus

Absence = Literal["not_reached_yet", "not_on_the_way", "exited_before"]
Instant = str
"""ISO 8601, UTC, with milliseconds and `Z`."""


class Bilingual(TypedDict):
    """The same sentence for operators in English and Chinese."""

    en: str
    zh: str


class IdentifierStory(TypedDict):
    """An identifier of the person, and when it was first seen, by the time of the events."""

    kind: str
    value: str
    first_at: Instant


class TraitStory(TypedDict):
    """A trait's value, when it was claimed and by which source."""

    value: Any
    at: Instant
    source_id: str


class TouchStory(TypedDict):
    """What brought the person here at one time: a campaign, another site, or both."""

    at: Instant
    source: str | None
    medium: str | None
    campaign: str | None
    term: str | None
    content: str | None
    referrer: str | None


class Touches(TypedDict):
    """The first and the last touch by the time of the events."""

    first: TouchStory | None
    last: TouchStory | None


class GroupStory(TypedDict):
    """A group that the person belongs to."""

    group_id: str
    since: Instant


class TagStory(TypedDict):
    """The value of a tag, since when, and the facts because of which."""

    tag_id: str
    title: str
    value: bool | int | float | str
    since: Instant
    version: int
    because: list[dict[str, Any]]
    changes_at: Instant | None


class StageStory(TypedDict):
    """A lifecycle stage and since when it was the person's, until the next one."""

    stage: str
    since: Instant


class Tags(TypedDict):
    """What is computed about the profile; `stages` has those that were left, and the present one.

    `stage` is that of the moment of asking where it follows from silence and the number of events
    alone; else it is the one that was judged last.
    """

    values: list[TagStory]
    stages: list[StageStory]
    stage: str
    stage_since: Instant | None
    first_seen_at: Instant | None
    last_seen_at: Instant | None
    events: int


class CountStory(TypedDict):
    """How often the person did one event, and what that brought in.

    `revenue` is the exact sum of `properties.revenue` in decimal digits; null when no event of the
    kind had any.
    """

    event: str
    times: int
    revenue: str | None
    first_at: Instant
    last_at: Instant


class MembershipStory(TypedDict):
    """Whether the profile matches a segment, since when and because of what."""

    segment_id: str
    title: str
    member: bool
    since: Instant
    version: int
    because: list[Any]
    changes_at: Instant | None


class UnsentStory(TypedDict):
    """A send that never asked for its message, and why."""

    step: str
    template_id: str
    reason: Absence
    text: Bilingual


class EnrolmentStory(TypedDict):
    """One run through a journey; the trace says what was decided at each step and because of what.

    `due_at` is when it goes on by itself, while it waits. `unsent` names every send of the journey
    that has no message.
    """

    enrolment_id: str
    journey_id: str
    title: str
    journey_version: int
    status: Literal["active", "completed", "exited"]
    reason: str
    text: Bilingual | None
    step: str
    entered_at: Instant
    due_at: Instant | None
    trace: list[dict[str, Any]]
    unsent: list[UnsentStory]


class MessageStory(TypedDict):
    """What became of one message, and why; `detail` is what the provider or the engine said.

    A message that is `deferred` waits until `until` and is decided on again then.
    """

    message_id: str
    enrolment_id: str
    journey_id: str
    journey_version: int
    step: str
    visit: int
    template_id: str
    template_version: int | None
    purpose: str
    channel: str | None
    address: str | None
    status: MessageStatus
    reason: str | None
    detail: str | None
    text: Bilingual
    requested_at: Instant
    until: Instant | None
    claimed_at: Instant | None
    settled_at: Instant | None
    provider: str | None
    provider_message_id: str | None


class ConsentStory(TypedDict):
    """What the profile agreed to; a topic or channel that is null is all of them.

    `source` is the evidence: a message_id or whoever vouches for it.
    """

    purpose: str
    topic: str | None
    channel: str | None
    granted: bool
    at: Instant
    source: str
    evidence: str


class EventStory(TypedDict):
    """One event of the timeline."""

    message_id: str
    type: str
    name: str
    occurred_at: Instant
    received_at: Instant
    source_id: str
    properties: dict[str, Any]


class Timeline(TypedDict):
    """One page of events, newest first; `cursor` asks for the next one."""

    events: list[EventStory]
    cursor: str | None


class LeftOut(TypedDict):
    """How many of the oldest do not fit into one answer: 0 for all but very busy people."""

    enrolments: int
    messages: int


class ProfileStory(TypedDict):
    """Everything that is known of one person; lists begin with the newest.

    `redirected_from` is the profile that was asked for, when another one answers for the person.
    `links` is the number of links between the identifiers. `trait_history` has every claim about
    the traits whose history is kept.
    """

    profile_id: str
    redirected_from: str | None
    created_at: Instant
    identifiers: list[IdentifierStory]
    links: int
    traits: dict[str, TraitStory]
    trait_history: dict[str, list[TraitStory]]
    touches: Touches
    groups: list[GroupStory]
    tags: Tags
    counts: list[CountStory]
    memberships: list[MembershipStory]
    enrolments: list[EnrolmentStory]
    messages: list[MessageStory]
    left_out: LeftOut
    consents: list[ConsentStory]
    timeline: Timeline
