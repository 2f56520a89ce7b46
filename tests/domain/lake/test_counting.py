"""Sizes, pages and overlaps by SQL are those of sets of ids."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.audiences.overlap import regions_of
from shared.domain.lake import sql

IDS = [f"p{number}" for number in range(9)]
AUDIENCES = st.lists(st.sets(st.sampled_from(IDS)), min_size=1, max_size=4)


def query_of(people):
    rows = ", ".join(f"('{each}')" for each in sorted(people)) or "('')"
    return f"SELECT profile_id FROM (VALUES {rows}) t(profile_id) WHERE profile_id <> ''"


def as_text(rows):
    return [{name: None if v is None else str(v) for name, v in row.items()} for row in rows]


@given(AUDIENCES)
def test_every_audience_is_counted(make_lake, audiences):
    rows = make_lake().query(sql.sizes([query_of(each) for each in audiences]))
    assert {row["part"]: row["people"] for row in rows} == {
        part: len(people) for part, people in enumerate(audiences)
    }


@given(AUDIENCES)
def test_regions_add_up_to_every_operation_on_sets(make_lake, audiences):
    rows = make_lake().query(sql.overlap([query_of(each) for each in audiences]))
    regions = regions_of(as_text(rows), len(audiences))

    assert regions.union == len(set.union(*audiences))
    assert regions.intersection == len(set.intersection(*audiences))
    for n, people in enumerate(audiences):
        others = [each for m, each in enumerate(audiences) if m != n]
        assert regions.size(n) == len(people)
        assert regions.only(n) == len(people.difference(*others))
        for m, other in enumerate(audiences):
            assert regions.both(n, m) == len(people & other)


@given(st.sets(st.sampled_from(IDS)), st.integers(1, 4), st.sampled_from(["", *IDS]))
def test_a_page_has_the_next_ids_and_the_number_of_all(make_lake, people, most, after):
    rows = make_lake().query(sql.page(query_of(people), most, after))

    found = sorted(row["profile_id"] for row in rows if row["profile_id"] is not None)
    assert found == sorted(each for each in people if each > after)[:most]
    assert [row["people"] for row in rows if row["profile_id"] is None] == [len(people)]
