"""Events applied to people over ports in memory, in any batches and whatever fails."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.identity.claims import claim_of
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.rules import DEFAULT_RULES
from shared.domain.profiles.model import Trait
from shared.errors import ConflictError, TransientError
from tests.conftest import NOON
from tests.domain.identity.memory import Memory, total
from tests.domain.identity.oracle import Oracle

BOOK = rulebook_of(DEFAULT_RULES)
MINUTE = timedelta(minutes=1)


def memory(**more):
    return Memory(DEFAULT_RULES, **more)


def ids(events):
    return [each.message_id for each in events]


# --- any events in any batches ------------------------------------------------------------------

SPECS = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from([None, "ada", "ada", "ben", "null"]),
        "anonymous_id": st.sampled_from([None, "a", "b", "undefined"]),
        "device": st.sampled_from([None, None, "d"]),
        "mail": st.sampled_from([None, None, "m@mail.example"]),
        "city": st.sampled_from([None, "Bern", "Rom"]),
        "hash": st.sampled_from([None, None, "right", "wrong"]),
        "server": st.booleans(),
        "minute": st.integers(0, 4),
        "again": st.sampled_from([0, 0, 0, 1, 2]),
    }
)


def made(specs, make_event):
    """Events of specs; each is followed by as many repetitions of itself as it says."""
    found = []
    for spec in specs:
        context = {"device": {"id": spec["device"]}} if spec["device"] else {}
        if spec["hash"] == "right":
            context["userHash"] = f"signed {spec['user_id']}"
        elif spec["hash"]:
            context["userHash"] = "signed somebody"
        named = {"email": spec["mail"], "city": spec["city"]}
        traits = {name: value for name, value in named.items() if value}
        event = make_event(
            type="identify" if traits else "track",
            user_id=spec["user_id"],
            anonymous_id=spec["anonymous_id"],
            traits=traits,
            context=context,
            server=spec["server"],
            at=NOON + spec["minute"] * MINUTE,
        )
        found += [event] * (1 + spec["again"])
    return found


def proof_of(event):
    if event.server:
        return "server"
    presented = event.context.get("userHash")
    return "hash" if event.user_id and presented == f"signed {event.user_id}" else "none"


class Expected:
    """What events come to, read off them one by one."""

    def __init__(self, events):
        claims = [(event, claim_of(event, BOOK, proof_of(event))) for event in events]
        usable = [(event, claim) for event, claim in claims if claim.identifiers]
        self.people = Oracle([claim for _, claim in usable], DEFAULT_RULES).people
        self.stored, self.traits = {}, {}
        for event, claim in usable:
            home = claim.identifiers[0]
            context = {k: v for k, v in event.context.items() if k != "userHash"}
            proof = "hash" if proof_of(event) == "hash" else None
            kept = replace(event, context=context, proof=proof)
            self.stored.setdefault(home, {})[event.message_id] = kept
            for name, value in event.traits.items() if event.type == "identify" else ():
                known = self.traits.setdefault(home, {}).get(name)
                claimed = Trait(value, event.occurred_at, event.source_id)
                if known is None or (known.at, known.value) < (claimed.at, claimed.value):
                    self.traits[home][name] = claimed
        distinct = sum(map(len, self.stored.values()))
        self.counts = {
            "EventsApplied": distinct,
            "EventsDuplicate": len(usable) - distinct,
            "IdentifiersRefused": sum(len(claim.unusable) for _, claim in claims),
        }
        self.nobodys = {event.message_id for event, claim in claims if not claim.identifiers}

    def check(self, memory):
        assert memory.worlds["default"].people() == self.people
        stored = {home: events for home, events in memory.stored().items() if events}
        assert stored == self.stored
        traits = {home: known for home, known in memory.known_traits().items() if known}
        assert traits == self.traits


@settings(max_examples=120)
@given(st.lists(SPECS, min_size=1, max_size=8), st.data())
def test_events_end_with_their_people_whatever_the_batches(make_event, specs, data):
    events = made(specs, make_event)
    events = data.draw(st.permutations(events))
    expected, people = Expected(events), memory()
    counts: Counter[str] = Counter()
    waiting = events
    while waiting:
        size = data.draw(st.integers(1, 6))
        batch, waiting = waiting[:size], waiting[size:]
        applied = people.applier().apply(batch)
        assert applied.failed == set()
        nobodys = {n for n, each in enumerate(batch) if each.message_id in expected.nobodys}
        assert applied.refused.keys() == nobodys
        counts.update(applied.counts)
    expected.check(people)
    assert people.errors == []
    for name, count in expected.counts.items():
        assert counts[name] == count, name
    assert total(counts) == len(expected.people)
    assert 0 not in counts.values(), "what did not happen is not counted"
    assert set(counts) <= {
        *expected.counts, "ProfilesCreated", "ProfilesMerged", "ProfilesSplit",
        "IdentifiersDisputed",
    }  # fmt: skip


TROUBLES = st.sampled_from([TransientError("busy"), ConflictError("faster"), ValueError("bug")])


@settings(max_examples=120)
@given(
    st.lists(SPECS, min_size=1, max_size=6),
    st.dictionaries(st.integers(1, 40), TROUBLES, max_size=6),
    st.data(),
)
def test_what_failed_comes_again_until_everything_is_there(make_event, specs, troubles, data):
    events = made(specs, make_event)
    expected, people = Expected(events), memory()
    people.troubles = troubles
    waiting = events
    for _ in range(30):
        before = people.calls
        applied = people.applier().apply(waiting)
        fired = [people.troubles[n] for n in range(before + 1, people.calls + 1) if n in troubles]
        assert bool(applied.failed) <= bool(fired), "nothing fails by itself"
        assert applied.failed.isdisjoint(applied.refused)
        there = {name for events in people.stored().values() for name in events}
        for index, event in enumerate(waiting):
            told = index in applied.failed or index in applied.refused
            assert told or event.message_id in there
        waiting = [waiting[index] for index in sorted(applied.failed)]
        if not waiting:
            break
        waiting = data.draw(st.permutations(waiting))
    assert not waiting
    expected.check(people)
