"""The templates by which a message may go out, as they are now."""

from shared.aws.catalog import CatalogReader
from shared.domain.messages.decision import Rung
from shared.domain.messages.model import MessageRequest
from shared.errors import NotFoundError


def rungs_of(catalog: CatalogReader, request: MessageRequest) -> list[Rung]:
    """One for each template of the request, in their order."""
    return [_rung(catalog, place, one) for place, one in enumerate(request.rungs())]


def _rung(catalog: CatalogReader, place: int, request: MessageRequest) -> Rung:
    """The template in the version with which the journey stays, else in its newest one."""
    template_id = request.template_id
    pinned = request.pins.get(template_id, 0)
    try:
        found = catalog.published_template(request.workspace_id, template_id, pinned)
    except NotFoundError:
        return Rung(place, request, None)
    return Rung(place, request, found.template, found.version)
