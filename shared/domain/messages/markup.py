"""Reading an email's HTML: its text part, and links that must not be sent.

`html.parser` takes quadratic time on broken tags (14 s for 32 KB of `<a `), so tags are found here
with possessive patterns that look at each character once.
"""

import re
from html import unescape
from typing import Final, NamedTuple

_TAG: Final = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:]*+)((?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>""")
_LINK_TARGET: Final = re.compile(r"""\bhref\s*=\s*("[^"]*+"|'[^']*+'|[^\s"'<>]++)""", re.IGNORECASE)
_LINK_NAME: Final = re.compile(r"""\bdata-link\s*=\s*("[^"]*+"|'[^']*+')""", re.IGNORECASE)
_ALTERNATIVE: Final = re.compile(r"""\balt\s*=\s*("[^"]*+"|'[^']*+')""", re.IGNORECASE)

# What begins so is not shown until it ends so.
_HIDDEN_BEGINS: Final = re.compile(r"<(!--|!|(?:head|style|script|title)\b)", re.IGNORECASE)
_HIDDEN_ENDS: Final = {
    "!--": re.compile(r"-->"),
    "!": re.compile(r">"),
    **{
        name: re.compile(rf"</{name}\s*>", re.IGNORECASE)
        for name in ("head", "style", "script", "title")
    },
}
_PARAGRAPHS: Final = frozenset(
    {"p", "div", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre"}
    | {"blockquote", "section", "article", "header", "footer"}
)
_LINES: Final = frozenset(["tr", "dt", "dd", "address"])

_SPACE: Final = re.compile(r"[ \t\r\n\f\u00a0]+")
_SPACE_RUN: Final = re.compile(r" {2,}")
_AROUND_BREAK: Final = re.compile(r" *+\n *+")
_MANY_BREAKS: Final = re.compile(r"\n{3,}")

_BLANK: Final = re.compile(r"[\x00-\x20]+")
_DANGEROUS_LINK: Final = re.compile(
    r"(?:href|src|srcset|action|background|poster|data|cite)=[\"'`]?(javascript|vbscript|data):"
)


def dangerous_link(html: str) -> str:
    """Give the scheme of the first link that could run or smuggle code, or an empty text.

    Browsers decode entities and drop control characters and blanks inside a scheme, so the search
    does too. It looks for `href=javascript:` anywhere, whatever the tags around it look like: a
    broken tag cannot hide a link, and a visible text of that form is refused as well.
    """
    found = _DANGEROUS_LINK.search(_BLANK.sub("", unescape(html)).lower())
    return found[1] if found else ""


class LinkPlace(NamedTuple):
    """Where the target of a link stands in the HTML, without quotes, and what the link is called.

    `name` is the attribute `data-link`, empty without one.
    """

    start: int
    end: int
    name: str


def links_of_tags(html: str) -> list[LinkPlace]:
    """The links of an email, in the order of the text."""
    places = []
    for tag in _TAG.finditer(html):
        found = None if tag[1] else _LINK_TARGET.search(tag[3])
        if tag[2].lower() in ("a", "area") and found:
            quoted = found[1][0] in "\"'"
            start = tag.start(3) + found.start(1) + quoted
            named = _LINK_NAME.search(tag[3])
            name = unescape(named[1][1:-1]).strip() if named else ""
            places.append(LinkPlace(start, tag.start(3) + found.end(1) - quoted, name))
    return places


def images_without_alternative(html: str) -> int:
    """How many images say nothing to whom does not see them; `alt=""` is for ornaments."""
    tags = (tag for tag in _TAG.finditer(html) if tag[2].lower() == "img")
    return sum(_ALTERNATIVE.search(tag[3]) is None for tag in tags)


def to_text(html: str) -> str:
    """Make the text part of an email from its HTML.

    Paragraphs are kept apart by an empty line, list items begin with a dash, an image gives its
    alternative text, and a link is followed by its address.
    """
    html = _shown(html)
    parts: list[str] = []
    pending_links: list[str] = []
    position = 0
    for tag in _TAG.finditer(html):
        parts.append(_SPACE.sub(" ", unescape(html[position : tag.start()])))
        parts.append(_text_of_tag(tag, pending_links))
        position = tag.end()
    parts.append(_SPACE.sub(" ", unescape(html[position:])))
    text = _AROUND_BREAK.sub("\n", _SPACE_RUN.sub(" ", "".join(parts)))
    return _MANY_BREAKS.sub("\n\n", text).strip()


def _text_of_tag(tag: re.Match[str], pending_links: list[str]) -> str:
    closing, name, attributes = bool(tag[1]), tag[2].lower(), tag[3]
    if name == "a":
        if closing:
            target = pending_links.pop() if pending_links else ""
            return f" ({target})" if target else ""
        pending_links.append(_link_target(attributes))
        return ""
    if name == "img":
        found = _ALTERNATIVE.search(attributes)
        return _SPACE.sub(" ", unescape(found[1][1:-1])) if found else ""
    if name in _PARAGRAPHS:
        return "\n\n"
    if name == "br" or (closing and name in _LINES):
        return "\n"
    if name == "li" and not closing:
        return "\n- "
    return " " if name in ("td", "th") else ""


def _link_target(attributes: str) -> str:
    found = _LINK_TARGET.search(attributes)
    target = unescape(found[1].strip("\"'")).strip() if found else ""
    return "" if target.startswith("#") else target


def _shown(html: str) -> str:
    """Take out what is hidden; where its end is missing, everything to the end."""
    kept: list[str] = []
    position = 0
    while begin := _HIDDEN_BEGINS.search(html, position):
        kept.append(html[position : begin.start()])
        end = _HIDDEN_ENDS[begin[1].lower()].search(html, begin.end())
        if end is None:
            return "".join(kept)
        position = end.end()
    return "".join([*kept, html[position:]])
