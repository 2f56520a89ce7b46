"""What a template needs, to the letter, and variables that show all of it."""

from typing import Any

import pytest

from shared.domain.messages.model import TEMPLATE, AnyTemplate
from shared.domain.messages.needs import Needs, needs_of, sample_of, variable_of
from shared.domain.messages.render import LINKS, render
from tests.conftest import NOON


def sms(text: str) -> AnyTemplate:
    return TEMPLATE.validate_python({"template_id": "t", "channel": "sms", "text": text})


def email(**fields: Any) -> AnyTemplate:
    known = {"template_id": "t", "channel": "email", "subject": "s", "html": "h"}
    return TEMPLATE.validate_python({**known, **fields})


@pytest.mark.parametrize(
    ("text", "traits", "values"),
    [
        ("Hello", (), ()),
        ("{{ profile.b }}{{ profile.a }}{{ profile.b }}", ("a", "b"), ()),
        ("{{ profile.a | default: 'x' }}{{ profile.b }}", ("b",), ()),
        ("x{% if profile.a %}{{ profile.a }}{% endif %}", (), ()),
        ("{{ profile.a.b }}{{ profile.a.c }}{{ profile.d }}", ("a", "d"), ()),
        ("{{ profile['a b'] }}", ("a b",), ()),
        ("{{ entry.total }}{{ entry.a }}{{ profile.z }}", ("z",), ("a", "total")),
        ("{{ coupon.code }}", (), ("coupon",)),
        ("x{{ coupon.code | default: '' }}", (), ()),
        ("x{% for i in items %}{{ i.title }}{% endfor %}", (), ("items",)),
        ("{{ items[0].title }}{{ items.first.price | plus: 1 }}", (), ("items",)),
        ("{{ entry.a }}{{ coupon.code }}{{ items[0].b }}", (), ("a", "coupon", "items")),
        ("{{ profile.recommended_items[0].title }}", ("recommended_items",), ()),
        ("x{% for i in profile.items %}{{ i.title }}{% endfor %}", ("items",), ()),
        ("{{ profile.a | date: '%Y' }}", ("a",), ()),
        ("{{ profile.points | append: '2' | times: 2 }}", ("points",), ()),
        ("{{ links.unsubscribe }}{{ workspace.workspace_id }}{{ journey.step }}{{ now }}", (), ()),
        ("{{ journey.journey_id }}{{ links.preferences }}{{ today | date: '%Y' }}", (), ()),
        # Nobody can say of these what is missing: they fail with everything as well.
        ("{{ profile.a[profile.b] }}", (), ()),
        ("{{ profile.a.b.c }}{{ profile.a }}", (), ()),
        ("{{ profile.a }}{{ 'soon' | date: '%Y' }}", (), ()),
        ("{{ profile.a | append: ' soon' | date: '%Y' }}", (), ()),
        ("{{ profile[0] }}{{ profile.a | default: 'x' }}", (), ()),
        ("{{ profile.a | default: 'soon' | date: '%Y' }}{{ entry.z }}", (), ("z",)),
    ],
)
def test_what_a_text_cannot_be_without(text: str, traits: tuple[str, ...], values: tuple[str, ...]):
    assert needs_of(sms(text)) == Needs(traits, values, "")


def test_every_part_and_language_has_its_needs():
    template = email(
        subject="{{ profile.s }}",
        html="<p>{{ profile.h }}</p>{{ entry.e }}",
        text="{{ profile.t }}{{ profile.s }}",
        languages={"zh": {"subject": "{{ profile.zh }}"}},
    )
    assert needs_of(template) == Needs(("s", "h", "t", "zh"), ("e",))


def test_a_template_that_is_broken_says_why():
    found = needs_of(sms("{{ nobody.knows }}"))
    assert (found.traits, found.values) == ((), ())
    assert found.broken.startswith("template t, text: there is no variable nobody.knows")


def test_a_sample_shows_something_in_every_place():
    template = email(
        subject="{{ profile.a }}{{ profile.cart[0].title }}",
        html="{{ profile.b.c }}{{ profile.b.d }}{{ entry.t }}{{ coupon.code }}{{ profile[0] }}"
        "{% for item in items %}{{ item.x }}{% endfor %}{{ profile.recommended_items[0].y }}",
        text="{{ entry.u }}{{ profile.a }}",
    )
    rest = {
        "workspace": {"workspace_id": "1"},
        "journey": {"journey_id": "1", "step": "1"},
        "links": LINKS,
    }
    assert sample_of(template) == {
        "profile": {
            "a": "1",
            "b": {"c": "1", "d": "1"},
            "cart": "1",
            "recommended_items": [{}],
        },
        "entry": {"t": "1", "u": "1"},
        "coupon": {"code": "1"},
        "items": [{}],
        **rest,
    }
    assert sample_of(sms("Hello")) == {"profile": {}, "entry": {}, **rest}


def test_an_item_of_a_sample_has_whatever_is_looked_for():
    template = sms("{% for i in items %}{{ i.a }}{{ i.b }}{% endfor %}{{ entry.x }}")
    assert render(template, sample_of(template), NOON).text == "111"


@pytest.mark.parametrize(
    ("value", "variable"), [("coupon", "coupon.code"), ("items", "items"), ("x", "entry.x")]
)
def test_how_templates_write_a_value(value: str, variable: str):
    assert variable_of(value) == variable
