"""`rapport tag`, `rapport list`, `rapport lifecycle`, and documents that refer to each other."""

from datetime import timedelta

import pytest

from functions.manage_workspace import handler
from shared.aws import session
from shared.aws.athena import Athena
from shared.aws.tag_store import TagChange, TagStore
from shared.domain.events.packing import decode
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.domain.lists.said import tagged
from shared.domain.tags.held import HeldTag
from tests.conftest import NOON
from tests.functions.build_segments.lake import LakeAthena
from tests.functions.manage_workspace.people import Ada

TAGS = """\
kind: segment
segment_id: golden
title: Golden
condition: {type: tag, tag_id: level, operator: equals, value: gold}
---
kind: lifecycle
stages:
  - {stage: dear, title: Dear, condition: {type: segment, segment_id: golden}}
otherwise: other
otherwise_title: Others
---
kind: tag
tag_id: level
title: Level
title_zh: 等级
category: value/orders
family: value
how:
  type: rule
  values:
    - {value: gold, title: Gold, condition: {type: segment, segment_id: buyers}}
---
kind: segment
segment_id: buyers
title: Buyers
condition: {type: list, list_id: guests}
---
kind: list
list_id: guests
title: Guests
---
kind: tag
tag_id: hand
title: By hand
category: value
family: value
how: {type: manual}
"""


@pytest.fixture
def shop(rapport, written):
    """A workspace with tags, a list and stages."""
    assert rapport("apply", written(TAGS)).code == 0
    return rapport


@pytest.fixture
def said(api):
    """What was said of people since it was last asked: (name, identifier, properties)."""

    def read():
        sqs, url = session.client("sqs"), handler.wiring().ports.events._url
        found = []
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for one in got:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
                found += decode(one["Body"])
        return [(one.name, one.user_id, one.properties) for one in found]

    return read


def test_documents_are_put_in_an_order_in_which_they_find_each_other(rapport, written):
    first = rapport("apply", written(TAGS))
    assert (first.code, first.err) == (0, "")
    order = [line.split("(")[0].split() for line in first.out.splitlines()]
    assert {outcome for outcome, *_ in order} == {"created"}
    names = [names for _, *names in order]
    assert names.index(["segment", "buyers"]) < names.index(["tag", "level"])
    assert names.index(["tag", "level"]) < names.index(["segment", "golden"])
    assert names.index(["segment", "golden"]) < names.index(["lifecycle"])
    again = rapport("apply", "--announce", written(TAGS))
    assert all(line.startswith("unchanged") for line in again.out.splitlines())


def test_documents_in_a_circle_are_refused_by_name(rapport, written):
    circle = """\
kind: segment
segment_id: a
title: A
condition: {type: segment, segment_id: b}
---
kind: segment
segment_id: b
title: B
condition: {type: segment, segment_id: a}
"""
    told = rapport("apply", written(circle))
    assert told.code == 1
    assert 'there is no segment "b"' in told.out


def test_tags_are_listed_by_category_in_either_language(shop):
    assert "value/orders" in shop("tag", "list").out
    assert "等级" in shop("--lang", "zh", "tag", "list").out


def test_what_show_prints_can_be_applied(shop, written):
    for words in (("tag", "show", "level"), ("lifecycle", "show")):
        again = shop("apply", written(shop(*words).out))
        assert again.out.startswith("unchanged"), again.out


