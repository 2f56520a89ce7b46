"""The last write of a trait wins, in any order of arrival; what finds no room is named."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.profiles.model import Profile, Trait
from shared.domain.profiles.traits import (
    MAX_TRAITS,
    MAX_TRAITS_BYTES,
    from_json,
    merge_traits,
    to_json,
)
from shared.domain.text import to_text

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def trait(value, seconds=0.0, source_id="web"):
    return Trait(value, NOW + timedelta(seconds=seconds), source_id)


# Instants less than a millisecond apart are one instant, so that is where ties hide.
traits = st.builds(
    trait,
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["a", "上海"]),
    st.sampled_from([0, 0.0001, 0.0009, 0.001, 1]),
    st.sampled_from(["app", "web"]),
)
claims = st.lists(st.dictionaries(st.sampled_from("xyz"), traits), max_size=6)


def merged(*batches):
    known = {}
    for batch in batches:
        # As after a read from the table: instants come back with milliseconds.
        known = from_json(to_json(merge_traits(known, batch).traits))
    return known


@given(claims, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(batches, random):
    shuffled = list(batches)
    random.shuffle(shuffled)
    assert to_text(to_json(merged(*batches))) == to_text(to_json(merged(*shuffled)))


@given(claims)
def test_repeating_a_claim_changes_nothing(batches):
    known = merged(*batches)
    for batch in batches:
        assert merge_traits(known, batch).traits == known


def test_a_trait_taken_back_stays_back_when_older_claims_arrive_late():
    known = merge_traits({}, {"city": trait(None, 2)}).traits
    known = merge_traits(known, {"city": trait("上海", 1)}).traits
    assert Profile("w", "p", NOW, traits=known).values == {}


def test_a_trait_beyond_the_number_that_fits_is_refused_and_known_ones_still_change():
    known = {f"t{n}": trait(n) for n in range(MAX_TRAITS)}
    result = merge_traits(known, {"one_more": trait(1), "t0": trait("new", 1)})
    assert result.refused == {"one_more": "too_many_traits"}
    assert result.traits["t0"].value == "new"
    assert len(result.traits) == MAX_TRAITS


def test_a_trait_beyond_the_size_is_refused_and_its_neighbours_are_kept():
    result = merge_traits({}, {"big": trait("x" * MAX_TRAITS_BYTES), "city": trait("上海")})
    assert result.refused == {"big": "traits_too_large"}
    assert set(result.traits) == {"city"}


def test_a_trait_that_grows_beyond_the_size_keeps_its_old_value_and_may_shrink():
    known = {"big": trait("x" * (MAX_TRAITS_BYTES - 200)), "note": trait("short")}
    assert merge_traits(known, {"note": trait("y" * 500, 1)}).traits == known
    shrunk = merge_traits(known, {"big": trait("", 1)})
    assert shrunk.refused == {}
    assert shrunk.traits["big"].value == ""


@given(
    st.dictionaries(
        st.text(max_size=3),
        st.integers(1, MAX_TRAITS_BYTES // 2).map(lambda size: trait("上" * (size // 3))),
        max_size=8,
    )
)
def test_the_text_of_all_traits_never_passes_its_limit(claimed):
    text = to_text(to_json(merge_traits({}, claimed).traits))
    assert len(text.encode()) <= MAX_TRAITS_BYTES
