"""Who vouches for an event that is applied, whose it is, and who was erased."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.identity.rules import DEFAULT_RULES
from shared.errors import ConflictError, TransientError
from tests.conftest import NOON
from tests.domain.identity.making import anonymous, user
from tests.domain.identity.memory import Memory

MINUTE = timedelta(minutes=1)


def memory(**more):
    return Memory(DEFAULT_RULES, **more)


def ids(events):
    return [each.message_id for each in events]


@pytest.mark.parametrize(
    ("fields", "proof", "kept", "asked"),
    [
        ({}, None, None, []),
        ({"context": {"userHash": "signed ada", "page": 1}}, None, "hash", ["ada"]),
        ({"context": {"userHash": "signed ben", "page": 1}}, None, None, ["ada"]),
        ({"context": {"userHash": "signed ada"}, "server": True}, None, None, []),
        ({"context": {"userHash": "signed ada"}}, "import", "import", []),
        ({"context": {"page": 1}}, "import", "import", []),
        ({"context": {"page": 1}}, "server", None, []),
        ({"context": {"page": 1}, "proof": "hash"}, None, "hash", []),
        ({"context": {"page": 1}, "proof": "import"}, None, "import", []),
        ({"context": {"userHash": "signed ada"}, "proof": "hash"}, None, "hash", []),
    ],
)
def test_an_event_is_kept_with_who_vouched_and_without_the_hash(
    make_event, fields, proof, kept, asked
):
    people = memory()
    event = make_event(user_id="ada", **fields)
    people.applier().apply([event], proof=proof)
    (stored,) = people.stored()[user("ada")].values()
    context = {name: value for name, value in event.context.items() if name != "userHash"}
    assert stored == replace(event, context=context, proof=kept)
    assert [call[1:] for call in people.named("fits")] == [("default", each) for each in asked]


def test_a_hash_without_a_user_is_nobodys(make_event):
    people = memory()
    event = make_event(user_id=None, anonymous_id="a", context={"userHash": "signed None"})
    people.applier().apply([event])
    assert people.named("fits") == []
    (stored,) = people.stored()[anonymous("a")].values()
    assert (stored.proof, stored.context) == (None, {})


@pytest.mark.parametrize(
    ("proof", "joined"), [("server", True), ("import", True), ("none", False), (None, False)]
)
def test_whoever_hands_events_over_may_vouch_for_all_of_them(make_event, proof, joined):
    people = memory()
    mail, phone = {"email": "ada@mail.example"}, {"phone": "13900001111"}
    known = [
        make_event(type="identify", user_id="ada", traits=phone, server=True),
        make_event(
            user_id=None,
            server=True,
            context={
                "traits": mail,
                "externalIds": [{"type": "wechat_unionid", "id": "un1"}],
            },
        ),
    ]
    people.applier().apply(known)
    applied = people.applier().apply(
        [make_event(type="identify", user_id="ada", traits=mail)], proof=proof
    )
    assert (len(people.worlds["default"].people()) == 1) is joined
    assert applied.counts == {
        "EventsApplied": 1,
        **({"ProfilesMerged": 1} if joined else {"IdentifiersDisputed": 1}),
    }


# --- whose it is --------------------------------------------------------------------------------


def test_an_event_of_nobody_is_refused_with_what_was_wrong_and_no_values(make_event):
    people = memory()
    long = {"externalIds": [{"type": "member_id", "id": "x" * 300}, {"type": "shoe", "id": "7"}]}
    applied = people.applier().apply(
        [
            make_event(user_id="null", anonymous_id="undefined", context=long),
            make_event(user_id="ada", anonymous_id="undefined"),
            make_event(user_id=None),
        ]
    )
    assert applied.refused == {
        0: "no usable identifier: blocked, too_long, unknown_kind",
        2: "no usable identifier: none",
    }
    assert applied.counts == {"IdentifiersRefused": 5, "ProfilesCreated": 1, "EventsApplied": 1}
    assert applied.failed == set()


def test_a_batch_of_nobodys_asks_for_nobody(make_event):
    people = memory()
    people.applier().apply([make_event(user_id="null")])
    assert [call[0] for call in people.log] == ["identity_rules"]


def test_workspaces_are_apart_and_fail_apart(make_event):
    people = memory()
    events = [make_event(workspace_id=name) for name in ("one", "two", "one")]
    people.troubles = {1: TransientError("busy")}
    applied = people.applier().apply(events)
    assert applied.failed == {0, 2}
    assert people.worlds["one"].people() == set()
    assert people.worlds["two"].people() == {frozenset({user("ada")})}
    assert [str(each) for each in people.errors] == ["busy"]
    assert people.applier().apply([events[0], events[2]]).failed == set()
    assert people.stored("one")[user("ada")].keys() == {*ids([events[0], events[2]])}


def test_a_known_identifier_alone_is_looked_up_once_and_nobody_is_read(make_event):
    people = memory()
    people.applier().apply([make_event(at=NOON)])
    people.log.clear()
    applied = people.applier().apply([make_event(at=NOON), make_event(at=NOON + MINUTE)])
    assert applied.counts == {"EventsApplied": 2}
    assert [call[0] for call in people.log] == [
        *("identity_rules", "sightings", "add_event", "add_event")
    ]


def test_one_that_comes_with_an_earlier_event_is_decided_on_again(make_event):
    people = memory()
    people.applier().apply([make_event(at=NOON)])
    people.log.clear()
    people.applier().apply([make_event(at=NOON - MINUTE)])
    assert [call[0] for call in people.log] == [
        *("identity_rules", "sightings", "find", "add_event")
    ]


def test_everybody_of_a_batch_is_read_together_and_groups_are_decided_on_apart(make_event):
    people = memory()
    known = [make_event(user_id=f"u{n}", anonymous_id=f"a{n}") for n in range(3)]
    people.applier().apply(known)
    people.log.clear()
    again = [make_event(user_id=f"u{n}", anonymous_id=f"a{n}") for n in range(3)]
    applied = people.applier().apply([*again, make_event(user_id="new", anonymous_id="b")])
    assert applied.counts == {"EventsApplied": 4, "ProfilesCreated": 1}
    assert Counter(call[0] for call in people.log) == {
        "identity_rules": 1, "sightings": 1, "erased": 1, "find": 1, "commit": 1, "add_event": 4,
    }  # fmt: skip


@pytest.mark.parametrize("trouble", [ConflictError("changing"), TransientError("busy")])
def test_who_cannot_be_read_together_is_read_alone(make_event, trouble):
    people = memory()
    events = [make_event(user_id=f"u{n}", anonymous_id=f"a{n}") for n in range(2)]
    people.applier().apply(events)
    people.log.clear()
    people.troubles = {people.calls + 3: trouble}
    applied = people.applier().apply(events)
    assert applied.failed == set()
    assert [call[0] for call in people.log] == [
        *("identity_rules", "sightings", "find"),
        *("sightings", "find", "add_event"),
        *("sightings", "find", "add_event"),
    ]


def test_another_failure_of_reading_fails_the_batch(make_event):
    people = memory()
    people.applier().apply([make_event(user_id="ada")])
    people.log.clear()
    people.troubles = {people.calls + 5: ValueError("bug")}
    events = [make_event(user_id="ada"), make_event(user_id="ada", anonymous_id="b")]
    applied = people.applier().apply(events)
    assert people.log[4][0] == "find"
    assert applied.counts == {"EventsApplied": 1}
    assert [str(each) for each in people.errors] == ["bug"]
    assert applied.failed == {0, 1}, "that of the whole workspace: the batch comes again"


# --- erased people ------------------------------------------------------------------------------


def test_who_was_erased_does_not_come_back_by_what_happened_before(make_event):
    people = memory()
    people.tombstones = {user("ada"): NOON, anonymous("b"): NOON}
    applied = people.applier().apply(
        [
            make_event(user_id="ada", at=NOON),
            make_event(user_id="ada", anonymous_id="x", at=NOON - MINUTE),
            make_event(user_id="new", anonymous_id="b", at=NOON - MINUTE),
        ]
    )
    assert applied.counts == {"EventsErased": 3}
    assert (applied.failed, applied.refused) == (set(), {})
    assert people.worlds["default"].people() == set()


def test_somebody_who_lives_keeps_the_event_without_the_erased_identifier(make_event):
    people = memory()
    people.applier().apply([make_event(user_id="ben", at=NOON - 2 * MINUTE)])
    people.tombstones = {anonymous("b"): NOON}
    late = make_event(user_id="ben", anonymous_id="b", at=NOON - MINUTE)
    assert people.applier().apply([late]).counts == {"EventsApplied": 1}
    assert people.worlds["default"].people() == {frozenset({user("ben")})}
    assert late.message_id in people.stored()[user("ben")]


def test_who_comes_back_later_is_new_and_the_row_says_since_when_the_old_one_is_gone(make_event):
    people = memory()
    people.tombstones = {user("ada"): NOON}
    applied = people.applier().apply(
        [make_event(user_id="ada", anonymous_id="a", at=NOON + MINUTE)]
    )
    assert applied.counts == {"ProfilesCreated": 1, "EventsApplied": 1}
    rows = {identifier: row.erased_at for (_, identifier), row in people.rows.items()}
    assert rows == {user("ada"): NOON, anonymous("a"): None}
    people.tombstones = {}
    assert people.applier().apply([make_event(at=NOON)]).counts == {"EventsErased": 1}
    assert people.applier().apply([make_event(at=NOON + MINUTE)]).counts == {"EventsApplied": 1}


def test_tombstones_are_asked_for_unknown_identifiers_only(make_event):
    people = memory()
    people.applier().apply([make_event(user_id="ada")])
    people.log.clear()
    people.applier().apply([make_event(user_id="ada"), make_event(user_id="ada")])
    assert people.named("erased") == []
    people.applier().apply([make_event(user_id="ada", anonymous_id="a")])
    assert people.named("erased") == [("erased", "default", frozenset({anonymous("a")}))]


def test_who_is_being_erased_is_left_alone_until_it_is_done(make_event):
    people = memory()
    people.applier().apply([make_event(user_id="ada", anonymous_id="a")])
    people.erasing = {people.worlds["default"].owner(user("ada")): NOON}
    events = [
        make_event(user_id="ada", anonymous_id="new", at=NOON + MINUTE),
        make_event(user_id="ben", anonymous_id="b", at=NOON + MINUTE),
    ]
    applied = people.applier().apply(events)
    assert applied.failed == {0}
    assert applied.counts == {"ProfilesCreated": 1, "EventsApplied": 1}
    assert [str(each) for each in people.errors] == ["somebody is being erased (try again)"]
    people.erasing = {}
    assert people.applier().apply(events[:1]).counts == {"EventsApplied": 1}
