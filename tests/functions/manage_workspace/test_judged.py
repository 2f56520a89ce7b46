"""Segments, tags, the lifecycle and lists together: one edit, and all that means something else."""

import pytest

from functions.manage_workspace import handler
from shared.aws.build_store import BuildStore
from shared.aws.catalog import CatalogReader
from shared.errors import TransientError

VIP = {"type": "trait", "trait": "vip", "operator": "equals", "value": True}
BUYS = {"type": "event", "event": "order", "within_days": 30}
LEVEL = {
    "title": "Level",
    "title_zh": "等级",
    "category": "value/orders",
    "family": "value",
    "owner": "Mei",
    "meaning": "how much somebody is worth to us",
    "how": {
        "type": "rule",
        "values": [{"value": "gold", "title": "Gold", "title_zh": "金", "condition": VIP}],
        "otherwise": "plain",
    },
}
BY_HAND = {
    "title": "Level",
    "category": "value",
    "family": "value",
    "how": {"type": "manual", "values": [{"value": "vip", "title": "VIP"}]},
}
STAGES = {
    "stages": [{"stage": "buyer", "title": "Buyer", "title_zh": "买家", "condition": BUYS}],
    "otherwise": "visitor",
    "otherwise_title": "Visitor",
}


def segment(condition):
    return {"title": "A segment", "condition": condition}


def gold(value="gold"):
    return {"type": "tag", "tag_id": "level", "operator": "equals", "value": value}


@pytest.fixture
def read(dynamodb, catalog_table):
    """A reader that has seen nothing yet."""
    return lambda: CatalogReader(dynamodb, catalog_table)


@pytest.fixture
def builds(read):
    """What people are judged by: name → (version, build, announce)."""

    def look():
        reader = read()
        found = {one.segment.segment_id: one for one in reader.segments("default")}
        found |= {one.tag.tag_id: one for one in reader.tags("default")}
        found["lifecycle"] = reader.lifecycle("default")
        return {name: (one.version, one.build, one.announce) for name, one in found.items()}

    return look


def test_a_tag_comes_back_with_its_words_in_both_languages(api):
    created = api.put("/tags/level", LEVEL)
    assert (created.status, created.body["outcome"], created.body["version"]) == (200, "created", 1)
    answer = api.get("/tags/level").body
    assert answer["tag"] == {**LEVEL, "tag_id": "level"}
    assert answer["description"]["en"] == "Gold: vip is true; otherwise plain"
    assert answer["description"]["zh"] == "金：vip 等于 是；否则 plain"
    assert answer["estimate"]["depends_on_time"] is False
    assert answer["holders"] == 0
    [listed] = api.get("/tags").body["tags"]
    assert listed == {name: answer[name] for name in listed}


def test_the_lifecycle_is_the_default_until_somebody_sets_another(api, read):
    default = api.get("/lifecycle").body
    assert (default["version"], len(default["stages"])) == (0, 7)
    assert default["stages"][1]["title"] == {"en": "Lost", "zh": "流失"}
    assert api.put("/lifecycle", default["lifecycle"]).body["outcome"] == "created"
    changed = api.put("/lifecycle", STAGES).body
    assert (changed["outcome"], changed["version"]) == ("updated", 2)
    assert [stage["stage"] for stage in changed["stages"]] == ["buyer", "visitor"]
    assert read().lifecycle("default").lifecycle.names == {"buyer", "visitor"}
    assert api.put("/lifecycle", STAGES).body["outcome"] == "unchanged"


def test_a_list_is_put_and_comes_back(api):
    assert api.put("/lists/guests", {"title": "Guests"}).body["outcome"] == "created"
    assert api.get("/lists/guests").body["list"] == {"list_id": "guests", "title": "Guests"}
    assert len(api.get("/lists").body["lists"]) == 1
    assert api.put("/lists/guests", {"title": "Guests"}).body["outcome"] == "unchanged"


