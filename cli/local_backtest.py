"""Backtests and previews of files here, with the definitions among them; asks no deployment."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from cli.definitions import definitions_among, templates_among
from cli.documents import Document, body_as
from cli.errors import CommandError
from shared.domain.backtests.replay import replay
from shared.domain.backtests.report import Report
from shared.domain.backtests.rows import line_of
from shared.domain.backtests.setting import Period, Setting
from shared.domain.days import day_start
from shared.domain.journeys.definition import Journey
from shared.domain.messages.model import AnyTemplate
from shared.domain.workspace.model import DEFAULT_WORKSPACE
from shared.errors import InvalidInputError

_JOURNEY: Final = TypeAdapter[Journey](Journey)
_VERSION: Final = 1  # of a journey that nobody has put yet

Progress = Callable[[int, int], None]
"""Told how many people of how many are done."""


@dataclass(frozen=True, slots=True)
class Files:
    """One journey out of files, and what they hold beside it."""

    journey: Journey
    documents: Sequence[Document]

    @property
    def templates(self) -> dict[str, AnyTemplate]:
        """The templates by their ids."""
        return templates_among(self.documents)


def journey_among(documents: Iterable[Document], journey_id: str | None) -> Files:
    """The journey of this id, or the only one there is; raises CommandError."""
    documents = list(documents)
    journeys = {one.name: one for one in documents if one.kind == "journey"}
    if journey_id is None and len(journeys) == 1:
        journey_id = next(iter(journeys))
    if journey_id is None or journey_id not in journeys:
        named = ", ".join(sorted(journeys)) or "none"
        raise CommandError(f"say which journey by --journey; these files hold {named}")
    return Files(body_as(_JOURNEY, journeys[journey_id]), documents)


def backtest(
    files: Files,
    events: Path,
    first_day: date | None,
    last_day: date | None,
    progress: Progress,
) -> Report:
    """Replay a file of events, person by person; raises CommandError.

    The memory that it takes does not grow with the events, only with where their lines begin.
    """
    people, span = _index(events)
    definitions = definitions_among(files.documents)
    zone = definitions.settings.zone
    period = Period(
        day_start(first_day, zone) if first_day else span.first,
        day_start(last_day + timedelta(days=1), zone) if last_day else span.last,
    )
    setting = Setting(
        DEFAULT_WORKSPACE,
        files.journey,
        _VERSION,
        definitions,
        files.templates,
        definitions.settings,
        period,
    )
    try:
        setting.check()
    except InvalidInputError as error:
        raise CommandError(f"{error.where}: {error}") from error
    report = Report()
    with events.open("rb") as file:
        for done, (person, places) in enumerate(people.items()):
            history = []
            for place in places:
                file.seek(place)
                history.append(line_of(file.readline().decode(), place)[1])
            report.add(setting, replay(setting, person, history), len(history))
            progress(done + 1, len(people))
    return report


def _index(events: Path) -> tuple[dict[str, list[int]], Period]:
    """Where the lines of each person begin, and the period in which all events arrived."""
    people: dict[str, list[int]] = {}
    first, last = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
    place = number = 0
    try:
        with events.open("rb") as file:
            for raw in file:
                number += 1
                if raw.strip():
                    person, event = line_of(raw.decode(), number)
                    people.setdefault(person, []).append(place)
                    first, last = min(first, event.received_at), max(last, event.received_at)
                place += len(raw)
    except (OSError, UnicodeDecodeError, InvalidInputError) as error:
        raise CommandError(f"{events}: {error}") from error
    if not people:
        raise CommandError(f"{events}: there are no events in it")
    return people, Period(first, last + timedelta(milliseconds=1))
