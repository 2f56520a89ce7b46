"""The audit trail in the catalog table: lines that are only ever added, before and after a change.

The first line of a change is stored before anything is done, so no change is without one. What a
transaction changes is told by a line in the same transaction. The last line says what came of it;
a function that ends before it leaves a change whose outcome is unknown, and none that nobody knows.
"""

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.identity_secret import IdentitySecret
from shared.aws.items import from_item, is_conditional_failure, to_item
from shared.domain.access.operators import Operator
from shared.domain.access.trail import Asked, AuditOutcome, Change, Facts, Line
from shared.domain.instants import parse_instant
from shared.domain.text import to_text

PURPOSE: Final = "audit"
_ASKED: Final = "0"
_ENDED: Final = "9"
MOST_LOOKED_AT: Final = 3_000  # rows in one page

Row = dict[str, Any]


class AuditTrail:
    """The audit trails of all workspaces; every method raises TransientError."""

    def __init__(self, client: Any, catalog_table: str, secret: IdentitySecret) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table
        self._secret = secret

    def subject(self, workspace_id: str, *named: str) -> str:
        """The digest by which somebody is found in the trail, and named to nobody."""
        key = self._secret.key(PURPOSE, workspace_id)
        return hmac.digest(key, "\0".join(named).encode(), sha256).hex()[:32]

    def begin(self, workspace_id: str, asked: Asked) -> "Recording":
        """Store that somebody asks for a change, before it is made."""
        recording = Recording(self, workspace_id, asked)
        self.write(workspace_id, asked, _ASKED, _row_of(asked))
        return recording

    def write(self, workspace_id: str, asked: Asked, part: str, row: Row) -> None:
        """Add a line; one that is there already stays as it is."""
        try:
            with faults_are_transient():
                self._client.put_item(**self.put(workspace_id, asked, part, row))
        except ClientError as error:
            # Nobody else makes this id: it is our own, and its answer was lost.
            if not is_conditional_failure(error):
                raise

    def put(self, workspace_id: str, asked: Asked, part: str, row: Row) -> dict[str, Any]:
        """The request that adds a line."""
        place = {
            "pk": keys.audits(workspace_id),
            "sk": keys.audit(asked.at, asked.audit_id, part),
        }
        return {
            "TableName": self._table,
            "Item": to_item({**place, **row}),
            "ConditionExpression": "attribute_not_exists(pk)",
        }

    def page(
        self, workspace_id: str, limit: int, before: str | None = None, subject: str = ""
    ) -> tuple[list[Line], str | None]:
        """The latest changes, the newest first, and the cursor of the page that follows.

        With `subject` only those about somebody; such a page looks at a bounded number of rows and
        may hold less than there is. A change is never cut in two: its first line stands last.
        """
        lines: list[Line] = []
        parts: list[Row] = []
        for looked, row in enumerate(self._rows(workspace_id, before, limit), start=1):
            parts.append(row)
            if not row["sk"].endswith(f"#{_ASKED}"):
                continue
            if not subject or row.get("subject") == subject:
                lines.append(_line(parts))
            parts = []
            if len(lines) == limit or looked >= MOST_LOOKED_AT:
                return lines, str(row["sk"])
        return lines, None

    def _rows(self, workspace_id: str, before: str | None, limit: int) -> Iterator[Row]:
        condition = "pk = :pk AND sk < :before" if before else "pk = :pk"
        values = {":pk": {"S": keys.audits(workspace_id)}}
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values | ({":before": {"S": before}} if before else {}),
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": limit * 3,
        }
        while True:
            with faults_are_transient():
                found = self._client.query(**request)
            yield from (from_item(item) for item in found["Items"])
            if "LastEvaluatedKey" not in found:
                return
            request["ExclusiveStartKey"] = found["LastEvaluatedKey"]


@dataclass(slots=True)
class Recording:
    """A change while it is made."""

    trail: AuditTrail
    workspace_id: str
    asked: Asked
    told: int = 0

    def actions(self, changes: Sequence[Change]) -> list[dict[str, Any]]:
        """The line of a transaction, to be stored with it; another try has a line of its own."""
        self.told += 1
        row = {"changes": to_text([change._asdict() for change in changes])}
        part = f"1{self.told:03d}"
        return [{"Put": self.trail.put(self.workspace_id, self.asked, part, row)}]

    def end(self, outcome: AuditOutcome, code: str = "", answered: Facts | None = None) -> None:
        """Store what came of it."""
        row = {"outcome": outcome, "code": code or None, "answered": to_text(dict(answered or {}))}
        self.trail.write(self.workspace_id, self.asked, _ENDED, row)


def _row_of(asked: Asked) -> Row:
    return {
        "at": asked.at,
        "operator_id": asked.operator.operator_id,
        "name": asked.operator.name,
        "role": asked.operator.role,
        "operation": asked.operation,
        "names": to_text(dict(asked.names)),
        "subject": asked.subject or None,
        "sent": to_text(dict(asked.sent)),
    }


def _line(parts: Sequence[Mapping[str, Any]]) -> Line:
    """One change of its lines, in any order."""
    by_part = {part["sk"].rpartition("#")[2]: part for part in parts}
    first = by_part.pop(_ASKED)
    last = by_part.pop(_ENDED, None)
    changes = [
        Change(**change)
        for part in sorted(by_part)
        for change in json.loads(by_part[part]["changes"])
    ]
    # A transaction that is stored has been done, whether or not anybody lived to say so.
    unsaid: AuditOutcome = "done" if changes else "unknown"
    outcome: AuditOutcome = last["outcome"] if last else unsaid
    if outcome == "refused" and changes:
        outcome = "failed"  # what came after the transaction was refused, and not the whole
    return Line(
        asked=Asked(
            audit_id=first["sk"].split("#")[1],
            at=parse_instant(first["at"]),
            operator=Operator(first["operator_id"], first["name"], first["role"]),
            operation=first["operation"],
            names=json.loads(first["names"]),
            subject=first.get("subject", ""),
            sent=json.loads(first["sent"]),
        ),
        outcome=outcome,
        code=last.get("code", "") if last else "",
        answered=json.loads(last["answered"]) if last else {},
        changes=changes,
    )
