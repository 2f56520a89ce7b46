"""What an operator should hear of a template before it goes out: pure, in English and Chinese."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from shared.domain.channels.email import EmailContent, EmailTemplate
from shared.domain.channels.miniprogram import MiniprogramTemplate
from shared.domain.channels.sms import SmsContent
from shared.domain.channels.wechat import WechatTemplate
from shared.domain.costs.prices import DELIVERY
from shared.domain.journeys.verify.finding import Finding, Severity
from shared.domain.messages import markup
from shared.domain.messages.advertising import advertising_in
from shared.domain.messages.as_sent import as_sent
from shared.domain.messages.handover import Content
from shared.domain.messages.lint_words import WORDS, Code
from shared.domain.messages.model import AnyTemplate
from shared.domain.messages.needs import needs_of, sample_of, variable_of
from shared.domain.messages.reasons import Text
from shared.domain.messages.render import check, in_every_language, render
from shared.domain.messages.sms import measure
from shared.domain.workspace.purposes import Purpose
from shared.errors import InvalidInputError

MOST_HTML_KB: Final = 102  # Gmail clips what is longer
_SOME_TIME: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_WAYS_OUT: Final = re.compile(
    r"links\.(?:unsubscribe|preferences)|rapport:(?:unsubscribe|preferences)"
)
_SMS_WAYS_OUT: Final = re.compile(
    r"退订|拒收|回复?\s*(?:T|R|TD)\b|\b(?:stop|unsubscribe|opt.?out|reply\s+(?:stop|r|t|td))\b",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"https?://[!-~]+")


def lint(
    template: AnyTemplate, purpose: Purpose | None = None, base: str = ""
) -> tuple[Finding, ...]:
    """What there is to say of a template as it is sent (compiled), in all its languages.

    Without a `purpose` it is looked at as marketing, which asks for the most. `base` is what links
    of ours begin with, as for `as_sent`. An error means that it cannot be saved; everything else is
    a warning. Paths are those of the template's fields.
    """
    try:
        check(template)
    except InvalidInputError as error:
        return (broken(error),)
    return tuple(dict.fromkeys(_all(template, purpose or "marketing", base)))


def broken(error: InvalidInputError) -> Finding:
    """What keeps a template from being saved."""
    return _found("template_broken", "", severity="error", problem=str(error))


def lint_content(content: Content) -> tuple[Finding, ...]:
    """What there is to say of one message as a person will see it: `as_sent`, if it is a text."""
    return tuple(_of_content(content, ""))


def _all(template: AnyTemplate, purpose: Purpose, base: str) -> Iterator[Finding]:
    needs = needs_of(template)
    for variable in (
        *(f"profile.{name}" for name in needs.traits if name != template.ADDRESS.trait),
        *map(variable_of, needs.values),
    ):
        yield _found("variable_without_default", "", variable=variable)
    if template.languages and not template.language:
        yield _found("language_unnamed", "language", languages=", ".join(template.languages))
    for variant in in_every_language(template):
        within = f"languages.{variant.language}." if variant.language in template.languages else ""
        yield from _of_sources(variant, within, marketing=purpose == "marketing")
        yield from _as_shown(variant, within, purpose, base)


def _of_sources(template: AnyTemplate, within: str, *, marketing: bool) -> Iterator[Finding]:
    """What the text says before anything is known of a person."""
    parts = {part.name: part.source for part in template.parts()}
    if isinstance(template, EmailTemplate):
        yield from _of_html(template.html, f"{within}html")
        if marketing and not _WAYS_OUT.search(template.html):
            yield _found("no_unsubscribe", f"{within}html")
    if template.channel == "sms" and marketing and not _SMS_WAYS_OUT.search(parts["text"]):
        yield _found("sms_without_way_out", f"{within}text")
    if isinstance(template, MiniprogramTemplate) or (
        isinstance(template, WechatTemplate) and template.form == "template"
    ):
        for name, source in parts.items():
            if words := advertising_in(source):
                yield _found("advertises_on_wechat", f"{within}{name}", words=", ".join(words))


def _of_html(html: str, path: str) -> Iterator[Finding]:
    if count := markup.images_without_alternative(html):
        yield _found("image_without_alt", path, count=count)
    for link in dict.fromkeys(html[one.start : one.end] for one in markup.links_of_tags(html)):
        if link.strip().lower().startswith("http://"):
            yield _found("unencrypted_link", path, link=link)


def _as_shown(template: AnyTemplate, within: str, purpose: Purpose, base: str) -> Iterator[Finding]:
    """What it becomes when everything that it shows is there."""
    try:
        content = render(template, sample_of(template), _SOME_TIME)
    except InvalidInputError:
        return  # such as a date that is none: only a real person can show it
    sent = as_sent(content, base=base, purpose=purpose, topic=template.topic)
    yield from _of_content(sent, within)


def _of_content(content: Content, within: str) -> Iterator[Finding]:
    match content:
        case EmailContent():
            size = len(content.html.encode())
            if size > MOST_HTML_KB * 1024:
                kb = -(-size // 1024)
                yield _found("html_too_large", f"{within}html", kb=kb, most=MOST_HTML_KB)
            if not content.text.strip():
                yield _found("no_text_part", f"{within}text")
        case SmsContent():
            yield from _of_sms(content.text, f"{within}text")


def _of_sms(text: str, path: str) -> Iterator[Finding]:
    length = measure(text)
    if length.segments > 1:
        cost = length.segments * DELIVERY["sms"].usd_per_million / 1_000
        yield _found(
            "sms_of_several_segments",
            path,
            segments=length.segments,
            encoding="GSM-7" if length.encoding == "gsm7" else "UCS-2",
            units=length.units,
            cost=f"{cost:,.2f}",
        )
    odd = [letter for letter in dict.fromkeys(text) if measure(letter).encoding == "ucs2"]
    # A few such letters here and there are slips of the pen; more of them are a language.
    if len(odd) <= 3 and 10 * sum(map(text.count, odd)) <= len(_LINK.sub("", text)):
        fewer = measure(_without(text, odd)).segments
        if fewer < length.segments:
            yield _found(
                "sms_costlier_by_characters",
                path,
                characters=" ".join(odd),
                segments=length.segments,
                fewer=fewer,
            )


def _without(text: str, letters: Iterable[str]) -> str:
    return text.translate({ord(letter): " " for letter in letters})


def _found(code: Code, path: str, severity: Severity = "warning", **values: object) -> Finding:
    message, hint = (_filled(text, values) for text in WORDS[code])
    return Finding(severity, code, path, message, hint)


def _filled(text: Text, values: Mapping[str, Any]) -> Text:
    return Text(text.en.format(**values), text.zh.format(**values))
