"""Carries out backtests, in as many goes as they need; each goes on with the very next person.

Everything may be repeated: a go begins where the last one that came to its end has stopped, and a
person's part in the report follows from the history alone.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

from shared.aws.archives import Archives, Upload
from shared.aws.athena import Athena
from shared.aws.backtest_store import BacktestStore, Part
from shared.aws.catalog import CatalogReader
from shared.aws.query_results import QueryResults, Reading
from shared.domain.backtests.model import Backtest, runs_key
from shared.domain.backtests.query import COLUMNS, histories
from shared.domain.backtests.report import Report
from shared.domain.backtests.rows import add_person
from shared.domain.backtests.setting import Period, Setting
from shared.domain.costs.preview import templates_of
from shared.domain.messages.model import AnyTemplate
from shared.domain.text import to_text
from shared.errors import InvalidInputError, NotFoundError

PATIENCE_SECONDS: Final = 600.0  # for the one query
# A go stops when so much of its time is left: enough for a long person, and to write down.
LEFT_SECONDS: Final = 90.0
_TELL_SECONDS: Final = 5.0  # between two words about how far it is
_JSON_LINES: Final = "application/x-ndjson"


class Queue(Protocol):
    """Where a backtest goes that is not done yet."""

    def send_json(self, data: object) -> None:
        """Let it come again."""


class BacktestJourney:
    """One go of one backtest after another."""

    def __init__(
        self,
        backtests: BacktestStore,
        catalog: CatalogReader,
        athena: Athena,
        results: QueryResults,
        archives: Archives,
        queue: Queue,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._backtests = backtests
        self._catalog = catalog
        self._athena = athena
        self._results = results
        self._archives = archives
        self._queue = queue
        self._now = now

    def carry_out(
        self, workspace_id: str, backtest_id: str, seconds_left: Callable[[], float]
    ) -> Backtest:
        """Go on with a backtest; raises NotFoundError, TransientError.

        What cannot be replayed makes it `failed`, which repeating would not cure.
        """
        backtest = self._backtests.load(workspace_id, backtest_id)
        if backtest.status != "running":
            return backtest
        try:
            after = self._go_on(workspace_id, backtest, seconds_left)
        except (InvalidInputError, NotFoundError) as error:
            after = replace(backtest, status="failed", reason=str(error), finished_at=self._now())
        self._backtests.put(workspace_id, after)
        if after.status == "running":
            self._queue.send_json({"workspace_id": workspace_id, "backtest_id": backtest_id})
        return after

    def _go_on(
        self, workspace_id: str, backtest: Backtest, seconds_left: Callable[[], float]
    ) -> Backtest:
        name = backtest.backtest_id
        setting = self._setting(workspace_id, backtest)
        part = self._backtests.part(workspace_id, name)
        if part is None:  # nobody is done, or an erasure took it away with the rows it was made of
            address = self._athena.result_of(histories(setting), patience=PATIENCE_SECONDS)
            part, backtest = Part(Report(), address, 0), replace(backtest, pieces=0)
        reading = self._results.rows_from(part.address, COLUMNS, part.offset)
        with ExitStack() as stack:
            runs = self._runs(workspace_id, backtest, stack)
            stopped_at = self._replay(setting, backtest, reading, part.report, runs, seconds_left)
        after = replace(
            _progress(backtest, part.report, reading), pieces=backtest.pieces + bool(runs)
        )
        if stopped_at is not None:
            part = part._replace(offset=stopped_at)
            self._backtests.keep_part(workspace_id, name, part)
            return after
        self._backtests.keep_report(workspace_id, name, part.report)
        return replace(after, status="done", done_share=1.0, finished_at=self._now())

    def _replay(
        self,
        setting: Setting,
        backtest: Backtest,
        reading: Reading,
        report: Report,
        runs: Upload | None,
        seconds_left: Callable[[], float],
    ) -> int | None:
        """Person by person, until the end or until time is up; gives where to go on then."""
        told_at = seconds_left()
        for rows, following in people_in(reading):
            story = add_person(report, setting, rows[0]["profile_id"], rows)
            if runs:
                for enrolment in story.enrolments:
                    runs.write(f"{to_text(enrolment.to_json())}\n".encode("utf-8", "surrogatepass"))
            left = seconds_left()
            if left < LEFT_SECONDS:
                return following
            if told_at - left > _TELL_SECONDS:
                told_at = left
                now = _progress(backtest, report, reading)
                self._backtests.put(setting.workspace_id, now)
        return None

    def _runs(self, workspace_id: str, backtest: Backtest, stack: ExitStack) -> Upload | None:
        """The next piece of the file of runs, where it was asked for; finished with the go."""
        if not backtest.runs:
            return None
        key = runs_key(workspace_id, backtest.backtest_id, backtest.pieces)
        upload = self._archives.open(key, _JSON_LINES)

        def end(kind: object, error: object, trace: object) -> None:  # noqa: ARG001
            if error is None:
                upload.finish()
            else:
                upload.give_up()

        stack.push(end)
        return upload

    def _setting(self, workspace_id: str, backtest: Backtest) -> Setting:
        catalog = self._catalog
        found = catalog.journey(workspace_id, backtest.journey_id, backtest.version)
        templates: dict[str, AnyTemplate] = {}
        for name in templates_of(found.journey):
            with suppress(NotFoundError):  # that is told of every message
                pinned = found.journey.template_versions.get(name, 0)
                templates[name] = catalog.template(workspace_id, name, pinned)
        setting = Setting(
            workspace_id,
            found.journey,
            backtest.version,
            catalog.definitions(workspace_id),
            templates,
            catalog.settings(workspace_id),
            Period(backtest.since, backtest.until),
        )
        setting.check()
        return setting


def people_in(reading: Reading) -> Iterator[tuple[list[Mapping[str, str]], int]]:
    """The rows of one person after the other, each with where those of the next one begin."""
    rows: list[Mapping[str, str]] = []
    iterator = iter(reading)
    while True:
        begins = reading.offset
        row = next(iterator, None)
        if rows and (row is None or row["profile_id"] != rows[0]["profile_id"]):
            yield rows, begins
            rows = []
        if row is None:
            return
        rows.append(row)


def _progress(backtest: Backtest, report: Report, reading: Reading) -> Backtest:
    return replace(
        backtest, people=report.people, events=report.events, done_share=reading.done_share
    )
