"""Whoever is erased is in no file of any import afterwards, and other files stay."""

import gzip

import pytest

from shared.aws.import_store_eraser import ImportEraser
from tests.conftest import PROFILES_TABLE
from tests.functions.import_records.conftest import make_world


@pytest.fixture
def world(dynamodb):
    return make_world(dynamodb)


@pytest.fixture
def erase(world, dynamodb):
    eraser = ImportEraser(world.files._client, "imports", dynamodb, PROFILES_TABLE)
    return lambda: eraser.erase("default", lambda text: "上海-marker" in text)


def test_files_that_name_the_person_go_and_others_stay(world, erase):
    texts = {
        "rejected/default/i1/rejected.csv": "x,上海-marker".encode(),
        "rejected/default/i1/parts/0.csv": "x,上海-marker".encode(),
        "rejected/default/i2/rejected.csv": b"somebody else",
        "uploads/default/i3/a.csv.gz": gzip.compress(b"x" * 9_000_000 + "上海-marker".encode()),
        "uploads/default/i4/a.csv": "上海-marker".encode("gb18030"),
        "uploads/default/i5/a.parquet": b"PAR1....",
        "uploads/other/i6/a.csv": "上海-marker".encode(),
    }
    for key, body in texts.items():
        world.files._client.put_object(Bucket="imports", Key=key, Body=body)

    assert len(erase()) == 5
    assert world.stored() == ["rejected/default/i2/rejected.csv", "uploads/other/i6/a.csv"]
    assert erase() == []


def test_a_file_that_is_being_imported_is_named_until_it_is_done(world, erase):
    job = world.upload("user_id,date,event\n上海-marker,2026-01-01,x\n".encode())
    assert erase() == [f"pending:{job.file_key}"]
    world.run()
    assert erase() == []
