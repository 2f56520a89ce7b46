"""An export holds everything about one person, and nothing of anybody else."""

import csv
import io
import json
import random
import zipfile

import pytest

from functions.export_person.usecase import ExportPerson
from shared.aws import archives as archives_module
from shared.aws import keys
from shared.aws.archives import Archives, archive_key
from shared.aws.export_reader import ExportReader
from shared.aws.export_store import Export, ExportStore
from shared.aws.items import from_item
from shared.domain.text import to_text
from shared.errors import NotFoundError, TransientError
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE
from tests.crash.faults import KilledError, Line
from tests.functions.erase_person.world import BUCKET, EVE, EVENTS, MARKER, PHONE, ROOT, WS, World

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

EXPORT = "export-1"
KEY = archive_key(WS, ROOT, EXPORT)


@pytest.fixture
def world(dynamodb):
    world = World(dynamodb)
    export = Export(export_id=EXPORT, profile_id=PHONE, requested_at=NOON)
    ExportStore(dynamodb, CATALOG_TABLE).put(WS, export)
    return world


def carry_out(world, line=None, export_id=EXPORT):
    line = line or Line()
    dynamodb = line.around(world.dynamodb)
    return ExportPerson(
        ExportStore(dynamodb, CATALOG_TABLE),
        ExportReader(dynamodb, PROFILES_TABLE),
        Archives(line.around(world.s3), BUCKET),
        lambda: NOON,
    ).carry_out(WS, export_id)


def archive(world):
    body = world.s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    return zipfile.ZipFile(io.BytesIO(body))


def files(world):
    with archive(world) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def test_the_archive_has_every_row_of_every_strand(world):
    carry_out(world)

    told = json.loads(files(world)["person.json"])
    listed = sum(len(rows) for rows in told.values() if isinstance(rows, list))
    listed -= len(told["strands"]) + len(told["identifiers"]) + len(told["links"])
    pks = {keys.person(WS, strand) for strand in (ROOT, PHONE)}
    rows = [key for key in world.rows() if key[0] in pks and not key[1].startswith("EVT#")]
    assert listed == len(rows)
    assert {one["value"] for one in told["identifiers"]} == {
        f"{MARKER}-user",
        f"{MARKER}@example.com",
        f"{MARKER}-device",
    }
    assert told["links"][0]["rule"] == "identify"
    assert told["counters"][0]["r22"] == 11.77


def test_the_archive_has_every_event_twice_over(world):
    carry_out(world)

    found = files(world)
    lines = [json.loads(line) for line in found["events.jsonl"].splitlines()]
    rows = list(csv.DictReader(io.StringIO(found["events.csv"])))
    assert len(lines) == len(rows) == EVENTS
    assert [line["message_id"] for line in lines] == [row["message_id"] for row in rows]
    assert {line["strand"] for line in lines} == {PHONE}
    assert json.loads(rows[0]["properties"]) == {"said": MARKER}


def test_nothing_of_anybody_else_is_in_it(world):
    carry_out(world)

    for name, text in files(world).items():
        assert name == "person.json" or EVE not in text
    told = json.loads(files(world)["person.json"])
    assert EVE not in to_text({name: rows for name, rows in told.items() if name != "disputes"})


def test_it_is_explained_in_english_and_chinese(world):
    carry_out(world)

    text = files(world)["README.txt"]
    assert "everything that is stored about one person" in text
    assert "关于一个人的全部已存数据" in text
    for name in files(world).keys() - {"README.txt"}:
        assert name in text


def test_a_long_history_goes_out_in_parts(world, monkeypatch):
    monkeypatch.setattr(archives_module, "PART_BYTES", 5 * 1024 * 1024)
    chance = random.Random(7)  # what is random cannot be packed away
    for number in range(200):
        said = chance.randbytes(60_000).hex()
        body = to_text({"message_id": f"big-{number}", "properties": {"said": said}})
        world.put(PHONE, keys.event(NOON, f"big-{number}"), body=body)
    line = Line()

    done = carry_out(world, line)

    assert line.calls.count("upload_part") >= 2
    assert done.size == world.s3.head_object(Bucket=BUCKET, Key=KEY)["ContentLength"]
    assert archive(world).testzip() is None


def test_doing_it_again_gives_the_same_archive(world):
    carry_out(world)
    first = files(world)

    assert carry_out(world).status == "done"
    assert files(world) == first


@pytest.mark.parametrize("fault", ["after", "throttled"])
def test_a_crash_anywhere_leaves_no_half_archive(world, fault):
    carry_out(world)
    line = Line()
    carry_out(world, line)
    first, calls = files(world), len(line.calls)
    for number in range(1, calls + 1):
        world.s3.delete_object(Bucket=BUCKET, Key=KEY)
        with pytest.raises((KilledError, TransientError)):
            carry_out(world, Line(faults={number: fault}))
        assert carry_out(world).status == "done"
        assert files(world) == first


def test_somebody_who_is_being_erased_is_not_exported(world):
    world.ask()
    world.carry_on()

    assert carry_out(world).status == "gone"


def test_an_archive_of_somebody_who_was_erased_meanwhile_is_taken_away(world):
    line = Line()

    def hook(number):
        if line.calls[-1] == "complete_multipart_upload":
            world.ask()
            world.erase().carry_on(WS, world.ledger().page(WS, 1)[0][0].erasure_id)

    line.hook = hook

    assert carry_out(world, line).status == "gone"
    listed = world.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    assert KEY not in [found["Key"] for found in listed]


def test_an_export_that_nobody_asked_for_is_refused(world):
    with pytest.raises(NotFoundError):
        carry_out(world, export_id="none")


def test_an_export_is_forgotten_after_a_week(world):
    carry_out(world)

    row = world.rows(CATALOG_TABLE)[keys.export(WS, EXPORT)]
    assert from_item(row)["expires_at"] == int(NOON.timestamp()) + 7 * 86_400
