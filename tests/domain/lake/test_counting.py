"""Sizes, pages and overlaps by SQL are those of sets of ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.audiences.overlap import regions_of
from shared.domain.lake import sql

pytestmark = pytest.mark.slow

IDS = [f"p{number}" for number in range(9)]
AUDIENCES = st.lists(st.sets(st.sampled_from(IDS)), min_size=1, max_size=4)


def rows_of(pairs, *columns):
    """A query of these rows."""
    rows = ", ".join(f"({', '.join(repr(each) for each in pair)})" for pair in sorted(pairs))
    empty = f"({', '.join(repr('') for _ in columns)})"
    return (
        f"SELECT * FROM (VALUES {rows or empty}) t({', '.join(columns)}) WHERE {columns[0]} <> ''"
    )


def members_of(audiences):
    pairs = {(str(part), each) for part, people in enumerate(audiences) for each in people}
    return rows_of(pairs, "segment_id", "profile_id")


def as_text(rows):
    return [{name: None if v is None else str(v) for name, v in row.items()} for row in rows]


@given(AUDIENCES)
def test_every_audience_is_counted(make_lake, audiences):
    rows = make_lake().query(sql.sizes(members_of(audiences)))
    assert {row["segment_id"]: row["people"] for row in rows} == {
        str(part): len(people) for part, people in enumerate(audiences) if people
    }


@given(AUDIENCES)
def test_regions_add_up_to_every_operation_on_sets(make_lake, audiences):
    ids = [str(part) for part in range(len(audiences))]
    rows = make_lake().query(sql.overlap(members_of(audiences), ids))
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
    query = rows_of({(each,) for each in people}, "profile_id")
    rows = make_lake().query(sql.page(query, most, after))

    assert [row["profile_id"] for row in rows] == sorted(p for p in people if p > after)[:most]
    assert {row["people"] for row in rows} <= {len(people)}


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["default", "other"]),
            st.sampled_from(["cart", "paid"]),
            st.sampled_from(['{"a":"1"}', '{"a":"it\'s","b":2}', "{}"]),
        ),
        max_size=6,
    )
)
def test_names_of_events_come_with_what_their_properties_held(make_lake, rows):
    sought = ['"a":"1"', '"a":"it\'s"'], ['"b":2']
    lake = make_lake()
    columns = ("workspace_id", "name", "properties")
    quoted = [", ".join("'" + part.replace("'", "''") + "'" for part in row) for row in rows]
    listed = ", ".join(f"({row})" for row in quoted or ["'', '', ''"])
    source = f"SELECT * FROM (VALUES {listed}) t({', '.join(columns)})"
    query = sql.event_names("default", sought).replace("FROM events", f"FROM ({source}) events")
    found = {row["name"]: (row["found_0"], row["found_1"]) for row in lake.query(query)}

    mine = [(name, properties) for workspace, name, properties in rows if workspace == "default"]
    assert found == {
        name: tuple(
            int(any(text in held for each, held in mine if each == name for text in texts))
            for texts in sought
        )
        for name, _ in mine
    }
