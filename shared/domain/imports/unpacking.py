"""The bytes of a file, unpacked when it is a gzip file, from any place on, in bounded memory."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from shared.errors import PermanentError

ReadFrom = Callable[[int], Iterator[bytes]]
"""Gives the bytes of the stored file from an offset on, in pieces."""

_GZIP: Final = b"\x1f\x8b"
_OTHERS: Final = {
    b"PK\x03\x04": "a ZIP file or an Excel workbook",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}
_PIECE: Final = 1024 * 1024
_EITHER_HEADER: Final = 31  # zlib's word for “with a gzip header”


def is_gzip(head: bytes) -> bool:
    """Whether a file that begins so is a gzip file; raises PermanentError for what is no text."""
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise PermanentError(f"the file is {what}", hint="save it as CSV, or compress by gzip")
    return head.startswith(_GZIP)


def uncompressed(read_from: ReadFrom, *, gzip: bool, offset: int) -> Iterator[bytes]:
    """The uncompressed bytes from `offset` on.

    A gzip file can only be read from its beginning, so what lies before is unpacked and dropped.
    """
    if not gzip:
        yield from read_from(offset)
        return
    for piece in _unpacked(read_from(0)):
        if offset < len(piece):
            yield piece[offset:]
        offset = max(0, offset - len(piece))


def head_of(read_from: ReadFrom, *, gzip: bool, size: int) -> bytes:
    """At most the first `size` uncompressed bytes."""
    head = b""
    for piece in uncompressed(read_from, gzip=gzip, offset=0):
        head += piece
        if len(head) >= size:
            break
    return head[:size]


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_EITHER_HEADER)
    for chunk in chunks:
        data = chunk
        while data:
            if unpacker.eof:  # a file may be several ones after another
                data = data.lstrip(b"\0")
                unpacker = zlib.decompressobj(_EITHER_HEADER)
                continue
            try:
                yield unpacker.decompress(data, _PIECE)
            except zlib.error as error:
                raise _broken() from error
            data = unpacker.unused_data or unpacker.unconsumed_tail
    if not unpacker.eof:
        raise _broken()


def _broken() -> PermanentError:
    return PermanentError(
        "the gzip file is broken or cut off", hint="everything before that place was imported"
    )
