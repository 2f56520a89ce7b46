"""Results of queries are read piece by piece, whatever is in them."""

import csv
import io

import pytest

from shared.aws import query_results, session
from shared.aws.query_results import QueryResults
from shared.errors import TransientError

BUCKET = "lake"


@pytest.fixture
def write(dynamodb):
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET)

    def write(rows, names=("profile_id", "said")):
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        writer.writerow(names)
        writer.writerows(rows)
        s3.put_object(Bucket=BUCKET, Key="results/1.csv", Body=text.getvalue().encode())
        return f"s3://{BUCKET}/results/1.csv"

    return write


ROWS = [("p1", "茶"), ("p2", 'two\nlines, "quoted"'), ("p3", "")]


@pytest.mark.parametrize("size", [7, 16, 10_000])
def test_rows_come_whole_however_small_the_pieces_are(write, monkeypatch, size):
    monkeypatch.setattr(query_results, "READ_BYTES", size)
    rows = QueryResults(session.client("s3")).rows(write(ROWS * 20))
    assert [tuple(row.values()) for row in rows] == ROWS * 20


def test_no_rows_are_none(write):
    assert list(QueryResults(session.client("s3")).rows(write([]))) == []


def test_an_empty_object_is_no_rows(write):
    address = write([])
    session.client("s3").put_object(Bucket=BUCKET, Key="results/1.csv", Body=b"")
    assert list(QueryResults(session.client("s3")).rows(address)) == []


def test_a_result_that_an_erasure_took_away_is_asked_for_again(write):
    address = write(ROWS)
    session.client("s3").delete_object(Bucket=BUCKET, Key="results/1.csv")
    with pytest.raises(TransientError, match="gone"):
        list(QueryResults(session.client("s3")).rows(address))
