"""What a rendering pays, to the step: for nodes, values, items and filters."""

from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest

from shared.domain.messages.lean_liquid import LiquidError, ResourceLimitError, UndefinedError
from shared.domain.messages.liquid_engine import (
    MAX_ITERATIONS,
    MAX_STEPS,
    MeteredContext,
    Missing,
    WorkLimitError,
    known_filters,
    parse,
    render,
    strip_html,
)
from shared.domain.messages.liquid_work import steps_of, steps_of_filter, steps_to_look_up

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    ("value", "steps"),
    [
        ("", 0),
        ("x" * 99, 0),
        ("x" * 100, 1),
        ("你" * 299, 2),
        (range(1, 6), 2),
        (range(0), 0),
        (range(5, 1), 0),
        (range(10**30), 4 * 10**29),
        ([], 0),
        ([""], 0),
        (["x" * 50, "y" * 50], 1),
        (("a", "b"), 0),
        ([1, None, 2.5], 1),
        ([None] * 100, 40),
        (MappingProxyType({"a": 1, "b": [1, 2]}), 0),
        ([[1, 2], [3]], 0),
        ({}, 0),
        ({"a": 1, "b": ["x"]}, 0),
        ([{"a": "x" * 200}], 0),
        (7, 0),
        (1 << 799, 1),  # 100 bytes
        ((1 << 799) - 1, 0),
        (1 << 1_599, 2),
        (True, 0),
        (None, 0),
        (NOW, 0),
    ],
)
def test_what_values_weigh(value: object, steps: int):
    assert steps_of(value) == steps


@pytest.mark.parametrize(
    ("value", "steps"),
    [
        ("x" * 1_999, 1),
        (["x" * 50] * 299, 119),
        ([[1] * 499, [[2]]], 200),
        (range(1, 1_001), 10),
        (range(5, 1), 0),
        ({"a": 1}, 0),
        (10**9, 0),
    ],
)
def test_what_is_only_looked_up_weighs_little(value: object, steps: int):
    assert steps_to_look_up(value) == steps


@pytest.mark.parametrize(
    ("name", "arguments", "steps"),
    [
        ("upcase", ("x" * 250,), 3),
        ("append", ("x" * 250, "y" * 150), 5),
        ("first", ([1, 2, 3],), 2),
        ("first", (range(1, 4),), 2),
        ("replace", ("aXa", "a", "b" * 100), 3),
        ("replace", ("aXa", "a", "b" * 100, "more"), 3),
        ("replace", ("x" * 200, "y", "z" * 900), 3),
        ("replace", ("x" * 99, "", "z" * 10), 11),  # between all of them
        ("replace", ("x" * 99, "x"), 1),
        ("replace", (1_111, 1, "z" * 100), 5),
        ("join", (["a"] * 5, "-" * 100), 8),
        ("join", (["a"] * 200,), 85),  # 200 items, and 400 characters
        ("join", (("a", "b"), "-" * 100), 3),
        ("join", (range(5), "-" * 100), 8),
        ("join", ("abc", "-" * 100), 2),
        ("split", ("a,b,c" * 20, ","), 18),
        ("split", ("x" * 100, ""), 42),
        ("split", ("x" * 100,), 42),
        ("split", ("x" * 100, None), 42),
        ("split", ("x" * 100, "y"), 2),
        ("split", (1_213, 1), 1),
        ("uniq", ([""] * 50,), 121),
        ("uniq", (range(50),), 121),
        ("uniq", ("x" * 1_000,), 11),
        ("uniq", (["a"] * 10, "key"), 9),
    ],
)
def test_what_filters_pay_before_they_run(name: str, arguments: tuple[Any, ...], steps: int):
    assert steps_of_filter(name, *arguments) == steps


def test_what_is_missing_weighs_nothing():
    missing = Missing("x", token=None)
    assert (steps_of(missing), steps_to_look_up(missing)) == (0, 0)
    assert steps_of_filter("append", "x", missing) == steps_of_filter("append", missing, "x") == 1


