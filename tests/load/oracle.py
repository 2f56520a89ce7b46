"""Holds what the store says at the end to what the story says that was sent."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.aws import keys
from shared.aws.items import from_item
from tests.conftest import PROFILES_TABLE
from tests.load.run import Run
from tests.load.story import Person

_DAY: Final = re.compile(r"d\d\d")
_REVENUE: Final = re.compile(r"r\d\d")
Row = dict[str, Any]


@dataclass
class Found:
    """What lies in the table of one person, over all of its strands."""

    ids: Counter[str] = field(default_factory=Counter)  # of events
    counts: Counter[str] = field(default_factory=Counter)
    cents: int = 0
    events: int = 0
    strands: int = 0
    members: set[str] = field(default_factory=set)


def balance(run: Run) -> str:
    """Raise AssertionError where a single event is missing, twice or wrong; else say the sums."""
    story, found = run.story, everybody(run)
    sent = story.told["good"] + story.told["duplicates"] + story.told["bad"]
    refused = {each for letter in run.letters for each in _ids_of(letter)}
    applied = sum(each.ids.total() for each in found.values())
    # Of what was sent, everything was accepted or rejected; of that, each is in one place.
    assert run.accepted + run.rejected.total() == sent
    assert run.rejected == story.rejected
    assert not run.unsaid
    assert run.accepted == applied + story.told["duplicates"] + len(refused)
    assert applied == story.told["good"]
    assert refused == story.nobodys
    assert all(run.letters.values()), "a dead letter without a reason"
    assert len(run.letters) == len(refused) + len(run.foreign)
    assert not run.queue
    assert not run.dead
    assert not run.set_aside, "changes that nobody takes in any more"
    somebody = [person for person in story.people if person.events]
    assert len(found) == len(somebody)
    for person in somebody:
        _is_as_told(person, found[person.number])
    _members_are_counted(run, found)
    _flips_are_told(run, found)
    return (
        f"{sent:,} sent: {run.accepted:,} accepted = {applied:,} applied + "
        f"{story.told['duplicates']:,} duplicates + {len(refused):,} dead-lettered; "
        f"{run.rejected.total():,} rejected, each with one of {len(run.rejected)} reasons; "
        f"{story.told['late']:,} late; {len(run.foreign)} foreign messages buried; "
        f"{len(found):,} people; {run.weather.met.total():,} of {run.weather.attempts:,} attempts "
        f"met a fault; {run.counts['messages again']:,} messages and "
        f"{run.counts['stream batches again']:,} batches came again, "
        f"{run.counts['redriven']:,} redriven"
    )


def everybody(run: Run) -> dict[int, Found]:
    """By the number of each person; every identifier leads to one person, and to that alone."""
    partitions = run.store.tables[PROFILES_TABLE]
    roots: dict[str, str] = {}
    numbers: dict[str, set[int]] = {}
    for pk, rows in partitions.items():
        _, kind, name = pk.split("#", 2)
        if kind == "P":
            profile = from_item(run.store.unpack(rows[keys.PROFILE]))
            roots[name] = profile.get("redirect", name)
    for pk in partitions:
        if "#I#" in pk:
            row = from_item(run.store.unpack(partitions[pk]["I"]))
            number = int(re.sub(r"\D", "", pk.rpartition("#")[2]))
            numbers.setdefault(roots[row["strand_id"]], set()).add(number)
    assert all(len(each) == 1 for each in numbers.values()), "two people have become one"
    found: dict[int, Found] = {}
    seen: set[str] = set()
    for name, root in roots.items():
        (number,) = numbers[root]
        if root == name:
            assert number not in seen, "one person is two"
            seen.add(root)
        person = found.setdefault(number, Found())
        person.strands += 1
        for row in _rows(run, keys.person("default", name)):
            _take(person, row, is_root=root == name)
    assert len(set(roots.values())) == len(found), "one person is two"
    return found


def _rows(run: Run, pk: str) -> Iterator[Row]:
    for kept in run.store.tables[PROFILES_TABLE][pk].values():
        yield from_item(run.store.unpack(kept))


def _take(person: Found, row: Row, *, is_root: bool) -> None:
    sk = row["sk"]
    if sk.startswith(keys.EVENT_PREFIX):
        person.ids[json.loads(row["body"])["message_id"]] += 1
    elif sk.startswith(keys.COUNTER_PREFIX):
        name = sk.split("#")[1]
        person.counts[name] += sum(n for key, n in row.items() if _DAY.fullmatch(key))
        person.cents += int(sum(n for key, n in row.items() if _REVENUE.fullmatch(key)) * 100)
    elif sk == keys.STATE:
        person.events += row["events"]
    elif sk.startswith(keys.SEGMENT_PREFIX) and is_root and row["member"]:
        person.members.add(sk.removeprefix(keys.SEGMENT_PREFIX))


def _is_as_told(person: Person, found: Found) -> None:
    ids = {f"g-{person.number}-{serial}": 1 for serial in range(person.events)}
    assert found.ids == ids, f"the timeline of {person.number}"
    assert found.counts == person.counts, f"the counters of {person.number}"
    assert found.cents == person.cents, f"the revenue of {person.number}"
    assert found.events == person.events, f"the state of {person.number}"
    assert found.members == set(_segments(person)), f"the segments of {person.number}"


def _segments(person: Person) -> Iterator[str]:
    if person.counts["paid"] >= 2:
        yield "buyers"
    if person.cents >= 400_00:
        yield "spenders"
    if person.counts["product_viewed"] >= 3 and not person.counts["paid"]:
        yield "lookers"


def _ids_of(letter: str) -> Iterator[str]:
    for event in json.loads(letter).get("events", ()):
        if isinstance(event, Mapping) and "message_id" in event:
            yield event["message_id"]


def _members_are_counted(run: Run, found: Mapping[int, Found]) -> None:
    counted: Counter[str] = Counter()
    for pk in run.store.tables[PROFILES_TABLE]:
        _, kind, *rest = pk.split("#")
        if kind == "N" and rest[0] == "SEGMENT":
            counted[rest[1]] += sum(row["members"] for row in _rows(run, pk))
    assert +counted == Counter(name for each in found.values() for name in each.members)


def _flips_are_told(run: Run, found: Mapping[int, Found]) -> None:
    """Of whoever was never merged: each entry and exit was told, under an id of its own."""
    inside: Counter[tuple[str, str]] = Counter()
    for profile_id, segment_id, what in run.flips.values():
        inside[profile_id, segment_id] += 1 if what == "SegmentEntered" else -1
    for pk, rows in run.store.tables[PROFILES_TABLE].items():
        _, kind, name = pk.split("#", 2)
        if kind != "P" or "joins" in run.store.unpack(rows[keys.PROFILE]):
            continue
        held = {
            row["sk"].removeprefix(keys.SEGMENT_PREFIX): int(row["member"])
            for row in _rows(run, pk)
            if row["sk"].startswith(keys.SEGMENT_PREFIX)
        }
        told = {segment: inside[name, segment] for segment in held}
        assert told == held, f"what was told of {name}"
