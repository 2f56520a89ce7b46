"""The due index of enrolments: when each one that waits by the clock `due_index` is to be woken."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from shared.aws.due_store import DueIndex
from shared.domain.journeys.ports import Planned


class EnrolmentWakes:
    """Keeps the rows of enrolments (the port `Wakes`)."""

    def __init__(self, index: DueIndex) -> None:
        """Work over the due index of the kind `WOKEN`."""
        self._index = index

    @contextmanager
    def keeping(
        self, before: Planned | None, after: Planned | None, now: datetime
    ) -> Iterator[None]:
        """Put `after` in the place of `before` around the store of what they mirror.

        Raises TransientError, before it is stored or after.
        """
        with ExitStack() as rows:
            if before != after:
                for old, new in ((before, None), (None, after)):
                    if planned := old or new:
                        rows.enter_context(
                            self._index.mirror(
                                planned.workspace_id,
                                planned.name,
                                old.at if old else None,
                                new.at if new else None,
                                now,
                            )
                        )
            yield
