"""From a template and what is known of a person to the message that the person will see.

Variables that a template may use: `profile.<trait>`, `workspace.workspace_id`,
`journey.journey_id`, `journey.step`, `now` and `today` (when the message is rendered, in the
workspace's time zone). A variable that is not there fails the rendering unless the template says
what to show instead: nobody receives "Dear ,".
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, assert_never

from shared.domain.messages import liquid_engine, markup
from shared.domain.messages.handover import Content, EmailContent, SmsContent
from shared.domain.messages.lean_liquid import LiquidError, UndefinedError
from shared.domain.messages.model import EmailTemplate, MessageRequest, SmsTemplate
from shared.errors import InvalidInputError

MAX_SUBJECT_CHARACTERS: Final = 500
MAX_SMS_CHARACTERS: Final = 1_600

# Known fields of each root; None where any name may follow, and where none does.
_ROOTS: Final[dict[str, frozenset[str] | None]] = {
    "profile": None,
    "workspace": frozenset({"workspace_id"}),
    "journey": frozenset({"journey_id", "step"}),
    "now": None,
    "today": None,
}
# Line breaks end a header; the other control characters have no business in one either.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_UNDEFINED: Final = re.compile(r"'?([^']+?)'? is undefined")


def variables_for(request: MessageRequest, traits: Mapping[str, Any]) -> dict[str, object]:
    """Collect what templates may use beside the time; a trait that is null is not there."""
    return {
        "profile": {name: value for name, value in traits.items() if value is not None},
        "workspace": {"workspace_id": request.workspace_id},
        "journey": {"journey_id": request.journey_id, "step": request.step},
    }


def render(
    template: EmailTemplate | SmsTemplate, variables: Mapping[str, object], now: datetime
) -> Content:
    """Render a template; `now` is in the time zone in which templates write dates.

    Raises InvalidInputError that names the template, the place in it and the variable.
    """
    match template:
        case EmailTemplate():
            return _render_email(template, variables, now)
        case SmsTemplate():
            text = _render_part(template.template_id, "text", template.text, variables, now)
            return SmsContent(_checked_sms(template, text))
        case _:
            assert_never(template)


def check(template: EmailTemplate | SmsTemplate) -> None:
    """Check a template when it is saved: what can be known without a person.

    Raises InvalidInputError on bad syntax, an unknown variable or filter, a line break in the
    subject or a link that could run code.
    """
    match template:
        case EmailTemplate():
            _check_part(template.template_id, "subject", template.subject)
            _check_part(template.template_id, "html", template.html, html=True)
            _check_part(template.template_id, "text", template.text)
            _checked_subject(template, template.subject)
            _checked_html(template, template.html)
        case SmsTemplate():
            _check_part(template.template_id, "text", template.text)
        case _:
            assert_never(template)


def _render_email(
    template: EmailTemplate, variables: Mapping[str, object], now: datetime
) -> EmailContent:
    name = template.template_id
    subject = _render_part(name, "subject", template.subject, variables, now)
    html = _render_part(name, "html", template.html, variables, now, html=True)
    text = _render_part(name, "text", template.text, variables, now)
    html = _checked_html(template, html)
    return EmailContent(
        subject=_checked_subject(template, subject),
        html=html,
        text=text if text.strip() else markup.to_text(html),
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


def _check_part(name: str, part: str, source: str, *, html: bool = False) -> None:
    try:
        used = liquid_engine.parse(source, html=html).analyze(include_partials=False)
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
    if root == "profile" and len(segments) == 1:
        raise InvalidInputError(
            "profile alone shows nothing", where=_where(name, part), hint="name a trait"
        )


def _checked_subject(template: EmailTemplate, subject: str) -> str:
    where = _where(template.template_id, "subject")
    if _CONTROL.search(subject):
        raise InvalidInputError("a subject is one line", where=where, hint="try the filter squish")
    if not subject.strip():
        raise InvalidInputError("the subject is empty", where=where)
    if len(subject) > MAX_SUBJECT_CHARACTERS:
        raise InvalidInputError(
            f"a subject has at most {MAX_SUBJECT_CHARACTERS} characters", where=where
        )
    return subject


def _checked_html(template: EmailTemplate, html: str) -> str:
    scheme = markup.dangerous_link(html)
    if scheme:
        raise InvalidInputError(
            f"links with {scheme}: are not sent", where=_where(template.template_id, "html")
        )
    return html


def _checked_sms(template: SmsTemplate, text: str) -> str:
    where = _where(template.template_id, "text")
    if not text.strip():
        raise InvalidInputError("the text is empty", where=where)
    if len(text) > MAX_SMS_CHARACTERS:
        raise InvalidInputError(
            f"a text message has at most {MAX_SMS_CHARACTERS} characters", where=where
        )
    return text


def _readable(name: str, part: str, error: LiquidError) -> InvalidInputError:
    line, column = _position(error)
    where = _where(name, part) + (f", line {line}, column {column}" if line else "")
    deep = isinstance(error.__cause__, RecursionError)
    message = "nested too deeply" if deep else str(error.message)
    if not isinstance(error, UndefinedError):
        return InvalidInputError(message, where=where)
    found = _UNDEFINED.fullmatch(message)
    variable = found[1] if found else message
    return InvalidInputError(
        f"{variable} is not known for this profile",
        where=where,
        hint=f'say what to show instead: {{{{ {variable} | default: "…" }}}}',
    )


def _position(error: LiquidError) -> tuple[int, int]:
    """Line and column from 1, or zeros when the error has no place."""
    try:
        context = error.context()
    except ValueError:  # an error at the very end of the source
        return 0, 0
    return (context[0], context[1] + 1) if context else (0, 0)


def _where(name: str, part: str) -> str:
    return f"template {name}, {part}"
