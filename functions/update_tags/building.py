"""Builds: what a person lacks of definitions that are newer than what was built for it.

A build is begun in each strand before anything is read for it, then measures are made from the
timeline, then the definitions are judged, and when all of that is stored it is ended. Whoever dies
in between leaves a strand that is behind, and whoever judges the person next does it all again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.update_tags.joins import Found
from functions.update_tags.plan import Plan
from functions.update_tags.ports import Ports
from shared.aws.state_rows import NEVER, Progress, Strand


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is to be built for a person.

    `strands` are those that are behind, each with the version of the catalog up to which it was
    built; `names` are the definitions to be judged by, `silent` those whose flips nobody is told.
    """

    strands: Mapping[str, int]
    names: frozenset[str]
    silent: frozenset[str]


class Builder:
    """What one update builds of a plan."""

    def __init__(self, plan: Plan, ports: Ports) -> None:
        self._plan = plan
        self._ports = ports
        self._built: set[str] = set()

    def backlog(self, found: Found, fresh: str | None) -> Backlog:
        """What the person lacks; a `fresh` strand lacks nothing, whatever its row says."""
        plan = self._plan
        strands = {
            name: strand.built
            for name, strand in found.whole.strands.items()
            if strand.heard and strand.built < plan.build and name != fresh
        }
        built = min(strands.values(), default=plan.build)
        names = plan.newer(built)
        # Of whom nothing was ever built, everything that is found now is news.
        quiet = frozenset(name for name in names if not plan.stands[name].announce)
        return Backlog(strands, names, frozenset() if built == NEVER else quiet)

    def begin(self, found: Found, backlog: Backlog) -> bool:
        """Let everybody know that a build is going on; says whether that was not known yet.

        Then the person has to be looked at again, because others may have changed something and
        missed it.
        """
        build, known = self._plan.build, found.whole.strands
        waiting = [name for name in backlog.strands if known[name].building < build]
        for name in waiting:
            self._ports.states.begin_build(found.person.workspace_id, name, build)
        return bool(waiting)

    def build(self, found: Found, backlog: Backlog) -> None:
        """Make what is kept of events from the timelines; once is enough, others keep it up.

        A timeline of many pages takes its time, so whoever dies over it leaves word how far it was.
        """
        for name, built in backlog.strands.items():
            if name not in self._built:
                self._build(found.person.workspace_id, name, built, found.whole.strands[name])
                self._built.add(name)

    def _build(self, workspace_id: str, name: str, built: int, strand: Strand) -> None:
        plan, states, known = self._plan, self._ports.states, strand.progress
        going_on = known is not None and (known.build, known.built) == (plan.build, built)

        def reached(sort_key: str) -> None:
            states.keep_progress(workspace_id, name, Progress(plan.build, built, sort_key))

        self._ports.measures.rebuild(
            workspace_id,
            name,
            plan.measures_of(plan.newer(built)),
            plan.zone,
            after=known.after if known and going_on else "",
            reached=reached,
        )

    def end(self, found: Found, backlog: Backlog, fresh: str | None) -> None:
        """Remember that all is built, now that all of it is stored."""
        for name in (*backlog.strands, *((fresh,) if fresh else ())):
            self._ports.states.end_build(found.person.workspace_id, name, self._plan.build)
