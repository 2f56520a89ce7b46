"""Two ways to dispatch, told apart by the name in the due index alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.lanes import (
    goes_with_broadcasts,
    ids_of,
    is_of_broadcast,
    name_of,
    waiting_name,
    waits_with_broadcasts,
)
from tests.domain.messages.test_render import REQUEST

ids = st.text("abc0-", min_size=2)  # of 32 digits, so never the mark itself


@pytest.mark.parametrize(
    ("purpose", "broadcast_id", "of_broadcast"),
    [
        ("marketing", "b1", True),
        ("service", "b1", True),
        ("transactional", "b1", False),
        ("marketing", "", False),
        ("transactional", "", False),
    ],
)
def test_what_may_wait_a_little_goes_the_way_of_its_broadcast(
    purpose: str, broadcast_id: str, of_broadcast: bool
):
    request = replace(REQUEST, purpose=purpose, broadcast_id=broadcast_id)  # type: ignore[arg-type]
    name = "p1#m1#b" if of_broadcast else "p1#m1"
    assert is_of_broadcast(purpose, broadcast_id) is of_broadcast
    assert goes_with_broadcasts(request) is of_broadcast
    assert name_of(request) == name
    assert waits_with_broadcasts(name) is of_broadcast


@given(ids, ids, st.booleans())
def test_a_name_says_who_and_which_way(profile_id: str, message_id: str, of_broadcast: bool):
    name = waiting_name(profile_id, message_id, of_broadcast=of_broadcast)
    assert ids_of(name) == (profile_id, message_id)
    assert waits_with_broadcasts(name) is of_broadcast


def test_an_id_may_hold_the_mark_that_parts_it_from_the_person():
    assert ids_of(waiting_name("p", "m#1", of_broadcast=True)) == ("p", "m#1")
