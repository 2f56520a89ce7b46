"""Which page of a list is asked for: no list that grows for ever fits into one answer."""

from functions.manage_workspace.parsing import short_enough, whole_number
from functions.manage_workspace.ports import Call
from shared.domain.workspace.operation import MOST_OF_PAGE, USUAL_OF_PAGE


def page_of(call: Call) -> tuple[int, str | None]:
    """How many, and the cursor from which on; raises InvalidInputError."""
    limit = whole_number(call.query.get("limit", str(USUAL_OF_PAGE)), "limit", MOST_OF_PAGE)
    cursor = call.query.get("cursor")
    if cursor is not None:
        short_enough(cursor, "cursor")
    return limit, cursor
