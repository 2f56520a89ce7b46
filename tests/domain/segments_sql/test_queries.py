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

pytestmark = pytest.mark.slow

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


def scanned(*leaves, first_day=None):
    """(the instant and the day from which on events are read, what they have to be)."""
    condition = READ.validate_python({"type": "all", "conditions": [*leaves]})
    query = members(condition, NOON, ZONE, "shop", first_day=first_day)
    (where,) = re.findall(r"FROM events WHERE (.*?)\) AS copies", query)
    since = re.findall(r"SUBSTR\(occurred_at, 1, 23\) >= '([^']*)'", where)
    days = re.findall(r"day >= '([^']*)'", where)
    names = re.findall(r"\(((?:name|type) [^()]*(?:\([^()]*\))?[^()]*)\)", where)
    return (since or [None])[0], (days or [None])[0], names


PAGE = {"type": "event", "event": "page"}
SKU = {"property": "sku", "operator": "exists"}


@pytest.mark.parametrize(
    ("leaf", "since"),
    [
        ({**PAGE, "within_days": 1}, "2026-11-21T16:00:00.000"),
        ({**PAGE, "within_days": 3}, "2026-11-19T16:00:00.000"),
        ({**PAGE, "window": {"type": "rolling", "seconds": 90}}, "2026-11-22T11:58:30.000"),
        ({**PAGE, "window": {"type": "between", "first_day": "2026-11-02",
                             "last_day": "2026-11-03"}}, "2026-11-01T16:00:00.000"),
        ({**PAGE, "window": {"type": "after", "seconds": 9, "anchor": {"event": "page"}}}, None),
        (PAGE, None),
        ({**PAGE, "type": "amount", "aggregate": "sum", "property": "a", "comparison": "exactly",
          "value": 1, "within_days": 2}, "2026-11-20T16:00:00.000"),
        ({**PAGE, "type": "value", "which": "last", "test": SKU, "within_days": 2},
         "2026-11-20T16:00:00.000"),
        ({**PAGE, "type": "favourite", "test": SKU, "within_days": 2},
         "2026-11-20T16:00:00.000"),
        ({"type": "ratio", "whole": {"event": "page"}, "comparison": "exactly", "value": 1,
          "within_days": 2}, "2026-11-20T16:00:00.000"),
        ({"type": "ratio", "whole": {"event": "page"}, "comparison": "exactly", "value": 1}, None),
        ({**PAGE, "type": "trend", "direction": "rising", "periods": 1, "unit": "week"},
         "2026-11-01T16:00:00.000"),
        ({**PAGE, "type": "trend", "direction": "rising", "periods": 2, "unit": "month"},
         "2026-07-31T16:00:00.000"),
        ({"type": "sequence", "steps": [{"event": "page"}] * 2, "within_seconds": 60,
          "within_days": 2}, "2026-11-20T15:59:00.000"),
        ({"type": "date", "source": {"type": "event", "event": "page"}, "from_days": 0,
          "to_days": 0}, None),
    ],
)  # fmt: skip
def test_events_are_read_from_where_they_can_matter(leaf, since):
    day = since and since[:10]
    assert scanned(leaf) == (since, day, ["name = 'page'"])
    assert scanned(leaf, first_day="2026-06-05")[1] == (day or "2026-06-05")
    assert scanned(leaf, first_day="2026-11-22")[1] == "2026-11-22"
    later = {"type": "event", "event": "zoo", "window": {"type": "rolling", "seconds": 1}}
    assert scanned(later, leaf) == (since, day, ["name IN ('page', 'zoo')"])


def test_all_that_a_leaf_looks_at_is_read():
    city = {"type": "trait", "trait": "city", "operator": "exists"}
    assert scanned(city) == (None, None, ["type = 'identify'"])
    late = {**PAGE, "within_days": 1}
    assert scanned(city, late) == (None, None, ["name = 'page' OR type = 'identify'"])
    around = {**PAGE, "window": {"type": "before", "seconds": 9, "anchor": {"event": "zoo"}}}
    assert scanned(around)[2] == ["name IN ('page', 'zoo')"]
    sequence = {
        "type": "sequence", "steps": [{"event": "a"}, {"event": "b"}], "within_seconds": 60,
        "without": {"event": "c"},
    }  # fmt: skip
    assert scanned(sequence)[2] == ["name IN ('a', 'b', 'c')"]
    ratio = {
        "type": "ratio", "part": {"event": "a"}, "whole": {"event": "b"}, "comparison": "exactly",
        "value": 1, "within_days": 1,
    }  # fmt: skip
    assert scanned(ratio) == ("2026-11-21T16:00:00.000", "2026-11-21", ["name IN ('a', 'b')"])
    alive = {"type": "activity", "about": "age_days", "comparison": "at_least", "value": 1}
    assert scanned(alive, late)[:2] == (None, None)
    assert not any("name" in each for each in scanned(alive, late)[2])


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
