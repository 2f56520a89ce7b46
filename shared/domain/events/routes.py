"""The paths of the ingest API and what each one takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from shared.domain.events.model import EVENT_TYPES, EventType

Dialect = Literal["segment", "posthog"]

SETTINGS_PREFIX: Final = "/v1/projects/"
SETTINGS_SUFFIX: Final = "/settings"


@dataclass(frozen=True, slots=True)
class Route:
    """A path that takes events: one of a given type, or, without a type, a batch of any."""

    path: str
    type: EventType | None = None
    dialect: Dialect = "segment"


def _routes() -> tuple[Route, ...]:
    batches = [Route(f"/v1/{name}") for name in ("batch", "b", "import")]
    single = [Route(f"/v1/{name}", kind) for kind in EVENT_TYPES for name in (kind, kind[0])]
    return (*batches, *single, Route("/batch", dialect="posthog"))


ROUTES: Final[Mapping[str, Route]] = MappingProxyType({route.path: route for route in _routes()})


def settings_key(path: str) -> str | None:
    """The write key in the path of the browser SDK's settings; None for any other path."""
    if not (path.startswith(SETTINGS_PREFIX) and path.endswith(SETTINGS_SUFFIX)):
        return None
    key = path[len(SETTINGS_PREFIX) : -len(SETTINGS_SUFFIX)]
    return key if key and "/" not in key else None
