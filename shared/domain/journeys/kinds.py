"""The kinds of steps that a journey is made of."""

from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from shared.domain.journeys.parts import Duration, EventName, Part, Slug, StepName
from shared.domain.journeys.rules import FromEntry, Rule
from shared.domain.journeys.until import Until, UntilAt, UntilTrait
from shared.domain.segments.condition import Condition, Scalar

END: Final = "end"  # as the name of a next step: the enrolment completes there

TraitName = Annotated[str, Field(min_length=1, max_length=200)]


def https_only(url: str) -> str:
    """Give back an address that may be called; raises ValueError for any other."""
    if not all("!" <= letter <= "~" for letter in url):
        raise ValueError(
            "an address is of letters of ASCII without spaces: write it percent-encoded"
        )
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError("the port of an address is a number up to 65535") from error
    if port == 0:
        raise ValueError("nobody can be called at port 0")
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise ValueError("an address begins with https://, and holds neither user nor password")
    return url


Value = Scalar | FromEntry
"""A value that a step gives on: as it stands there, or as the entry had it."""

ValueName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
# What a step hands its message: templates show `entry.<name>`, and `coupon` as `coupon.code`.
MessageValues = Annotated[dict[ValueName, Value], Field(max_length=20)]


class SendStep(Part):
    """Sends one template to the profile on the template's channel.

    `fallback` are templates on other channels, tried in their order when the one before cannot
    reach the person: no address or consent, a suppressed address, or a provider that refuses it.
    Templates show the `values` as `entry.<name>`. A message that could not go out within
    `expires_after` does not go out at all; the journey says for how long unless told here.
    """

    type: Literal["send"] = "send"
    name: StepName
    template_id: Slug
    fallback: Annotated[tuple[Slug, ...], Field(max_length=5)] = ()
    values: MessageValues = Field(default_factory=dict)
    expires_after: Duration | None = None
    next: StepName | None = None

    @model_validator(mode="after")
    def _templates_are_told_apart(self) -> Self:
        if len({self.template_id, *self.fallback}) <= len(self.fallback):
            raise ValueError("the same template is there twice")
        return self


class WaitStep(Part):
    """Waits for a duration, or until a date or a time of day.

    `otherwise` is the way where a date is missing, past, or further away than a run may last;
    unless it is named, such a date is passed by on the way `next`.
    """

    type: Literal["wait"] = "wait"
    name: StepName
    duration: Duration | None = None
    until: Until | None = None
    next: StepName | None = None
    otherwise: StepName | None = None

    @model_validator(mode="after")
    def _waits_for_one_thing(self) -> Self:
        if (self.duration is None) == (self.until is None):
            raise ValueError("a wait needs `duration` or `until`, and not both")
        if self.otherwise is not None and not self.may_skip:
            raise ValueError("`otherwise` is the way past a date: nothing else would take it")
        return self

    @property
    def may_skip(self) -> bool:
        """Whether it may be that nobody can wait: a date can be past, a duration cannot."""
        return isinstance(self.until, UntilAt | UntilTrait)


class WaitForStep(Part):
    """Waits until something happens or the time is out, and goes a different way for each.

    `events` may be moves in and out of segments and lifecycle stages as well.
    """

    type: Literal["wait_for"] = "wait_for"
    name: StepName
    events: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=20)]
    timeout: Duration
    on_event: StepName | None = None
    on_timeout: StepName | None = None


class BranchArm(Part):
    """One way out of a branch."""

    when: Condition
    next: StepName | None = None


class BranchStep(Part):
    """Takes the first arm whose condition matches, else `otherwise`."""

    type: Literal["branch"] = "branch"
    name: StepName
    arms: Annotated[tuple[BranchArm, ...], Field(min_length=1, max_length=20)]
    otherwise: StepName | None = None


class Variant(Part):
    """One way out of an experiment, with its weight beside those of the others."""

    name: Slug
    weight: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    control: bool = False
    next: StepName | None = None


def winner_of(step: str) -> str:
    """The property of a call that names the variant of an experiment which was found best."""
    return f"winner:{step}"


class ExperimentStep(Part):
    """Draws one of several variants for each person, always the same one for the same `salt`.

    The salt is the journey and the step unless told: two experiments with one salt give the same
    people the same places. `control` marks what the other variants are compared with.
    """

    type: Literal["experiment"] = "experiment"
    name: StepName
    salt: Annotated[str, Field(max_length=100)] = ""
    variants: Annotated[tuple[Variant, ...], Field(min_length=2, max_length=20)]

    @model_validator(mode="after")
    def _variants_are_told_apart(self) -> Self:
        if len({variant.name for variant in self.variants}) < len(self.variants):
            raise ValueError("the same variant is there twice")
        if sum(variant.control for variant in self.variants) > 1:
            raise ValueError("only one variant can be the control")
        return self

    @property
    def winner(self) -> str:
        """The property of a call that names the variant which was found best: nobody draws then."""
        return winner_of(self.name)


