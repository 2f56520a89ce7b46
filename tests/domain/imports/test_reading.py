"""Files are read the same however they are cut, ended, encoded or broken, from any row on."""

import csv
import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.imports.reading import read_layout
from shared.domain.imports.unpacking import head_of, is_gzip, uncompressed
from shared.errors import PermanentError
from tests.domain.imports.helpers import cut, definition, plain, rows_of

CELLS = st.text(st.sampled_from('ab,"\n\r;上é \u3000'), max_size=6)
TABLES = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12)
CUTS = st.lists(st.integers(0, 5_000), max_size=6)


def written(table, line_end: str, encoding: str, mark: bytes = b"") -> bytes:
    out = io.StringIO()
    rows = [("user_id", "note", "more"), *table]
    csv.writer(out, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    return mark + out.getvalue().encode(encoding)


@given(TABLES, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8", "gb18030"]), CUTS)
def test_what_a_csv_writer_wrote_is_read_back_however_it_is_cut(table, end, encoding, cuts):
    data = written(table, end, encoding)

    rows = rows_of(data, places=cuts, encoding=encoding, delimiter=",")

    assert [tuple(row.values.values()) for row in rows] == [
        row for row in table if any(cell.strip() for cell in row)
    ]
    assert not any(row.error for row in rows)


@given(st.binary(max_size=200), CUTS, st.sampled_from(["csv", "jsonl"]))
def test_any_bytes_give_the_same_rows_in_one_go_and_from_every_row_on(junk, cuts, file_format):
    head = b"user_id,note\n" if file_format == "csv" else b""
    options = {"format": file_format, "encoding": "utf-8", "delimiter": ","}
    whole = rows_of(head + junk, **options)

    assert plain(rows_of(head + junk, places=cuts, **options)) == plain(whole)
    for place, row in enumerate(whole):
        rest = rows_of(head + junk, start=row.after, places=cuts, **options)
        assert plain(rest) == plain(whole[place + 1 :])


@given(
    st.lists(
        st.sampled_from(["a,b", '"x,y', 'p"q,r', '"m""n",o', "", '"', "1,2,3", 'z,"']), max_size=20
    )
)
def test_every_line_of_a_broken_file_is_in_a_row_or_is_named(lines):
    data = ("user_id,note\n" + "\n".join(lines) + "\n").encode()

    rows = rows_of(data, delimiter=",")

    starts = [row.number for row in rows]
    assert starts == sorted(set(starts))
    blank = sum(not line for line in lines)
    good = sum(row.error is None for row in rows)
    assert len(rows) + blank >= good
    # A good line that no open quote swallows is always read.
    if '"' not in "".join(lines):
        assert good == sum(line.count(",") == 1 for line in lines)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b'u1,"never closed\nu2,x', "a quote is opened and never closed"),
        (b'u1,"closed" and more\nu2,x', "something stands between a closing quote"),
        (b"u1,a,b\nu2,x", "the row has 3 cells, and there are 2 columns"),
        (b"u1\nu2,x", "the row has 1 cells, and there are 2 columns"),
        (b"u1,\xff\xfe\nu2,x", "some bytes are not UTF-8"),
        (b"u1," + b"x" * 1_100_000 + b"\nu2,x", "the row is too long"),
        (b'u1,"' + b"x\n" * 3_000 + b"\nu2,x", "the row is too long"),
    ],
)
def test_a_broken_row_costs_itself_and_says_why(row, problem):
    rows = rows_of(b"user_id,note\n" + row, encoding="utf-8", delimiter=",")

    assert rows[0].number == 2
    assert rows[0].error.problem.startswith(problem)
    assert rows[0].error.remedy
    assert rows[-1].values == {"user_id": "u2", "note": "x"}
    assert rows[-1].error is None


def test_an_undecodable_cell_is_named_by_its_column():
    (row,) = rows_of(b"user_id,note\nu1,\xff\n", encoding="utf-8")
    assert row.error.column == "note"
    assert "gb18030" in row.error.remedy


def test_chinese_exports_are_told_by_their_bytes():
    text = "会员号,城市\n1,上海\n2,北京\n"
    for data in (
        text.encode(),
        text.encode("utf-8-sig"),
        text.encode("gbk"),
        text.encode("gb18030"),
    ):
        assert [row.values for row in rows_of(data)] == [
            {"会员号": "1", "城市": "上海"},
            {"会员号": "2", "城市": "北京"},
        ]


