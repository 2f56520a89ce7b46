"""Batches hold everybody once, in a text that is valid JSON whatever the ids are."""

import json

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.builds.batches import PEOPLE_A_BATCH, Batches

IDS = st.lists(st.text(min_size=1), unique=True)


@given(IDS, st.integers(1, 7))
def test_everybody_is_in_one_batch(ids, size):
    batches = Batches(iter(ids), size)

    read = json.loads("".join(batches.pieces()))

    assert [each for batch in read for each in batch] == ids
    assert all(len(batch) == size for batch in read[:-1])
    assert (batches.people, batches.count) == (len(ids), len(read))


def test_nobody_is_no_batch():
    batches = Batches(())
    assert "".join(batches.pieces()) == "[]"
    assert (batches.people, batches.count) == (0, 0)


def test_no_more_is_held_than_one_batch():
    asked = []

    def endless():
        while True:
            asked.append(None)
            yield f"p{len(asked)}"

    pieces = Batches(endless()).pieces()
    for _ in range(4):
        next(pieces)
    assert len(asked) == 3 * PEOPLE_A_BATCH
