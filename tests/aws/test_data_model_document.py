"""`docs/data-model.md` shows exactly the keys that the code builds."""

import inspect
import re
from datetime import UTC, date, datetime
from pathlib import Path

from shared.aws import keys
from shared.domain.due.timing import JUDGED

DOCUMENT = (Path(__file__).parents[2] / "docs" / "data-model.md").read_text()

SORT_KEYS = {
    "PROFILE": keys.PROFILE,
    "STATE": keys.STATE,
    "event": keys.event(datetime(2026, 11, 22, 8, tzinfo=UTC), "c-1"),
    "dispute": keys.dispute(("anonymous_id", "a-1"), ("user_id", "u-1")),
    "counter": keys.counter("cart", "2026-11"),
    "moments": keys.moments("0123456789abcdef", date(2026, 11, 22)),
    "cells": keys.cells("0123456789abcdef", "2026-11"),
    "membership": keys.membership("buyers"),
    "tag": keys.tag("vip"),
    "tag_log": keys.tag_log("vip", datetime(2026, 11, 22, 8, tzinfo=UTC)),
    "stage": keys.stage(datetime(2026, 11, 22, 8, tzinfo=UTC)),
    "trait": keys.trait("city", datetime(2026, 11, 22, 8, tzinfo=UTC), "web"),
    "group_of_person": keys.group_of_person("acme"),
    "enrolment": keys.enrolment("e1"),
    "past_enrolment": keys.past_enrolment("e1"),
    "listener": keys.listener("cart", "e1"),
    "message": keys.message("m1"),
    "inbox": keys.inbox("m1"),
    "BUDGET": keys.BUDGET,
    "window": keys.window("wechat_service", "", "0123456789abcdef"),
    "CONSENT": keys.CONSENT,
    "agreed": keys.agreed("marketing", "sale", "sms", "password"),
}
WHOLE_KEYS = {
    "identifier": keys.identifier("shop", "user_id", "u-1"),
    "suppression": keys.suppression("shop", "email", "0123abcd"),
    "GROUP_TRAITS": (keys.group("shop", "acme"), keys.GROUP_TRAITS),
    "group_member": (keys.group("shop", "acme"), keys.group_member("p1")),
    "counted": keys.counted("shop", "a1"),
    "copy_of": keys.copy_of("shop", "b1", "greet.1.email", "0123abcd"),
    "numbered": keys.numbered("shop", "tencent_sms", "2019:1"),
    "tally": keys.tally("shop", "SEGMENT", "buyers", "p1"),
    "import_job": (keys.imports("shop"), keys.import_job("i1")),
    "due": keys.due("shop", JUDGED, datetime(2026, 11, 22, 8, 5, tzinfo=UTC), "p1"),
    "due_positions": keys.due_positions("shop", JUDGED),
    "access_token": keys.access_token("shop", "wechat:wx0123"),
    "line": keys.line("shop", "wechat", of_broadcast=True),
    "throughput": keys.throughput("shop", "wechat", datetime(2026, 11, 22, 8, tzinfo=UTC)),
    "CATALOG_VERSION": (keys.catalog("shop"), keys.CATALOG_VERSION),
    "SETTINGS": (keys.catalog("shop"), keys.SETTINGS),
    "IDENTITY_RULES": (keys.catalog("shop"), keys.IDENTITY_RULES),
    "definition": (keys.catalog("shop"), keys.definition("SEGMENT", "buyers")),
    "definition_version": keys.definition_version("shop", "JOURNEY", "welcome", 3),
    "tombstone": keys.tombstone("shop", "0123abcd"),
    "export": keys.export("shop", "x1"),
    "erasure": (keys.erasures("shop"), keys.erasure("e1")),
    "review": keys.review("shop", "r1"),
    "build": (keys.builds("shop"), keys.build(41)),
    "move": (keys.moves("shop", "welcome"), keys.move(3)),
    "move_segment": (keys.moves("shop", "welcome"), keys.move_segment(3, "move", 7)),
    "audience": keys.audience("shop", "a1"),
    "broadcast": (keys.broadcasts("shop"), keys.broadcast("b1")),
    "schedule": (keys.broadcasts("shop"), keys.schedule("welcome")),
    "broadcast_part": keys.broadcast_part("shop", "b1", 0, 41),
    "backtest": keys.backtest("shop", "t1"),
    "replay": (keys.replays("shop"), keys.replay("r1")),
    "walk": keys.walk("shop"),
    "write_key": keys.write_key("0123456789abcdef" * 4),
    "rate": keys.rate("shop", "web", 29_945_280),
    "audit": (keys.audits("shop"), keys.audit(datetime(2026, 11, 22, 8, tzinfo=UTC), "a1", "0")),
}
HELPERS = {
    "replays",
    "broadcasts",
    "broadcast_parts",
    "builds",
    "moves",
    "move_segments",
    "escape",
    "unescape",
    "person",
    "profile_of",
    "catalog",
    "listeners_of",
    "rates",
    "audits",
    "erasures",
    "suppressed",
    "suppressions",
    "windows_of",
    "imports",
    "group",
    "traits_of",
    "tag_logs_of",
    "due_shard",
    "due_from",
    "due_row",
}


def rows_of_document() -> dict[str, list[str]]:
    cells = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in DOCUMENT.splitlines()
        if re.match(r"\| [^|]+ \| `\w+` \|", line)
    ]
    return {row[1]: row for row in cells}


def test_every_sort_key_is_shown_as_the_code_builds_it():
    rows = rows_of_document()

    assert {name: rows[name][2] for name in SORT_KEYS} == SORT_KEYS


def test_every_whole_key_is_shown_as_the_code_builds_it():
    rows = rows_of_document()

    assert {name: (rows[name][2], rows[name][3]) for name in WHOLE_KEYS} == {
        name: tuple(key) for name, key in WHOLE_KEYS.items()
    }


def test_every_key_builder_is_in_the_document():
    builders = {
        name
        for name, value in inspect.getmembers(keys, inspect.isfunction)
        if value.__module__ == keys.__name__
    }

    constants = {name for name in rows_of_document() if name.isupper()}
    assert set(rows_of_document()) - constants == builders - HELPERS


def test_free_text_cannot_break_out_of_its_part_of_a_key():
    assert keys.unescape(keys.escape("a#b%23")) == "a#b%23"
    assert keys.counter("a#b", "2026-11") == "CNT#a%23b#2026-11"
    assert keys.profile_of(keys.person("shop", "p1")) == ("shop", "p1")
