"""Parcels: every event that a destination wants, once, in order, and nothing else."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from events import catalog
from shared.domain.outbound.model import DESTINATION, MATCHED, FactName
from shared.domain.outbound.parcels import MOST_BYTES, MOST_EVENTS, Parcel, parcels
from shared.errors import InvalidInputError

BUS = {"type": "event_bus", "arn": "arn:aws:events:eu-west-1:123456789012:event-bus/crm"}
NAMES = ("cart", "order_paid", "$message_sent")


def destination(name, **fields):
    return DESTINATION.validate_python({"destination_id": name, "to": BUS, **fields})


def test_every_domain_event_can_be_asked_for_by_its_name():
    assert {*get_args(FactName), MATCHED} == catalog.EVENTS.keys()


facts = st.builds(
    lambda number, name, pad: {"event_id": f"e{number}", "name": name, "pad": "x" * pad},
    st.integers(),
    st.sampled_from(get_args(FactName)),
    st.sampled_from([0, 10, 60_000, 200_000]),
)
matched = st.builds(
    lambda number, name: {"event_id": f"e{number}", "name": MATCHED, "event": {"name": name}},
    st.integers(),
    st.sampled_from(NAMES),
)
wishes = st.tuples(
    st.sets(st.sampled_from(get_args(FactName))), st.sets(st.sampled_from(NAMES))
).filter(any)


@given(st.lists(facts | matched, max_size=80), st.lists(wishes, max_size=4))
def test_each_destination_gets_what_it_wants_once_and_in_order(events, wanted):
    destinations = [
        destination(f"d{n}", facts=sorted(facts), events=sorted(names))
        for n, (facts, names) in enumerate(wanted)
    ]
    found = list(parcels("shop", events, destinations))

    for number, (facts, names) in enumerate(wanted):
        mine = [e for p in found if p.destination_id == f"d{number}" for e in p.events]
        assert mine == [
            e for e in events if e["name"] in facts or e.get("event", {}).get("name") in names
        ]
    for parcel in found:
        assert 0 < len(parcel.events) <= MOST_EVENTS
        sizes = [len(json.dumps(event)) for event in parcel.events]
        assert len(sizes) == 1 or sum(sizes) <= MOST_BYTES
        assert Parcel.from_body(parcel.to_body()) == parcel
        assert Parcel.from_body(parcel.to_body()).key == parcel.key


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"v":2}', '{"v":1,"workspace_id":"a"}', "null"])
def test_what_is_no_parcel_is_refused(body):
    with pytest.raises(InvalidInputError):
        Parcel.from_body(body)


@pytest.mark.parametrize(
    "target",
    [
        {"type": "event_bus", "arn": "arn:aws:sqs:eu-west-1:123456789012:queue"},
        {"type": "webhook", "url": "http://crm.example/hook"},
        {"type": "webhook", "url": "https://user@crm.example/hook"},
        {"type": "s3", "bucket": "our-own-archives"},
        {"type": "s3", "bucket": "rapport-out-crm", "prefix": "../up/"},
        {"type": "s3", "bucket": "rapport-out-crm", "prefix": "no-slash"},
    ],
)
def test_a_target_that_must_not_be_is_refused(target):
    with pytest.raises(ValidationError):
        destination("crm", facts=["SegmentEntered"], to=target)


def test_a_destination_wants_something():
    with pytest.raises(ValidationError, match="at least one"):
        destination("crm")
