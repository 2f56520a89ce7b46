"""A backtest that was asked for, and how far it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

Status = Literal["running", "done", "failed"]

KEPT: Final = timedelta(days=7)
"""As long as the bucket keeps reports."""

FOLDER: Final = "backtests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """One backtest, and what came of it so far.

    `since` and `until` are the instants between which events arrived, the last day being cut where
    it is not over yet. With `runs` every run is written down as well, in `pieces` files so far.
    `reason` says why it failed.
    """

    backtest_id: str
    journey_id: str
    version: int
    first_day: date
    last_day: date
    since: datetime
    until: datetime
    requested_at: datetime
    runs: bool = False
    status: Status = "running"
    reason: str = ""
    people: int = 0
    events: int = 0
    done_share: float = 0.0
    pieces: int = 0
    finished_at: datetime | None = None

    @property
    def expires_at(self) -> datetime:
        """When row and files are deleted."""
        return self.requested_at + KEPT


def folder_of(workspace_id: str) -> str:
    """Prefix of all files of a workspace."""
    return f"{FOLDER}/{workspace_id}/"


def report_key(workspace_id: str, backtest_id: str) -> str:
    """Where the report lies."""
    return f"{folder_of(workspace_id)}{backtest_id}/report.json"


def part_key(workspace_id: str, backtest_id: str) -> str:
    """Where the report of those lies who are done, and where to go on."""
    return f"{folder_of(workspace_id)}{backtest_id}/part.json"


def runs_key(workspace_id: str, backtest_id: str, piece: int) -> str:
    """Where a piece of the file of runs lies."""
    return f"{folder_of(workspace_id)}{backtest_id}/runs-{piece}.jsonl"