GLOBALS = {"now": NOW, "long": "x" * 1_000, "few": ["a", "b"], "none": [], "n": 7, "m": {"k": "v"}}


def spent(source: str, *, html: bool = False) -> int:
    template = parse(source, html=html)
    context = MeteredContext(template, globals=GLOBALS)
    template.render_with_context(context, template._get_buffer())
    return context.steps


@pytest.mark.parametrize(
    ("source", "steps"),
    [
        ("", 0),
        ("a", 1),
        ("{{ n }}", 2),
        ("{{ 1 }}", 2),
        ("{{ 'x' }}{{ 1.5 }}{{ true }}{{ false }}{{ nil }}{{ empty }}", 12),
        ("{{ m.k }}", 2),
        ("{{ m[m.k] | default: 1 }}", 5),  # node, path in path, path, filter and argument
        ("{{ long }}", 3),
        ("{{ few }}", 2),
        ("{{ few | first }}", 3),
        ("{{ long | size }}", 14),  # node, value and its text, filter and its text
        ("{{ 'a' | upcase | downcase }}", 4),
        ("{{ long | upcase }}", 24),
        ("{{ n | default: 1, allow_false: long }}", 16),  # the long one is looked up, and read
        ("{{ 'aXa' | replace: 'a', long }}", 46),  # what it makes is paid before and after
        ("{% assign x = 1 %}", 2),
        ("{% assign a = 1 %}{% assign b = 1 %}{% assign c = 1 %}{% assign d = 1 %}", 9),
        ("{% for i in few %}a{% endfor %}", 5),
        ("{% for i in (1..3) %}{% endfor %}", 6),
        ("{% if n == 1 and n == 2 %}{% endif %}", 3),
        ("{% if n == 7 and n == 2 %}{% endif %}", 5),
    ],
)
def test_what_templates_pay(source: str, steps: int):
    assert spent(source) == steps


PRODUCTS = [
    {"sku": f"s{n}", "name": f"Tea {n}", "category": f"c{n % 20}", "price": n, "note": "x" * 200,
     "tags": ["new", "green"]}
    for n in range(100)
]  # fmt: skip
OF_CATEGORIES = """
{% for c in categories %}{{ c }}: {% assign of = items | where: 'category', c %}
{% for p in of limit: 3 %}{{ p.name }} {{ p.price }}{% endfor %}{% endfor %}
"""


def test_mails_full_of_products_are_sent():
    categories = [f"c{n}" for n in range(20)]
    assert text(OF_CATEGORIES, items=PRODUCTS, categories=categories).count("Tea") == 60
    one = "{% assign p = items | where: 'sku', 's1' | first %}{{ p.name }}"
    assert text(one * 150, items=PRODUCTS[:48]) == "Tea 1" * 150
    names = "{{ items | map: 'name' | join: ', ' }}"
    assert text(names * 60, items=PRODUCTS[:48]).count("Tea") == 60 * 48
    words = "{{ words | split: ' ' | slice: 0, 20 | join: ' ' }}"
    assert len(text(words * 3, words="seven77 " * 5_000)) == 3 * 159


def test_a_loop_over_the_first_of_very_many_costs_its_rounds():
    stars = "{% for star in (1..points) limit: 5 %}*{% endfor %}"
    assert text(stars, points=10**9) == text(stars, points=5) == "*****"
    for more in ("reversed", "offset: 900000000"):
        with pytest.raises(LiquidError):
            text(stars.replace("limit: 5", more), points=10**9)
    with pytest.raises(WorkLimitError):
        text("{% if (1..points) contains 'x' %}{% endif %}", points=10**9)


def test_lists_within_lists_are_joined_at_the_price_of_what_is_joined():
    with pytest.raises(WorkLimitError):
        text("{{ x | join: y }}", x=[list(range(1_900))], y="-" * 30_000)


