"""Which values name somebody, in which spelling, and which rules are no rules."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.identity.graph import Identifier
from shared.domain.identity.patterns import check_pattern
from shared.domain.identity.resolution import Unusable
from shared.domain.identity.rulebook import MAX_LENGTH, rulebook_of
from shared.domain.identity.rules import DEFAULT_RULES, OUR_PATTERNS, IdentityRules, KindRule

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "identity.json").read_text())
BOOK = rulebook_of(DEFAULT_RULES)
KINDS = [rule.kind for rule in DEFAULT_RULES.kinds]


@pytest.mark.parametrize("vector", VECTORS["usable"], ids=lambda v: f"{v['kind']}={v['raw']}")
def test_a_value_has_one_spelling(vector):
    expected = Identifier(vector["kind"], vector["value"])
    assert BOOK.usable(vector["kind"], vector["raw"]) == expected
    assert BOOK.usable(*expected) == expected, "a spelling of its own spelling"


@pytest.mark.parametrize("vector", VECTORS["unusable"], ids=lambda v: f"{v['kind']}={v['raw']!r}")
def test_junk_names_nobody_and_the_reason_is_kept(vector):
    found = BOOK.usable(vector["kind"], vector["raw"])
    assert isinstance(found, Unusable)
    assert (found.kind, found.reason) == (vector["kind"], vector["reason"])
    found.value.encode()
    if isinstance(vector["raw"], str) and vector["raw"].isprintable():
        assert found.value == vector["raw"][:100], "what it was, as far as one can look at it"


@given(st.sampled_from(KINDS), st.text() | st.integers() | st.none() | st.lists(st.text()))
def test_whatever_comes_is_usable_or_not_and_stays_so(kind, value):
    found = BOOK.usable(kind, value)
    if isinstance(found, Identifier):
        assert BOOK.usable(*found) == found
        assert 0 < len(found.value) <= MAX_LENGTH
        found.value.encode()


def test_a_value_that_is_too_long_for_a_key_is_refused():
    assert BOOK.usable("user_id", "x1" * 128) == Identifier("user_id", "x1" * 128)
    long = BOOK.usable("user_id", "x1" * 128 + "x")
    assert isinstance(long, Unusable)
    assert (long.reason, len(long.value)) == ("too_long", 100)


def test_a_local_phone_is_from_the_workspaces_region():
    abroad = rulebook_of(DEFAULT_RULES.model_copy(update={"default_region": "GB"}))
    assert abroad.usable("phone", "020 7946 0958") == Identifier("phone", "+442079460958")


def test_blocked_values_of_a_kind_hold_for_that_kind_only():
    assert isinstance(BOOK.usable("device_id", "emulator"), Unusable)
    assert BOOK.usable("user_id", "emulator") == Identifier("user_id", "emulator")


def test_patterns_match_whole_values_in_any_case():
    rules = IdentityRules(
        kinds=(KindRule(kind="user_id", strength="strong", blocked_patterns=("bot[0-9]+",)),),
        blocked_patterns=("qa-.*",),
    )
    book = rulebook_of(rules)
    blocked = [
        v
        for v in ("BOT7", "bot7x", "robot7", "QA-1", "xqa-1")
        if isinstance(book.usable("user_id", v), Unusable)
    ]
    assert blocked == ["BOT7", "QA-1"]


@pytest.mark.parametrize("field", ["valid", "blocked_patterns"])
def test_a_pattern_that_is_none_is_refused_with_what_is_wrong(field):
    value = "(ab" if field == "valid" else ["fine", "(ab"]
    with pytest.raises(ValidationError) as caught:
        KindRule(kind="user_id", **{field: value})
    (error,) = caught.value.errors()
    assert error["loc"] == (field,)
    assert "(ab is not a pattern of RE2: missing )" in error["msg"]


@pytest.mark.parametrize("pattern", sorted(OUR_PATTERNS))
def test_our_own_patterns_are_right_though_nobody_checks_them_at_run_time(pattern):
    assert check_pattern(pattern) == pattern


def test_a_pattern_that_could_run_for_ever_elsewhere_is_refused_or_quick():
    with pytest.raises(ValidationError, match="not a pattern of RE2"):
        KindRule(kind="user_id", valid=r"(a+)\1")
    book = rulebook_of(IdentityRules(kinds=(KindRule(kind="user_id", valid="(a+)+"),)))
    assert isinstance(book.usable("user_id", "a" * 255 + "!"), Unusable)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kinds": [{"kind": "a"}, {"kind": "a"}]}, "one rule only"),
        ({"kinds": [{"kind": "a"}, {"kind": "b", "strength": "strong"}]}, "come before weak"),
        ({"kinds": []}, "at least 1"),
        ({"kinds": [{"kind": "User Id"}]}, "match pattern"),
        ({"kinds": [{"kind": "a", "limit": 0}]}, "greater than or equal"),
        ({"kinds": [{"kind": "a"}], "colour": "red"}, "not permitted"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        IdentityRules.model_validate(change)


def test_rules_survive_json_and_are_compiled_once():
    again = IdentityRules.model_validate_json(DEFAULT_RULES.model_dump_json())
    assert again == DEFAULT_RULES
    assert rulebook_of(again) is BOOK


def test_phone_numbers_are_loaded_with_the_first_phone():
    code = (
        "import sys; from shared.domain.identity.rules import DEFAULT_RULES as rules; "
        "from shared.domain.identity.rulebook import rulebook_of as book; "
        "book(rules).usable('user_id', 'ada'); assert 'phonenumbers' not in sys.modules; "
        "book(rules).usable('phone', '1'); assert 'phonenumbers' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "None"), (True, "True"), (1.5, "1.5"), ([1, "a"], "[1, 'a']"), ({"a": 1}, "{'a': 1}")],
)
def test_what_is_no_text_is_shown_as_it_is_written(value, shown):
    assert BOOK.usable("user_id", value) == Unusable("user_id", shown, "not_text")
    assert BOOK.usable("shoe", value) == Unusable("shoe", shown, "unknown_kind")


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("user_id", "\u3000", "empty"),
        ("user_id", "", "empty"),
        ("user_id", "a\x7f", "malformed"),
        ("user_id", "a\x9f", "malformed"),
        ("user_id", "\ufdfa" * 20, None),
        ("email", "\ufdfa" * 20 + "@mail.example", "too_long"),
        ("email", "ﬁ@mail.example", None),
        ("device_id", "Ｅｍｕｌａｔｏｒ ", "blocked"),
        ("user_id", "xy" * 128, None),
        ("user_id", "xy" * 128 + "x", "too_long"),
        ("user_id", "null" + " " * 253, "too_long"),
    ],
)
def test_each_reason_is_told_at_its_limit(kind, value, reason):
    found = BOOK.usable(kind, value)
    assert getattr(found, "reason", None) == reason


def test_values_of_the_rules_are_blocked_whatever_their_spelling():
    rules = IdentityRules(
        kinds=(KindRule(kind="user_id", blocked=("  Shop ",), normalise="exact"),),
        blocked=("ＴＩＬＬ",),
    )
    book = rulebook_of(rules)
    for value in ("shop", " SHOP", "till", "Till\t"):
        assert book.usable("user_id", value) == Unusable("user_id", value, "blocked")
    assert book.usable("user_id", " a ") == Identifier("user_id", " a ")


def test_a_kind_without_patterns_takes_everything_and_one_with_a_form_only_that():
    rules = IdentityRules(
        kinds=(KindRule(kind="code", valid="[a-c]{2}"), KindRule(kind="name", normalise="exact")),
    )
    book = rulebook_of(rules)
    assert book.usable("code", "AB") == Identifier("code", "AB"), "in any case"
    assert book.usable("code", "abc") == Unusable("code", "abc", "malformed")
    assert book.usable("name", "---") == Identifier("name", "---")
