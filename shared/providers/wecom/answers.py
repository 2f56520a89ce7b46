"""What WeCom's answers mean, beside their `errcode`."""

from typing import Final

from shared.domain.channels.following import TaskState
from shared.domain.messages.handover import Accepted, Answer, Rejected
from shared.providers.http import Response
from shared.providers.wechat import answers as wechat
from shared.providers.wechat.answers import is_dead_token as is_dead_token
from shared.providers.wechat.answers import token_of as token_of

PROVIDER: Final = "wecom"


def read(response: Response) -> Answer:
    """The answer to a message or a task; who is named as unreachable did not get it."""
    answer = wechat.read(PROVIDER, response)
    if not isinstance(answer, Accepted):
        return answer
    found = response.json() or {}
    missed = found.get("invaliduser") or found.get("unlicenseduser") or found.get("fail_list")
    return Rejected(PROVIDER, "not somebody whom this can reach") if missed else answer


def state_of(response: Response) -> TaskState | None:
    """What became of a task for one customer; None where the answer does not say."""
    found = response.json() or {}
    if found.get("errcode") != 0 or not isinstance(found.get("send_list"), list):
        return None
    states = [one.get("status") for one in found["send_list"] if isinstance(one, dict)]
    if not states or states[0] == 0:
        return "waiting"
    return "confirmed" if states[0] == 1 else "refused"  # 2: no friend any more; 3: had one today
