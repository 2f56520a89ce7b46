"""By which names a cloud and we know one text message."""

from typing import Final

from shared.domain.messages.links import Ref

ALIYUN: Final = "aliyun_sms"
TENCENT: Final = "tencent_sms"

# Whose reports name a message by the provider's own number of it, and by nothing of ours.
BY_NUMBER: Final = frozenset({TENCENT})


def out_id(profile_id: str, message_id: str) -> str:
    """What Alibaba Cloud repeats of our message: whose it is, and which."""
    return f"{profile_id}.{message_id}"


def ref_of(workspace_id: str, named: str) -> Ref | None:
    """The message that `out_id` names; None for what it did not write."""
    profile_id, _, message_id = named.rpartition(".")
    return Ref(workspace_id, profile_id, message_id) if profile_id and message_id else None
