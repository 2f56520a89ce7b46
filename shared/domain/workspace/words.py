"""What operators read about the ends of messages and enrolments, in English and Chinese."""

from typing import Final

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.kinds import FeedbackStep, SendStep
from shared.domain.messages.reasons import TEXTS, Reason
from shared.domain.workspace.stories import Absence, Bilingual, UnsentStory

_STATUSES: Final[dict[str, tuple[str, str]]] = {
    "requested": ("Waiting to be handed over.", "等待下发。"),
    "deferred": ("Waiting until it may go out.", "等待到可以下发的时间。"),
    "claimed": ("Being handed over.", "正在下发。"),
    "sent": ("Handed over to the provider.", "已交给服务商。"),
    "unknown": ("It may or may not have been sent.", "消息可能已发出，也可能没有。"),
    "rejected": ("The provider refused the message.", "服务商拒绝了该消息。"),
    "suppressed": ("The message was not sent.", "消息未发送。"),
}
_REASONS: Final[dict[str, tuple[str, str]]] = {
    reason: (text.en, text.zh) for reason, text in TEXTS.items()
}


def message_text(status: str, reason: Reason | str | None, detail: str = "") -> Bilingual:
    """Say what became of a message; a reason says more than a status."""
    en, zh = _REASONS.get(reason or "") or _STATUSES.get(status, (status, status))
    return {"en": f"{en} ({detail})", "zh": f"{zh}（{detail}）"} if detail else {"en": en, "zh": zh}


def enrolment_text(enrolment: Enrolment) -> Bilingual | None:
    """Say why an enrolment ended; None while it has not."""
    reason = enrolment.reason
    match enrolment.status:
        case "active":
            return None
        case "completed" if reason == "goal":
            return {"en": "Reached the goal.", "zh": "已达成目标。"}
        case "completed":
            return {"en": "Went through to the end.", "zh": "已走完全程。"}
        case "exited" if enrolment.trace[-1].decision == "held_out":
            return {
                "en": "Held out: the journey does nothing here, so that one sees what it does.",
                "zh": "留作对照：旅程不对该用户做任何事，用于衡量效果。",
            }
        case "exited" if enrolment.trace[-1].decision == "exit_rule":
            why = trigger_text(reason)
            return {"en": f"Ended at once: {why['en']}.", "zh": f"立即退出：{why['zh']}。"}
        case "exited" if enrolment.trace[-1].decision == "merged":
            return {
                "en": "Gave way: after a merge the person was in this journey already.",
                "zh": "身份合并后，该用户已有更早的同一旅程实例，本实例退出。",
            }
        case "exited" if enrolment.trace[-1].decision == "taken_out":
            return {"en": "Taken out by an operator.", "zh": "由运营人员移出旅程。"}
        case "exited":
            return {"en": f"Reached an exit: {reason}.", "zh": f"到达退出步骤：{reason}。"}


def trigger_text(trigger: str) -> Bilingual:
    """Say what a trigger stands for: an event, or a move in or out of a segment or stage."""
    match trigger.split(":", 2):
        case ["segment", "entered", segment_id]:
            return {"en": f"entered the segment {segment_id}", "zh": f"进入人群 {segment_id}"}
        case ["segment", "exited", segment_id]:
            return {"en": f"left the segment {segment_id}", "zh": f"离开人群 {segment_id}"}
        case ["lifecycle", "entered", stage]:
            return {"en": f"came to the stage {stage}", "zh": f"进入阶段 {stage}"}
        case ["lifecycle", "left", stage]:
            return {"en": f"left the stage {stage}", "zh": f"离开阶段 {stage}"}
        case _:
            return {"en": f"{trigger} happened", "zh": f"发生了 {trigger}"}


def unsent(journey: Journey, enrolment: Enrolment) -> list[UnsentStory]:
    """Every send of the journey that never asked for its message, and why."""
    asked = {entry.step for entry in enrolment.trace if entry.decision in ("requested", "waiting")}
    reason, text = _absence(enrolment)
    return [
        {"step": step.name, "template_id": step.template_id, "reason": reason, "text": text}
        for step in journey.steps
        if isinstance(step, SendStep | FeedbackStep) and step.name not in asked
    ]


def _absence(enrolment: Enrolment) -> tuple[Absence, Bilingual]:
    match enrolment.status:
        case "active":
            return "not_reached_yet", {"en": "Not reached yet.", "zh": "尚未到达。"}
        case "completed":
            return "not_on_the_way", {
                "en": "The way through the journey did not lead here.",
                "zh": "所走的路径没有经过这一步。",
            }
        case "exited":
            why = enrolment_text(enrolment) or {"en": "", "zh": ""}
            return "exited_before", {
                "en": f"The enrolment had ended before. {why['en']}",
                "zh": f"此前旅程实例已结束。{why['zh']}",
            }
