"""One person's story as lines of text, in the order of time; pure, from the answer of the API."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from cli.story_words import EN, WORDS, Language, Words
from shared.domain.events.own import ACTS_OF_JOURNEYS
from shared.domain.instants import parse_instant
from shared.domain.workspace.stories import (
    Bilingual,
    EnrolmentStory,
    MembershipStory,
    MessageStory,
    ProfileStory,
    Tags,
    Touches,
)
from shared.domain.workspace.trace_words import because_text, decision_text


@dataclass(frozen=True, slots=True)
class _Moment:
    """A line at an instant. At the same instant events come first, then what follows from them."""

    at: datetime
    rank: int
    text: str
    event: str = ""  # its name, so that a run of the same event becomes one line
    times: int = 1
    until: datetime | None = None


def tell(profile: ProfileStory, language: Language = EN, zone: tzinfo = UTC) -> list[str]:
    """Tell who it is, then line by line what happened; instants are shown in `zone`."""
    teller = _Teller(WORDS[language], language, zone)
    return [*teller.head(profile), "", *teller.story(profile)]


class _Teller:
    def __init__(self, words: Words, language: Language, zone: tzinfo) -> None:
        self._words = words
        self._language = language
        self._zone = zone

    # --- who it is ----------------------------------------------------------------------------

    def head(self, profile: ProfileStory) -> Iterator[str]:
        words = self._words
        yield f"{words['profile']} {profile['profile_id']}"
        if profile["redirected_from"]:
            yield "  " + words["redirected"].format(profile=profile["redirected_from"])
        for identifier in profile["identifiers"]:
            yield f"  {identifier['kind']}: {identifier['value']}"
        yield from self._touches(profile["touches"])
        for group in profile["groups"]:
            yield "  " + words["group"].format(group=group["group_id"], at=self._at(group["since"]))
        for name, trait in sorted(profile["traits"].items()):
            yield f"  {name} = {_short(trait['value'])}"
        for consent in profile["consents"]:
            said = words[_said(consent)]
            yield f"  {said.format(purpose=_about(consent), at=self._at(consent['at']))}"
        yield from self._tags(profile["tags"])
        for count in profile["counts"]:
            if count["revenue"] is not None:
                yield "  " + words["revenue"].format(
                    event=count["event"], times=count["times"], revenue=count["revenue"]
                )
        members = [one["title"] for one in profile["memberships"] if one["member"]]
        if members:
            yield "  " + words["segments"].format(titles=", ".join(members))

    def _tags(self, tags: Tags) -> Iterator[str]:
        if tags["last_seen_at"]:
            yield "  " + self._words["stage"].format(
                stage=tags["stage"], events=tags["events"], at=self._at(tags["last_seen_at"])
            )
        for tag in tags["values"]:
            yield "  " + self._words["tag"].format(
                title=tag["title"], value=tag["value"], at=self._at(tag["since"])
            )

    def _touches(self, touches: Touches) -> Iterator[str]:
        """Where the person came from the first time, and the last time if that was another one."""
        for name in ("first", "last"):
            touch = touches["first"] if name == "first" else touches["last"]
            if touch is None or (name == "last" and touch == touches["first"]):
                continue
            parts = [f"{part} {text}" for part, text in touch.items() if text and part != "at"]
            at = self._at(touch["at"])
            yield "  " + self._words[f"touch_{name}"].format(at=at, parts=", ".join(parts))

    # --- what happened ------------------------------------------------------------------------

    def story(self, profile: ProfileStory) -> Iterator[str]:
        if profile["timeline"]["cursor"]:
            yield self._words["older"]
        if any(profile["left_out"].values()):
            yield self._words["left_out"].format(**profile["left_out"])
        moments = sorted(self._moments(profile), key=lambda moment: (moment.at, moment.rank))
        for moment in _runs(moments):
            text = moment.text
            if moment.until:
                until = self._clock(moment.until)
                text += self._words["repeated"].format(times=moment.times, at=until)
            first, *more = text.split("\n")
            yield f"{self._clock(moment.at)}  {first}"
            yield from (f"{'':19}    {line}" for line in more)

    def _moments(self, profile: ProfileStory) -> Iterator[_Moment]:
        for event in reversed(profile["timeline"]["events"]):
            if event["name"] in ACTS_OF_JOURNEYS:
                continue  # told below by the enrolment, with its reasons
            text = self._words["did"].format(name=event["name"])
            yield _Moment(parse_instant(event["occurred_at"]), 0, text, event["name"])
        for membership in profile["memberships"]:
            yield _Moment(parse_instant(membership["since"]), 1, self._membership(membership))
        messages = {
            (one["enrolment_id"], one["step"], one["visit"]): one for one in profile["messages"]
        }
        for enrolment in reversed(profile["enrolments"]):
            yield from self._enrolment(enrolment, messages)

    def _membership(self, membership: MembershipStory) -> str:
        word = self._words["entered_segment" if membership["member"] else "left_segment"]
        return word.format(title=membership["title"]) + because_text(
            membership["because"], self._language
        )

    def _enrolment(
        self,
        enrolment: EnrolmentStory,
        messages: Mapping[tuple[str, str, int], MessageStory],
    ) -> Iterator[_Moment]:
        for entry in enrolment["trace"]:
            lines = [self._decision(enrolment, entry)]
            message = messages.get((enrolment["enrolment_id"], entry["step"], entry["visit"]))
            if entry["decision"] == "requested" and message:
                lines.append(self._message(message))
            if entry is enrolment["trace"][-1] and enrolment["status"] != "active":
                lines += self._ending(enrolment)
            yield _Moment(parse_instant(entry["at"]), 2, "\n".join(lines))

    def _decision(self, enrolment: EnrolmentStory, entry: Mapping[str, Any]) -> str:
        said = decision_text(entry, enrolment["reason"], self._language, self._at)
        place = " › ".join(part for part in (enrolment["title"], entry["step"]) if part)
        return f"{place}: {said}"

    def _message(self, message: MessageStory) -> str:
        where = message["channel"] or self._words["message"]
        if message["address"]:
            where = self._words["to"].format(channel=where, address=message["address"])
        until = self._at(message["until"]) if message["until"] else ""
        status = self._words[f"status_{message['status']}"].format(until=until)
        text = self._in(message["text"])
        return self._words["outcome"].format(where=where, status=status, text=text)

    def _ending(self, enrolment: EnrolmentStory) -> Iterator[str]:
        if enrolment["status"] == "completed" and enrolment["reason"] != "goal":
            yield self._words["completed"]
        for missing in enrolment["unsent"]:
            text = self._in(missing["text"])
            yield self._words["unsent"].format(step=missing["step"], text=text)

    # --- parts --------------------------------------------------------------------------------

    def _in(self, text: Bilingual) -> str:
        return text[self._language]

    def _clock(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"

    def _at(self, instant: str) -> str:
        return self._clock(parse_instant(instant))


def _runs(moments: list[_Moment]) -> Iterator[_Moment]:
    """The same event several times, with nothing in between, as one moment."""
    run: _Moment | None = None
    for moment in moments:
        if run and run.event and run.event == moment.event:
            run = replace(run, times=run.times + 1, until=moment.at)
            continue
        if run:
            yield run
        run = moment
    if run:
        yield run


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _said(consent: Mapping[str, Any]) -> str:
    if consent["purpose"] == "personalisation":
        return "personal" if consent["granted"] else "impersonal"
    return "agreed" if consent["granted"] else "refused"


def _about(consent: Mapping[str, Any]) -> str:
    """A purpose, and the topic and channel if the consent is of one only."""
    parts = (consent["purpose"], consent.get("topic"), consent.get("channel"))
    return " · ".join(part for part in parts if part)
