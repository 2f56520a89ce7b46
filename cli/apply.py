"""Applying documents: put in the order in which they build on each other, each on its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from cli.client import AdminClient
from cli.documents import Document, in_order
from cli.errors import ApiError, CommandError
from shared.domain.workspace.answers import FindingState


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one document: created, updated or unchanged, or else what was wrong."""

    document: Document
    outcome: str = ""
    note: str = ""
    problems: tuple[str, ...] = ()
    warnings: tuple[FindingState, ...] = ()


_JUDGED: Final = frozenset({"segment", "tag", "lifecycle"})


def apply(
    client: AdminClient, documents: Iterable[Document], *, announce: bool = False
) -> Iterator[Applied]:
    """Put every document and publish the journeys that ask for it; tests are no definitions.

    With `announce`, flips that come of the documents themselves are told, too. One that is refused
    stops no other. Raises UnreachableError when nobody answers any more.
    """
    put = (each for each in documents if each.kind != "journey_test")
    for document in in_order(put):
        try:
            yield _apply(client, document, announce=announce)
        except ApiError as error:
            yield Applied(document, problems=tuple(_problems(document, error)))


def _apply(client: AdminClient, document: Document, *, announce: bool) -> Applied:
    if document.kind == "settings":
        answer = client.put("settings", body=document.body)
        again = answer["republished"]
        note = f"compiled again for the new time scale: {', '.join(again)}" if again else ""
        return Applied(document, answer["outcome"], note)
    if document.kind == "identity":
        outcome = client.put("identity", "rules", body=document.body)["outcome"]
        note = "" if outcome == "unchanged" else "a review decides again on people known already"
        return Applied(document, outcome, note)
    told = {"backfill": "announce"} if announce and document.kind in _JUDGED else {}
    parts = ("lifecycle",) if document.kind == "lifecycle" else (f"{document.kind}s", document.name)
    answer = client.put(*parts, body=document.body, **told)
    outcome, note = answer["outcome"], f"version {answer['version']}"
    warnings: tuple[FindingState, ...] = ()
    if document.publish:
        published = client.post("journeys", document.name, "publish")
        warnings = tuple(published["warnings"])
        if published["outcome"] != "unchanged":
            note += ", published"
            outcome = outcome if outcome != "unchanged" else "updated"
    elif document.kind == "journey" and answer["published_version"] != answer["version"]:
        note += ", a draft"
    return Applied(document, outcome, note, warnings=warnings)


def _problems(document: Document, error: ApiError) -> Iterator[str]:
    if error.status in (401, 404):  # not about this document
        raise CommandError(str(error)) from error
    if not error.details:
        yield f"{document.place}: {error}"
    for path, message in error.details:
        yield f"{document.place}: {path}: {message}" if path else f"{document.place}: {message}"
