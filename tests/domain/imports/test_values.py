"""Cells become numbers, yes and no, and instants, or say what is wrong with them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from shared.domain.imports import values
from shared.domain.imports.rejected import RejectedRow, RowError, header, to_csv

SHANGHAI = ZoneInfo("Asia/Shanghai")
EIGHT = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-22T08:30:00+08:00",
        "2026-11-22T00:30:00.000Z",
        "2026-11-22 08:30",
        "2026-11-22 8:30:00",
        "2026/11/22 08:30:00",
        "2026.11.22 08:30:00.000",
        "2026年11月22日 08:30",
        "2026年11月22日08时30分00秒",
        "20261122083000",
        "20261122T083000",
        "1795307400",
        "1795307400000",
        1795307400,
        " 2026-11-22 08:30:00 ",
    ],
)
def test_an_instant_is_read_in_every_unambiguous_way(written):
    expected = (
        EIGHT if "17953" not in str(written) else values.datetime.fromtimestamp(1795307400, UTC)
    )
    assert values.instant(written, (), SHANGHAI) == expected


def test_dates_begin_their_day_in_the_zone():
    midnight = datetime(2026, 11, 21, 16, tzinfo=UTC)
    for written in ("2026-11-22", "20261122", "2026/11/22", "2026年11月22日", date(2026, 11, 22)):
        assert values.instant(written, (), SHANGHAI) == midnight


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("03/04/2026", "nobody can tell the day from the month"),
        ("yesterday", "is not a time"),
        ("2026-02-30", "no date of the calendar"),
        ("2026-11-22 25:00", "no date of the calendar"),
        ("1582-01-01", "is not in the years"),
        ("9999-12-31", "is not in the years"),
        (True, "is not a time"),
        ({}, "is not a time"),
        ("二〇二六年", "is not a time"),
    ],
)
def test_what_is_no_instant_says_why(written, says):
    with pytest.raises(RowError, match=says):
        values.instant(written, (), SHANGHAI)


def test_formats_decide_where_they_are_given():
    read = values.instant("03/04/2026 10:00", ("%Y", "%d/%m/%Y %H:%M"), SHANGHAI)
    assert read == datetime(2026, 4, 3, 2, tzinfo=UTC)
    assert values.instant("0", ("epoch",), SHANGHAI) == datetime(1970, 1, 1, tzinfo=UTC)
    with pytest.raises(RowError, match="in none of the formats"):
        values.instant("2026-11-22", ("%d/%m/%Y",), SHANGHAI)
    for odd in ("inf", "nan", "1e400", "9" * 30):
        with pytest.raises(RowError):
            values.instant(odd, ("epoch",), SHANGHAI)


@pytest.mark.parametrize(
    ("written", "number"), [("11.77", 11.77), (" -3 ", -3), ("007", 7), ("1e3", 1000.0), (2.5, 2.5)]
)
def test_numbers_are_read(written, number):
    assert values.number(written) == number


@pytest.mark.parametrize("written", ["1,234.50", "¥5", "", "abc", True, "1e999", "٣", None])
def test_what_is_no_number_says_so(written):
    with pytest.raises(RowError, match="is not a number"):
        values.number(written)


def test_yes_and_no_are_read_in_both_languages():
    assert [values.yes_or_no(each) for each in ("Yes", "是", 1, True)] == [True] * 4
    assert [values.yes_or_no(each) for each in ("n", "否", 0, False)] == [False] * 4
    with pytest.raises(RowError, match="neither yes nor no"):
        values.yes_or_no("maybe")


def test_identifiers_keep_their_digits():
    assert values.text(13800138000) == "13800138000"
    assert values.text(13800138000.0) == "13800138000"
    assert values.text("00123") == "00123"
    for odd in (1.5, True, [1], 1e300):
        with pytest.raises(RowError):
            values.text(odd)


def test_values_of_parquet_become_plain_data():
    row = {"d": date(2026, 1, 2), "m": Decimal("1.50"), "l": (1, None), "t": EIGHT}
    assert values.plain(row) == {
        "d": "2026-01-02",
        "m": 1.5,
        "l": [1, None],
        "t": "2026-11-22T00:30:00.000Z",
    }
    with pytest.raises(RowError, match="NaN"):
        values.plain([float("nan")])


def test_a_rejected_row_is_a_line_that_no_spreadsheet_calculates():
    rows = [
        RejectedRow(7, "=cmd()", "bad", "mend", {"a": "上"}),
        RejectedRow(8, "", "bad", "mend", {"a": "\udcff"}),
    ]
    lines = (header() + to_csv(rows)).encode().decode("utf-8-sig").split("\r\n")
    assert lines[0] == "row,column,problem,remedy,content"
    assert lines[1] == """7,'=cmd(),bad,mend,"{""a"": ""上""}\""""
    assert lines[2].startswith("8,,bad,mend,")
