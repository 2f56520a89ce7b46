"""No cell of a CSV file is run as a formula, and numbers stay numbers."""

import pytest

from shared.domain.cells import harmless


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1",
     "－1", "＠x", "+8613900001111;=1", "+86139\n", "-", "+٣"],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    ["", "上海", "a=b", "+8613900001111", "+86 139 0000 1111", "-5", "-0.25", "7", '{"a":1}'],
)
def test_everything_else_stays_as_it_is(text):
    assert harmless(text) == text
