"""Doubt: who judges what is due leaves a mark until having looked again.

What is due is not asked for again by any change of the person. Should somebody store a flip in
view of less than is known by then, and die before looking again, nobody would: somebody else may
have moved `due_at` on meanwhile. The mark asks for it. It counts those who are at it; one who died
leaves it behind, and is told from the living by its age.
"""

from dataclasses import replace
from datetime import datetime

from shared.domain.due.timing import WRITER_LIFE
from shared.domain.profiles.model import ProfileState


def marked(state: ProfileState, now: datetime) -> ProfileState:
    """The same with one more who has to look again."""
    return replace(state, unsure=(state.unsure or 0) + 1, unsure_since=now)


def unmarked(state: ProfileState, now: datetime, *, is_marked: bool) -> ProfileState:
    """The same after having looked again; `is_marked` says that one of the marks is ours."""
    left = (state.unsure or 0) - is_marked
    if left > 0 and not _is_left_behind(state, now):
        return replace(state, unsure=left)
    return replace(state, unsure=None, unsure_since=None)


def is_doubtful(state: ProfileState, now: datetime, *, is_marked: bool, is_news: bool) -> bool:
    """Whether everything has to be judged because somebody may have died over it.

    Whoever brings news leaves the living alone; who does not may be their repetition.
    """
    if (state.unsure or 0) <= is_marked:
        return False
    return not is_news or _is_left_behind(state, now)


def _is_left_behind(state: ProfileState, now: datetime) -> bool:
    return state.unsure_since is not None and state.unsure_since + WRITER_LIFE <= now
