"""MJML to HTML, with the Liquid in it left as it is.

MJML knows nothing of Liquid, so every tag is a word while it is compiled: inside of texts and
attributes the word alone, between elements within `mj-raw`. The compiler is loaded when the first
such template is saved; whoever sends messages never needs it.
"""

import re
from typing import Final

from shared.errors import InvalidInputError

MAX_DEPTH: Final = 200  # the compiler goes as deep as its input

_LIQUID: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_WORD: Final = re.compile(r"lqd([0-9]+)dql")
_TAG: Final = re.compile(
    r"""<!--.*?-->|<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)"""
    r"""(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""",
    re.DOTALL,
)
# Elements that hold text; everything in them is HTML.
_TEXTS: Final = frozenset(
    {"mj-text", "mj-button", "mj-raw", "mj-title", "mj-preview", "mj-style", "mj-table"}
    | {"mj-navbar-link", "mj-social-element", "mj-accordion-title", "mj-accordion-text"}
)
_VOID: Final = frozenset({"br", "hr", "img", "input", "meta", "link", "wbr", "col"})
_LEFT: Final = re.compile(r"<(mj-[a-z-]+)", re.IGNORECASE)


def to_html(source: str, where: str) -> str:
    """Compile; raises InvalidInputError for what is no MJML, with `where` as its place."""
    from mjml import mjml2html

    if _WORD.search(source):
        raise InvalidInputError("lqd0dql is a word of the compiler's own", where=where)
    tags: list[str] = []
    text = _worded(_LIQUID.sub(lambda found: _keep(tags, found[0]), source), where)
    try:
        # Without fonts of its own: nobody's opening of an email should be told to a third server.
        html = mjml2html(text, disable_comments=True, fonts={})
    except ValueError as error:
        raise InvalidInputError(f"this is no MJML: {error}", where=where) from error
    if unknown := _LEFT.search(html):
        raise InvalidInputError(f"MJML has no <{unknown[1]}> in this place", where=where)
    missing = set(range(len(tags))) - {int(found[1]) for found in _WORD.finditer(html)}
    if missing:
        lost = tags[min(missing)]
        raise InvalidInputError(
            f"{lost} stands where MJML shows nothing",
            where=where,
            hint="put it into a text, or around whole elements",
        )
    return _WORD.sub(lambda found: tags[int(found[1])], html)


def _keep(tags: list[str], tag: str) -> str:
    tags.append(tag)
    return f"lqd{len(tags) - 1}dql"


def _worded(text: str, where: str) -> str:
    """The text with the words between elements put into `mj-raw`."""
    kept: list[str] = []
    within: list[str] = []
    position = 0
    for tag in _TAG.finditer(text):
        between = text[position : tag.start()]
        kept.append(between if _holds_text(within) else _raw(between))
        kept.append(tag[0])
        position = tag.end()
        _step(within, tag)
        if len(within) > MAX_DEPTH:
            raise InvalidInputError(f"elements are at most {MAX_DEPTH} deep", where=where)
    return "".join([*kept, text[position:]])


def _step(within: list[str], tag: re.Match[str]) -> None:
    name = (tag["name"] or "").lower()  # none of a comment
    if not name or tag[0].endswith("/>") or name in _VOID:
        return
    if not tag["end"]:
        within.append(name)
    elif name in within:
        while within.pop() != name:
            pass


def _holds_text(within: list[str]) -> bool:
    return any(name in _TEXTS for name in within)


def _raw(between: str) -> str:
    return _WORD.sub(lambda found: f"<mj-raw>{found[0]}</mj-raw>", between)
