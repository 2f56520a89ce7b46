"""No template, however written, makes dispatch work for long or hold much in memory."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from liquid.exceptions import BlockNestingError, LiquidError, LiquidValueError, ResourceLimitError

from shared.domain.messages import liquid_engine
from shared.domain.messages.liquid_engine import MAX_STEPS, MeteredContext, parse, render

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TRAITS = {
    "profile": {
        "big": "a" * 30_000,
        "few": "a" * 50,
        "list": ["b" * 30_000] * 10,
        "cart": [{"title": "A serum", "price": 12}] * 10,
    }
}
LOOP = "{% for i in (1..999) %}"
EMPTY_ITEMS = f"{{% assign l = '{',' * 3_000}' | split: ',' %}}"

BOMBS = {
    "nested loops": "{% for i in (1..40) %}{% for j in (1..40) %}x{% endfor %}{% endfor %}",
    "a very long loop": "{% for i in (1..100000000000000000000) %}x{% endfor %}",
    "a very long table": "{% tablerow i in (1..100000000) %}x{% endtablerow %}",
    "many loops in a row": f"{LOOP}x{{% endfor %}}" * 200,
    "a loop over many nodes": f"{LOOP}{'{% if 1 %}{% endif %}' * 500}{{% endfor %}}",
    "a loop over many counters": f"{LOOP}{'{% increment a %}' * 500}{{% endfor %}}",
    "a string that doubles": "{% assign s = 'ab' %}" + "{% assign s = s | append: s %}" * 60,
    "a string that doubles in a capture": "{% assign s = 'ab' %}"
    + "{% capture s %}{{ s }}{{ s }}{% endcapture %}" * 60,
    "a string that grows in one expression": "{{ profile.big "
    + "| append: profile.big" * 900
    + "}}",
    "replace that multiplies": "{{ 'aaaaaaaaaa'" + "| replace: 'a', 'aaaaaaaaaa'" * 12 + "}}",
    "replace of nothing": "{{ profile.big | replace: '', profile.big }}",
    "join with a long separator": "{{ (1..900) | join: profile.big }}",
    "a range made into a list": "{{ (1..100000000) | reverse | first }}",
    "a range without end": "{{ (1..100000000000000000000000) | join }}",
    "a comparison of all with all": "{{ profile.big | split: '' | uniq | size }}",
    "a number that doubles": "{% assign n = 99 %}" + "{% assign n = n | times: n %}" * 60,
    "an encoding of an encoding": "{{ profile.big" + "| base64_encode" * 60 + "}}",
    "a list that doubles": "{% assign l = 'a,b' | split: ',' %}"
    + "{% assign l = l | concat: l %}" * 60,
    "one long text shown often": f"{LOOP}{{{{ profile.big }}}}{{% endfor %}}",
    "long items joined often": f"{LOOP}{{% assign x = profile.list | join | size %}}{{% endfor %}}",
    "very many variables": "".join(f"{{% assign a{i} = 1 %}}" for i in range(4_000)),
    "a search in a range": "{% if (1..100000000000000) contains 'x' %}{% endif %}",
    "a search in a range with a name": "{% assign r = (1..100000000000000) %}"
    "{% if r contains 'x' %}{% endif %}",
    "a range turned round": "{% for i in (1..100000000000000) reversed %}{% endfor %}",
    "the end of a range turned round": "{% for i in (1..100000000000000) reversed limit: 1 %}"
    "{% endfor %}",
    "a range in every other place": "{% case (1..100000000000000) %}{% when 1 %}{% endcase %}",
    "a text taken apart": "{% assign s = 'xxxxxxxxxx' %}"
    + "{% assign s = s | append: s %}" * 12
    + "{{ s | split: '' | sort }}",
    "a list shown often": EMPTY_ITEMS + f"{LOOP}{{{{ l }}}}{{% endfor %}}",
    "a list searched often": f"{EMPTY_ITEMS}{LOOP}{{% if l contains 'x' %}}{{% endif %}}"
    "{% endfor %}",
    "a list sorted often": EMPTY_ITEMS + "{{ l | sort | size }}" * 30,
    "a list of parts that is made often": f"{LOOP}{{{{ profile.few | split: '' | size }}}}"
    "{% endfor %}",
    "a comparison of many": f"{LOOP}{{% if {' or '.join(['1 == 0'] * 60)} %}}{{% endif %}}"
    "{% endfor %}",
    "a choice of many": f"{LOOP}{{% case 1 %}}{{% when {', '.join('2' * 60)} %}}{{% endcase %}}"
    "{% endfor %}",
    "a cycle of many": f"{LOOP}{{% cycle {', '.join('2' * 60)} %}}{{% endfor %}}",
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("html", [False, True])
def test_a_bomb_stops_at_a_limit(name: str, html: bool):
    with pytest.raises((ResourceLimitError, LiquidValueError)):
        render(BOMBS[name], TRAITS, NOW, html=html)


@pytest.mark.parametrize(
    "source",
    [
        "{% if 1 %}" * 5_000,
        "{% if 1 %}" * 200 + "{% endif %}" * 200,
        "{% for i in (1..1) %}" * 200 + "{% endfor %}" * 200,
    ],
)
def test_deep_nesting_is_refused_when_parsed(source: str):
    with pytest.raises(BlockNestingError):
        parse(source, html=True)


@pytest.mark.parametrize(
    "source", ["{% if " + "true and " * 9_000 + "true %}{% endif %}", "{{ a" + "[a" * 9_000 + "}}"]
)
def test_deep_expressions_are_errors_like_any_other(source: str):
    with pytest.raises(LiquidError):
        parse(source, html=True)


def test_work_is_counted_and_bounded_for_every_kind_of_node():
    sources = {
        "if": "{% if 1 %}{% endif %}",
        "unless": "{% unless 1 %}{% endunless %}",
        "case": "{% case 1 %}{% when 1 %}{% endcase %}",
        "assign": "{% assign a = 1 %}",
        "capture": "{% capture a %}{% endcapture %}",
        "cycle": "{% cycle 'a', 'b' %}",
        "increment": "{% increment a %}",
        "echo": "{% echo 1 %}",
        "output": "{{ 1 }}",
        "filter": "{{ 1 | plus: 1 }}",
    }
    for name, source in sources.items():
        assert steps_of(source * 100) >= 100, name


def test_an_ordinary_email_uses_a_small_part_of_its_allowance():
    source = "<p>Dear {{ profile.name | default: 'friend' }}</p>" + (
        "{% for item in profile.cart %}<li>{{ item.title | truncate: 40 }}</li>{% endfor %}"
    )

    assert steps_of(source) < MAX_STEPS / 100


def test_a_parsed_template_is_kept_and_an_edited_one_is_another():
    first = parse("Hello {{ profile.name }}", html=True)

    assert parse("Hello {{ profile.name }}", html=True) is first
    assert parse("Hello {{ profile.name }}", html=False) is not first
    assert parse("Hallo {{ profile.name }}", html=True) is not first
    assert liquid_engine.parse.cache_info().maxsize is not None


def steps_of(source: str) -> int:
    template = parse(source, html=True)
    context = MeteredContext(template, globals={**TRAITS, "now": NOW})
    template.render_with_context(context, template._get_buffer())
    return context.steps


def test_the_extras_of_the_engine_stay_out_and_can_still_be_had():
    code = (
        "import sys, shared.domain.messages.liquid_engine as engine;"
        "assert 'liquid.extra' not in sys.modules and 'babel' not in sys.modules;"
        "assert 'json' not in engine.known_filters();"
        "from liquid.extra import JSON"
    )

    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
