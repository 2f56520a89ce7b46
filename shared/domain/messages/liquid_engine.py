"""python-liquid without what a message must not do: read files or the clock, or work endlessly.

python-liquid's own limits bound output, loops, nesting and stored variables. They do not see a
filter that multiplies (`replace`, `join`), a list that is shown or searched, a range that is made
into a list, or many loops in a row. So every node, every value that an expression asks for and
every filter also pays for its work (`liquid_work`) out of one allowance for each rendering.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from io import StringIO
from typing import Final, TextIO, cast

from shared.domain.messages.lean_liquid import (
    EXPRESSIONS,
    BoundTemplate,
    Environment,
    Expression,
    LimitedStringIO,
    LiquidError,
    LoopExpression,
    RenderContext,
    ResourceLimitError,
    StrictUndefined,
    Token,
    is_undefined,
    string_filter,
    with_context,
)
from shared.domain.messages.liquid_work import steps_of, steps_of_filter, steps_to_look_up

MAX_OUTPUT_BYTES: Final = 500_000
MAX_ITERATIONS: Final = 1_000  # of nested loops together
MAX_VARIABLE_BYTES: Final = 100_000
MAX_DEPTH: Final = 20
# A step is a node rendered, a value asked for, or what `liquid_work` says of values and filters: a
# few microseconds at most.
MAX_STEPS: Final = 40_000

_NOT_OFFERED_TAGS: Final = ("include", "render")  # there is nothing to include
_NOT_OFFERED_FILTERS: Final = ("safe", "escapejs")  # ways around escaping
_TAG: Final = re.compile(r"<[^<>]*>")
# What strip_html takes out with what stands in it.
_UNSEEN_BEGINS: Final = re.compile(r"<(!--|script\b|style\b)", re.IGNORECASE)
_UNSEEN_ENDS: Final = {
    "!--": re.compile("-->"),
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
}
_NAMES_OF_THE_TIME: Final = ("now", "today")
_LONGEST_DATE: Final = 100  # characters


class WorkLimitError(ResourceLimitError):
    """A rendering used up its allowance of steps."""


class Missing(StrictUndefined):
    """A variable that is not there: an error when shown or looped over, but false in a condition.

    So `{% if profile.name %}` and `{{ profile.name | default: "friend" }}` work, and
    `{{ profile.name }}` never sends an empty place.
    """

    allowed_properties = StrictUndefined.allowed_properties | {
        "__bool__",
        "__class__",
        "__liquid__",
    }
    force_liquid_default = True

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is None or other is False or isinstance(other, Missing)

    __hash__ = StrictUndefined.__hash__


class MeteredContext(RenderContext):
    """A render context that counts the work of nodes, filters and assignments."""

    steps = 0

    def spend(self, steps: int) -> None:
        """Pay for work before it is done; raises WorkLimitError when nothing is left."""
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise WorkLimitError("this template takes too much work to render", token=None)

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        """A buffer for a part of the output, of the size that is left to it."""
        # Blocks of nothing but blanks are shown to a buffer that keeps nothing.
        carried = buf.size if isinstance(buf, LimitedStringIO) else 0
        return _buffer(MAX_OUTPUT_BYTES - carried)

    @property
    def disabled_tags(self) -> list[str]:
        """Every node asks for this list before it renders, which makes it the place to count."""
        self.spend(1)
        return self._disabled_tags

    @disabled_tags.setter
    def disabled_tags(self, names: list[str]) -> None:
        self._disabled_tags = names

    def assign(self, key: str, val: object) -> None:
        """Store a variable; the size of all of them is added up each time, which costs too."""
        self.spend(len(self.locals) // 3)
        super().assign(key, val)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """Look up a filter; it pays for what it reads before it runs, and for its result after."""
        run = super().filter(name, token)

        def pay_and_run(value: object, *args: object, **kwargs: object) -> object:
            if name != "default":
                _insist_on(value, *args, *kwargs.values())
            self.spend(steps_of_filter(name, value, *args, *kwargs.values()))
            result = run(value, *args, **kwargs)
            self.spend(steps_of(result))
            return result

        return pay_and_run


def _insist_on(*values: object) -> None:
    """Raise UndefinedError when one is not there: of nothing, arithmetic would make a nought."""
    for value in values:
        if is_undefined(value):
            str(value)


def _paying(kind: type[Expression]) -> type[Expression]:
    """The same kind of expression, which pays for its value whenever a template asks for it."""

    class Paying(kind):  # type: ignore[valid-type, misc]
        __slots__ = ()

        def evaluate(self, context: RenderContext) -> object:
            found: object = super().evaluate(context)
            cast(MeteredContext, context).spend(1 + steps_to_look_up(found))
            return found

    return Paying


_PAYING: Final = {kind: _paying(kind) for kind in EXPRESSIONS}


class _Template(BoundTemplate):
    context_class = MeteredContext

    def _get_buffer(self) -> StringIO:
        return _buffer(MAX_OUTPUT_BYTES)


class _Environment(Environment):
    template_class = _Template
    block_nesting_limit = MAX_DEPTH
    context_depth_limit = MAX_DEPTH
    loop_iteration_limit = MAX_ITERATIONS
    local_namespace_limit = MAX_VARIABLE_BYTES
    output_stream_limit = MAX_OUTPUT_BYTES


def _environment(*, html: bool) -> Environment:
    environment = _Environment(undefined=Missing, autoescape=html)
    for name in _NOT_OFFERED_TAGS:
        del environment.tags[name]
    for name in _NOT_OFFERED_FILTERS:
        del environment.filters[name]
    environment.add_filter("date", format_date)
    environment.add_filter("strip_html", strip_html)
    return environment


@lru_cache(maxsize=256)
def parse(source: str, *, html: bool) -> BoundTemplate:
    """Parse Liquid; the latest templates stay parsed, by their text, so an edit is never missed.

    Raises LiquidError.
    """
    template = (_HTML if html else _PLAIN).from_string(source)
    expressions = list(_expressions_of(template))
    free = set(map(id, _gone_over(expressions)))
    for expression in expressions:
        if id(expression) not in free:
            # The parser makes its own kinds, and has no place where another could be named.
            expression.__class__ = _PAYING.get(type(expression), type(expression))
    return template


def _expressions_of(template: BoundTemplate) -> Iterator[Expression]:
    """All expressions of a template, and those within them."""
    nodes = list(template.nodes)
    while nodes:
        node = nodes.pop()
        nodes += node.children(None)  # type: ignore[arg-type]  # only tags not offered read it
        expressions = list(node.expressions())
        while expressions:
            expression = expressions.pop()
            expressions += expression.children()
            yield expression


def _gone_over(expressions: Iterable[Expression]) -> Iterator[Expression]:
    """What loops go over from its first item on: their rounds pay, and they take no more of it."""
    for one in expressions:
        if isinstance(one, LoopExpression) and one.offset is None and not one.reversed:
            yield one.iterable


def render(source: str, variables: Mapping[str, object], now: datetime, *, html: bool) -> str:
    """Render Liquid; raises LiquidError, also for what python-liquid lets through as it comes.

    `now` and `today` are variables; without these python-liquid would take them from the clock.
    """
    try:
        return parse(source, html=html).render(**variables, now=now, today=now.date())
    except LiquidError:
        raise
    except Exception as error:
        raise LiquidError(f"{type(error).__name__}: {error}", token=None) from error


def known_filters() -> frozenset[str]:
    """Names of the filters that templates may use."""
    return frozenset(_PLAIN.filters)


@with_context
def format_date(value: object, form: str, *, context: RenderContext) -> str:
    """Format an instant or a date; `form` is of strftime.

    `value` is a variable such as `now`, one of the words "now" and "today", ISO 8601, seconds since
    1970, or a text that says a date such as "March 14, 2016"; where it leaves out a part, that of
    the rendering's own time holds. Nothing is taken from the clock.
    """
    if is_undefined(value):
        return str(value)  # which raises, as anywhere else
    now = context.globals["now"]
    if not isinstance(now, datetime):
        raise LiquidError("nobody said what time it is", token=None)
    return _instant(value, now).strftime(str(form))


def _instant(value: object, now: datetime) -> date:
    if isinstance(value, date):
        return value
    text = str(value)
    if text in _NAMES_OF_THE_TIME:
        return now
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text), now.tzinfo)
        return _read(text, now)
    except (ValueError, OverflowError, OSError) as error:
        raise LiquidError(f"{text!r} is not a date", token=None) from error


def _read(text: str, now: datetime) -> datetime:
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    if len(text) > _LONGEST_DATE:
        raise ValueError("too long for a date")
    # Few templates write dates in words, and a cold start should not pay for it.
    from dateutil.parser import parse as read_words  # type: ignore[import-untyped]

    read: datetime = read_words(text, default=datetime(now.year, now.month, now.day))  # noqa: DTZ001
    return read


@string_filter
def strip_html(value: str) -> str:
    """Take tags, scripts, styles and comments out of a text, in time that grows only with it."""
    text = str(value)
    kept: list[str] = []
    position = 0
    while begin := _UNSEEN_BEGINS.search(text, position):
        end = _UNSEEN_ENDS[begin[1].lower()].search(text, begin.end())
        if end is None:
            break  # what has no end is text, its tag apart
        kept.append(text[position : begin.start()])
        position = end.end()
    return _TAG.sub("", "".join([*kept, text[position:]]))


def _buffer(limit: int) -> StringIO:
    """Output of at most so many bytes; what ends a line in it stays as it was written."""
    return LimitedStringIO(limit, newline="")


_PLAIN: Final = _environment(html=False)
_HTML: Final = _environment(html=True)
