"""Rows of the lake hold the event as it was, and revenue to the last digit."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events.model import Event
from shared.domain.lake.rows import (
    MAX_RECORD_BYTES,
    erased_row,
    event_row,
    identity_row,
    line,
    pack,
)
from shared.domain.lake.tables import EVENTS, IDENTITIES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=4)


@given(properties=OBJECTS, traits=OBJECTS, context=OBJECTS, server=st.booleans())
def test_nothing_of_the_event_is_missing_in_its_row(
    make_event, properties, traits, context, server
):
    event = make_event(
        properties=properties, traits=traits, context=context, server=server, anonymous_id="a-1"
    )
    row = json.loads(line(event_row("s1", event.to_json())))
    assert row.keys() <= {column.name for column in EVENTS.columns}
    assert row.pop("strand_id") == "s1"
    row.pop("revenue", None)
    for name in {"properties", "traits", "context"} & row.keys():
        row[name] = json.loads(row[name])
    assert Event.from_json(row) == event


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (11.77, "11.77"),
        (0.1, "0.1"),
        (20, "20"),
        (100.0, "100"),
        (-5.5, "-5.5"),
        (1e-7, "0.0000001"),
        (1.5e11, "150000000000"),
        (True, None),
        ("twenty", None),
        (10**14, None),
        (1e300, None),
    ],
)
def test_revenue_is_what_the_counters_add_in_plain_digits(make_event, given, kept):
    assert (
        event_row("s1", make_event(properties={"revenue": given}).to_json()).get("revenue") == kept
    )


def test_an_event_without_revenue_has_none(make_event):
    assert "revenue" not in event_row("s1", make_event().to_json())


@given(st.integers(-(10**9), 10**9))
def test_no_cent_is_lost(make_event, cents):
    amount = Decimal(cents) / 100
    row = event_row("s1", make_event(properties={"revenue": float(amount)}).to_json())
    assert Decimal(row["revenue"]) == amount


@given(st.lists(st.text(), max_size=20))
def test_every_line_is_in_one_record_in_its_order(texts):
    lines = [line({"text": text}) for text in texts]
    assert b"".join(pack(lines)).decode() == "".join(lines)


def test_a_record_holds_as_many_lines_as_fit():
    lines = [line({"text": "万" * 100_000}) for _ in range(7)]
    records = list(pack(lines))
    assert [record.count(b"\n") for record in records] == [3, 3, 1]
    assert all(len(record) <= MAX_RECORD_BYTES for record in records)
    assert list(pack([])) == []


def test_a_line_break_in_the_data_makes_no_second_line(make_event):
    event = make_event(properties={"text": "a\nb\r\n\u2028c"}, name="x\ny")
    assert line(event_row("s1", event.to_json())).encode().splitlines(keepends=True) == [
        line(event_row("s1", event.to_json())).encode()
    ]


def test_rows_of_identities_have_the_columns_of_their_table():
    names = {column.name for column in IDENTITIES.columns}
    assert identity_row("shop", "s1", "s2", "1").keys() <= names
    assert erased_row("shop", "s1").keys() <= names
