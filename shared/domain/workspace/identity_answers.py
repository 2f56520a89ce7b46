"""What the admin API answers about identity."""

from typing import Literal

from typing_extensions import TypedDict


class UserHashKeyAnswer(TypedDict):
    """The key of user hashes; it belongs on servers only."""

    success: Literal[True]
    user_hash_key: str