def test_more_work_costs_more():
    for piece in ("{{ n }}", "{{ 1 }}", "{{ 'a' | upcase }}", "{% if n == 1 %}{% endif %}"):
        one, two = spent(piece), spent(piece * 2)
        assert two == 2 * one
        assert spent(piece, html=True) == one


def test_the_last_step_is_free_and_the_next_one_is_not():
    context = MeteredContext(parse("", html=False), globals={})
    context.spend(MAX_STEPS - 1)
    context.spend(1)
    assert context.steps == MAX_STEPS == 40_000
    with pytest.raises(WorkLimitError):
        context.spend(1)


def text(source: str, **variables: Any) -> str:
    return render(source, variables, NOW, html=False)


def test_loops_are_as_long_as_they_may_be():
    loop = f"{{% for i in (1..{MAX_ITERATIONS}) %}}x{{% endfor %}}"
    assert text(loop) == "x" * 1_000
    with pytest.raises(ResourceLimitError):
        text(loop.replace("1000", "1001"))


def test_output_is_as_long_as_it_may_be_wherever_it_is_kept():
    assert len(text("{{ a }}", a="x" * 500_000)) == 500_000
    assert len(text("{{ a }}", a="你" * 166_666)) == 166_666
    for source in ("{{ a }}x", "{{ b }}", "x{% capture c %}{{ a }}{% endcapture %}"):
        with pytest.raises(ResourceLimitError):
            text(source, a="x" * 500_000, b="你" * 166_667)


def test_what_is_kept_for_later_counts_as_output_too():
    source = "{{ a }}{% capture x %}y{% endcapture %}"
    assert len(text(source, a="x" * 499_999)) == 499_999
    with pytest.raises(ResourceLimitError):
        text(source, a="x" * 500_000)


def test_variables_are_as_large_as_they_may_be():
    assert text("{% assign a = b %}x", b="x" * 99_900) == "x"
    with pytest.raises(ResourceLimitError):
        text("{% assign a = b %}x", b="x" * 100_000)


def test_nesting_is_as_deep_as_it_may_be():
    def nested(levels: int) -> str:
        return "{% if true %}" * levels + "x" + "{% endif %}" * levels

    assert text(nested(20)) == "x"
    with pytest.raises(LiquidError):
        text(nested(21))


# --- what is missing ------------------------------------------------------------------------------


def test_what_is_missing_is_as_good_as_nothing_in_a_condition():
    one, other = Missing("x", token=None), Missing("y", token=None)
    assert not one
    assert one == other
    assert one == None  # noqa: E711
    assert one == False  # noqa: E712
    for value in (0, "", True, [], "x"):
        assert one != value
    for use in (str, hash, len, list):
        with pytest.raises(UndefinedError):
            use(one)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% if x %}a{% else %}b{% endif %}", "b"),
        ("{% if x == nil %}a{% endif %}{% if x == false %}b{% endif %}", "a"),
        ("{% if x == y %}a{% endif %}{% unless x %}b{% endunless %}", "ab"),
        ("{{ x | default: 'a' }}{{ x.y | default: 'b' }}", "ab"),
        ("{% assign z = x %}{{ z | default: 'a' }}", "a"),
        ("{% case x %}{% when nil %}a{% else %}b{% endcase %}", "a"),
    ],
)
def test_a_template_may_ask_for_what_is_missing(source: str, shown: str):
    assert text(source) == shown


