"""Which language somebody reads, against a second reading of the rule; and by whose clock."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain.messages.languages import TRAITS, pick, wanted_by
from shared.domain.messages.zones import _COUNTRIES, zone_of


@pytest.mark.parametrize(
    ("traits", "wanted"),
    [
        ({}, ""),
        ({"language": "zh"}, "zh"),
        ({"locale": "zh"}, "zh"),
        ({"language": "de", "locale": "zh"}, "de"),
        ({"language": " ", "locale": "zh"}, "zh"),
        ({"language": None, "locale": "zh"}, "zh"),
        ({"language": 7, "locale": "zh"}, "zh"),
        ({"language": ["de"]}, ""),
    ],
)
def test_what_somebody_reads(traits: dict[str, Any], wanted: str):
    assert wanted_by(traits) == wanted
    assert TRAITS == ("language", "locale")


# Of each wanted tag, the tags that would do, from the best on.
LADDERS = {
    "de": ["de"],
    "de-AT": ["de-AT", "de"],
    "DE_at.UTF-8": ["de-AT", "de"],
    "de_DE@euro": ["de-DE", "de"],
    " de ": ["de"],
    "sl-rozaj-biske-1994": ["sl-rozaj-biske-1994", "sl-rozaj-biske", "sl-rozaj", "sl"],
    "en-a-bbb-x-a": ["en-a-bbb-x-a", "en-a-bbb", "en"],
    "zh-CN": ["zh-CN", "zh-Hans", "zh"],
    "zh-SG": ["zh-SG", "zh-Hans", "zh-CN", "zh"],
    "zh-MY": ["zh-MY", "zh-Hans", "zh-CN", "zh"],
    "zh-TW": ["zh-TW", "zh-Hant", "zh"],
    "zh-HK": ["zh-HK", "zh-Hant", "zh-TW", "zh"],
    "zh-MO": ["zh-MO", "zh-Hant", "zh-TW", "zh"],
    "zh-Hans": ["zh-Hans", "zh-CN", "zh"],
    "zh-Hant": ["zh-Hant", "zh-TW", "zh"],
    "zh-Hant-HK": ["zh-Hant-HK", "zh-HK", "zh-Hant", "zh-TW", "zh"],
    "zh-Hans-HK": ["zh-Hans-HK", "zh-HK", "zh-Hans", "zh-CN", "zh"],
    "zh-Hant-CN": ["zh-Hant-CN", "zh-CN", "zh-Hant", "zh-TW", "zh"],
    "zh-US": ["zh-US", "zh"],
    "zh-yue": ["zh-yue", "zh"],
    "zh-Hant-x-abc": ["zh-Hant-x-abc", "zh-Hant", "zh-TW", "zh"],
}


@pytest.mark.parametrize("wanted", LADDERS)
def test_the_best_there_is_is_taken_and_no_other(wanted: str):
    ladder = LADDERS[wanted]
    others = ["fr", "e", "english", "zhx", "d", "fr-DE", "xx-Hant"]
    for place in range(len(ladder)):
        there = [*others, *reversed(ladder[place:])]
        assert pick(there, wanted) == ladder[place]
        assert pick([tag.swapcase() for tag in there], wanted) == ladder[place].swapcase()
    assert pick(others, wanted) is None
    assert pick([], wanted) is None


def test_a_language_alone_takes_the_first_of_its_variants():
    assert pick(["en-GB", "pt-PT", "pt-BR"], "pt") == "pt-PT"
    assert pick(["zh-Hant", "zh-CN"], "zh") == "zh-Hant"
    assert pick(["pt-PT"], "pt-BR") is None
    assert pick(["zh-CN"], "zh-Hant") is None
    assert pick(["zh-TW"], "zh-Hans") is None
    assert pick(["pt-PT", "pt"], "pt") == "pt"
    assert pick(["pt_BR.UTF-8"], "pt-br") == "pt_BR.UTF-8"
    for nothing in ("", " ", ".UTF-8", "@euro"):
        assert pick(["de", "en-GB"], nothing) is None


# --- zones ----------------------------------------------------------------------------------------

HERE = ZoneInfo("Pacific/Auckland")


@pytest.mark.parametrize("code", _COUNTRIES)
def test_a_telephone_number_tells_the_country(code: str):
    assert zone_of({"phone": f"+{code}123456789"}, HERE) == ZoneInfo(_COUNTRIES[code])
    assert zone_of({"phone": f"{code}123456789"}, HERE) == HERE


@pytest.mark.parametrize(
    ("traits", "zone"),
    [
        ({"timezone": "Asia/Tokyo"}, "Asia/Tokyo"),
        ({"timezone": "Asia/Tokyo", "phone": "+491234567"}, "Asia/Tokyo"),
        ({"timezone": "", "phone": "+491234567"}, "Europe/Berlin"),
        ({"timezone": None, "phone": "+35312345"}, "Europe/Dublin"),
        ({"timezone": ["Asia/Tokyo"]}, "Pacific/Auckland"),
        ({"phone": "+"}, "Pacific/Auckland"),
        ({"phone": "+4"}, "Pacific/Auckland"),
        ({"phone": "+49"}, "Europe/Berlin"),
        ({"phone": "+852"}, "Asia/Hong_Kong"),
        ({"phone": "+85"}, "Pacific/Auckland"),
        ({"phone": "+7123"}, "Pacific/Auckland"),
        ({"phone": "+1425555"}, "Pacific/Auckland"),
        ({"phone": ["+49"]}, "Pacific/Auckland"),
        ({}, "Pacific/Auckland"),
    ],
)
def test_by_whose_clock(traits: dict[str, Any], zone: str):
    assert zone_of(traits, HERE).key == zone
