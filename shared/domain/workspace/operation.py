"""What an operation of the admin API is: one line of the table in `api.py`."""

from dataclasses import dataclass
from typing import Any, Final, Literal

PREFIX: Final = "/v1/admin"  # with the admin key
OPERATOR_PREFIX: Final = "/v1/operator"  # the same operations with a token
Method = Literal["GET", "PUT", "POST", "DELETE"]


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter."""

    name: str
    says: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the admin API does.

    In `path`, `{name}` stands for one part; `{name+}` for all that is left, slashes included.
    """

    name: str
    method: Method
    path: str
    says: str
    answer: Any
    body: Any = None
    body_required: bool = True
    query: tuple[Query, ...] = ()


MOST_OF_PAGE: Final = 200
USUAL_OF_PAGE: Final = 50
PAGE: Final = (
    Query("limit", f"how many: 1 to {MOST_OF_PAGE}, {USUAL_OF_PAGE} unless said otherwise"),
    Query("cursor", "from here on; taken from the answer before"),
)
BACKFILL: Final = (
    Query(
        "backfill",
        "whether flips that come of the change itself, not of what people do, are told, so that "
        "journeys may begin by them: silent unless said otherwise, or announce",
    ),
)
AT: Final = Query("at", "an instant, such as 2026-11-22T08:00:00Z; now unless said otherwise")
