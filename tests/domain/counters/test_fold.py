from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.counters.fold import (
    Fold,
    Occurrence,
    counted_days,
    fold_counters,
    fold_state,
    position_of,
)
from tests.domain.segments.strategies import EVENTS, ZONES

START = datetime(2026, 10, 30, tzinfo=UTC)


@dataclass
class Row:
    """What a store keeps of a folded row."""

    position: str = ""
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, fold: Fold | None) -> None:
        rest = fold and fold.after(self.position)
        if rest:
            for name, times in rest.increments.items():
                self.counts[name] = self.counts.get(name, 0) + times
            self.position = rest.ends


@st.composite
def streams(draw):
    """A person's events in the order of the stream; when they happened is another matter."""
    gaps = draw(st.lists(st.integers(1, 10**20), max_size=30))
    happened = st.tuples(st.sampled_from(EVENTS), st.integers(0, 60 * 24 * 40))
    stream, number = [], 0
    for gap in gaps:
        number += gap
        name, minutes = draw(happened)
        stream.append(
            Occurrence(position_of(str(number)), name, START + timedelta(minutes=minutes))
        )
    return stream


@st.composite
def deliveries(draw, stream):
    """The stream as a trigger delivers it: runs in order, some again from an earlier record on."""
    at, runs, idle = 0, [], 0
    while at < len(stream):
        begin = draw(st.integers(0, at))
        # Some runs bring nothing new, but not without end.
        end = draw(st.integers(begin if idle < 5 else at + 1, len(stream)))
        idle += end <= at
        runs.append(stream[begin:end])
        at = max(at, end)
    return runs


@given(st.data())
def test_however_the_stream_is_delivered_each_event_counts_once(data):
    stream = data.draw(streams())
    zone = data.draw(st.sampled_from(ZONES))
    rows: dict[tuple[str, str], Row] = {}
    state = Row()

    for run in data.draw(deliveries(stream)):
        for key, fold in fold_counters(run, zone).items():
            # A crash may end any delivery before this row; it always comes again.
            rows.setdefault(key, Row()).take(fold)
        state.take(fold_state(run))

    counted: dict[tuple[str, date], int] = {}
    for (name, month), row in rows.items():
        for day, times in counted_days(month, row.counts).items():
            counted[name, day] = times
    expected: dict[tuple[str, date], int] = {}
    for each in stream:
        place = each.name, each.occurred_at.astimezone(zone).date()
        expected[place] = expected.get(place, 0) + 1
    assert counted == expected
    assert state.counts.get("events", 0) == len(stream)


@given(streams().filter(bool))
def test_a_fold_knows_where_it_begins_and_ends_in_stream_and_time(stream):
    fold = fold_state(stream)

    assert fold.begins == stream[0].position
    assert fold.ends == stream[-1].position
    instants = [each.occurred_at for each in stream]
    assert fold.period == (min(instants), max(instants))
    assert fold.after(fold.ends) is None
    assert fold.after("") == fold


@given(st.integers(0, 10**40 - 1), st.integers(0, 10**40 - 1))
def test_positions_as_text_are_in_the_order_of_the_stream(left, right):
    assert (position_of(str(left)) < position_of(str(right))) == (left < right)


def test_a_late_event_counts_on_the_day_on_which_it_happened():
    late = Occurrence("1", "page", datetime(2025, 2, 28, 16, 30, tzinfo=UTC))

    folds = fold_counters([late], ZoneInfo("Asia/Shanghai"))

    assert folds[("page", "2025-03")].increments == {"d01": 1}


def test_other_attributes_of_a_row_are_no_days():
    row = {"pk": "p", "d01": 2, "d31": 1, "first_at": "x", "position": "1", "d32": 9, "days": 3}

    assert counted_days("2026-10", row) == {date(2026, 10, 1): 2, date(2026, 10, 31): 1}
