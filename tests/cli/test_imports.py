"""A file is looked at here, uploaded, imported and watched; what was wrong comes back as a file."""

import json
from urllib.parse import unquote, urlsplit

import duckdb
import httpx
import pytest

from cli import imports
from shared.aws import session
from tests.cli.conftest import Gateway
from tests.functions.import_records.conftest import make_world

ORDERS = (
    "Customer ID,date,price,message_id\n"
    "u1,1997-01-12,12.00,o-1\n"
    "u2,soon,77.00,o-2\n"
    "u3,1997-01-13,7.50,o-3\n"
)


class Cloud(Gateway):
    """The API; links to the bucket; and an import that runs as soon as somebody asks how it is."""

    def __init__(self, world) -> None:
        super().__init__()
        self.world = world

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        place = urlsplit(str(request.url))
        if "s3" in place.netloc:
            assert "authorization" not in request.headers
            key = unquote(place.path).removeprefix("/imports").lstrip("/")
            if request.method == "PUT":
                body = request.read()
                assert request.headers["content-length"] == str(len(body))
                session.client("s3").put_object(Bucket="imports", Key=key, Body=body)
                return httpx.Response(200, request=request)
            body = session.client("s3").get_object(Bucket="imports", Key=key)["Body"].read()
            return httpx.Response(200, content=body, request=request)
        if request.method == "GET" and place.path.endswith("/imports"):
            for one in super().handle_request(request).json()["imports"]:
                self.world.run(one["import_id"])
        return super().handle_request(request)


@pytest.fixture
def cloud(rapport, dynamodb, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(imports, "POLL_SECONDS", 0)
    cloud = Cloud(make_world(dynamodb))
    rapport.gateway = cloud
    return cloud


@pytest.fixture
def orders(tmp_path):
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    return path


def test_a_look_shows_what_the_file_would_become(rapport, cloud, orders, tmp_path):
    said = rapport("import", "check", str(orders), "--kind", "events", "--event", "bought",
                   "--rejected", str(tmp_path / "bad.csv"))  # fmt: skip
    assert said.code == 1
    assert "identifier user_id" in said.out
    assert 'bought  user_id u1  {"price": 12.0}' in said.out
    assert "3 rows, 1 would be rejected" in said.out
    assert "1 × date: write it as" in said.out
    assert "is not a time" in (tmp_path / "bad.csv").read_text("utf-8-sig")


def test_a_look_at_parquet(rapport, cloud, tmp_path):
    path = tmp_path / "people.parquet"
    duckdb.execute(f"COPY (SELECT 'u1' AS user_id, 5 AS age) TO '{path}' (FORMAT parquet)")
    said = rapport("import", "check", str(path), "--kind", "profiles")
    assert (said.code, '$identify  user_id u1  {"age": 5}' in said.out) == (0, True)


def test_a_file_is_imported_once_and_what_was_wrong_comes_back(rapport, cloud, orders, tmp_path):
    command = ("import", "run", str(orders), "--kind", "events", "--event", "bought")
    said = rapport(*command)
    assert (said.code, said.err) == (0, said.err)
    assert "completed: 3 rows, 1 rejected" in said.out
    assert "2,u2" not in said.out
    assert "is not a time" in (tmp_path / "orders.csv.rejected.csv").read_text("utf-8-sig")
    assert len(cloud.world.ledger.events) == 2

    again = rapport(*command)
    assert "was imported already" in again.out
    assert len(cloud.world.ledger.events) == 2
    assert "orders.csv" in rapport("import", "list").out


def test_a_dry_run_applies_nothing_and_does_not_stand_in_the_way(rapport, cloud, orders):
    command = ("import", "run", str(orders), "--kind", "events", "--event", "bought")
    assert "completed: 3 rows, 1 rejected" in rapport(*command, "--dry-run").out
    assert not cloud.world.ledger.events
    rapport(*command)
    assert len(cloud.world.ledger.events) == 2


def test_a_mapping_file_says_which_column_is_what(rapport, cloud, orders, tmp_path):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        json.dumps(
            {
                "kind": "events",
                "source_id": "shop",
                "timezone": "Asia/Shanghai",
                "constants": {"event": "bought"},
                "columns": {"Customer ID": {"to": "identifier", "kind": "member_id"}},
            }
        )
    )
    assert rapport("import", "run", str(orders), "-m", str(mapping)).code == 0
    event = next(iter(cloud.world.ledger.events.values()))
    assert event.context == {"externalIds": [{"id": "u1", "type": "member_id"}]}
    assert event.source_id == "shop"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind: nothing", "the mapping is not valid: kind"),
        ("- a", "a mapping file is a mapping"),
        ("{", "mapping.yaml"),
    ],
)
def test_a_bad_mapping_is_named(rapport, cloud, orders, tmp_path, text, says):
    (tmp_path / "mapping.yaml").write_text(text)
    said = rapport("import", "run", str(orders), "-m", str(tmp_path / "mapping.yaml"))
    assert said.code == 1
    assert says in said.err


def test_a_file_that_cannot_be_read_is_said_to_be_none(rapport, cloud, tmp_path):
    (tmp_path / "book.csv").write_bytes(b"PK\x03\x04")
    said = rapport("import", "check", str(tmp_path / "book.csv"), "--kind", "events")
    assert "Excel workbook" in said.err
    assert "no such file" in rapport("import", "run", "nowhere.csv", "--kind", "events").err
    run = rapport("import", "run", str(tmp_path / "book.csv"), "--kind", "events")
    assert (run.code, "failed: 0 rows" in run.out) == (1, True)
