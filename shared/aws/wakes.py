"""The due index of enrolments: when each one that waits by the clock `due_index` is to be woken."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime

from shared.aws.due_store import DueIndex
from shared.domain.due.batches import Due
from shared.domain.journeys.ports import Folded, Planned


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

        What shares its row with others stays there and comes to nothing in its time: to bring it
        costs a tenth of what it costs to take it out. Raises TransientError, before it is stored or
        after.
        """
        with ExitStack() as rows:
            if before != after:
                alone = before if before and not before.fold else None
                for old, new in ((alone, None), (None, after)):
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

    @contextmanager
    def folding(self, planned: Sequence[Planned], now: datetime) -> Iterator[Folded]:
        """Put many, few rows in all, around the stores of what they mirror.

        Whoever is due within minutes is sent for as soon as all have been tried, if `stored` says
        so. Raises TransientError, before anything is stored or after.
        """
        wanted: dict[str, list[Due]] = {}
        for each in planned:
            wanted.setdefault(each.workspace_id, []).append(Due(each.name, each.at))
        folds: dict[str, str] = {}
        for workspace_id, dues in wanted.items():
            folds |= self._index.put_all(workspace_id, dues, now)
        folded = Folded(folds)
        yield folded
        for workspace_id, dues in wanted.items():
            stored = (due for due in dues if due.name in folded.stored)
            self._index.send_near(workspace_id, stored, now)
