"""Whatever a file holds, every row is applied once or named with a reason, and counted exactly."""

import gzip
from dataclasses import replace

import pytest

from functions.import_records import usecase
from shared.aws.import_store_files import READ_BYTES
from shared.errors import ConflictError, TransientError

HEAD = "user_id,date,event,price\n"


def table(rows: int, start: int = 0) -> str:
    return HEAD + "".join(
        f"u{number % 7},2026-01-{number % 28 + 1:02d},bought,{number}.5\n"
        for number in range(start, start + rows)
    )


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(usecase, "CHUNK_ROWS", 10)


def test_every_row_is_applied_and_the_upload_is_gone(world):
    world.upload(table(35).encode())

    job = world.run()

    assert (job.status, job.rows, job.rejected) == ("completed", 35, 0)
    assert (job.read, job.position.line) == (job.size, 37)
    assert len(world.ledger.events) == 35
    assert world.ledger.proofs == {"import"}
    assert world.stored() == []
    assert world.messages == []


def test_rejected_rows_are_named_with_reasons_in_one_file(world):
    world.ledger.refuse.add("blocked")
    text = table(15) + "u1,soon,bought,1\n" + table(9, 15).removeprefix(HEAD)
    text += "blocked,2026-01-01,bought,1\nu1,2026-01-01,bought\n"
    world.upload(text.encode())

    job = world.run()

    assert (job.status, job.rows, job.rejected) == ("completed", 27, 3)
    assert len(world.ledger.events) == 24
    header, *lines = world.rejected()
    assert header == "row,column,problem,remedy,content"
    assert [line.split(",")[:2] for line in lines] == [["17", "date"], ["27", ""], ["28", ""]]
    assert "no usable identifier: user_id is blocked" in lines[1]
    assert "the row has 3 cells, and there are 4 columns" in lines[2]


def test_a_turn_that_is_over_asks_for_another_which_goes_on(world):
    world.upload(table(35).encode())

    job = world.run(is_time_up=lambda: True)
    assert (job.status, job.rows) == ("running", 10)
    assert world.messages == [{"workspace_id": "default", "import_id": "i1"}]
    assert 0 < job.offset < job.size

    job = world.finish(is_time_up=lambda: True)
    assert (job.status, job.rows) == ("completed", 35)
    assert len(world.ledger.events) == 35


def test_a_gzip_file_goes_on_where_it_stopped(world):
    world.upload(gzip.compress(table(35).encode()))
    job = world.finish(is_time_up=lambda: True)
    assert (job.status, job.rows, len(world.ledger.events)) == ("completed", 35, 35)


def test_a_file_larger_than_one_read_is_read_in_pieces(world, monkeypatch):
    monkeypatch.setattr("shared.aws.import_store_files.READ_BYTES", 100)
    assert READ_BYTES > 100
    world.upload(table(35).encode())
    assert world.run().rows == 35
    assert len(world.ledger.events) == 35


def test_equal_rows_are_as_many_events_and_equal_message_ids_are_one(world):
    row = "u1,2026-01-01,bought,1\n"
    world.upload((HEAD + row * 3).encode())
    world.run()
    assert len(world.ledger.events) == 3

    head = "user_id,date,event,message_id\n"
    world.upload((head + "u1,2026-01-01,bought,order-1\n" * 3).encode(), "i2")
    assert world.run("i2").rows == 3
    assert len(world.ledger.events) == 4


def test_a_dry_run_applies_nothing_and_counts_everything(world):
    world.upload((table(5) + "u1,soon,bought,1\n").encode(), dry_run=True)
    job = world.run()
    assert (job.status, job.rows, job.rejected) == ("completed", 6, 1)
    assert not world.ledger.events
    assert len(world.rejected()) == 2


def test_what_fails_for_now_is_tried_again_and_then_waits_for_another_delivery(world):
    world.ledger.fail = {"u1": 2, "u2": 3}
    world.upload(table(3).encode())
    with pytest.raises(TransientError):
        world.run()
    assert world.job().rows == 0

    world.run()
    assert (world.job().status, len(world.ledger.events)) == ("completed", 3)


@pytest.mark.parametrize(
    ("data", "fields", "says"),
    [
        (b"", {}, "no row to tell the columns from"),
        (b"PK\x03\x04", {}, "Excel workbook"),
        (b"a,a\n", {}, "is there twice"),
        (gzip.compress(table(35).encode())[:-9], {}, "cut off"),
        (b"no parquet", {"format": "parquet"}, "the Parquet file cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_fails_the_import_with_the_reason(world, data, fields, says):
    world.upload(data, **fields)
    job = world.run()
    assert job.status == "failed"
    assert says in job.reason


def test_a_file_that_is_replaced_half_way_fails_the_import(world):
    job = world.upload(table(35).encode())
    world.run(is_time_up=lambda: True)
    world.files._client.put_object(Bucket="imports", Key=job.file_key, Body=b"other")
    assert "was replaced" in world.run().reason


def test_the_slower_of_two_workers_leaves_and_every_row_counts_once(world):
    world.upload(table(35).encode())
    raced = []

    def another_worker(payload=None):
        if not raced:
            raced.append(True)
            world.run()  # runs to the end while the first one is at its first chunk
        return True

    apply = world.ledger.apply

    class Slow:
        def apply(self, events, *, proof=None):
            another_worker()
            return apply(events, proof=proof)

    job = world.run(applier=Slow())
    assert (job.status, job.rows, job.rejected) == ("completed", 35, 0)
    assert len(world.ledger.events) == 35
    assert world.messages == []


@pytest.mark.parametrize("status", ["completed", "failed", "awaiting_file"])
def test_a_message_about_an_import_that_is_not_open_does_nothing(world, status):
    world.upload(table(3).encode(), status=status)
    assert world.run().status == status
    assert not world.ledger.events


def test_moving_an_import_that_has_moved_is_refused(world):
    job = world.upload(b"")
    world.jobs.move(job, replace(job, rows=1), world.now())
    with pytest.raises(ConflictError):
        world.jobs.move(job, replace(job, rows=1), world.now())
    assert [each.rows for each in world.jobs.all("default")] == [1]


def test_many_threads_apply_the_same_events(world):
    world.upload(table(35).encode())
    assert world.run(threads=4).rows == 35
    assert len(world.ledger.events) == 35
