"""`rapport sql` prints what the lake answers."""

import json

import pytest

from functions.manage_workspace import handler
from shared.errors import InvalidInputError

ROWS = ({"name": "pay", "revenue": "11.77"}, {"name": "茶", "revenue": None})


class Athena:
    """Answers every query alike."""

    def query(self, sql, *, max_rows, patience):
        if "nothing" in sql:
            raise InvalidInputError("no such column", where="sql")
        return list(ROWS[:max_rows]) if "people_events" in sql else []


@pytest.fixture
def lake(rapport):
    object.__setattr__(handler.wiring().ports, "open_lake", Athena)
    return rapport


def test_rows_are_shown_as_a_table(lake):
    said = lake("sql", "SELECT * FROM people_events").out
    assert [line.split() for line in said.splitlines() if line.strip(" ─")] == [
        ["name", "revenue"],
        ["pay", "11.77"],
        ["茶"],
    ]


def test_rows_can_be_read_by_programs(lake):
    said = lake("sql", "SELECT * FROM people_events", "--json", "--max-rows", "1").out
    assert [json.loads(line) for line in said.splitlines()] == [ROWS[0]]


def test_no_rows_are_said_so(lake):
    assert lake("sql", "SELECT 1").out == "no rows\n"


def test_a_mistake_in_a_query_is_one_line(lake):
    said = lake("sql", "SELECT nothing")
    assert said.code == 1
    assert "no such column" in said.err
