"""What can be wrong with a definition."""

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong: a path such as `steps[2].next`, and what, with a way out of it.

    `message` is English and `zh` says the same in Chinese; `code` is what programs go by, and stays
    the same when the words change.
    """

    path: str
    message: str
    zh: str = ""
    code: str = "invalid"

    @property
    def detail(self) -> tuple[str, str]:
        """The place and the words, as answers list what is wrong."""
        return self.path, self.message
