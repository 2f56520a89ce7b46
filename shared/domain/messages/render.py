"""From a template and what is known of a person to the message that the person will see.

Variables that a template may use: `profile.<trait>`, `entry.<name>` (what the step hands on under
`values`), `coupon.code` and `items` (two of these by short names; without the latter the trait
`recommended_items`), `links.unsubscribe` and `links.preferences`, `workspace.workspace_id`,
`journey.journey_id`, `journey.step`, `now` and `today` (when the message is rendered, in the
workspace's time zone). A variable that is not there fails the rendering unless the template says
what to show instead: nobody receives "Dear ,".
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from shared.domain.channels.base import Part
from shared.domain.channels.catalog import AnyTemplate, Content
from shared.domain.messages import liquid_engine, markup
from shared.domain.messages.languages import pick, wanted_by
from shared.domain.messages.lean_liquid import LiquidError, UndefinedError
from shared.domain.messages.model import MessageRequest
from shared.errors import InvalidInputError

LINKS: Final[Mapping[str, str]] = {
    "unsubscribe": "rapport:unsubscribe",
    "preferences": "rapport:preferences",
}
"""What is written in the place of our own links, until the message is given its signed ones."""

COUPON: Final = "coupon"
ITEMS: Final = "items"
RECOMMENDED: Final = "recommended_items"

# Known fields of each root; None where any name may follow, and where none does.
_ROOTS: Final[dict[str, frozenset[str] | None]] = {
    "profile": None,
    "workspace": frozenset({"workspace_id"}),
    "journey": frozenset({"journey_id", "step"}),
    "entry": None,
    "coupon": frozenset({"code"}),
    "items": None,
    "links": frozenset(LINKS),
    "now": None,
    "today": None,
}
# Line breaks end a header; the other control characters have no business in one either.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_DANGEROUS: Final = re.compile(r"\s*(javascript|vbscript|data)\s*:", re.IGNORECASE)
_IS_UNDEFINED: Final = " is undefined"


def variables_for(
    request: MessageRequest, traits: Mapping[str, Any], *, personalised: bool = True
) -> dict[str, object]:
    """Collect what templates may use beside the time; a trait that is null is not there.

    Without `personalised` nothing is there that is known of the person: of the step's values, only
    what it says to everybody.
    """
    known = {name: value for name, value in traits.items() if value is not None}
    given = {name: value for name, value in request.values.items() if value is not None}
    if not personalised:
        known, given = {}, {name: given[name] for name in request.constants if name in given}
    found: dict[str, object] = {
        "profile": known,
        "entry": given,
        "links": LINKS,
        "workspace": {"workspace_id": request.workspace_id},
        "journey": {"journey_id": request.journey_id, "step": request.step},
    }
    if COUPON in given:
        found["coupon"] = {"code": given[COUPON]}
    items = given.get(ITEMS, known.get(RECOMMENDED))
    return found if items is None else {**found, "items": items}


def for_reader(template: AnyTemplate, traits: Mapping[str, Any]) -> AnyTemplate:
    """The template in the language that somebody reads, else as it stands."""
    wanted = wanted_by(traits)
    # A template that says what it is written in is one of its own variants.
    tag = pick((*filter(None, [template.language]), *template.languages), wanted)
    return template.variant_in(tag) if tag in template.languages else template


def render(template: AnyTemplate, variables: Mapping[str, Any], now: datetime) -> Content:
    """Render a template in the language of its reader.

    `now` is in the time zone in which templates write dates. Raises InvalidInputError that names
    the template, the place in it and the variable.
    """
    template = for_reader(template, variables.get("profile", {}))
    name = _name(template)
    rendered: dict[str, str] = {}
    for part in template.parts():
        text = _render_part(name, part.name, part.source, variables, now, html=part.is_html)
        rendered[part.name] = _checked(name, part, text)
    return template.content(rendered)


def check(template: AnyTemplate) -> None:
    """Check a template when it is saved, in each language: what can be known without a person.

    Raises InvalidInputError on bad syntax, an unknown variable or filter, a line break in what is
    one line or a link that could run code.
    """
    for variant in in_every_language(template):
        name = _name(variant)
        for part in variant.parts():
            _check_part(name, part.name, part.source)
        for part in variant.parts():
            # How long it becomes is known only when it is rendered.
            _checked(name, replace(part, most=None, most_bytes=None), part.source)


def in_every_language(template: AnyTemplate) -> tuple[AnyTemplate, ...]:
    """The template as it stands, and each of its variants."""
    return (template, *(template.variant_in(tag) for tag in template.languages))


def _name(template: AnyTemplate) -> str:
    return (
        f"{template.template_id} ({template.language})"
        if template.language
        else template.template_id
    )


def _render_part(
    name: str,
    part: str,
    source: str,
    variables: Mapping[str, object],
    now: datetime,
    *,
    html: bool = False,
) -> str:
    try:
        return liquid_engine.render(source, variables, now, html=html)
    except LiquidError as error:
        raise _readable(name, part, error) from error


def _check_part(name: str, part: str, source: str) -> None:
    try:  # HTML or not, what it looks for is the same
        used = liquid_engine.parse(source, html=False).analyze()
    except LiquidError as error:
        raise _readable(name, part, error) from error
    unknown_filters = sorted(used.filters.keys() - liquid_engine.known_filters())
    if unknown_filters:
        raise InvalidInputError(
            f"there is no filter {unknown_filters[0]!r}", where=_where(name, part)
        )
    for variables in used.globals.values():
        for variable in variables:
            _check_variable(name, part, str(variable), variable.segments)


def _check_variable(name: str, part: str, path: str, segments: list[Any]) -> None:
    root = segments[0]
    if root not in _ROOTS:
        raise InvalidInputError(
            f"there is no variable {path}",
            where=_where(name, part),
            hint=f"templates know {', '.join(_ROOTS)}",
        )
    fields = _ROOTS[root]
    if fields is not None and (len(segments) != 2 or segments[1] not in fields):
        raise InvalidInputError(
            f"there is no variable {path}",
            where=_where(name, part),
            hint=f"{root} has {', '.join(sorted(fields))}",
        )
    if root in ("profile", "entry") and len(segments) == 1:
        hint = "name a trait" if root == "profile" else "name one of the step's values"
        raise InvalidInputError(f"{root} alone shows nothing", where=_where(name, part), hint=hint)


def _checked(name: str, part: Part, text: str) -> str:
    where = _where(name, part.name)
    if (part.is_one_line or part.is_link) and _CONTROL.search(text):
        raise InvalidInputError(
            f"{part.noun} is one line", where=where, hint="try the filter squish"
        )
    if not part.may_be_empty and not text.strip():
        raise InvalidInputError(f"the {part.name} is empty", where=where)
    if part.most is not None and len(text) > part.most:
        raise InvalidInputError(f"{part.noun} has at most {part.most} characters", where=where)
    if part.most_bytes is not None and len(text.encode()) > part.most_bytes:
        raise InvalidInputError(f"{part.noun} has at most {part.most_bytes} bytes", where=where)
    scheme = _dangerous_scheme(part, text)
    if scheme:
        raise InvalidInputError(f"links with {scheme}: are not sent", where=where)
    return text


def _dangerous_scheme(part: Part, text: str) -> str | None:
    if part.is_link:
        found = _DANGEROUS.match(text)
        return found[1].lower() if found else None
    return markup.dangerous_link(text) if part.is_html else None


def _readable(name: str, part: str, error: LiquidError) -> InvalidInputError:
    where = _where(name, part) + _place(error)
    deep = isinstance(error.__cause__, RecursionError)
    message = "nested too deeply" if deep else str(error.message)
    if not isinstance(error, UndefinedError) or not message.endswith(_IS_UNDEFINED):
        return InvalidInputError(message, where=where)
    variable = message.removesuffix(_IS_UNDEFINED).strip("'")
    return InvalidInputError(
        f"{variable} is not known for this profile",
        where=where,
        hint=f'say what to show instead: {{{{ {variable} | default: "…" }}}}',
    )


def _place(error: LiquidError) -> str:
    """Line and column from 1, or nothing when the error has no place."""
    try:
        context = error.context()
    except ValueError:  # an error at the very end of the source
        return ""
    return f", line {context[0]}, column {context[1] + 1}" if context else ""


def _where(name: str, part: str) -> str:
    return f"template {name}, {part}"
