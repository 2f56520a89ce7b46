"""The definition of the lifecycle: stages in the order in which they are tried, and the default."""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from shared.domain.segments.condition import (
    ActivityCondition,
    AllCondition,
    Condition,
)
from shared.domain.segments.nodes.base import StrictModel
from shared.domain.segments.nodes.person import Stage

MAX_STAGES: Final = 20
LIFECYCLE_ID: Final = "default"  # a workspace has one lifecycle

_Title = Annotated[str, Field(min_length=1, max_length=200)]


class StageRule(StrictModel):
    """A stage and the condition under which somebody stands in it."""

    stage: Stage
    title: _Title
    title_zh: _Title | None = None
    condition: Condition


class Lifecycle(StrictModel):
    """Everybody stands in the first stage whose condition matches, else in `otherwise`.

    The order is that of trying, so silence is usually asked for before loyalty.
    """

    stages: Annotated[tuple[StageRule, ...], Field(min_length=1, max_length=MAX_STAGES)]
    otherwise: Stage
    otherwise_title: _Title
    otherwise_title_zh: _Title | None = None

    @model_validator(mode="after")
    def _stages_are_told_apart(self) -> Self:
        if len(self.names) < len(self.stages) + 1:
            raise ValueError("the same stage is there twice; join its conditions with `any`")
        return self

    @property
    def names(self) -> frozenset[str]:
        """Every stage that somebody can stand in."""
        return frozenset((self.otherwise, *(rule.stage for rule in self.stages)))

    def title(self, stage: str, language: str = "en") -> str:
        """What operators call a stage; its own name when this lifecycle does not know it."""
        titles = {rule.stage: (rule.title, rule.title_zh) for rule in self.stages}
        titles[self.otherwise] = (self.otherwise_title, self.otherwise_title_zh)
        english, chinese = titles.get(stage, (stage, None))
        return chinese or english if language == "zh" else english


def _silent(days: int) -> ActivityCondition:
    return ActivityCondition(about="silence_days", comparison="at_least", value=days)


# Silences of 14, 30 and 60 days are those after which sleeping customers are usually written to.
DEFAULT_LIFECYCLE: Final = Lifecycle(
    stages=(
        StageRule(
            stage="prospect",
            title="Prospect",
            title_zh="潜在客户",
            condition=ActivityCondition(about="events", comparison="less_than", value=1),
        ),
        StageRule(stage="lost", title="Lost", title_zh="流失", condition=_silent(60)),
        StageRule(stage="dormant", title="Dormant", title_zh="沉睡", condition=_silent(30)),
        StageRule(stage="at_risk", title="At risk", title_zh="流失预警", condition=_silent(14)),
        StageRule(
            stage="loyal",
            title="Loyal",
            title_zh="忠诚",
            condition=AllCondition(
                conditions=(
                    ActivityCondition(about="age_days", comparison="at_least", value=30),
                    ActivityCondition(about="events", comparison="at_least", value=50),
                )
            ),
        ),
        StageRule(
            stage="new",
            title="New",
            title_zh="新客",
            condition=ActivityCondition(about="age_days", comparison="less_than", value=7),
        ),
    ),
    otherwise="active",
    otherwise_title="Active",
    otherwise_title_zh="活跃",
)
