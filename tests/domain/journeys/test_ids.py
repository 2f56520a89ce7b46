"""Two things have two names, whatever tells them apart, and the same thing has one."""

from hashlib import sha256
from itertools import product

import pytest

from shared.domain.journeys.ids import action_id, enrolment_id, message_id, slot_named, slot_of

TEXTS = ("a", "b", "ab", "")


@pytest.mark.parametrize("name", [action_id, message_id])
def test_every_visit_of_a_step_of_an_enrolment_has_a_name_of_its_own(name):
    visits = list(product(TEXTS, TEXTS, (0, 1, 10)))
    assert len({name(*visit) for visit in visits}) == len(visits)
    assert name("e", "s", 1) == name("e", "s", 1)


def test_a_message_is_never_named_as_an_action_is():
    assert message_id("e", "s", 1) != action_id("e", "s", 1)


def test_every_entry_has_a_name_of_its_own_that_begins_with_its_slot():
    entries = list(product(TEXTS, TEXTS, TEXTS, TEXTS, ("", "k")))
    assert len({enrolment_id(*entry) for entry in entries}) == len(entries)
    for workspace, journey, profile, fact, key in entries:
        named = enrolment_id(workspace, journey, profile, fact, key)
        assert slot_of(named) == slot_named(workspace, journey, key)
    slots = list(product(TEXTS, TEXTS, ("", "k")))
    assert len({slot_named(*slot) for slot in slots}) == len(slots)


def test_names_stay_what_they_are_in_rows_and_at_providers():
    """Written another way: a name that changed would send what was sent once more."""

    def digest(text: str) -> str:
        return sha256(text.encode("latin-1")).hexdigest()

    assert message_id("e1", "thank", 12) == digest("message\xffe1\xffthank\xff12\xff")[:32]
    assert action_id("e1", "call", 3) == digest("action\xffe1\xffcall\xff3\xff")[:32]
    slot = digest("slot\xffshop\xffcart\xff")[:12]
    keyed = digest("slot\xffshop\xffcart\xffk\xff")[:12]
    assert (slot_named("shop", "cart"), slot_named("shop", "cart", "k")) == (slot, keyed)
    one = digest("enrolment\xffshop\xffcart\xffada\xfff1\xff")[12:32]
    assert enrolment_id("shop", "cart", "ada", "f1") == slot + one
    assert enrolment_id("shop", "cart", "ada", "f1", "k") == keyed + one
