"""From the bytes of a request to its JSON: bounded inflation, then strict parsing."""

import zlib
from typing import Final

from shared.domain.events.json_text import Document, parse
from shared.domain.events.limits import MAX_BATCH_BYTES
from shared.errors import InvalidInputError, TooLargeError

_GZIP: Final = b"\x1f\x8b"
# Gzip that something on the way has taken for text: the second byte became U+FFFD.
_DAMAGED_GZIP: Final = b"\x1f\xef\xbf\xbd"
_UNDERSTOOD: Final = frozenset({"", "identity", "gzip", "x-gzip"})


def read_body(body: bytes, content_encoding: str = "") -> Document:
    """Parse a request body.

    Whether it is gzip is decided by its first bytes: some gateways inflate and leave the header,
    some clients compress and label it otherwise. Raises InvalidInputError or TooLargeError.
    """
    if content_encoding.strip().lower() not in _UNDERSTOOD:
        raise InvalidInputError(
            "this content encoding is not understood", where="content-encoding", hint="use gzip"
        )
    if len(body) > MAX_BATCH_BYTES:
        raise _too_large()
    if body.startswith(_GZIP):
        body = _inflate(body)
    elif body.startswith(_DAMAGED_GZIP):
        raise InvalidInputError(
            "the gzip body was damaged on its way by being read as text",
            where="body",
            hint="send it with content-type application/octet-stream, or without gzip",
        )
    if not body.strip():
        raise InvalidInputError("the body is empty", where="body", hint="send one JSON object")
    return parse(body)


def _inflate(body: bytes) -> bytes:
    """Inflate at most one byte more than is allowed, so that a bomb costs no more than a batch."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        inflated = inflater.decompress(body, MAX_BATCH_BYTES + 1)
    except zlib.error:
        raise _bad_gzip("is damaged") from None
    if len(inflated) > MAX_BATCH_BYTES:
        raise _too_large()
    if not inflater.eof:
        raise _bad_gzip("ends too early")
    if inflater.unused_data:
        raise _bad_gzip("has something behind its end")
    return inflated


def _bad_gzip(says: str) -> InvalidInputError:
    return InvalidInputError(f"the gzip body {says}", where="body", hint="compress it once, whole")


def _too_large() -> TooLargeError:
    return TooLargeError(
        f"the batch is larger than {MAX_BATCH_BYTES:,} bytes of JSON",
        where="body",
        hint="send smaller batches",
    )
