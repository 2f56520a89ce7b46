"""Erasing takes a person's rows out of every object, keeps all others, and can be repeated."""

import gzip
import io
import json
import tracemalloc
from hashlib import md5

import pytest
from botocore.exceptions import ClientError

from shared.aws.lake_eraser import LakeEraser, Strand, without
from shared.domain.lake.rows import erased_row, identity_row, line
from shared.errors import TransientError

MARK = "traceable-teapot"


def error(code, status=400):
    return ClientError(
        {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "S3"
    )


class Bucket:
    """Objects with ETags; `before_put` runs once before the next conditional put."""

    def __init__(self, objects):
        self.objects = dict(objects)
        self.before_put = None
        self.puts = 0

    def get_object(self, Bucket, Key):  # noqa: N803
        if Key not in self.objects:
            raise error("NoSuchKey", 404)
        return {"Body": io.BytesIO(self.objects[Key]), "ETag": self._tag(Key)}

    def put_object(self, Bucket, Key, Body, IfMatch=None):  # noqa: N803
        if IfMatch is not None:
            self.puts += 1
            interfere, self.before_put = self.before_put, None
            if interfere:
                interfere()
            if IfMatch != self._tag(Key):
                raise error("PreconditionFailed", 412)
        self.objects[Key] = Body

    def delete_object(self, Bucket, Key):  # noqa: N803
        self.objects.pop(Key, None)

    def list_objects_v2(self, Bucket, Prefix):  # noqa: N803
        found = [{"Key": key} for key in sorted(self.objects) if key.startswith(Prefix)]
        return {"Contents": found[:2]} if found else {}

    def text(self):
        return "".join(
            (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()
            for body in self.objects.values()
        )

    def _tag(self, key):
        return md5(self.objects.get(key, b"")).hexdigest()


class Finder:
    """Answers the query of the eraser by reading the bucket."""

    def __init__(self, bucket):
        self.bucket = bucket

    def query(self, sql, *, max_rows, patience):
        gone = {row[1:] for row in self._rows("identities/") if row[0].get("erased")}
        table = "identities/" if "NOT coalesce(t.erased" in sql else "events/"
        found = {
            (key, *strand)
            for key in self.bucket.objects
            for row, *strand in self._rows(table, key)
            if tuple(strand) in gone and not row.get("erased")
        }
        return [
            {"object": f"s3://lake/{key}", "workspace_id": workspace, "strand_id": strand}
            for key, workspace, strand in sorted(found)
        ]

    def _rows(self, table, only=None):
        for key, body in self.bucket.objects.items():
            if key.startswith(table) and only in (None, key):
                for text in Bucket({key: body}).text().splitlines():
                    row = json.loads(text)
                    yield row, row["workspace_id"], row["strand_id"]


def event(strand_id, workspace_id="shop", text="x"):
    row = {"workspace_id": workspace_id, "strand_id": strand_id, "properties": text}
    return line(row).encode()


def objects():
    return {
        "events/day=2026-11-20/a": gzip.compress(event("s1", text=MARK) + event("s2")),
        "events/day=2026-11-21/b": event("s2") + event("s3", text=MARK) + event("s1", "other"),
        "events/day=2026-11-21/c": event("s1", text=MARK),
        "events/day=2026-11-22/d": event("s2"),
        "identities/day=2026-11-22/e": line(identity_row("shop", "s1", "s3", "1")).encode(),
        "results/1.csv": MARK.encode(),
        "results/1.csv.metadata": b"x",
        "results/2.csv": MARK.encode(),
    }


def eraser(bucket):
    return LakeEraser(bucket, Finder(bucket), "lake")


def test_every_object_is_written_again_without_the_person():
    bucket = Bucket(objects())
    changed = eraser(bucket).erase("shop", ["s1", "s3"])
    assert changed == [
        "events/day=2026-11-20/a",
        "events/day=2026-11-21/b",
        "events/day=2026-11-21/c",
        "identities/day=2026-11-22/e",
    ]
    assert MARK not in bucket.text()
    assert gzip.decompress(bucket.objects["events/day=2026-11-20/a"]) == event("s2")
    assert bucket.objects["events/day=2026-11-21/b"] == event("s2") + event("s1", "other")
    assert "events/day=2026-11-21/c" not in bucket.objects, "an object without rows goes"
    assert bucket.objects["events/day=2026-11-22/d"] == event("s2")


def test_from_then_on_queries_know_that_the_strands_are_erased():
    bucket = Bucket(objects())
    eraser(bucket).erase("shop", ["s1", "s3"])
    told = [
        json.loads(text)
        for key, body in bucket.objects.items()
        if key.startswith("identities/")
        for text in body.splitlines()
    ]
    assert told == [erased_row("shop", "s1"), erased_row("shop", "s3")]


def test_erasing_again_changes_nothing_and_says_so():
    bucket = Bucket(objects())
    eraser(bucket).erase("shop", ["s1", "s3"])
    after = dict(bucket.objects)
    assert eraser(bucket).erase("shop", ["s3", "s1"]) == []
    assert bucket.objects == after


def test_rows_that_arrive_later_are_erased_by_the_next_run():
    bucket = Bucket(objects())
    eraser(bucket).erase("shop", ["s1"])
    bucket.objects["events/day=2026-11-23/late"] = event("s1", text=MARK) + event("s2")
    assert eraser(bucket).erase("shop", ["s1"]) == ["events/day=2026-11-23/late"]
    assert bucket.objects["events/day=2026-11-23/late"] == event("s2")


def test_what_arrives_too_late_is_erased_by_the_next_erasure_of_anybody():
    bucket = Bucket(objects())
    eraser(bucket).erase("shop", ["s1"])
    bucket.objects["events/day=2026-11-23/late"] = event("s1", text=MARK) + event("s2")
    assert "events/day=2026-11-23/late" in eraser(bucket).erase("shop", ["s3"])
    assert bucket.objects["events/day=2026-11-23/late"] == event("s2")


def test_copies_in_results_of_queries_go_at_once():
    bucket = Bucket(objects())
    eraser(bucket).erase("shop", ["s1"])
    assert not [key for key in bucket.objects if key.startswith("results/")]


def test_two_erasers_at_one_object_both_succeed():
    bucket = Bucket({"events/day=2026-11-20/a": event("s1") + event("s2") + event("s3")})
    bucket.before_put = lambda: eraser(bucket).erase("shop", ["s2"])
    eraser(bucket).erase("shop", ["s1"])
    assert bucket.objects["events/day=2026-11-20/a"] == event("s3")
    assert bucket.puts == 2, "the second one found that the first had done it all"


def test_an_object_that_another_eraser_deleted_is_done():
    bucket = Bucket({"events/day=2026-11-20/a": event("s1") + event("s2")})

    def other():
        bucket.delete_object("lake", "events/day=2026-11-20/a")

    bucket.before_put = other
    assert eraser(bucket).erase("shop", ["s1"]) == []


def test_an_object_that_never_rests_is_tried_again_later():
    bucket = Bucket({"events/day=2026-11-20/a": event("s1") + event("s2")})

    def disturb():
        bucket.objects["events/day=2026-11-20/a"] += event("s2")
        bucket.before_put = disturb

    bucket.before_put = disturb
    with pytest.raises(TransientError, match="change all the time"):
        eraser(bucket).erase("shop", ["s1"])


@pytest.mark.parametrize("after", range(1, 9))
def test_a_crash_anywhere_is_repaired_by_doing_it_again(after):
    class Failing(Bucket):
        left = after

        def _step(self):
            self.left -= 1
            if self.left == 0:
                raise error("SlowDown", 503)

        def put_object(self, **request):
            self._step()
            super().put_object(**request)

        def delete_object(self, **request):
            self._step()
            super().delete_object(**request)

    bucket = Failing(objects())
    with pytest.raises(TransientError):
        eraser(bucket).erase("shop", ["s1", "s3"])
    eraser(bucket).erase("shop", ["s1", "s3"])
    whole = Bucket(objects())
    eraser(whole).erase("shop", ["s1", "s3"])
    assert bucket.objects == whole.objects


def test_nobody_to_erase_is_nothing_to_do_but_for_results():
    bucket = Bucket({"events/day=2026-11-20/a": event("s1")})
    assert eraser(bucket).erase("shop", []) == []
    assert bucket.objects == {"events/day=2026-11-20/a": event("s1")}


def test_compressed_parts_behind_one_another_are_read_to_the_end():
    body = gzip.compress(event("s2")) + gzip.compress(event("s1") + event("s3"))
    kept = without(body, {Strand("shop", "s1")})
    assert gzip.decompress(kept) == event("s2") + event("s3")


def test_an_object_is_never_in_memory_as_a_whole_but_compressed():
    """Firehose joins 64 MB to one object; unpacked and in lines it would take three times that."""
    rows = [event(strand_id) for strand_id in ("s1", "s2")] * 20_000
    body, unpacked = gzip.compress(b"".join(rows)), sum(map(len, rows))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = without(body, {Strand("shop", "s1")})
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert gzip.decompress(kept) == b"".join(rows[1::2])
    assert peak < unpacked / 4, f"{peak:,} of {unpacked:,} bytes"