def test_people_are_put_on_lists_and_taken_off(shop, said):
    assert shop("list", "create", "vip", "--title", "VIPs").out == "created: vip\n"
    assert shop("list", "add", "vip", "user_id", "ada", "bob").out == "2 accepted\n"
    assert shop("list", "remove", "vip", "user_id", "bob").code == 0
    assert "VIPs" in shop("list", "list").out
    assert said() == [
        ("$listed", "ada", {"list_id": "vip", "on": True}),
        ("$listed", "bob", {"list_id": "vip", "on": True}),
        ("$listed", "bob", {"list_id": "vip", "on": False}),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_of_people_goes_in_by_the_thousand(shop, said, tmp_path, encoding):
    file = tmp_path / "people.csv"
    rows = "".join(f"u-{n},城市\n" for n in range(2_001))
    file.write_text(f"会员,城市\n{rows},\n", encoding=encoding)
    told = shop("list", "add", "guests", "user_id", "--csv", file, "--column", "会员")
    assert told.out.splitlines() == ["1000 accepted", "1000 accepted", "1 accepted"]
    assert len({user for _, user, _ in said()}) == 2_001


def test_manual_tags_are_set_for_people_and_from_files(shop, said, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("user_id,level\ncyd,gold\ndan,\n")
    assert shop("tag", "set", "hand", "user_id", "ada", "--to", "vip").code == 0
    assert shop("tag", "set", "hand", "user_id", "--csv", file, "--tag-column", "level").code == 0
    assert [(user, said["value"]) for _, user, said in said()] == [
        ("ada", "vip"),
        ("cyd", "gold"),
        ("dan", ""),
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("list", "add", "guests", "user_id"), "name people, or a file with --csv"),
        (("list", "add", "guests", "user_id", "--csv", "none.csv"), "No such file"),
        (("tag", "set", "hand", "user_id", "ada"), "either --to, or --csv with --tag-column"),
        (("tag", "set", "level", "user_id", "ada", "--to", "gold"), "nobody sets it"),
        (("tag", "show", "none"), "there is no tag 'none'"),
    ],
)
def test_what_goes_wrong_is_one_clear_line(shop, words, message):
    told = shop(*words)
    assert told.code == 1
    assert message in told.err


def test_a_column_that_is_not_there_is_named_with_those_that_are(shop, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("id,city\n1,x\n")
    told = shop("list", "add", "guests", "user_id", "--csv", file)
    assert "there is no column 'user_id'; there are: id, city" in told.err


def test_the_lifecycle_is_shown_with_what_each_stage_says(shop):
    assert "# dear (Dear): is in segment golden" in shop("lifecycle", "show").out


def test_past_values_are_told_with_their_times_and_reasons(
    shop, make_event, dynamodb, profiles_table
):
    ada = Ada(dynamodb, profiles_table)
    ada.does(make_event("order", at=NOON))
    store = TagStore(dynamodb, profiles_table)
    fact = {"about": "event", "name": "order", "value": 2, "holds": True}
    silver = HeldTag("level", "silver", NOON, 1, 1, because=(fact,))
    gone = HeldTag("level", None, NOON + timedelta(hours=1), 2, 2)
    for before, after in ((None, silver), (silver, gone)):
        store.store("default", ada.profile_id, [TagChange(before, after)])
    person = ("user_id", "ada")

    noon, one = "2026-11-22T12:00:00.000Z", "2026-11-22T13:00:00.000Z"
    assert shop("tag", "history", "level", *person).out.splitlines() == [
        f"{noon} – {one}  silver  (version 1; order 2)",
        f"{one} – now  none  (version 2)",
    ]
    assert shop("tag", "values", *person).out == ""
    at = shop("tag", "values", *person, "--at", "2026-11-22T12:30:00Z").out
    assert at == f"level  {noon} – {one}  silver  (version 1; order 2)\n"


def test_holders_are_told_page_by_page(shop, make_event, monkeypatch):
    lake = LakeAthena()
    monkeypatch.setattr(Athena, "query", lambda self, sql, **more: lake.query(sql, **more))
    for strand, value in (("s1", "vip"), ("s2", "vip"), ("s3", "other")):
        event = tagged("default", ("user_id", strand), "hand", NOON, value)
        lake.lake.add(EVENTS, [event_row(strand, event.to_json())])
    told = shop("tag", "holders", "hand", "vip").out.splitlines()
    assert (told[0].split(" at ")[0], told[1:]) == ("2 people", ["  s1", "  s2"])
    assert shop("tag", "holders", "hand", "--limit", "1").out.splitlines()[1:] == ["  s1"]
    before = shop("tag", "holders", "hand", "vip", "--at", "2026-11-22T11:59:59Z").out
    assert before == "0 people at 2026-11-22T11:59:59.000Z\n"


def test_thresholds_are_computed_anew_on_demand(rapport, written):
    shares = "{type: quantile, recency_share: 0.2, frequency_share: 0.2, monetary_share: 0.2}"
    how = f"{{type: rfm, event: order, amount: value, thresholds: {shares}}}"
    tag = "{kind: tag, tag_id: rfm, title: RFM, category: value, family: value, how: %s}"
    assert rapport("apply", written(tag % how)).code == 0
    said = rapport("tag", "recompute", "rfm", "--announce")
    assert (said.code, said.out) == (0, "build 2 computes them; see `rapport builds 2`\n")
    assert rapport("tag", "recompute", "gone").code == 1
