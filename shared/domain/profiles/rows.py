"""What the kinds of a person's rows are called wherever people read of them."""

from collections.abc import Mapping
from typing import Final

NAMES: Final[Mapping[str, str]] = {
    "PROFILE": "profiles",
    "STATE": "states",
    "EVT": "events",
    "CNT": "counters",
    "MOM": "moments",
    "CELL": "cells",
    "SEG": "memberships",
    "TAG": "tags",
    "TAGLOG": "tag_history",
    "STAGE": "stage_history",
    "ENR": "enrolments",
    "RUN": "journey_guards",  # rows from before enrolments guarded re-entry themselves
    "WAIT": "listeners",
    "MSG": "messages",
    "INBOX": "inbox",
    "BUDGET": "contact_budget",
    "WINDOW": "windows",
    "TASK": "tasks",
    "TRAIT": "trait_history",
    "GROUP": "groups",
    "DSP": "disputes",
    "CONSENT": "consents",
    "AGREED": "consent_records",
}


def name_of(kind: str) -> str:
    """The name of a kind, the first part of a sort key; one without a name has its own."""
    return NAMES.get(kind, kind.lower())
