"""A text file as lines with their exact sizes, in bounded memory, whatever ends the lines.

Splitting happens on bytes: in UTF-8 as in GB18030 no byte of a line end, quote or delimiter is ever
a part of another character.
"""

import codecs
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from shared.domain.imports.rejected import RowError
from shared.errors import PermanentError

Encoding = Literal["utf-8", "gb18030"]

MAX_LINE_BYTES: Final = 1_000_000
_ENDS: Final = (b"\n", b"\r")


class Line(NamedTuple):
    """A line with its end; `size` is its length in the file.

    Of a line that is too long `text` is None. Bytes that are not of the encoding stand in `text`
    as lone surrogates.
    """

    text: str | None
    size: int


def lines(chunks: Iterable[bytes], encoding: Encoding) -> Iterator[Line]:
    """Cut chunks of bytes, however they are cut, into lines."""
    for raw, size in _raw_lines(chunks):
        yield Line(None if raw is None else raw.decode(encoding, "surrogateescape"), size)


def _raw_lines(chunks: Iterable[bytes]) -> Iterator[tuple[bytes | None, int]]:
    rest = b""
    dropped = 0  # of a line that is too long
    for chunk in chunks:
        found = (rest + chunk).splitlines(keepends=True)
        rest = b""
        # The last one may go on in the next chunk, and a CR at its end may be half a line end.
        if found and not found[-1].endswith(b"\n"):
            rest = found.pop()
        for line in found:
            yield _bounded(line, dropped)
            dropped = 0
        if len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\r"):
            dropped += len(rest)
            rest = b""
    if rest or dropped:
        yield _bounded(rest, dropped)


def _bounded(line: bytes, dropped: int) -> tuple[bytes | None, int]:
    size = len(line) + dropped
    return (None if size > MAX_LINE_BYTES else line), size


def detect(head: bytes) -> tuple[Encoding, int]:
    """The encoding that the beginning of a file is in, and the size of its byte-order mark.

    Raises PermanentError for what is no text that we read.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", len(codecs.BOM_UTF8)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head[:200].count(0) > 20:
        raise PermanentError(
            "the file is UTF-16 or no text at all",
            hint="save it as “CSV UTF-8”, or name the right format",
        )
    for encoding in _CANDIDATES:
        if _fits(head, encoding):
            return encoding, 0
    # Some bytes are broken: whatever most of it is, the rows that hold them are named.
    return "utf-8", 0


_CANDIDATES: Final[tuple[Encoding, ...]] = ("utf-8", "gb18030")


def _fits(head: bytes, encoding: Encoding) -> bool:
    """Whether everything decodes, but for a character that the end may cut."""
    try:
        codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except UnicodeDecodeError:
        return False
    return True


def require_unicode(text: str, encoding: Encoding, column: str = "") -> None:
    """Raise RowError when bytes could not be decoded."""
    if not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text):
        other = "gb18030" if encoding == "utf-8" else "utf-8"
        raise RowError(
            f"some bytes are not {encoding.upper()}",
            f"if the whole file is {other.upper()}, say `encoding: {other}`; else mend the text",
            column,
        )
