"""`rapport journey diff`: a journey in a file beside the newest version that is deployed."""

from pydantic import TypeAdapter

from cli.client import AdminClient
from cli.documents import Document, body_as
from cli.errors import ApiError
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
    wanted = body_as(_JOURNEY, document)
    try:
        deployed = client.get("journeys", document.name)["journey"]
    except ApiError as error:
        if error.status == _NOT_FOUND:
            return None
        raise
    return diff(_JOURNEY.validate_python(deployed), wanted, language)
