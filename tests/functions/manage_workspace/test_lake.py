"""Operators ask the event history in SQL, within limits."""

import pytest

from functions.manage_workspace import handler
from shared.errors import InvalidInputError, TooLargeError, TransientError


class Athena:
    """Answers every query with the same rows, or the same error."""

    def __init__(self):
        self.asked = []
        self.rows = [{"name": "pay", "revenue": "11.77"}, {"name": "茶", "revenue": None}]
        self.error = None

    def query(self, sql, *, max_rows, patience):
        self.asked.append((sql, max_rows))
        assert patience < 29, "the gateway would give up first"
        if self.error:
            raise self.error
        return self.rows


@pytest.fixture
def athena(api):
    fake = Athena()
    object.__setattr__(handler.wiring().ports, "open_lake", lambda: fake)
    return fake


def test_a_query_gives_its_rows_by_name(api, athena):
    answer = api.post("/lake/query", {"sql": "SELECT 1"})
    assert (answer.status, answer.body["rows"]) == (200, athena.rows)
    assert athena.asked == [("SELECT 1", 100)]


@pytest.mark.parametrize(
    "body",
    [{}, {"sql": ""}, {"sql": 1}, {"sql": "SELECT 1", "max_rows": 1_001}, {"sql": "x", "more": 1}],
)
def test_what_is_no_query_is_refused(api, athena, body):
    assert api.post("/lake/query", body).status == 400
    assert athena.asked == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInputError("no such column", where="sql"), 400),
        (TooLargeError("the query has more than 100 rows"), 413),
        (TransientError("the query did not end within 20 seconds"), 503),
    ],
)
def test_a_query_that_fails_says_why(api, athena, error, status):
    athena.error = error
    answer = api.post("/lake/query", {"sql": "SELECT 1"})
    assert answer.status == status
    assert error.message in answer.body["message"]


def test_an_answer_that_could_not_be_sent_is_refused(api, athena):
    athena.rows = [{"context": "x" * 32_000}] * 40
    assert api.post("/lake/query", {"sql": "SELECT 1"}).status == 413
