"""Another time zone has other natural days: everybody is judged anew by everything."""

import pytest

from functions.manage_workspace import handler
from shared.aws import session
from shared.aws.catalog import CatalogReader
from tests.functions.manage_workspace.conftest import MACHINE
from tests.functions.manage_workspace.test_imports import BODY

BUYS = {"type": "event", "event": "order", "within_days": 30}
SEGMENT = {"title": "Buyers", "condition": BUYS}
TAG = {
    "title": "Orders", "category": "value", "family": "value",
    "how": {"type": "statistic", "event": "order", "aggregate": "count", "within_days": 7},
}  # fmt: skip


@pytest.fixture
def read(dynamodb, catalog_table):
    """A reader that has seen nothing yet."""
    return lambda: CatalogReader(dynamodb, catalog_table)


def executions():
    found = session.client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
    return sorted(each["name"] for each in found)


def builds(reader):
    """(build, announce) of everything that people are judged by."""
    found = {one.segment.segment_id: one for one in reader.segments("default")}
    found |= {one.tag.tag_id: one for one in reader.tags("default")}
    found["lifecycle"] = reader.lifecycle("default")
    return {name: (one.build, one.announce) for name, one in found.items()}


def test_everything_is_built_by_the_days_of_the_new_zone(api, read):
    api("PUT", "/segments/buyers", SEGMENT, query={"backfill": "announce"})  # 1
    api.put("/tags/orders", TAG)  # 2
    assert builds(read()) == {"buyers": (1, True), "orders": (2, False), "lifecycle": (0, False)}
    begun = executions()

    assert api.put("/settings", {"timezone": "Asia/Shanghai"}).status == 200  # 3

    assert builds(read()) == {
        "buyers": (3, False), "orders": (3, False), "lifecycle": (3, False),
    }, "nobody is told of what another zone changes"  # fmt: skip
    assert set(executions()) - set(begun) == {"default-3"}
    build = handler.wiring().ports.audiences.builds.load("default", 3)
    assert (build.subject, build.definition_id, build.announced) == ("SETTINGS", "timezone", False)

    # A definition that is put after that has its own build, and is told as it says.
    other = {**SEGMENT, "condition": {**BUYS, "within_days": 7}}
    api("PUT", "/segments/buyers", other, query={"backfill": "announce"})  # 4
    assert builds(read())["buyers"] == (4, True)
    assert builds(read())["orders"] == (3, False)


def test_whoever_asks_for_it_gets_everything_built_anew_in_silence(api, read):
    api("PUT", "/segments/buyers", SEGMENT, query={"backfill": "announce"})  # 1
    assert api.post("/builds").body["build"] == 2
    build = handler.wiring().ports.audiences.builds.load("default", 2)
    assert (build.subject, build.definition_id) == ("SETTINGS", "everything")
    assert builds(read()) == {"buyers": (2, False), "lifecycle": (2, False)}
    assert read().days_build("default") == 0, "the days are those that they were"
    assert "default-2" in executions()

    settings = api.get("/settings").body["settings"]
    api.put("/settings", {**settings, "email_from": "Shop <hello@shop.cn>"})  # 3
    assert builds(read())["buyers"] == (2, False), "other settings leave it as it is"
    assert api.post("/builds").body["build"] == 4


def test_other_settings_leave_the_days_alone(api, read):
    api.put("/segments/buyers", SEGMENT)
    api.put("/settings", {"timezone": "Asia/Shanghai"})
    known = builds(read())
    api.put("/settings", {"timezone": "Asia/Shanghai", "rehearsal": True})
    assert builds(read()) == known
    assert read().days_build("default") == 2
    api.put("/settings", {"timezone": "UTC", "rehearsal": True})
    assert read().days_build("default") == 4, "back again is another one, too"


def test_whoever_sets_a_workspace_up_builds_nothing(api, read):
    api.put("/settings", {"timezone": "Asia/Shanghai"})
    api.put("/settings", {"timezone": "Asia/Tokyo"})
    assert (read().days_build("default"), executions()) == (0, [])


@pytest.mark.parametrize("what", ["key", "definition", "import"])
def test_as_soon_as_anything_can_have_been_counted_another_zone_counts(api, read, what):
    match what:
        case "key":
            api.post("/write-keys", {"source_id": "web", "kind": "public"})
        case "definition":
            api.put("/segments/buyers", SEGMENT)
        case _:
            assert api.post("/imports", BODY).status == 200
    api.put("/settings", {"timezone": "Asia/Shanghai"})
    assert read().days_build("default") > 0


def test_a_build_that_could_not_be_begun_is_begun_by_the_same_settings_again(api, monkeypatch):
    api.put("/segments/buyers", SEGMENT)
    begun = executions()
    desk = handler.wiring().ports.audiences

    def busy(*build):
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(desk.machine, "start", busy)
        assert api.put("/settings", {"timezone": "Asia/Shanghai"}).status >= 500
    again = api.put("/settings", {"timezone": "Asia/Shanghai"}).body
    assert again["outcome"] == "unchanged"
    assert set(executions()) - set(begun) == {"default-2"}
