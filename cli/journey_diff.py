"""`rapport journey diff`: a journey in a file beside the newest version that is deployed."""

from pydantic import TypeAdapter, ValidationError

from cli.client import AdminClient
from cli.documents import Document
from cli.errors import ApiError, CommandError
from cli.story_words import Language
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.diff import Difference, diff

_JOURNEY: TypeAdapter[Journey] = TypeAdapter(Journey)
_NOT_FOUND = 404


def compare(
    client: AdminClient, document: Document, language: Language
) -> tuple[Difference, ...] | None:
    """What applying a document would change; None when there is no such journey yet.

    Raises CommandError when the document is no journey.
    """
    try:
        wanted = _JOURNEY.validate_python(document.body)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise CommandError(f"{document.place}: {path}: {first['msg']}") from error
    try:
        deployed = client.get("journeys", document.name)["journey"]
    except ApiError as error:
        if error.status == _NOT_FOUND:
            return None
        raise
    return diff(_JOURNEY.validate_python(deployed), wanted, language)
