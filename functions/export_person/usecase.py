"""Writes one archive of everything about a person; a history of any length fits into its memory."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from shared.aws.archives import Archives, Upload, archive_key
from shared.aws.export_reader import ExportReader
from shared.aws.export_store import Export, ExportStore
from shared.domain.exports import layout
from shared.domain.identity.person import Person


class ExportPerson:
    """Carries out exports; repeating one makes the same archive again."""

    def __init__(
        self,
        exports: ExportStore,
        people: ExportReader,
        archives: Archives,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._exports = exports
        self._people = people
        self._archives = archives
        self._now = now

    def carry_out(self, workspace_id: str, export_id: str) -> Export:
        """Make the archive of an export; raises NotFoundError, TransientError."""
        export = self._exports.load(workspace_id, export_id)
        person = self._people.person(workspace_id, export.profile_id)
        if person is None:
            return self._conclude(workspace_id, replace(export, status="gone"))
        upload = self._archives.open(archive_key(workspace_id, person.profile_id, export_id))
        try:
            self._write(person, upload)
            upload.finish()
        except BaseException:
            upload.give_up()
            raise
        # An erasure that began meanwhile looks for archives once it has waited; this one is there
        # by then. But an export that was very long may have come too late for it.
        if self._people.person(workspace_id, export.profile_id) is None:
            self._archives.remove(archive_key(workspace_id, person.profile_id, export_id))
            return self._conclude(workspace_id, replace(export, status="gone"))
        done = replace(export, status="done", size=upload.tell(), profile_id=person.profile_id)
        return self._conclude(workspace_id, done)

    def _conclude(self, workspace_id: str, export: Export) -> Export:
        self._exports.put(workspace_id, export)
        return export

    def _write(self, person: Person, upload: Upload) -> None:
        at = self._now()
        with ZipFile(cast("IO[bytes]", upload), "w", ZIP_DEFLATED) as archive:

            def add(name: str, lines: Iterable[str]) -> None:
                entry = ZipInfo(name, at.timetuple()[:6])
                entry.compress_type = ZIP_DEFLATED
                with archive.open(entry, "w", force_zip64=True) as file:
                    for line in lines:
                        file.write(line.encode("utf-8", "surrogatepass"))

            known = layout.person(
                person.profile_id,
                person.strands,
                self._people.graph(person),
                self._people.rows(person),
                at,
            )
            add(layout.README, [layout.readme(person.profile_id, at)])
            add(layout.PERSON, known)
            add(layout.EVENTS, map(layout.event_line, self._people.events(person)))
            add(layout.EVENTS_CSV, self._table(person))

    def _table(self, person: Person) -> Iterable[str]:
        yield layout.csv_line(None)
        for row in self._people.events(person):
            yield layout.csv_line(json.loads(row["body"]))
