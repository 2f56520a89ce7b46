"""Everybody in batches, written as one JSON array of arrays, however many there are."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from shared.domain.text import to_text

# One batch is judged by one invocation, well within its minute.
PEOPLE_A_BATCH: Final = 100


class Batches:
    """Profile ids as the pieces of a JSON array of batches; counts what it has given."""

    def __init__(self, profile_ids: Iterable[str], size: int = PEOPLE_A_BATCH) -> None:
        """`profile_ids` are read once, as the pieces are asked for."""
        self._ids = iter(profile_ids)
        self._size = size
        self.people = 0
        self.count = 0

    def pieces(self) -> Iterator[str]:
        """The text of the array, piece by piece; a piece holds one batch at most."""
        yield "["
        while batch := list(islice(self._ids, self._size)):
            yield f"{',' if self.count else ''}{to_text(batch)}"
            self.people += len(batch)
            self.count += 1
        yield "]"