# --- filters of our own ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        ("now", "%Y-%m-%d %H:%M", "2026-11-22 23:30"),
        ("today", "%H", "23"),
        (NOW, "%d", "22"),
        (date(2026, 1, 2), "%d.%m.%Y", "02.01.2026"),
        ("2026-03-14", "%d.%m.%Y", "14.03.2026"),
        ("2026-03-14T10:00:00+02:00", "%d %H %z", "14 10 +0200"),
        (0, "%Y-%m-%d %H %z", "1970-01-01 08 +0800"),
        ("86400", "%d %H", "02 08"),
        ("March 14, 2016", "%Y-%m-%d %H:%M", "2016-03-14 00:00"),
        ("March 14", "%Y-%m-%d", "2026-03-14"),
        ("3pm", "%Y-%m-%d %H", "2026-11-22 15"),
        ("2020", "%Y", "1970"),  # digits are seconds
        ("3pm" + " " * 97, "%H", "15"),
        ("now", 7, "7"),
    ],
)
def test_dates_are_read_as_they_are_written(value: object, form: object, shown: str):
    assert text("{{ value | date: form }}", value=value, form=form) == shown


@pytest.mark.parametrize(
    "value", ["soon", "", "3pm" + " " * 98, "9" * 30, "²", None, "Now", 10**18]
)
def test_what_is_no_date_is_refused(value: object):
    with pytest.raises(LiquidError) as error:
        text("{{ value | date: '%Y' }}", value=value)
    assert str(error.value.message) == f"{str(value)!r} is not a date"


def test_a_date_of_nothing_is_missing_and_none_is_taken_from_the_clock():
    with pytest.raises(UndefinedError):
        text("{{ x | date: '%Y' }}")
    template = parse("{{ 'now' | date: '%Y' }}", html=False)
    context = MeteredContext(template, globals={"now": "noon"})
    with pytest.raises(LiquidError, match="what time it is"):
        template.render_with_context(context, template._get_buffer())


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("a<b>c</b>d", "acd"),
        ("<style>a</style>b", "b"),
        ("<!-- a -->b", "b"),
        ("a<!-- b > c -->d", "ad"),
        ("a<script>b</script>c<STYLE x>d</style >e", "ace"),
        ("a<script>b<style>c</script>d", "ad"),
        ("a<scripts>b</scripts>c", "abc"),
        ("a<script>b", "ab"),
        ("a<!-- b", "a<!-- b"),
        ("a<!-- b --><!-- c -->d<p>e", "ade"),
        ("a < b > c", "a  c"),
        ("<<b>>", "<>"),
        ("a<!-- x --><style>b", "ab"),
        (7, "7"),
    ],
)
def test_tags_are_taken_out(html: object, kept: str):
    assert strip_html(html) == kept
    assert text("{{ html | strip_html }}", html=html) == kept


def test_ways_around_escaping_and_to_files_are_not_offered():
    assert not {"safe", "escapejs"} & known_filters()
    assert {"date", "strip_html", "upcase"} <= known_filters()
    for tag in ("include 'x'", "render 'x'"):
        with pytest.raises(LiquidError):
            parse(f"{{% {tag} %}}", html=True)
    assert render("{{ a }}", {"a": "<"}, NOW, html=True) == "&lt;"
    assert render("{{ a }}", {"a": "<"}, NOW, html=False) == "<"


def test_now_and_today_are_handed_in_and_cannot_be_replaced():
    assert text("{{ now }} {{ today }}") == f"{NOW} {NOW.date()}"
    utc = NOW.astimezone(UTC)
    assert render("{{ today }}", {}, utc, html=False) == str(utc.date())


def test_whatever_the_engine_raises_is_one_kind_of_error():
    with pytest.raises(LiquidError, match="TypeError"):
        text("{{ a }}", now=1)

    class Odd:
        def __str__(self) -> str:
            raise ValueError("odd")

    with pytest.raises(LiquidError) as error:
        text("{{ a }}", a=Odd())
    assert str(error.value.message) == "ValueError: odd"


def test_line_ends_stay_as_they_were_written():
    assert text("a\r\nb\rc\n{{ x }}", x="\r\n") == "a\r\nb\rc\n\r\n"
    assert text("{% capture x %}a\r\nb{% endcapture %}{{ x }}") == "a\r\nb"
