"""Segments as SQL for Athena: who matches a condition, from the whole history in the lake.

It loads sqlglot, so only what answers operators or builds segments should import it.
"""

from shared.domain.segments.sql.queries import (
    QueryTooLongError,
    count_of,
    members,
    members_of,
    verdicts,
)

__all__ = ["QueryTooLongError", "count_of", "members", "members_of", "verdicts"]
