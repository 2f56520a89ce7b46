import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.measures.cells import (
    add_moments,
    cell_from_json,
    cell_to_json,
    fold_day,
    merge_cells,
    number_of,
    text_of,
    unite_moments,
)
from shared.domain.measures.model import Moment
from shared.domain.text import to_text

DAY = datetime(2026, 11, 22, tzinfo=UTC)

numbers = st.one_of(
    st.integers(-5, 5),
    st.sampled_from([0.1, 0.2, 0.3, -0.0, 1.0, 10**12 - 1, 10**12, 1e16, 1e-7, 1 - 10**12]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
values = st.one_of(st.none(), st.booleans(), st.sampled_from(["", "a", "1", "上"]), numbers)


@st.composite
def moments(draw):
    """A moment, of which the value follows from the id, as the id follows from the event."""
    second, name, value = draw(st.tuples(st.integers(0, 3), st.sampled_from("ab"), values))
    return Moment(DAY + timedelta(seconds=second), f"{name}{to_text(value)}", value)


days = st.lists(moments(), max_size=8)
some = st.lists(moments(), min_size=1, max_size=8)


@given(values)
def test_a_number_counts_by_how_its_json_text_is_written(value):
    text = json.dumps(value)
    counts = re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,18})?", text) and type(value) in (int, float)

    found = number_of(value)

    assert (found is not None) == bool(counts)
    assert found is None or found == Decimal(text)


@given(st.one_of(values.filter(lambda value: value is not None), st.text()))
def test_a_scalar_is_written_as_everywhere(value):
    assert text_of(value) == to_text(value)


@pytest.mark.parametrize("value", [10**12, -(10**12), float("inf"), "1", True, [1]])
def test_what_is_no_exact_number_is_none(value):
    assert number_of(value) is None


def test_an_integer_that_python_would_not_write_is_none():
    assert number_of(10**5_000) is None


@given(some)
def test_a_cell_says_what_reading_the_moments_one_by_one_says(day):
    cell = fold_day(day)

    amounts = [
        Fraction(json.dumps(moment.value))
        for moment in day
        if type(moment.value) in (int, float)
        and re.fullmatch(r"-?\d{1,12}(\.\d{1,18})?", json.dumps(moment.value))
    ]
    said = sorted(
        (moment.at, json.dumps(moment.value, ensure_ascii=False))
        for moment in day
        if moment.value is not None
    )
    assert (cell.times, cell.first_at, cell.last_at) == (
        len(day),
        min(moment.at for moment in day),
        max(moment.at for moment in day),
    )
    assert (cell.amounts, Fraction(cell.total)) == (len(amounts), sum(amounts))
    assert cell.least == min(amounts, default=None)
    assert cell.most == max(amounts, default=None)
    assert (cell.first, cell.last) == ((said[0], said[-1]) if said else (None, None))


@given(some, st.randoms())
def test_a_cell_is_the_same_in_every_order_and_in_every_split(day, random):
    shuffled = random.sample(day, len(day))
    cut = random.randint(1, len(day))
    parts = [fold_day(part) for part in (shuffled[:cut], shuffled[cut:]) if part]

    assert fold_day(shuffled) == fold_day(day)
    assert merge_cells(parts) == merge_cells(reversed(parts)) == fold_day(day)
    assert merge_cells(map(fold_day, [[moment] for moment in shuffled])) == fold_day(day)


def test_nothing_has_no_cell():
    assert merge_cells([]) is None
    with pytest.raises(ValueError, match="nothing happened"):
        fold_day([])


@given(some)
def test_a_cell_survives_the_way_through_the_table(day):
    cell = fold_day(day)

    assert cell_from_json(json.loads(json.dumps(cell_to_json(cell)))) == cell


def test_sums_of_a_hundred_million_greatest_amounts_are_exact():
    most = fold_day([Moment(DAY, "a", 999_999_999_999), Moment(DAY, "b", 0.000_1)])
    whole = most
    for _ in range(26):
        whole = merge_cells([whole, whole])

    assert whole.total == Decimal("999999999999.0001") * 2**26


@given(days, days, days)
def test_adding_moments_is_a_union_whatever_comes_first_or_twice(one, other, third):
    united = add_moments(add_moments(one, other), third)

    assert united == add_moments(third, add_moments(other, one))
    assert add_moments(united, one) == united
    assert set(united) == {*one, *other, *third}
    assert list(united) == sorted(united, key=lambda moment: moment[:2])


@given(days, days, days, st.integers(1, 5))
def test_the_latest_are_kept_whatever_comes_first(one, other, third, limit):
    kept = add_moments(add_moments(one, other, limit), third, limit)

    assert kept == add_moments(one, add_moments(third, other, limit), limit)
    assert kept == add_moments((), [*one, *other, *third])[-limit:]


@given(st.lists(days.map(lambda day: add_moments((), day)), max_size=3))
def test_moments_of_several_strands_all_count_in_order(strands):
    united = unite_moments(strands)

    assert len(united) == sum(map(len, strands))
    assert list(united) == sorted(united, key=lambda moment: moment[:2])
