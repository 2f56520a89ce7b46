"""Queries hold nothing but what Athena knows, and nobody breaks out of them."""

import re
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
import sqlglot
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.domain.segments.condition import AllCondition, Condition, NotCondition, TagCondition
from shared.domain.segments.sql import QueryTooLongError, members, members_of, verdicts
from tests.domain.segments.histories import Happening
from tests.domain.segments_sql.trees import LEAVES, read, tree

READ = TypeAdapter(Condition)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
TODAY = NOON.astimezone(ZONE).date()

# "Functions in Amazon Athena", engine version 3: it has those of Trino, by Trino's own pages
# (Aggregate, Array, Conditional, Conversion, Date and time, JSON, Map, Regular expression, String
# and Window functions). What is left out of Athena's list of Trino's functions is not here.
FUNCTIONS = {
    "ARBITRARY", "BOOL_OR", "COUNT", "MAX", "MAX_BY", "MIN", "SUM",
    "CARDINALITY", "FILTER", "UNNEST", "ELEMENT_AT",
    "COALESCE", "CAST", "TRY_CAST",
    "DATE_DIFF",
    "JSON_EXTRACT", "JSON_EXTRACT_SCALAR", "JSON_FORMAT", "JSON_PARSE",
    "REGEXP_LIKE",
    "CHR", "LENGTH", "LPAD", "REPLACE", "STRPOS", "SUBSTR",
    "ROW_NUMBER",
}  # fmt: skip
WORDS = {
    "AND", "AS", "BY", "ELSE", "FROM", "IN", "JOIN", "NOT", "ON", "OR", "OVER", "THEN", "WHEN",
    "WHERE", "SELECT", "ARRAY", "DECIMAL", "MAP", "TIMESTAMP", "MARKS",
}  # fmt: skip

NASTY = (
    "'", "''", "\\'", '"', '\\"', "'; DROP TABLE events; --", "' OR 1=1 --", "/* ' */", "-- x",
    "$['a']", "$..*", "*", "a.b", "{{x}}", "%", "nul\x00", "\x00", "\r\n", "\t", "\x1a", "\x7f",
    "茶'😀", "\u202e'", "\u2028", "` ${x} {0} %s ?", ":a @b", "N'x'", "U&'\\0027'", "\\u0027", " ",
)  # fmt: skip


def queries():
    random = Random(11)
    for make in (*LEAVES.values(), tree):
        for _ in range(12):
            yield members(read(make(random, TODAY)), NOON, ZONE, "shop")
    trees = {str(n): read(tree(random, TODAY)) for n in range(3)}
    yield members_of(trees, NOON, ZONE, "shop")
    yield verdicts(trees["0"], NOON, ZONE, "shop")


def test_queries_are_trinos_and_hold_only_functions_that_athena_has():
    seen = set()
    for query in queries():
        (parsed,) = sqlglot.parse(query, read="trino")
        assert parsed.key == "select"
        without_texts = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", "''", query)
        seen |= set(re.findall(r"\b([A-Za-z_]+) ?\(", without_texts))
    assert {each.upper() for each in seen} - WORDS <= FUNCTIONS


def happening(name, **more):
    return Happening(at=NOON - timedelta(hours=1), name=name, **more)


def add(lake, *happenings, workspace_id="shop"):
    rows = [event_row(each.strand_id, each.event(workspace_id).to_json()) for each in happenings]
    lake.add_many(EVENTS, [(row, "2026-11-22") for row in rows])


def ids(lake, condition, workspace_id="shop", at=NOON):
    sql = members(READ.validate_python(condition), at, ZONE, workspace_id)
    return sorted(row for (row,) in lake.query(sql))


CHARACTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(CHARACTERS, min_size=1, max_size=12).filter(
    lambda text: text not in ("list", "else")
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
def test_whatever_the_texts_are_they_find_what_they_say(make_lake, text):
    found_by_its_texts(make_lake(), text)


@pytest.mark.parametrize("text", NASTY)
def test_nobody_breaks_out_of_a_text(lake, text):
    found_by_its_texts(lake, text)


def found_by_its_texts(lake, text):
    workspace_id = text
    add(
        lake,
        happening(text, properties={text: text, "list": [1, text]}, strand_id="yes"),
        happening(text, properties={text: text + "x", "list": [text + "x"]}, strand_id="other"),
        happening("$identify", traits={text: text}, strand_id="yes"),
        workspace_id=workspace_id,
    )
    add(lake, happening(text, properties={text: text}, strand_id="stranger"), workspace_id="else")
    named = {"event": text}
    kept = {"property": text, "operator": "equals", "value": text}
    for condition in (
        {"type": "event", **named, "where": [kept]},
        {"type": "event", **named, "where": [{**kept, "operator": "one_of", "value": [text, 1]}]},
        {"type": "event", **named, "where": [
            {"property": "list", "operator": "contains", "value": text}]},
        {"type": "event", **named, "where": [{**kept, "operator": "less_or_equal"}]},
        {"type": "value", **named, "which": "last", "test": kept},
        {"type": "favourite", **named, "test": kept, "within_days": 3},
        {"type": "trait", "trait": text, "operator": "equals", "value": text},
    ):  # fmt: skip
        assert ids(lake, condition, workspace_id) == ["yes"], condition
    found = members_of({text: READ.validate_python(condition)}, NOON, ZONE, workspace_id)
    assert lake.query(found) == [(text, "yes")]


def test_a_pattern_of_any_characters_stays_a_pattern(lake):
    add(lake, happening("x", properties={"a": 'it\'s; -- "1"'}))
    where = [{"property": "a", "operator": "matches", "value": '^it\'s; -- "\\d"$'}]
    assert ids(lake, {"type": "event", "event": "x", "where": where}) == ["p1"]


@example(0)
@example(40)
@settings(max_examples=8)
@given(st.integers(1, 60))
def test_trees_may_be_deeper_than_parsers_go(make_lake, depth):
    lake = make_lake()
    add(lake, happening("x"))
    node = READ.validate_python({"type": "event", "event": "x"})
    other = READ.validate_python({"type": "event", "event": "y"})
    for _ in range(depth):
        node = NotCondition(
            condition=AllCondition(conditions=(node, NotCondition(condition=other)))
        )
    found = lake.query(members(node, NOON, ZONE, "shop"))
    assert found == ([] if depth % 2 else [("p1",)])


def test_only_the_latest_thousand_values_make_a_favourite(lake):
    def chosen(number, value):
        at = NOON - timedelta(minutes=number)
        return Happening(at, "x", {"a": value}, message_id=f"{number}")

    add(lake, *(chosen(n, "new" if n < 501 else "old") for n in range(1_500)))
    test = {"property": "a", "operator": "equals", "value": "new"}
    assert ids(lake, {"type": "favourite", "event": "x", "test": test, "within_days": 9}) == ["p1"]


def test_only_days_and_names_that_matter_are_scanned():
    event = {"type": "event", "event": "x", "within_days": 3}
    query = members(READ.validate_python(event), NOON, ZONE, "shop")
    assert "day >= '2026-11-19'" in query
    assert "name = 'x'" in query
    nobody_did = {"type": "not", "condition": event}
    query = members(READ.validate_python(nobody_did), NOON, ZONE, "shop", first_day="2026-11-05")
    assert "day >= '2026-11-05'" in query
    assert "day >=" not in members(READ.validate_python(nobody_did), NOON, ZONE, "shop")


def test_what_cannot_be_asked_is_refused():
    event = READ.validate_python({"type": "event", "event": "x"})
    with pytest.raises(ValueError, match="no UTC offset"):
        members(event, datetime(2026, 11, 22), ZONE, "shop")  # noqa: DTZ001 - that is the point
    tag = TagCondition(tag_id="t", operator="exists")
    with pytest.raises(ValueError, match="expanded first"):
        members(tag, NOON, ZONE, "shop")
    with pytest.raises(ValueError, match="no condition"):
        members_of({}, NOON, ZONE, "shop")
    tests = [
        {"property": "a", "operator": "one_of", "value": [f"{n}-{m}" * 150 for n in range(50)]}
        for m in range(10)
    ]
    large = READ.validate_python({"type": "event", "event": "x", "where": tests})
    with pytest.raises(QueryTooLongError):
        members(large, NOON, ZONE, "shop")
