"""What several audiences have in common, out of the sizes of the regions of their diagram."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Regions:
    """How many people belong to exactly these parts, by the numbers of the parts.

    Nobody is in two regions, so every union, intersection and difference is a sum of some.
    """

    parts: int
    people: Mapping[frozenset[int], int]

    def size(self, part: int) -> int:
        """How many are in a part."""
        return sum(count for region, count in self.people.items() if part in region)

    @property
    def union(self) -> int:
        """How many are in any of them."""
        return sum(self.people.values())

    @property
    def intersection(self) -> int:
        """How many are in all of them."""
        return self.people.get(frozenset(range(self.parts)), 0)

    def only(self, part: int) -> int:
        """How many are in this one and in no other."""
        return self.people.get(frozenset({part}), 0)

    def both(self, one: int, other: int) -> int:
        """How many are in these two, whatever else they are in."""
        return sum(count for region, count in self.people.items() if {one, other} <= region)


def regions_of(rows: Iterable[Row], parts: int) -> Regions:
    """Read the answer to `lake.sql.overlap`: a row for each region that is not empty."""
    return Regions(
        parts,
        {
            frozenset(n for n in range(parts) if row[f"in_{n}"] == "1"): int(row["people"] or 0)
            for row in rows
        },
    )
