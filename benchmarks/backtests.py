"""How long a million events take to be replayed, from the rows that a query wrote to the report.

A tenth of the people leave a cart, of whom some pay; all did something before. Reading the rows
counts; the query does not, for the lake does that.
"""

import csv
import io
import json
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from functions.backtest_journey.usecase import people_in
from shared.aws.query_results import QueryResults
from shared.domain.backtests.query import COLUMNS
from shared.domain.backtests.report import Report
from shared.domain.backtests.rows import add_person
from shared.domain.backtests.setting import Period, Setting
from shared.domain.instants import format_instant
from shared.domain.journeys.definition import Journey
from shared.domain.messages.model import EmailTemplate
from shared.domain.segments.expand import Definitions
from shared.domain.workspace.model import WorkspaceSettings

EVENTS: Final = 1_000_000
OF_ONE: Final = 10
_FIRST: Final = datetime(2026, 11, 1, tzinfo=UTC)
_PERIOD: Final = Period(_FIRST + timedelta(days=2), _FIRST + timedelta(days=30))
CART: Final = Journey.model_validate(
    {
        "journey_id": "past-cart",
        "title": "Cart",
        "entry": {"type": "event", "event": "cart"},
        "reentry": {"policy": "after", "after": "P1D"},
        "exit_on": [{"event": "paid"}],
        "steps": [
            {"type": "wait", "name": "a day", "duration": "P1D"},
            {
                "type": "branch",
                "name": "who",
                "arms": [{"when": {"type": "event", "event": "page", "times": 3}, "next": "mail"}],
                "otherwise": "end",
            },
            {"type": "send", "name": "mail", "template_id": "cart"},
            {"type": "wait", "name": "rest", "duration": "P3D"},
        ],
    }
)
_MAIL: Final = EmailTemplate(
    template_id="cart",
    subject="{{ profile.first_name }}, your cart",
    html="<p>Dear {{ profile.first_name }}</p>",
)


class _FileS3:
    """One file in the place of S3."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get_object(self, **asked: str) -> Mapping[str, Any]:
        first, last = map(int, asked["Range"].removeprefix("bytes=").split("-"))
        with self._path.open("rb") as file:
            file.seek(first)
            piece = file.read(last + 1 - first)
        return {"Body": io.BytesIO(piece), "ContentRange": f"bytes 0-0/{self._path.stat().st_size}"}


def measure() -> dict[str, Any]:
    """Events a second of processor time, and what came of it."""
    setting = Setting(
        "default",
        CART,
        1,
        Definitions(segments={}, tags={}),
        {"cart": _MAIL},
        WorkspaceSettings(email_from="shop@example.com"),
        _PERIOD,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "histories.csv"
        write_histories(path, EVENTS // OF_ONE)
        results = QueryResults(_FileS3(path))
        start, report = time.process_time(), Report()
        for rows, _ in people_in(results.rows_from("s3://b/histories.csv", COLUMNS)):
            add_person(report, setting, rows[0]["profile_id"], rows)
        seconds = time.process_time() - start
    if report.events != EVENTS or not report.sent:
        raise AssertionError(report.to_json())
    return {
        "events": report.events,
        "people": report.people,
        "enrolments": report.enrolments,
        "messages": report.sent,
        "cpu_seconds": round(seconds, 1),
        "events_a_second": round(report.events / seconds),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def write_histories(path: Path, people: int) -> None:
    """What the query would have written of so many people, with `OF_ONE` events of each."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        for person in range(people):
            writer.writerows(_rows(person))


def _rows(person: int) -> Iterator[dict[str, str]]:
    names = ["$identify", "$consent_changed", *["page"] * (OF_ONE - 4)]
    names += ["cart" if person % 10 == 0 else "page", "paid" if person % 30 == 0 else "page"]
    for place, name in enumerate(names):
        at = _FIRST + timedelta(hours=5 * place + person % 600, milliseconds=person)
        said: dict[str, Any] = {"page": "/home", "nr": place}
        traits: dict[str, Any] = {}
        if name == "$identify":
            traits = {"email": f"p{person}@example.com", "first_name": "Ann", "city": "Ulm"}
        if name == "$consent_changed":
            said = {"marketing": "granted"}
        yield {
            "profile_id": f"{person:032x}",
            "message_id": f"{person}-{place}",
            "name": name,
            "type": "identify" if traits else "track",
            "source_id": "web",
            "occurred_at": format_instant(at),
            "received_at": format_instant(at + timedelta(seconds=1)),
            "properties": json.dumps(said),
            "traits": json.dumps(traits) if traits else "",
        }


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