def test_an_encoding_is_told_although_the_sample_ends_within_a_character():
    for encoding in ("utf-8", "gb18030"):
        data = ("a\n" + "上" * 50).encode(encoding)
        layout = read_layout(data[:-1], definition(header=False))
        assert layout.encoding == encoding


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        ("a,b\n", ","),
        ("a;b;c,d\n", ";"),
        ("a\tb\n", "\t"),
        ("a|b\n", "|"),
        (" customer_id  date\n", "whitespace"),
        ('"a,b";c\n', ";"),
        ("alone\n", ","),
    ],
)
def test_the_delimiter_is_told_from_the_first_line(head, delimiter):
    assert read_layout(head.encode(), definition()).delimiter == delimiter


def test_empty_lines_and_rows_of_empty_cells_are_no_rows():
    rows = rows_of(b"\n\nuser_id,note\n\n,,\nu1,x,\n\r\n")
    assert [(row.number, row.values) for row in rows] == [(6, {"user_id": "u1", "note": "x"})]


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"", "no row to tell the columns from"),
        (b"a,b,a\n", "'a' is there twice"),
        (b'a,"b\n', "no row to tell the columns from"),
        ("a,b\n".encode("utf-16"), "UTF-16"),
        ("a,b\n".encode("utf-16-le") * 20, "UTF-16"),
        (b"a,\xff\xff\xff\n", "cannot be decoded"),
    ],
)
def test_a_file_without_usable_columns_is_refused_as_a_whole(head, says):
    with pytest.raises(PermanentError, match=says):
        read_layout(head, definition())


def test_a_mapped_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(PermanentError, match=r"no column 'uid'; there are user, note"):
        read_layout(b"user,note\n", definition(columns={"uid": {"to": "ignore"}}))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"[1]", "no JSON object"),
        (b"{", "no JSON"),
        (b'{"a": NaN}', "no JSON"),
        (b'{"a":1,"a":2}', "twice"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":"\xff"}', "not UTF-8"),
    ],
)
def test_a_broken_line_of_json_costs_itself(line, problem):
    rows = rows_of(line + b'\n\n{"user_id":"u1"}\n', format="jsonl", encoding="utf-8")
    assert problem in rows[0].error.problem
    assert (rows[1].number, rows[1].values) == (3, {"user_id": "u1"})


@given(st.binary(max_size=3_000), CUTS, st.integers(0, 3_000), st.booleans())
def test_a_gzip_file_is_the_same_file_from_any_offset(data, cuts, offset, several):
    packed = gzip.compress(data) + (gzip.compress(data) if several else b"")
    plain_bytes = data * (2 if several else 1)
    offset %= len(plain_bytes) + 1

    def read_from(start):
        return cut(packed[start:], *cuts)

    assert is_gzip(packed[:10])
    unpacked = b"".join(uncompressed(read_from, gzip=True, offset=offset))
    assert unpacked == plain_bytes[offset:]
    assert head_of(read_from, gzip=True, size=100) == plain_bytes[:100]


def test_a_gzip_file_that_is_cut_off_says_so_after_what_is_whole():
    packed = gzip.compress(b"a" * 10_000_000)[:-12]
    pieces = uncompressed(lambda _: iter([packed]), gzip=True, offset=0)
    with pytest.raises(PermanentError, match="cut off"):
        list(pieces)


def test_a_bomb_is_unpacked_piece_by_piece():
    packed = gzip.compress(b"\0" * 50_000_000)
    sizes = [len(piece) for piece in uncompressed(lambda _: iter([packed]), gzip=True, offset=0)]
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= 1024 * 1024


@pytest.mark.parametrize("head", [b"PK\x03\x04xl/", b"\x28\xb5\x2f\xfd"])
def test_workbooks_and_other_archives_are_refused_with_a_remedy(head):
    with pytest.raises(PermanentError, match="save it as CSV"):
        is_gzip(head)


def test_nested_values_of_json_lines_are_kept():
    line = json.dumps({"user_id": "u1", "address": {"city": "上海"}}, ensure_ascii=False)
    (row,) = rows_of(line.encode(), format="jsonl")
    assert row.values["address"] == {"city": "上海"}
