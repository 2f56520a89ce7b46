"""Measures in the profiles table: what happened on a day, and what that comes to.

A day of a measure is one row, the set of its moments under a version. To add to it is to read it,
unite, and put it on condition that its version is still the same: whatever comes twice, late or
from two writers, the set is the union of all. What the day comes to lies in a row of the month,
stamped with the version of the set it was made of: an older stamp never overwrites a newer one.
Whoever dies between the two leaves a cell behind its day, and whoever brings the same events again
puts it right.

Which day a moment belongs to depends on the time zone, so a measure has rows of its own for each
zone that the workspace ever had. Another zone begins without any, and a build fills them.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.event_pages import event_pages
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    from_item,
    get_items,
    is_conditional_failure,
    query_items,
    to_item,
    to_text,
)
from shared.domain.days import month_of
from shared.domain.measures.cells import (
    add_moments,
    cell_from_json,
    cell_to_json,
    fold_day,
    merge_cells,
    unite_moments,
)
from shared.domain.measures.model import Cell, Measure, Moment, measures_by_event
from shared.domain.measures.taking import moments_by_day, moments_from_json, moments_to_json
from shared.errors import TransientError

MAX_ATTEMPTS: Final = 5
# An item holds 400 KB. Where long texts fill a day before its number of moments is reached, the
# latest that fit are kept.
MAX_DAY_BYTES: Final = 350_000

_LAST_DAY: Final = "9999-12-31"

New = Mapping[Measure, Mapping[date, Iterable[Moment]]]
Row = dict[str, Any]


class Span(NamedTuple):
    """Natural days from the first to the last, both included; None: up to the last there is."""

    first: date
    last: date | None = None


class _Day(NamedTuple):
    """What a day comes to, by which version of its moments."""

    day: date
    cell: Cell
    version: int


class MeasureStore:
    """MOM and CELL rows; reads are strongly consistent, every method raises TransientError."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    # --- what happens ---------------------------------------------------------------------------

    def add(self, workspace_id: str, strand_id: str, new: New, zone: ZoneInfo) -> None:
        """Add moments by measure and natural day of a zone; what is there already changes nothing.

        Costs for each measure and day a read and two writes, whatever happened on other days.
        """
        pk = keys.person(workspace_id, strand_id)
        places = {
            keys.Key(pk, keys.moments(rows_of(measure, zone), day)): (measure, day)
            for measure, days in new.items()
            for day in days
        }
        with faults_are_transient():
            found = get_items(self._client, self._table, places)
        months: dict[tuple[str, str], list[_Day]] = {}
        for key, (measure, day) in places.items():
            row = from_item(found[key]) if key in found else None
            united = self._add_to_day(key, day, tuple(new[measure][day]), row)
            months.setdefault((rows_of(measure, zone), month_of(day)), []).append(united)
        for (measure_id, month), united_days in months.items():
            self._store_cells(keys.Key(pk, keys.cells(measure_id, month)), united_days)

    def rebuild(
        self,
        workspace_id: str,
        strand_id: str,
        measures: Iterable[Measure],
        zone: ZoneInfo,
        *,
        after: str = "",
        reached: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Add everything in a strand's timeline that belongs to the measures, page by page.

        Of a long timeline `reached` is told the last sort key of each page but the last, from which
        `after` goes on. Repeating it, and new events meanwhile, are harmless.
        """
        by_event = measures_by_event(measures)
        if not by_event:
            return
        pk = keys.person(workspace_id, strand_id)
        for events, last in event_pages(self._client, self._table, pk, by_event, after):
            self.add(workspace_id, strand_id, moments_by_day(events, by_event, zone), zone)
            if last:
                reached(last)

    def forget(
        self,
        workspace_id: str,
        strand_id: str,
        new: Mapping[Measure, Iterable[date]],
        zone: ZoneInfo,
    ) -> None:
        """Take away these days by measure, and their months, of somebody who was erased."""
        pk = keys.person(workspace_id, strand_id)
        named = {rows_of(measure, zone): tuple(new[measure]) for measure in new}
        sort_keys = {keys.moments(name, day) for name in named for day in named[name]}
        sort_keys |= {keys.cells(name, month_of(day)) for name in named for day in named[name]}
        with faults_are_transient():
            for sk in sorted(sort_keys):
                self._client.delete_item(TableName=self._table, Key=to_item({"pk": pk, "sk": sk}))

    def _add_to_day(self, key: keys.Key, day: date, new: Sequence[Moment], row: Row | None) -> _Day:
        for _ in range(MAX_ATTEMPTS):
            known = moments_from_json(json.loads(row["moments"])) if row else ()
            version: int = row["version"] if row else 0
            united = _fitting(add_moments(known, new))
            if united == known:
                return _Day(day, fold_day(known), version)
            if self._put(key, united, version):
                return _Day(day, fold_day(united), version + 1)
            with faults_are_transient():
                item = get_items(self._client, self._table, [key]).get(key)
            row = from_item(item) if item else None
        raise TransientError("others keep adding to the same day")

    def _put(self, key: keys.Key, moments: Iterable[Moment], version: int) -> bool:
        """Store a day that was read at a version; False when somebody else was faster."""
        text = to_text(moments_to_json(moments))
        row = {**key._asdict(), "moments": text, "version": version + 1}
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if version:
            condition = {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": to_item({":version": version}),
            }
        try:
            with faults_are_transient():
                self._client.put_item(TableName=self._table, Item=to_item(row), **condition)
        except ClientError as error:
            if is_conditional_failure(error):
                return False
            raise
        return True

    def _store_cells(self, key: keys.Key, days: Sequence[_Day]) -> None:
        """Store what days of a month come to, each unless a newer one is there."""
        if self._set_cells(key, days) or len(days) == 1:
            return
        for day in days:
            self._set_cells(key, [day])

    def _set_cells(self, key: keys.Key, days: Sequence[_Day]) -> bool:
        """Set cells together; False when at least one of them is as new already."""
        sets: list[str] = []
        older: list[str] = []
        values: dict[str, Any] = {}
        for day, cell, version in days:
            name = f"{day.day:02d}"
            sets.append(f"d{name} = :d{name}, v{name} = :v{name}")
            older.append(f"(attribute_not_exists(v{name}) OR v{name} < :v{name})")
            values |= {f":d{name}": to_text(cell_to_json(cell)), f":v{name}": version}
        try:
            with faults_are_transient():
                self._client.update_item(
                    TableName=self._table,
                    Key=to_item(key._asdict()),
                    UpdateExpression=f"SET {', '.join(sets)}",
                    ConditionExpression=" AND ".join(older),
                    ExpressionAttributeValues=to_item(values),
                )
        except ClientError as error:
            if is_conditional_failure(error):
                return False
            raise
        return True

    # --- what is known ----------------------------------------------------------------------------

    def cells(
        self,
        workspace_id: str,
        strands: Iterable[str],
        measure: Measure,
        first_month: str | None,
        zone: ZoneInfo,
    ) -> dict[date, Cell]:
        """What each day comes to, in all strands together, from a month on (None: from the first).

        One query for each strand.
        """
        days: dict[date, list[Cell]] = {}
        for strand in strands:
            first = keys.cells(rows_of(measure, zone), first_month or "0001-01")
            last = keys.cells(rows_of(measure, zone), "9999-12")
            for row in self._between(keys.person(workspace_id, strand), first, last):
                for day, cell in _cells_of(row):
                    days.setdefault(day, []).append(cell)
        merged = ((day, merge_cells(cells)) for day, cells in days.items())
        return {day: cell for day, cell in merged if cell is not None}

    def moments(
        self,
        workspace_id: str,
        strands: Iterable[str],
        measure: Measure,
        spans: Iterable[Span],
        zone: ZoneInfo,
    ) -> tuple[Moment, ...]:
        """What happened on these days, in all strands together, ascending.

        One query for each strand and each span that does not meet another one.
        """
        apart, name = _united(spans), rows_of(measure, zone)
        return unite_moments(
            [self._moments(keys.person(workspace_id, strand), name, apart) for strand in strands]
        )

    def _moments(self, pk: str, measure_id: str, spans: Iterable[Span]) -> list[Moment]:
        found: list[Moment] = []
        for first_day, last_day in spans:
            prefix = f"{keys.MOMENTS_PREFIX}{measure_id}#"
            first = f"{prefix}{first_day.isoformat()}"
            last = f"{prefix}{last_day.isoformat() if last_day else _LAST_DAY}"
            for row in self._between(pk, first, last):
                found += moments_from_json(json.loads(row["moments"]))
        return found

    def _between(self, pk: str, first: str, last: str) -> Iterator[Row]:
        with faults_are_transient():
            for item in query_items(
                self._client,
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues=to_item({":pk": pk, ":first": first, ":last": last}),
                ConsistentRead=True,
            ):
                yield from_item(item)


def rows_of(measure: Measure, zone: ZoneInfo) -> str:
    """What the rows of a measure are called, by the days of a zone."""
    return sha256(f"{measure.measure_id}@{zone.key}".encode()).hexdigest()[:16]


def _cells_of(row: Row) -> Iterator[tuple[date, Cell]]:
    year, month = row["sk"].rpartition("#")[2].split("-")
    for name, text in row.items():
        if name[0] == "d" and name[1:].isdigit():
            yield date(int(year), int(month), int(name[1:])), cell_from_json(json.loads(text))


def _fitting(moments: tuple[Moment, ...]) -> tuple[Moment, ...]:
    """The latest moments that fit into a row."""
    while len(to_text(moments_to_json(moments)).encode()) > MAX_DAY_BYTES:
        moments = moments[max(1, len(moments) // 10) :]
    return moments


def _united(spans: Iterable[Span]) -> list[Span]:
    """The same days as spans of which no two meet, ascending."""
    apart: list[Span] = []
    for span in sorted(spans, key=lambda each: each.first):
        before = apart[-1] if apart else None
        if before is None or (before.last is not None and before.last < span.first):
            apart.append(span)
        elif before.last is not None:
            last = None if span.last is None else max(before.last, span.last)
            apart[-1] = Span(before.first, last)
    return apart
