"""People read what was written in their language, or the closest to it, or the default."""

import pytest
from pydantic import ValidationError

from shared.domain.messages.languages import pick, wanted_by
from shared.domain.messages.model import TEMPLATE
from shared.domain.messages.render import check, for_reader
from shared.errors import InvalidInputError

MAIL = {
    "template_id": "hello",
    "channel": "email",
    "language": "en",
    "subject": "Hello",
    "html": "<p>Hello</p>",
    "languages": {"zh": {"subject": "你好", "html": "<p>你好</p>"}, "de": {"subject": "Hallo"}},
}


@pytest.mark.parametrize(
    ("available", "wanted", "found"),
    [
        (("zh", "zh-Hant", "zh-Hant-HK"), "zh-Hant-HK", "zh-Hant-HK"),
        (("zh", "zh-Hant"), "zh-Hant-HK", "zh-Hant"),
        (("zh",), "zh-Hant-HK", "zh"),
        (("en",), "zh-Hant-HK", None),
        (("zh-CN", "zh-TW"), "zh-Hant-HK", "zh-TW"),
        (("zh-Hans", "zh-Hant"), "zh-CN", "zh-Hans"),
        (("zh-CN",), "zh-TW", None),
        (("zh-CN",), "zh", "zh-CN"),
        (("pt-BR", "pt-PT"), "pt", "pt-BR"),
        (("pt",), "pt-BR", "pt"),
        (("en-GB",), "en-US", None),
        (("de",), "DE_at.UTF-8", "de"),
        (("de",), "", None),
        (("sl",), "sl-rozaj-biske-1994", "sl"),
        (("en",), "en-a-bbb-x-a", "en"),
    ],
)
def test_the_closest_language_is_found(available, wanted, found):
    assert pick(available, wanted) == found


def test_the_trait_language_goes_before_the_locale():
    assert wanted_by({"locale": "de_DE", "language": "fr"}) == "fr"
    assert wanted_by({"locale": "de_DE", "language": ""}) == "de_DE"
    assert wanted_by({"language": 7}) == ""


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("zh-Hant-HK", "你好"),
        ("de-AT", "Hallo"),
        ("en-US", "Hello"),
        ("fr", "Hello"),
        ("", "Hello"),
    ],
)
def test_a_template_is_read_in_the_language_of_its_reader(language, subject):
    template = TEMPLATE.validate_python(MAIL)

    assert for_reader(template, {"language": language}).subject == subject
    assert for_reader(template, {}).subject == "Hello"


@pytest.mark.parametrize(
    ("languages", "said"),
    [
        ({"zh": {"subjekt": "你好"}}, "languages.zh.subjekt"),
        ({"zh": {"subject": ""}}, "languages.zh.subject"),
        ({"zh": {"topic": "news"}}, "the same in every language"),
        ({"zh": {}, "ZH": {}}, "twice"),
        ({"no language": {}}, "languages"),
    ],
)
def test_a_variant_is_held_to_what_a_template_is_held_to(languages, said):
    with pytest.raises(ValidationError, match=said.replace(".", r"\.")):
        TEMPLATE.validate_python({**MAIL, "languages": languages})


def test_every_language_is_checked():
    broken = TEMPLATE.validate_python({**MAIL, "languages": {"zh": {"html": "{{ nobody.x }}"}}})

    with pytest.raises(InvalidInputError) as error:
        check(broken)
    assert error.value.where == "template hello (zh), html"