class RepeatStep(Part):
    """Leads back to an earlier step so many times, then on."""

    type: Literal["repeat"] = "repeat"
    name: StepName
    to: StepName
    times: Annotated[int, Field(ge=1, le=1_000)]
    next: StepName | None = None


class ExitStep(Part):
    """Ends the enrolment with a reason of the operator's own."""

    type: Literal["exit"] = "exit"
    name: StepName
    reason: Annotated[str, Field(min_length=1, max_length=100)] = "exit_step"


TagText = Annotated[str, Field(max_length=200)]


class UpdateStep(Part):
    """Writes traits of the person, values of manual tags, and who is on a list.

    An empty text takes the value of a tag away.
    """

    type: Literal["update"] = "update"
    name: StepName
    traits: Annotated[dict[TraitName, Value], Field(max_length=20)] = Field(default_factory=dict)
    tags: Annotated[dict[Slug, TagText], Field(max_length=20)] = Field(default_factory=dict)
    lists: Annotated[dict[Slug, bool], Field(max_length=20)] = Field(default_factory=dict)
    next: StepName | None = None

    @model_validator(mode="after")
    def _writes_something(self) -> Self:
        if not (self.traits or self.tags or self.lists):
            raise ValueError("an update needs `traits`, `tags` or `lists`")
        return self


class RewardStep(Part):
    """Gives the person points or a coupon; a line in the timeline, which a ledger can take up."""

    type: Literal["reward"] = "reward"
    name: StepName
    points: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    coupon: Slug | None = None
    next: StepName | None = None

    @model_validator(mode="after")
    def _gives_one_thing(self) -> Self:
        if (self.points is None) == (self.coupon is None):
            raise ValueError("a reward is `points` or a `coupon`, and not both")
        return self


class WebhookStep(Part):
    """Tells a server of the owner's about the person, at least once, with a key for repetitions."""

    type: Literal["webhook"] = "webhook"
    name: StepName
    url: Annotated[str, AfterValidator(https_only), Field(max_length=1_000)]
    body: Annotated[dict[TraitName, Value], Field(max_length=50)] = Field(default_factory=dict)
    next: StepName | None = None


class StartJourneyStep(Part):
    """Lets the person enter another journey, which is entered by call (`entry: {type: call}`)."""

    type: Literal["start_journey"] = "start_journey"
    name: StepName
    journey_id: Slug
    properties: Annotated[dict[TraitName, Value], Field(max_length=50)] = Field(
        default_factory=dict
    )
    next: StepName | None = None


class AssignStep(Part):
    """Gives somebody of the owner's people a task with this person, and waits until it is done.

    `to` and `escalate_to` name people or teams in the owner's own words. When the task is not done
    by the time it is `due`, it is handed to `escalate_to`, if that is named, and the way is
    `on_overdue`.
    """

    type: Literal["assign"] = "assign"
    name: StepName
    to: Annotated[str, Field(min_length=1, max_length=200)]
    title: Annotated[str, Field(min_length=1, max_length=500)]
    due: Duration
    escalate_to: Annotated[str, Field(max_length=200)] = ""
    on_done: StepName | None = None
    on_overdue: StepName | None = None


class Words(Part):
    """What people read, in English and Chinese."""

    en: Annotated[str, Field(min_length=1, max_length=500)]
    zh: Annotated[str, Field(max_length=500)] = ""


class FeedbackAnswer(Part):
    """One answer to a question, and its way; `text` is what people read, the answer unless told."""

    answer: Annotated[str, Field(min_length=1, max_length=200)]
    text: Words | None = None
    next: StepName | None = None


class FeedbackStep(Part):
    """Asks a question by a message and goes the way of the answer.

    An answer is the event `event` whose property `question` is this step's `question` (its name
    unless told) and whose property `answer` is one of these. `text` is the question as it stands on
    the page that links of the message lead to.
    """

    type: Literal["feedback"] = "feedback"
    name: StepName
    template_id: Slug
    values: MessageValues = Field(default_factory=dict)
    question: Annotated[str, Field(max_length=200)] = ""
    text: Words | None = None
    event: EventName = "feedback_given"
    answers: Annotated[tuple[FeedbackAnswer, ...], Field(min_length=1, max_length=20)]
    timeout: Duration
    on_timeout: StepName | None = None

    @model_validator(mode="after")
    def _answers_are_told_apart(self) -> Self:
        if len({one.answer for one in self.answers}) < len(self.answers):
            raise ValueError("the same answer is there twice")
        return self


ActingStep = UpdateStep | RewardStep | WebhookStep | StartJourneyStep
"""What does something beside sending, and goes on at once."""

ListeningStep = WaitForStep | AssignStep | FeedbackStep
"""What stays until something happens, or until the time is up."""

AskingStep = BranchStep | WaitStep
"""What may have to be told facts about the person."""

Step = Annotated[
    SendStep
    | WaitStep
    | WaitForStep
    | BranchStep
    | ExperimentStep
    | UpdateStep
    | RewardStep
    | WebhookStep
    | AssignStep
    | FeedbackStep
    | StartJourneyStep
    | RepeatStep
    | ExitStep,
    Field(discriminator="type"),
]
