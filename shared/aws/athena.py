"""Athena: runs a query in the lake's workgroup and waits for its rows."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws.faults import faults_are_transient
from shared.domain.lake.tables import DATABASE
from shared.errors import InvalidInputError, TooLargeError, TransientError

Row = dict[str, str | None]

PATIENCE_SECONDS: Final = 60.0
MAX_ROWS: Final = 10_000
# The first look comes soon, later ones ever more seldom.
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 2.0
_PAGE_ROWS: Final = 1_000
_USERS_FAULT: Final = 2  # AthenaError.ErrorCategory: the query itself is wrong


class Athena:
    """One workgroup, which bounds what a query may scan."""

    def __init__(
        self,
        client: Any,
        workgroup: str,
        *,
        database: str = DATABASE,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`client` is a low-level Athena client; `pause` waits between two looks at a query."""
        self._client = client
        self._workgroup = workgroup
        self._database = database
        self._clock = clock
        self._pause = pause

    def query(
        self, sql: str, *, max_rows: int = MAX_ROWS, patience: float = PATIENCE_SECONDS
    ) -> list[Row]:
        """Run one SELECT and give its rows by column name: values as text, None for null.

        Raises InvalidInputError when Athena does not understand it or may not scan so much,
        TooLargeError when there are more than `max_rows`, TransientError when it does not end
        within `patience` seconds (it is stopped then) or AWS is busy.
        """
        with faults_are_transient():
            query_id = self._start(sql)
            self._wait(query_id, patience)
            rows: list[Row] = []
            for row in self._rows(query_id):
                if len(rows) == max_rows:
                    raise TooLargeError(f"the query has more than {max_rows:,} rows")
                rows.append(row)
            return rows

    def result_of(self, sql: str, *, patience: float = PATIENCE_SECONDS) -> str:
        """Run one SELECT and give the address of its rows, `s3://…`, as CSV, however many they are.

        Raises InvalidInputError and TransientError as `query` does.
        """
        with faults_are_transient():
            execution = self._wait(self._start(sql), patience)
            return str(execution["ResultConfiguration"]["OutputLocation"])

    def _start(self, sql: str) -> str:
        try:
            answer = self._client.start_query_execution(
                QueryString=sql,
                WorkGroup=self._workgroup,
                QueryExecutionContext={"Database": self._database},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidRequestException":
                raise
            raise InvalidInputError(error.response["Error"]["Message"], where="sql") from error
        return str(answer["QueryExecutionId"])

    def _wait(self, query_id: str, patience: float) -> dict[str, Any]:
        deadline = self._clock() + patience
        pause = _FIRST_PAUSE_SECONDS
        while True:
            found = self._client.get_query_execution(QueryExecutionId=query_id)
            execution: dict[str, Any] = found["QueryExecution"]
            status = execution["Status"]
            if status["State"] == "SUCCEEDED":
                return execution
            if status["State"] in ("FAILED", "CANCELLED"):
                raise _failure(status)
            if self._clock() + pause > deadline:
                self._client.stop_query_execution(QueryExecutionId=query_id)
                raise TransientError(f"the query did not end within {patience:.0f} seconds")
            self._pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _rows(self, query_id: str) -> Iterator[Row]:
        request = {"QueryExecutionId": query_id, "MaxResults": _PAGE_ROWS}
        skipped = 1  # the first page begins with the names of the columns
        while True:
            page = self._client.get_query_results(**request)
            result = page["ResultSet"]
            names = [column["Name"] for column in result["ResultSetMetadata"]["ColumnInfo"]]
            for row in result["Rows"][skipped:]:
                values = (value.get("VarCharValue") for value in row["Data"])
                yield dict(zip(names, values, strict=True))
            if "NextToken" not in page:
                return
            request["NextToken"] = page["NextToken"]
            skipped = 0


def _failure(status: dict[str, Any]) -> Exception:
    """What a query that failed says; without a category, as when the scan limit ends it."""
    reason = str(status.get("StateChangeReason") or "the query was cancelled")
    category = status.get("AthenaError", {}).get("ErrorCategory", _USERS_FAULT)
    if category == _USERS_FAULT:
        return InvalidInputError(reason, where="sql")
    return TransientError(f"Athena failed: {reason}", hint="try again")
