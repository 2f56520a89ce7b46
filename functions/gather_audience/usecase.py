"""Writes down who matches a condition: as a file, or on a list; any number of people fits.

Everything may be repeated: a file is written anew, and who is on the list already stays there, for
the event that says so has the same id each time.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final

from shared.aws.archives import Archives
from shared.aws.audience_queries import AudienceQueries
from shared.aws.audience_store import AudienceStore
from shared.aws.contacts import ContactReader, Reached
from shared.aws.profile_store import ProfileStore
from shared.aws.query_results import QueryResults
from shared.domain.audiences.files import file_of
from shared.domain.audiences.formats import header, lines
from shared.domain.audiences.model import AD_FORMATS, CONDITION, Audience
from shared.domain.consents.in_force import allows
from shared.domain.events.own import LISTED, own_event
from shared.errors import InvalidInputError

PATIENCE_SECONDS: Final = 600.0
# Putting people on a list is waiting for DynamoDB.
_WRITERS: Final = 8
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class GatherAudience:
    """Carries out audiences that were asked for."""

    audiences: AudienceStore
    queries: AudienceQueries
    results: QueryResults
    contacts: ContactReader
    timelines: ProfileStore
    archives: Archives
    now: Callable[[], datetime]

    def carry_out(self, workspace_id: str, audience_id: str) -> Audience:
        """Write an audience down; raises NotFoundError, TransientError.

        A condition that cannot be asked any more makes it `failed`, which repeating would not cure.
        """
        audience = self.audiences.load(workspace_id, audience_id)
        if audience.status != "running":
            return audience
        try:
            after = self._gather(workspace_id, audience)
        except InvalidInputError as error:
            after = replace(audience, status="failed", reason=str(error))
        self.audiences.put(workspace_id, after)
        return after

    def _gather(self, workspace_id: str, audience: Audience) -> Audience:
        condition = CONDITION.validate_json(audience.condition)
        address = self.queries.result_of(workspace_id, condition, audience.at)
        ids = (row["profile_id"] for row in self.results.rows(address))
        people = self.contacts.of(workspace_id, ids)
        counts: Counter[str] = Counter()
        size = None
        if audience.list_id:
            self._put_on_list(workspace_id, audience, people, counts)
        else:
            size = self._write_file(workspace_id, audience, people, counts)
        return replace(
            audience,
            status="done",
            people=counts["people"],
            written=counts["written"],
            left_without_consent=counts["without_consent"],
            left_without_address=counts["without_address"],
            size=size,
        )

    def _write_file(
        self, workspace_id: str, audience: Audience, people: Iterable[Reached], counts: Counter[str]
    ) -> int:
        upload = self.archives.open(*file_of(workspace_id, audience))
        try:
            upload.write(header(audience.format, audience.fields).encode())
            for line in _lines(audience, people, counts):
                upload.write(line.encode("utf-8", "surrogatepass"))
            upload.finish()
        except BaseException:
            upload.give_up()
            raise
        return upload.tell()

    def _put_on_list(
        self, workspace_id: str, audience: Audience, people: Iterable[Reached], counts: Counter[str]
    ) -> None:
        event = own_event(
            workspace_id,
            LISTED,
            f"{audience.list_id}-{audience.audience_id}",
            at=audience.at,
            now=self.now(),
            properties={"list_id": audience.list_id, "on": True},
        )
        waiting = iter(people)
        with ThreadPoolExecutor(_WRITERS) as writers:
            while chunk := list(islice(waiting, _AT_ONCE)):
                ids = [each.contact.profile_id for each in chunk]
                list(writers.map(lambda one: self.timelines.add_event(one, event), ids))
                counts.update(people=len(ids), written=len(ids))


def _lines(audience: Audience, people: Iterable[Reached], counts: Counter[str]) -> Iterator[str]:
    needs_consent = audience.format in AD_FORMATS and audience.without_consent == "exclude"
    for contact, consents in people:
        counts["people"] += 1
        if needs_consent and not allows(consents, "marketing"):
            counts["without_consent"] += 1
            continue
        found = list(lines(audience.format, audience.fields, contact))
        counts["written" if found else "without_address"] += 1
        yield from found
