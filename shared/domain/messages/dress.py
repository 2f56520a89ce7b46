"""From the rendered message to the one that goes out: links get addresses of ours and signatures.

Templates write what a link is for, and every channel's text may hold such a link:

    rapport:unsubscribe                 refuse messages like this one
    rapport:preferences                 choose topics and channels
    rapport:answer/<question>/<answer>  answer a question with one tap and a button
    rapport:answer/<question>           choose an answer on a page

Question and answer are percent-encoded where they hold blanks or marks. Marketing email says in its
headers how one leaves with one click (RFC 8058). Where clicks are tracked, links of emails lead
through our address, a pixel says that the message was shown, and a link that nobody sees catches
machines that follow every one. A link may be called something: `<a data-link="serum" href="…">`.
Without tracking all other links stay as the template wrote them. A bare link in a text ends where
ASCII does, since Chinese goes on without a blank, unless the HTML has a longer one there.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from html import escape, unescape
from typing import Final, assert_never
from urllib.parse import unquote

from shared.domain.channels.base import with_texts
from shared.domain.messages.handover import Content, EmailContent
from shared.domain.messages.links import (
    Answer,
    Click,
    KeyOf,
    Meaning,
    Open,
    Preferences,
    Ref,
    Trap,
    Unsubscribe,
    sign,
)
from shared.domain.messages.markup import links_of_tags
from shared.domain.workspace.purposes import Purpose

PATHS: Final = {"click": "r", "open": "o", "unsubscribe": "u", "preferences": "p", "answer": "f"}
"""First parts of the paths of our pages, and what each is for."""

LIST_UNSUBSCRIBE: Final = "List-Unsubscribe"
LIST_UNSUBSCRIBE_POST: Final = "List-Unsubscribe-Post"
ONE_CLICK: Final = "List-Unsubscribe=One-Click"
LONGEST_TARGET: Final = 2_000  # bytes; for what is longer the token would outgrow programs
LONGEST_NAME: Final = 100

_OWN: Final = re.compile(r"rapport:(unsubscribe|preferences|answer/[\w%~.+/-]*[\w%~])")
_PLAIN_LINK: Final = re.compile(
    r"https?://(?:(?:(?![<>\"'\[\]()])[!-~])*(?![<>\"'\[\]().,;:!?])[!-~])?"
)
# Whose host, path or query goes on in other letters: where it ends nobody can tell.
_OTHER_HOST: Final = re.compile(
    r"https?://(?:(?:[A-Za-z0-9-]*|[A-Za-z0-9.-]+\.)[^\W\x00-\x7f]|[A-Za-z0-9.-]*[\xc0-\u052f])"
)
_GOES_ON: Final = re.compile(r"(?<=[/=_%&+-])[^\W\x00-\x7f]")
_BODY_END: Final = re.compile(r"</body\s*>", re.IGNORECASE)
# Not `hidden` alone: mail programs that drop styles would show it.
_UNSEEN: Final = (
    'style="display:none;max-height:0;overflow:hidden" aria-hidden="true" tabindex="-1"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What the links of one message need to know.

    `base` is the address of our pages, without a slash at its end. `topic` is what the message is
    about, empty for nothing in particular.
    """

    base: str
    ref: Ref
    purpose: Purpose
    topic: str
    channel: str
    tracked: bool
    key_of: KeyOf = field(repr=False)

    def put_on(self, content: Content) -> Content:
        """Give the message as it goes out."""
        match content:
            case EmailContent(_, html, text):
                html, text = self._own_links(html), self._own_links(text)
                if self.tracked:
                    html, text = self._tracked(html, text)
                return replace(content, html=html, text=text, headers=self._headers())
            case _:
                return with_texts(content, self._own_links)

    def url(self, meaning: Meaning) -> str:
        """The address of a link."""
        token = sign(self.ref, meaning, self.key_of)
        return f"{self.base}/{path_of(meaning)}/{token}"

    def _headers(self) -> dict[str, str]:
        if self.purpose != "marketing":
            return {}
        return {
            LIST_UNSUBSCRIBE: f"<{self.url(self._leaving())}>",
            LIST_UNSUBSCRIBE_POST: ONE_CLICK,
        }

    def _leaving(self) -> Meaning:
        # Receipts are no reason to refuse receipts: from there one comes to all that can be chosen.
        if self.purpose == "transactional":
            return Preferences()
        return Unsubscribe(self.purpose, self.topic, self.channel)

    def _own_links(self, text: str) -> str:
        return _OWN.sub(lambda found: self.url(self._own(found[1])), text)

    def _own(self, named: str) -> Meaning:
        match named.split("/", 2):
            case ["unsubscribe"]:
                return self._leaving()
            case ["answer", question]:
                return Answer(unquote(question), "")
            case ["answer", question, answer]:
                return Answer(unquote(question), unquote(answer))
            case _:
                return Preferences()

    def _tracked(self, html: str, text: str) -> tuple[str, str]:
        found = [
            (link, unescape(html[link.start : link.end]).strip()) for link in links_of_tags(html)
        ]
        plain = list(_plain_links(text, {target for _, target in found}))
        places = self._places([*(target for _, target in found), *(one for _, one in plain)])
        names = {target: link.name for link, target in found}

        def through(target: str, name: str) -> str:
            return self.url(Click(places[target], len(places), target, name[:LONGEST_NAME]))

        html = _replaced(
            html,
            (
                (start, end, escape(through(target, name)))
                for (start, end, name), target in found
                if target in places
            ),
        )
        return self._watched(html, with_trap=bool(places)), _replaced(
            text,
            (
                (start, start + len(target), through(target, names.get(target, "")))
                for start, target in plain
                if target in places
            ),
        )

    def _places(self, targets: list[str]) -> dict[str, int]:
        """Each different address that leads elsewhere, in the order of the message."""
        away = [
            target
            for target in targets
            if target.lower().startswith(("http://", "https://"))
            and not target.startswith(f"{self.base}/")
            and len(target.encode()) <= LONGEST_TARGET
        ]
        return {target: place for place, target in enumerate(dict.fromkeys(away))}

    def _watched(self, html: str, *, with_trap: bool) -> str:
        more = f'<img src="{self.url(Open())}.gif" width="1" height="1" alt="">'
        if with_trap:
            more = f'<a href="{self.url(Trap())}" {_UNSEEN}></a>{more}'
        ends = [found.start() for found in _BODY_END.finditer(html)]
        place = ends[-1] if ends else len(html)
        return f"{html[:place]}{more}{html[place:]}"


