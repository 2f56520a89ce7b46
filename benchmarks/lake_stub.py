"""An Athena that runs nothing: every query succeeds at once, with the result that it was given.

How much of a result a function holds does not depend on who computed it, and a lake of millions
of people would take longer to make than to ask.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Row = Sequence[str]


@dataclass
class StubbedAthena:
    """What the next queries come to: rows to page through, and an object that holds them as CSV."""

    endpoint: str = ""
    address: str = ""
    columns: Row = ()
    rows: list[Row] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)

    def answers(self, address: str = "", columns: Row = (), rows: Sequence[Row] = ()) -> None:
        """From now on queries come to this."""
        self.address, self.columns, self.rows = address, columns, list(rows)
        self.queries.clear()

    def answer(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one call of the API."""
        match action:
            case "StartQueryExecution":
                self.queries.append(request["QueryString"])
                return {"QueryExecutionId": str(len(self.queries))}
            case "GetQueryExecution":
                place = {"OutputLocation": self.address}
                done = {"Status": {"State": "SUCCEEDED"}, "ResultConfiguration": place}
                return {"QueryExecution": done}
            case "GetQueryResults":
                return self._page(request)
            case _:
                raise AssertionError(action)

    def _page(self, request: dict[str, Any]) -> dict[str, Any]:
        start, most = int(request.get("NextToken", 0)), request["MaxResults"]
        every = [self.columns, *self.rows]  # the first page begins with the names of the columns
        page = every[start : start + most]
        info = [{"Name": name, "Type": "varchar"} for name in self.columns]
        result = {
            "Rows": [{"Data": [{"VarCharValue": value} for value in row]} for row in page],
            "ResultSetMetadata": {"ColumnInfo": info},
        }
        further = {"NextToken": str(start + most)} if start + most < len(every) else {}
        return {"ResultSet": result, **further}


@contextmanager
def stubbed_athena() -> Iterator[StubbedAthena]:
    """Serve it on a free port of this machine."""
    athena = StubbedAthena()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Every call of the API is one."""
            body = self.rfile.read(int(self.headers["content-length"]))
            action = self.headers["x-amz-target"].rpartition(".")[2]
            answer = json.dumps(athena.answer(action, json.loads(body))).encode()
            self.send_response(200)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    athena.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield athena
    finally:
        server.shutdown()
        server.server_close()
