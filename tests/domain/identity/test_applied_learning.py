"""What a strand keeps of events that are applied: traits, consents, windows and the events."""

from dataclasses import replace
from datetime import timedelta

from shared.domain.consents.model import Scope
from shared.domain.identity.rules import DEFAULT_RULES
from shared.domain.messages.windows import Needed
from shared.domain.profiles.model import Trait
from shared.domain.profiles.traits import MAX_TRAITS_BYTES
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import ConflictError, TransientError
from tests.conftest import NOON
from tests.domain.identity.making import anonymous, user
from tests.domain.identity.memory import Memory

MINUTE = timedelta(minutes=1)


def memory(**more):
    return Memory(DEFAULT_RULES, **more)


def test_traits_and_consents_come_first_then_windows_and_then_the_events_in_their_order(make_event):
    people = memory()
    context = {
        "externalIds": [{"type": "wechat_openid", "id": "op1"}],
        "consent": {"decisions": [{"purpose": "marketing", "granted": True}]},
    }
    late = make_event("wechat_followed", context=context, server=True, at=NOON + MINUTE)
    early = make_event(type="identify", traits={"city": "Bern"}, at=NOON)
    strand = "s1"
    people.applier().apply([late, early, late])
    assert people.strand_of(user("ada")) == strand
    assert [call[0] for call in people.log[:-5]] == [
        *("identity_rules", "sightings", "erased", "commit")
    ]
    assert people.log[-5:] == [
        ("put_traits", strand, frozenset({"city"})),
        ("record", strand, 1),
        ("add_event", strand, early.message_id),
        ("open_window", strand, late.message_id),
        ("add_event", strand, late.message_id),
    ]
    assert people.windows == [
        (
            "default", strand, Needed("wechat_service"), "op1", "follow", late.message_id,
            NOON + MINUTE,
        )
    ]  # fmt: skip
    ((workspace, where, (decision,)),) = people.consents
    assert (workspace, where) == ("default", strand)
    assert (decision.scope, decision.granted, decision.at) == (
        Scope("marketing"), True, NOON + MINUTE,
    )  # fmt: skip
    assert people.known_traits()[user("ada")] == {"city": Trait("Bern", NOON, "web")}


def test_a_new_strand_is_not_read_and_a_known_one_only_when_something_is_said(make_event):
    people = memory()
    said = {"type": "identify", "traits": {"city": "Bern"}}
    people.applier().apply([make_event(**said)])
    assert people.named("recall") == []
    people.applier().apply([make_event()])
    assert people.named("recall") == []
    event = make_event(**said, at=NOON + MINUTE)
    people.applier().apply([make_event(), event])
    assert people.named("recall") == [("recall", "s1", (event.message_id,))]


def test_a_retry_with_another_clock_says_what_it_said_at_first(make_event):
    people = memory()
    first = make_event(type="identify", traits={"city": "Bern"})
    people.applier().apply([first])
    moved = replace(first, occurred_at=NOON + 5 * MINUTE)
    other = make_event(type="identify", traits={"city": "Rom"}, at=NOON + MINUTE)
    applied = people.applier().apply([moved, other])
    assert applied.counts == {"EventsApplied": 1, "EventsDuplicate": 1}
    assert people.known_traits()[user("ada")]["city"] == Trait("Rom", NOON + MINUTE, "web")


def test_traits_are_written_when_they_change_and_again_when_somebody_was_faster(make_event):
    people = memory()
    said = make_event(type="identify", traits={"city": "Bern"})
    people.applier().apply([said])
    people.applier().apply([said])
    assert len(people.named("put_traits")) == 1
    people.troubles = {people.calls + 4: ConflictError("faster")}
    event = make_event(type="identify", traits={"city": "Rom"}, at=NOON + MINUTE)
    applied = people.applier().apply([event])
    assert applied.counts == {"EventsApplied": 1}
    assert [call[0] for call in people.log[-5:]] == [
        *("recall", "put_traits", "recall", "put_traits", "add_event")
    ]
    assert people.known_traits()[user("ada")]["city"].value == "Rom"


def test_traits_without_room_are_counted_and_the_reasons_are_reported(make_event):
    people = memory()
    traits = {"city": "Bern", "essay": "x" * MAX_TRAITS_BYTES, "novel": "y" * MAX_TRAITS_BYTES}
    applied = people.applier().apply([make_event(type="identify", traits=traits)])
    assert applied.counts == {"ProfilesCreated": 1, "EventsApplied": 1, "TraitsRefused": 2}
    assert people.traits_found_no_room == [["traits_too_large"]]
    assert people.known_traits()[user("ada")].keys() == {"city"}


def test_what_stops_messages_is_asked_for_when_somebody_has_replied(make_event):
    people = memory(settings=WorkspaceSettings(opt_out_words=("basta",)))
    reply = {"channel": "sms", "text": "Basta", "address": "+4412"}
    people.applier().apply([make_event(), make_event(properties=reply)])
    assert people.named("settings") == []
    assert people.consents == []
    events = [make_event(), make_event("Message Replied", properties=reply, server=True)]
    people.applier().apply(events)
    assert people.named("settings") == [("settings", "default")]
    ((_, strand, (decision,)),) = people.consents
    assert strand == people.strand_of(user("ada"))
    assert (decision.scope, decision.granted) == (Scope("marketing", channel="sms"), False)


def test_an_event_that_can_never_be_written_is_refused_and_the_others_are_there(make_event):
    people = memory()
    large = make_event(properties={"too": "large"})
    applied = people.applier().apply([large, make_event(user_id="ben"), make_event()])
    assert applied.refused == {0: "the event is too large"}
    assert applied.counts == {"ProfilesCreated": 2, "EventsApplied": 2}


def test_what_fails_after_it_was_refused_comes_again(make_event):
    people = memory()
    large = make_event(properties={"too": "large"}, at=NOON)
    other = make_event(at=NOON + MINUTE)
    people.troubles = {6: TransientError("busy")}
    applied = people.applier().apply([large, other, make_event(user_id="null")])
    assert people.log[5] == ("add_event", "s1", other.message_id)
    assert applied.failed == {0, 1}
    assert applied.refused == {2: "no usable identifier: blocked"}


def test_one_strand_that_fails_leaves_the_others_of_a_person_alone(make_event):
    people = memory()
    events = [
        make_event(user_id="ada", anonymous_id="a"),
        make_event(user_id=None, anonymous_id="a"),
    ]
    people.troubles = {5: TransientError("busy")}
    applied = people.applier().apply(events)
    assert people.log[4][0] == "add_event"
    assert applied.failed == {0}
    assert people.stored()[anonymous("a")].keys() == {events[1].message_id}