def _plain_links(text: str, known: Collection[str]) -> Iterator[tuple[int, str]]:
    """Where bare links begin, and where they lead; `known` are the targets of the HTML."""
    longer = sorted((one for one in known if not one.isascii()), key=len, reverse=True)
    position = 0
    while found := _PLAIN_LINK.search(text, position):
        start, link = found.start(), found[0]
        link = next((one for one in longer if text.startswith(one, start)), link)
        position = start + len(link)
        goes_on = _OTHER_HOST.match(text, start) or _GOES_ON.match(text, position)
        is_whole = not (link.endswith("://") or goes_on)
        if is_whole or not link.isascii():
            yield start, link


def _replaced(text: str, places: Iterable[tuple[int, int, str]]) -> str:
    """The text with others in these places (first and last, in their order)."""
    parts, position = [], 0
    for start, end, other in places:
        parts += [text[position:start], other]
        position = end
    return "".join([*parts, text[position:]])


def path_of(meaning: Meaning) -> str:
    """The first part of the path at which a link is answered."""
    match meaning:
        case Click() | Trap():
            return PATHS["click"]
        case Open():
            return PATHS["open"]
        case Unsubscribe():
            return PATHS["unsubscribe"]
        case Preferences():
            return PATHS["preferences"]
        case Answer():
            return PATHS["answer"]
        case _:
            assert_never(meaning)
