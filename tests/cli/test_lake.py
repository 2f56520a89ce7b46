"""`rapport sql` prints what the lake answers."""

import json
import re
import shlex
from pathlib import Path

import pytest

from functions.manage_workspace import handler
from shared.domain.lake import sql
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.errors import InvalidInputError
from tests.functions.build_segments.lake import LakeAthena

RUNBOOKS = sorted((Path(__file__).parents[2] / "docs" / "runbooks").glob("*.md"))
COMMAND = re.compile(r'rapport (sql "(?:[^"\\]|\\.)+")')

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


def test_what_runbooks_ask_names_the_journey_that_bounces_and_the_source_that_is_hot(
    rapport, make_event
):
    athena = LakeAthena()
    athena.lake.query(f"CREATE VIEW people_events AS {sql.people_events()}")
    object.__setattr__(handler.wiring().ports, "open_lake", lambda: athena)
    told = [("$message_sent", {}), ("$message_bounced", {"bounce": "permanent"})]
    told += [("$message_bounced", {"bounce": "transient"}), ("$message_complained", {})]
    for name, more in told:
        event = make_event(name, properties={"journey_id": "cart", **more}).to_json()
        athena.lake.add(EVENTS, [event_row("s1", event)])
    said = {}
    for page in RUNBOOKS:
        for command in COMMAND.findall(page.read_text()):
            words = shlex.split(command.replace(r"\$", "$"))  # which a shell does, and shlex not
            [row] = rapport(*words, "--json").out.splitlines()
            said[page.stem] = json.loads(row)
    assert said["bounce-rate"] == {"journey": "cart", "sent": "1", "bounced": "1"}
    assert said["complaint-rate"] == {"journey": "cart", "sent": "1", "complained": "1"}
    assert said["throttled"] == {"source_id": "web", "profile_id": "s1", "n": "4"}
