"""What comes more than once among names, however many they are."""

from collections import Counter
from collections.abc import Iterable


def repeated(names: Iterable[str]) -> list[str]:
    """Names that come more than once, in the order in which they first come."""
    return [name for name, times in Counter(names).items() if times > 1]
