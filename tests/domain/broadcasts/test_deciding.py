"""The variant with the greatest share wins; a tie and too little data leave the control."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.broadcasts.deciding import verdict
from shared.domain.broadcasts.model import Tried

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def tried(*figures, control=0):
    """Variants `a`, `b`, … by (entered, reached)."""
    return [
        Tried(chr(ord("a") + place), place == control, *each) for place, each in enumerate(figures)
    ]


@pytest.mark.parametrize(
    ("figures", "winner", "why"),
    [
        ([(100, 10), (100, 20)], "b", "won"),
        ([(1000, 20), (100, 10)], "b", "won"),  # fewer, and a greater share
        ([(100, 20), (50, 10)], "a", "tie"),
        ([(100, 10), (50, 10), (25, 5)], "b", "tie"),  # the control does not lead
        ([(100, 4), (100, 5)], "a", "too_little"),
        ([(100, 20), (0, 0)], "a", "too_little"),
        ([(0, 0), (0, 0)], "a", "too_little"),
    ],
)
def test_by_hand(figures, winner, why):
    made = verdict(tried(*figures), 10, NOON)
    assert (made.winner, made.why, made.at) == (winner, why, NOON)
    assert made.tried == tuple(tried(*figures))


def test_without_a_control_the_first_stays():
    assert verdict(tried((9, 0), (9, 0), control=None), 1, NOON).winner == "a"
    assert verdict(tried((9, 1), (9, 1), control=1), 1, NOON).winner == "b"


figures_of = st.lists(
    st.integers(0, 10**6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    min_size=2,
    max_size=6,
)


@given(figures=figures_of, least=st.integers(1, 50), control=st.sampled_from([None, 0, 1]))
def test_who_won_leads_everybody_else_without_rounding(figures, least, control):
    shown = tried(*figures, control=control)
    made = verdict(shown, least, NOON)
    by_name = {one.variant: one for one in shown}
    best = by_name[made.winner]
    if made.why == "won":
        assert sum(one.reached for one in shown) >= least
        for one in shown:
            if one.variant != best.variant:
                assert best.reached * one.entered > one.reached * best.entered
    elif made.why == "too_little":
        assert best.control or not any(one.control for one in shown)
    else:
        same = [one for one in shown if one.reached * best.entered == best.reached * one.entered]
        assert len(same) > 1
