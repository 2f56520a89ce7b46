"""Backtests: a row of the catalog table for each, and its report in S3; gone after a week."""

import json
from datetime import date
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, to_item
from shared.domain.backtests.model import Backtest, part_key, report_key
from shared.domain.backtests.report import Report
from shared.domain.instants import parse_instant
from shared.errors import NotFoundError

_PLAIN = (
    *("backtest_id", "journey_id", "version", "runs", "status", "reason", "people", "events"),
    "pieces",
)
_INSTANTS = ("since", "until", "requested_at")


class Part(NamedTuple):
    """The report of those who are done, and where in which result to go on."""

    report: Report
    address: str
    offset: int


class BacktestStore:
    """The backtests of all workspaces; every method raises TransientError."""

    def __init__(self, dynamodb: Any, catalog_table: str, s3: Any, archive_bucket: str) -> None:
        """Low-level clients, and where rows and reports lie."""
        self._dynamodb = dynamodb
        self._table = catalog_table
        self._s3 = s3
        self._bucket = archive_bucket

    def put(self, workspace_id: str, backtest: Backtest) -> None:
        """Write a backtest down as it is now."""
        row = {
            **keys.backtest(workspace_id, backtest.backtest_id)._asdict(),
            **{name: getattr(backtest, name) for name in (*_PLAIN, *_INSTANTS)},
            "first_day": backtest.first_day.isoformat(),
            "last_day": backtest.last_day.isoformat(),
            "done_permille": round(backtest.done_share * 1_000),
            "finished_at": backtest.finished_at,
            "expires_at": int(backtest.expires_at.timestamp()),
        }
        with faults_are_transient():
            self._dynamodb.put_item(TableName=self._table, Item=to_item(row))

    def load(self, workspace_id: str, backtest_id: str) -> Backtest:
        """One backtest, strongly consistent; raises NotFoundError."""
        key = to_item(keys.backtest(workspace_id, backtest_id)._asdict())
        with faults_are_transient():
            answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            raise NotFoundError(
                f"there is no backtest {backtest_id!r}", hint="they are kept 7 days"
            )
        row = from_item(answer["Item"])
        finished_at = row.get("finished_at")
        return Backtest(
            **{name: row[name] for name in _PLAIN},
            since=parse_instant(row["since"]),
            until=parse_instant(row["until"]),
            requested_at=parse_instant(row["requested_at"]),
            first_day=date.fromisoformat(row["first_day"]),
            last_day=date.fromisoformat(row["last_day"]),
            done_share=row["done_permille"] / 1_000,
            finished_at=parse_instant(finished_at) if finished_at else None,
        )

    def keep_part(self, workspace_id: str, backtest_id: str, part: Part) -> None:
        """Remember what came of those who are done."""
        data = {"report": part.report.to_json(), "address": part.address, "offset": part.offset}
        self._write(part_key(workspace_id, backtest_id), data)

    def part(self, workspace_id: str, backtest_id: str) -> Part | None:
        """What came of those who are done; None when nobody is, or when it was taken away."""
        data = self._read(part_key(workspace_id, backtest_id))
        if data is None:
            return None
        return Part(Report.from_json(data["report"]), data["address"], data["offset"])

    def keep_report(self, workspace_id: str, backtest_id: str, report: Report) -> None:
        """Write the report of everybody."""
        self._write(report_key(workspace_id, backtest_id), report.to_json())

    def report(self, workspace_id: str, backtest_id: str) -> Report | None:
        """The report; None when an erasure took it away."""
        data = self._read(report_key(workspace_id, backtest_id))
        return None if data is None else Report.from_json(data)

    def _write(self, key: str, data: Any) -> None:
        body = json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass")
        with faults_are_transient():
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType="application/json"
            )

    def _read(self, key: str) -> Any:
        try:
            with faults_are_transient():
                body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            # Without the right to list, S3 says of what is not there that it is forbidden.
            if error.response["Error"]["Code"] not in ("NoSuchKey", "AccessDenied"):
                raise
            return None
        return json.loads(body)