def test_an_edit_builds_whatever_means_something_else_by_it(api, builds):
    api.put("/tags/level", LEVEL)  # 1
    api.put("/segments/golden", segment(gold()))  # 2
    api.put("/segments/others", segment(BUYS))  # 3
    api.put("/segments/both", segment({"type": "segment", "segment_id": "golden"}))  # 4
    assert {name: build for name, (_, build, _) in builds().items()} == {
        "level": 1, "golden": 2, "others": 3, "both": 4, "lifecycle": 0,
    }  # fmt: skip
    how = {**LEVEL["how"], "values": [{**LEVEL["how"]["values"][0], "condition": BUYS}]}
    api("PUT", "/tags/level", {**LEVEL, "how": how}, query={"backfill": "announce"})  # 5
    assert builds() == {
        "level": (2, 5, True), "golden": (1, 5, True), "both": (1, 5, True),
        "others": (1, 3, False), "lifecycle": (0, 0, False),
    }  # fmt: skip


def test_another_title_builds_nothing(api, builds):
    api.put("/tags/level", LEVEL)
    api.put("/segments/golden", segment(gold()))
    answer = api.put("/tags/level", {**LEVEL, "title": "Rank"}).body
    assert (answer["outcome"], answer["version"], answer["build"]) == ("updated", 2, 1)
    assert builds()["golden"] == (1, 2, False)


def test_a_value_that_nobody_asks_for_changes_only_the_tag(api, builds):
    api.put("/tags/level", LEVEL)
    api.put("/segments/golden", segment(gold()))
    how = {**LEVEL["how"], "otherwise": "ordinary"}
    api.put("/tags/level", {**LEVEL, "how": how})
    assert (builds()["level"][1], builds()["golden"][1]) == (3, 2)


REACHABLE = {"type": "reachable", "channel": "email", "purpose": "service"}


def test_settings_under_which_other_people_can_be_reached_build_what_asks_for_it(api, builds):
    api.put("/settings", {"email_from": "hello@example.com"})  # 1
    api.put("/segments/reached", segment(REACHABLE))  # 2
    api.put("/segments/both", segment({"type": "segment", "segment_id": "reached"}))  # 3
    api.put("/segments/others", segment(BUYS))  # 4
    api.put("/settings", {"email_from": "shop@example.com"})  # 5
    assert {builds()[name][1] for name in ("reached", "both", "others")} == {2, 3, 4}
    needed = {"consent_required": ["marketing", "service"]}
    for _ in range(2):  # the second time nothing changes, and what could not be begun is
        assert api.put("/settings", needed).status == 200  # 6
        assert builds()["reached"] == builds()["both"] == (1, 6, False)
        assert builds()["others"] == (1, 4, False)
        assert begun() == {2, 3, 4, 6}


def test_settings_whose_build_was_not_begun_begin_it_when_they_are_put_again(api, monkeypatch):
    api.put("/segments/reached", segment(REACHABLE))
    needed = {"consent_required": ["service"]}
    with monkeypatch.context() as broken:
        broken.setattr(BuildStore, "add", _busy)
        assert api.put("/settings", needed).status == 503
    assert begun() == {1}
    assert api.put("/settings", needed).body["outcome"] == "unchanged"
    assert begun() == {1, 2}


def _busy(*_):
    raise TransientError("busy")


def begun():
    """The numbers of the builds that there are."""
    store = handler.wiring().ports.audiences.builds
    return {number for number in range(10) if store.find("default", number)}


@pytest.mark.parametrize(
    ("url", "body", "where", "message"),
    [
        ("/segments/a", segment(gold()), "condition.tag_id", 'there is no tag "level"'),
        (
            "/segments/a",
            segment({"type": "all", "conditions": [VIP, {"type": "list", "list_id": "x"}]}),
            "condition.conditions[1].list_id",
            'there is no list "x"',
        ),
        (
            "/segments/a",
            segment({"type": "segment", "segment_id": "a"}),
            "condition",
            'segment "a" leads back to itself: segment "a" → segment "a"',
        ),
        (
            "/tags/a",
            {
                **LEVEL,
                "how": {
                    "type": "rule",
                    "values": [
                        {"value": "v", "title": "V", "condition": VIP},
                        {"value": "w", "title": "W", "condition": gold()},
                    ],
                },
            },
            "how.values[1].condition.tag_id",
            'there is no tag "level"',
        ),
        (
            "/lifecycle",
            {**STAGES, "stages": [{**STAGES["stages"][0], "condition": gold()}]},
            "stages[0].condition.tag_id",
            'there is no tag "level"',
        ),
    ],
)
def test_what_refers_to_nothing_is_refused_with_the_place(api, url, body, where, message):
    refused = api.put(url, body)
    assert (refused.status, refused.body["details"]) == (400, [{"path": where, "message": message}])
    assert api.get("/segments").body["segments"] == api.get("/tags").body["tags"] == []


