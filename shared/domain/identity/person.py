"""A person as readers meet one: the profile that answers for it, and the strands it is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """One person after identity resolution.

    A *strand* is what one identifier has left behind: its events, counters and traits lie in a
    partition of their own and never move. A person is a set of strands, so a merge joins two sets
    and an unmerge parts them, exactly, however long the histories are.

    `profile_id` is the strand that answers for the person: what belongs to the whole person
    (memberships, stage, consents in force) lies there. `strands` are all of them, that one first.
    `desks` are the strands in which enrolments may lie, that one first: an enrolment stays where it
    began, also when another profile answers for the person today. `enrols` says that the first of
    them is known to be one: an enrolment has begun there.
    """

    workspace_id: str
    profile_id: str
    strands: tuple[str, ...]
    desks: tuple[str, ...]
    enrols: bool = False

    @classmethod
    def of_one(cls, workspace_id: str, profile_id: str) -> "Person":
        """A person of a single strand."""
        return cls(workspace_id, profile_id, (profile_id,), (profile_id,))

    @property
    def is_merged(self) -> bool:
        """Whether there is more than one strand to read."""
        return len(self.strands) > 1
