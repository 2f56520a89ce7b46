"""From bytes to JSON: what is unpacked, how far, and what is refused as a whole."""

import gzip
import json
import tracemalloc
import zlib

import pytest

from shared.domain.events.body import read_body
from shared.domain.events.limits import MAX_BATCH_BYTES
from shared.errors import InvalidInputError, TooLargeError

EMPTY = b'{"batch":[]}'


def padded(size: int) -> bytes:
    return EMPTY[:-1] + b" " * (size - len(EMPTY)) + b"}"


@pytest.mark.parametrize("encoding", ["", "gzip", "x-gzip", "GZIP", " identity "])
def test_its_first_bytes_and_not_its_header_say_whether_a_body_is_gzip(encoding: str) -> None:
    assert read_body(EMPTY, encoding).value == {"batch": []}
    assert read_body(gzip.compress(EMPTY), encoding).value == {"batch": []}


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "compress"])
def test_another_encoding_is_refused_by_name(encoding: str) -> None:
    with pytest.raises(InvalidInputError, match="content encoding"):
        read_body(EMPTY, encoding)


def test_a_body_may_be_as_large_as_the_limit_and_not_a_byte_larger() -> None:
    assert read_body(padded(MAX_BATCH_BYTES)).value == {"batch": []}
    with pytest.raises(TooLargeError, match="512,000 bytes"):
        read_body(padded(MAX_BATCH_BYTES + 1))


def test_the_limit_counts_what_is_inside_the_compression() -> None:
    assert read_body(gzip.compress(padded(MAX_BATCH_BYTES))).value == {"batch": []}
    with pytest.raises(TooLargeError):
        read_body(gzip.compress(padded(MAX_BATCH_BYTES + 1)))


def test_a_gzip_bomb_costs_no_more_memory_than_a_batch() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    assert len(bomb) < MAX_BATCH_BYTES
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            read_body(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * MAX_BATCH_BYTES


def test_a_bomb_inside_a_bomb_is_no_json() -> None:
    with pytest.raises(InvalidInputError, match="not JSON"):
        read_body(gzip.compress(gzip.compress(bytes(1 << 26))))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(gzip.compress(EMPTY)[:-1], "ends too early", id="without its last byte"),
        pytest.param(gzip.compress(EMPTY)[:12], "ends too early", id="cut in half"),
        pytest.param(b"\x1f\x8b", "ends too early", id="nothing but the magic number"),
        pytest.param(b"\x1f\x8b\x08" + bytes(30), "damaged", id="zeros"),
        pytest.param(b"\x1f\x8b\x00" + bytes(30), "damaged", id="an unknown method"),
        pytest.param(gzip.compress(EMPTY)[:-8] + bytes(8), "damaged", id="a wrong checksum"),
        pytest.param(gzip.compress(EMPTY) + b"x", "behind its end", id="something behind it"),
        pytest.param(gzip.compress(EMPTY) * 2, "behind its end", id="two in one"),
        pytest.param(gzip.compress(b""), "is empty", id="empty inside"),
        pytest.param(gzip.compress(b" \n"), "is empty", id="blank inside"),
        pytest.param(
            gzip.compress(EMPTY).decode(errors="replace").encode(), "read as text", id="as text"
        ),
        pytest.param(zlib.compress(EMPTY), "not JSON", id="zlib without a gzip header"),
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"\xff\xfe{\x00}\x00", "not JSON", id="UTF-16 with its mark"),
        pytest.param('{"batch":[]}'.encode("utf-16-be"), "not JSON", id="UTF-16"),
        pytest.param('{"batch":[]}'.encode("utf-32"), "not JSON", id="UTF-32"),
        pytest.param(bytes(range(256)), "not JSON", id="every byte"),
        pytest.param(b"\x00" * 1000, "not JSON", id="zero bytes"),
        pytest.param(b'{"batch":[\xff]}', "not JSON", id="a bare byte that is no text"),
    ],
)
def test_a_damaged_body_is_refused_with_the_reason(body: bytes, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says) as refusal:
        read_body(body)
    assert refusal.value.where == "body"


def test_a_byte_order_mark_is_not_part_of_the_json() -> None:
    assert read_body(b"\xef\xbb\xbf" + EMPTY).value == {"batch": []}


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(b'{"userId":"\xff"}', id="a byte that never stands in UTF-8"),
        pytest.param('{"userId":"é"}'.encode("latin-1"), id="Latin-1"),
        pytest.param('{"userId":"知己"}'.encode("gb18030"), id="GB 18030"),
        pytest.param(b'{"userId":"\xc0\x80"}', id="an overlong zero"),
        pytest.param(b'{"userId":"\xed\xa0\x80"}', id="an encoded surrogate"),
        pytest.param(b'{"userId":"\xf4\x90\x80\x80"}', id="beyond Unicode"),
    ],
)
def test_bytes_that_are_no_text_spoil_only_their_own_event(spoilt: bytes) -> None:
    document = read_body(b'{"batch":[' + spoilt + b',{"userId":"ada"}]}')
    assert document.suspect
    assert document.value["batch"][1] == {"userId": "ada"}


def test_a_sound_body_is_not_suspect() -> None:
    assert not read_body(json.dumps({"batch": [{"a": "知己", "b": 1.5}]}).encode()).suspect


def test_the_place_of_a_mistake_is_told() -> None:
    with pytest.raises(InvalidInputError, match="line 2, column 3"):
        read_body(b'{"batch":\n  nothing}')