def test_a_circle_that_closes_later_is_refused_and_named(api):
    api.put("/segments/a", segment(VIP))
    api.put("/tags/level", {**LEVEL, "how": {**LEVEL["how"], "values": [
        {"value": "gold", "title": "G", "condition": {"type": "segment", "segment_id": "a"}}
    ]}})  # fmt: skip
    refused = api.put("/segments/a", segment({"type": "not", "condition": gold()}))
    assert refused.status == 400
    assert 'segment "a" → tag "level" → segment "a"' in refused.body["message"]


def test_an_edit_that_would_break_another_definition_is_refused(api):
    api.put("/tags/level", LEVEL)
    api.put("/segments/golden", segment(gold()))
    how = {**LEVEL["how"], "values": [{**LEVEL["how"]["values"][0], "value": "diamond"}]}
    refused = api.put("/tags/level", {**LEVEL, "how": how})
    assert refused.status == 400
    assert refused.body["message"] == (
        'segment "golden" would no longer work: the tag "level" has no value "gold"'
    )
    assert api.get("/tags/level").body["version"] == 1


JOURNEY = {
    "title": "J",
    "entry": {"type": "segment", "segment_id": "a"},
    "steps": [{"type": "wait", "name": "w", "duration": "P1D"}],
}


def test_what_is_referred_to_is_not_deleted_and_says_by_whom(api):
    api.put("/lists/guests", {"title": "Guests"})
    api.put("/segments/a", segment({"type": "list", "list_id": "guests"}))
    api.put("/segments/b", segment({"type": "segment", "segment_id": "a"}))
    api.put("/journeys/j", JOURNEY)
    refused = api.delete("/segments/a")
    assert refused.status == 400
    assert 'segment "b", journey "j" would miss it' in refused.body["message"]
    assert 'segment "a" would miss it' in api.delete("/lists/guests").body["message"]
    step = {"type": "update", "name": "invite", "lists": {"guests": True}}
    api.put("/journeys/k", {**JOURNEY, "steps": [step]})
    assert 'segment "a", journey "k" would miss it' in api.delete("/lists/guests").body["message"]
    assert api.delete("/segments/b").body["outcome"] == "deleted"
    assert api.get("/segments/b").status == api.delete("/segments/b").status == 404


def test_what_comes_back_after_it_was_deleted_goes_on_counting(api, builds):
    api.put("/tags/level", LEVEL)
    api.put("/tags/level", {**LEVEL, "title": "Rank"})
    api.delete("/tags/level")
    assert "level" not in builds()
    assert api.put("/tags/level", LEVEL).body["version"] == 3
    assert builds()["level"] == (3, 4, False)


def test_backfill_is_silent_or_announce(api):
    refused = api("PUT", "/segments/a", segment(VIP), query={"backfill": "loud"})
    assert refused.body["message"] == "backfill: this is silent or announce"


# --- journeys -------------------------------------------------------------------------------------


def branch(condition):
    step = {"type": "branch", "name": "b", "arms": [{"when": condition, "next": "end"}]}
    return {**JOURNEY, "entry": {"type": "event", "event": "x"}, "steps": [step]}


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        (gold(), "when"),
        ({"type": "all", "conditions": [VIP, gold()]}, "when.conditions[1]"),
        (
            {**BUYS, "where": [{"property": "p", "operator": "exists"}]},
            "when.where",
        ),
        (
            {"type": "event", "event": "order", "window": {"type": "rolling", "seconds": 60}},
            "when.window",
        ),
        ({"type": "segment", "segment_id": "x"}, "when.segment_id"),
        ({"type": "consent", "purpose": "marketing"}, "when"),
        (REACHABLE, "when"),
    ],
)
def test_a_branch_asks_only_what_is_known_at_once(api, condition, where):
    api.put("/tags/level", LEVEL)
    api.put("/journeys/j", branch(condition))
    refused = api.post("/journeys/j/publish")
    assert [one["path"] for one in refused.body["details"]] == [f"steps[0].arms[0].{where}"]


