"""A query gives its rows, or says whose fault it is that it does not."""

import pytest
from botocore.exceptions import ClientError

from shared.aws.athena import Athena
from shared.errors import InvalidInputError, TooLargeError, TransientError


class Service:
    """Athena with one query: the states that it goes through, then pages of rows."""

    def __init__(self, states=("QUEUED", "RUNNING", "SUCCEEDED"), rows=(), refuses=None, **status):
        self.states = list(states)
        self.rows = [("name", "n"), *rows]
        self.refuses = refuses
        self.status = status
        self.asked = []
        self.stopped = []

    def start_query_execution(self, **request):
        self.asked.append(request)
        if self.refuses:
            raise ClientError({"Error": {"Code": self.refuses, "Message": "line 1:1"}}, "Start")
        return {"QueryExecutionId": "q1"}

    def get_query_execution(self, QueryExecutionId):  # noqa: N803
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"QueryExecution": {"Status": {"State": state, **self.status}}}

    def stop_query_execution(self, QueryExecutionId):  # noqa: N803
        self.stopped.append(QueryExecutionId)

    def get_query_results(self, QueryExecutionId, MaxResults, NextToken="0"):  # noqa: N803
        start = int(NextToken)
        page = self.rows[start : start + 3]
        data = [[{} if v is None else {"VarCharValue": v} for v in row] for row in page]
        answer = {
            "ResultSet": {
                "Rows": [{"Data": row} for row in data],
                "ResultSetMetadata": {"ColumnInfo": [{"Name": "name"}, {"Name": "n"}]},
            }
        }
        return answer | ({"NextToken": str(start + 3)} if start + 3 < len(self.rows) else {})


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def pause(self, seconds):
        self.now += seconds


def athena(service):
    clock = Clock()
    return Athena(service, "rapport", clock=clock, pause=clock.pause)


def test_all_pages_come_without_the_line_of_names_and_with_nulls():
    service = Service(rows=[("a", "1"), ("b", None), ("c", "3"), ("d", "4"), ("e", "5")])
    assert athena(service).query("SELECT 1") == [
        {"name": "a", "n": "1"},
        {"name": "b", "n": None},
        {"name": "c", "n": "3"},
        {"name": "d", "n": "4"},
        {"name": "e", "n": "5"},
    ]
    (asked,) = service.asked
    assert asked["WorkGroup"] == "rapport"
    assert asked["QueryExecutionContext"] == {"Database": "rapport"}


def test_no_rows_are_an_empty_list():
    assert athena(Service()).query("SELECT 1") == []


def test_more_rows_than_wanted_are_refused_not_cut():
    service = Service(rows=[("a", "1")] * 5)
    assert len(athena(service).query("SELECT 1", max_rows=5)) == 5
    with pytest.raises(TooLargeError, match="more than 4 rows"):
        athena(service).query("SELECT 1", max_rows=4)


def test_a_query_that_takes_too_long_is_stopped():
    service = Service(states=["RUNNING"])
    with pytest.raises(TransientError, match="within 5 seconds"):
        athena(service).query("SELECT 1", patience=5)
    assert service.stopped == ["q1"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ({"AthenaError": {"ErrorCategory": 2}}, InvalidInputError),
        ({}, InvalidInputError),
        ({"AthenaError": {"ErrorCategory": 1}}, TransientError),
    ],
)
def test_a_wrong_query_is_told_from_a_failing_athena(status, error):
    service = Service(states=["FAILED"], StateChangeReason="Bytes scanned limit", **status)
    with pytest.raises(error, match="Bytes scanned limit"):
        athena(service).query("SELECT 1")


def test_what_athena_refuses_at_once_is_the_callers_fault():
    with pytest.raises(InvalidInputError, match="line 1:1"):
        athena(Service(refuses="InvalidRequestException")).query("SELEC")
    with pytest.raises(TransientError):
        athena(Service(refuses="TooManyRequestsException")).query("SELECT 1")
    with pytest.raises(ClientError):
        athena(Service(refuses="AccessDeniedException")).query("SELECT 1")
