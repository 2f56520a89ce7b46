"""The files of an export can be read by people, programs and spreadsheets, and are exact."""

import csv
import io
import json
from decimal import Decimal
from operator import itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.exports import layout
from shared.domain.profiles.rows import name_of
from shared.domain.text import to_text
from tests.conftest import NOON


def row(sk, **more):
    return {"pk": "shop#P#p1", "sk": sk, **more}


def told_of(rows):
    return json.loads("".join(layout.person("p1", ["p1"], None, rows, NOON)))


def test_a_kind_of_row_that_nobody_thought_of_is_listed_by_its_own_name():
    told = told_of([row("NEW#x", note="hello")])

    assert told["new"] == [{"strand": "p1", "key": "x", "note": "hello"}]


@given(
    st.lists(
        st.tuples(st.sampled_from(["CNT", "MOM", "PROFILE", "TAG", "TAGLOG"]), st.text(), st.text())
    )
)
def test_every_row_is_told_whatever_its_texts_hold(found):
    rows = sorted(
        (row(f"{kind}#{key}", note=note) for kind, key, note in found), key=itemgetter("sk")
    )
    told = told_of(rows)

    for kind in {kind for kind, _, _ in found}:
        expected = [layout.readable(each) for each in rows if each["sk"].startswith(f"{kind}#")]
        assert told[name_of(kind)] == expected


def test_rows_are_written_as_they_come():
    taken = []

    def rows():
        for number in range(1_000):
            taken.append(number)
            yield row(f"MOM#{number:04}", moments="[]")

    for place, piece in enumerate(layout.person("p1", ["p1"], None, rows(), NOON)):
        assert len(taken) <= place + 1, "rows are held back"
        assert len(piece) < 500
    assert len(taken) == 1_000


def test_texts_that_hold_json_are_shown_as_what_they_say():
    told = layout.readable(row("PROFILE", traits='{"a":{"value":1}}', profile_id="p1"))

    assert told == {"strand": "p1", "traits": {"a": {"value": 1}}, "profile_id": "p1"}


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (Decimal("11.77"), 11.77),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (3, 3),
        (True, True),
    ],
)
def test_amounts_are_exact(stored, shown):
    assert layout.readable(row("CNT#a#2026-11", r22=stored))["r22"] == shown


def test_the_token_of_a_waiting_task_is_nobodys_data():
    assert "task" not in layout.readable(row("ENR#e1", task="secret"))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_runs_nothing(start):
    line = layout.csv_line({"name": f"{start}cmd|' /C calc'!A0"})

    assert next(csv.reader(io.StringIO(line)))[2].startswith("'")


@given(st.dictionaries(st.sampled_from(layout.CSV_COLUMNS), st.text().map(lambda t: f"x{t}")))
def test_a_table_gives_back_every_text(event):
    lines = layout.csv_line(None) + layout.csv_line(event)

    (found,) = csv.DictReader(io.StringIO(lines, newline=""))
    assert found == {name: event.get(name, "") for name in layout.CSV_COLUMNS}


def test_a_line_of_events_is_one_document():
    line = layout.event_line(row("EVT#x", body=to_text({"said": "a\nb\u2028c"})))

    assert line.count("\n") == 1
    assert json.loads(line) == {"said": "a\nb\u2028c", "strand": "p1"}