@pytest.mark.parametrize(
    "condition",
    [
        VIP,
        BUYS,
        {"type": "activity", "about": "silence_days", "comparison": "at_least", "value": 3},
        {"type": "not", "condition": {"type": "segment", "segment_id": "golden"}},
    ],
)
def test_a_branch_may_ask_for_facts_and_segments(api, condition):
    api.put("/tags/level", LEVEL)
    api.put("/segments/golden", segment(gold()))
    api.put("/journeys/j", branch(condition))
    assert api.post("/journeys/j/publish").status == 200


# --- paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        (
            {"type": "all", "conditions": [VIP, {**BUYS, "window": {"type": "rolling"}}]},
            "conditions[1].window.seconds",
        ),
        (
            {
                "type": "not",
                "condition": {
                    "type": "event",
                    "event": "e",
                    "window": {"type": "after", "anchor": {"event": ""}, "seconds": 9},
                },
            },
            "condition.window.anchor.event",
        ),
        ({**BUYS, "window": {"type": "rolling", "seconds": 9}}, ""),
        ({**BUYS, "where": [{"property": "p", "operator": "one_of", "value": "x"}]}, "where[0]"),
        ({**BUYS, "where": [{"property": "p", "operator": "matches", "value": "("}]}, "where[0]"),
        ({**BUYS, "where": [{"property": "p", "operator": "matches", "value": r"\b"}]}, "where[0]"),
        (
            {
                "type": "date",
                "source": {"type": "event", "event": "e", "which": "any"},
                "from_days": 0,
                "to_days": 0,
            },
            "source.which",
        ),
        ({"type": "any", "conditions": [{"type": "any", "conditions": []}]},
         "conditions[0].conditions"),
        ({"type": "at_least", "count": 2, "conditions": [VIP]}, ""),
        ({"type": "value", "event": "e", "which": "last", "test": {"operator": "exists"}},
         "test.property"),
        ({"type": "all", "conditions": [{"event": "x"}]}, "conditions[0]"),
        ({"type": "lifecycle", "stages": ["UP"]}, "stages[0]"),
        ({"type": "consent", "purpose": "spam"}, "purpose"),
        ({"type": "not", "condition": {"type": "consent", "purpose": "marketing",
                                       "channel": "pigeon"}}, "condition.channel"),
        ({"type": "consent", "purpose": "marketing", "topic": "No topic"}, "topic"),
        ({"type": "any", "conditions": [{"type": "reachable", "channel": "pigeon",
                                         "purpose": "service"}]}, "conditions[0].channel"),
        ({"type": "reachable", "channel": "sms", "purpose": "personalisation"}, "purpose"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_node(api, condition, where):
    refused = api.put("/segments/a", segment(condition))
    assert refused.status == 400
    paths = {one["path"] for one in refused.body["details"]}
    assert paths == {f"condition.{where}" if where else "condition"}


@pytest.mark.parametrize(
    ("how", "where"),
    [
        ({"type": "rule", "values": [{"value": "v", "title": "V"}]}, "how.values[0].condition"),
        ({"type": "statistic", "event": "e", "aggregate": "median"}, "how.aggregate"),
        ({"type": "rfm", "event": "e", "amount": "a", "thresholds": {"type": "fixed"}},
         "how.thresholds.recency_days how.thresholds.frequency how.thresholds.monetary"),
        ({"type": "ratio", "whole": {"event": "e", "where": [{}]}},
         "how.whole.where[0].operator how.whole.where[0].property"),
        ({"type": "first_last", "event": "e", "property": "p", "which": "first",
          "window": {"type": "between", "first_day": "2026-13-01", "last_day": "2026-12-01"}},
         "how.window.first_day"),
        ({"type": "weather"}, "how"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_tag_is_named_with_its_place(api, how, where):
    refused = api.put("/tags/level", {**LEVEL, "how": how})
    assert {one["path"] for one in refused.body["details"]} == set(where.split())
