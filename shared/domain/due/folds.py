"""Several who come due at about the same time, kept in one row of the due index.

A row costs a write unit for each kilobyte, so many short names in one cost little more than one
alone. Each keeps its own instant: the row rests at the earliest, and whoever sweeps it takes it
apart again. So nobody is sent for earlier or later than by a row of their own.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from shared.domain.due.batches import LONGEST_DELAY, MAX_PEOPLE, Due
from shared.domain.due.timing import LEAD
from shared.domain.instants import format_instant
from shared.errors import PermanentError

# Who is swept waits in a message for what is left of the time, which SQS allows up to a limit.
SPREAD: Final = timedelta(seconds=LONGEST_DELAY) - LEAD - timedelta(seconds=30)
"""How much later than the first the last one in a row may be due."""

MAX_FOLDED: Final = MAX_PEOPLE  # in one row: some 4 KB, and a message when it is swept

_MARK: Final = "*"  # begins no name of a person or of an enrolment: these are of letters and digits
_FORMAT: Final = b"\x01"
_RAW: Final = -15  # DEFLATE without a header and a checksum
_MILLISECOND: Final = timedelta(milliseconds=1)


def folds(dues: Iterable[Due]) -> Iterator[tuple[Due, ...]]:
    """Divide into those who share a row, each in the order in which they are due."""
    fold: list[Due] = []
    for due in sorted(dues, key=lambda each: (each.due_at, each.name)):
        if fold and (len(fold) == MAX_FOLDED or due.due_at - fold[0].due_at > SPREAD):
            yield tuple(fold)
            fold = []
        fold.append(due)
    if fold:
        yield tuple(fold)


def fold_name(fold: Sequence[Due]) -> str:
    """The name of a row of several; it follows from who is in it, and when each is due."""
    text = "\n".join(f"{due.name} {format_instant(due.due_at)}" for due in fold)
    return _MARK + sha256(text.encode()).hexdigest()[:16]


def is_fold(name: str) -> bool:
    """Whether a row with this name holds several."""
    return name.startswith(_MARK)


def pack_fold(fold: Sequence[Due], resting_at: datetime) -> bytes:
    """What a row that rests at an instant says of those in it.

    Names hold no line break and no blank.
    """
    lines = (f"{due.name} {(due.due_at - resting_at) // _MILLISECOND}" for due in fold)
    packer = zlib.compressobj(9, wbits=_RAW, memLevel=9)
    return _FORMAT + packer.compress("\n".join(lines).encode()) + packer.flush()


def unpack_fold(packed: bytes, resting_at: datetime) -> Iterator[Due]:
    """Those in a row that rests at an instant; raises PermanentError on anything else."""
    if packed[:1] != _FORMAT:
        raise PermanentError(f"a row of the due index is of an unknown format: {packed[:1]!r}")
    lines = zlib.decompressobj(wbits=_RAW).decompress(packed[1:]).decode().split("\n")
    for line in filter(None, lines):
        name, _, offset = line.partition(" ")
        yield Due(name, resting_at + int(offset) * _MILLISECOND)
