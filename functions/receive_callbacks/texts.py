"""Callbacks about text messages: what became of them, and replies; known by their address alone.

Alibaba Cloud and Tencent Cloud sign nothing of what they tell. So the address at which they tell it
holds a token that nobody can guess, from the secret of the provider.
"""

import json
from collections.abc import Callable
from datetime import datetime
from hmac import compare_digest
from typing import Any, Final, NamedTuple

from shared.aws.provider_secrets import ProviderSecrets
from shared.aws.queues import EventQueue, Queue
from shared.domain.callbacks.sms import Told, told_by_aliyun, told_by_tencent
from shared.domain.channels.providers import AliyunSms, AnyProvider, TencentSms
from shared.domain.events.packing import encode
from shared.errors import InvalidInputError, NotFoundError, TooLargeError

TOKEN: Final = "callback_token"  # noqa: S105 (the name of a field)
SHORTEST_TOKEN: Final = 20
MOST_BYTES: Final = 1_048_576
# By then our own record of what was answered is there, nearly always.
DELAY_SECONDS: Final = 15


class _Cloud(NamedTuple):
    read: Callable[[str, object, datetime], Told]
    taken: str


_ALIYUN: Final = _Cloud(told_by_aliyun, '{"code":0,"msg":"OK"}')
_TENCENT: Final = _Cloud(told_by_tencent, '{"result":0,"errmsg":"OK"}')


class Texts:
    """Takes in callbacks of the providers of text messages."""

    def __init__(
        self,
        secrets: ProviderSecrets,
        events: EventQueue,
        feedback: Queue,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `feedback` brings reports to record_feedback."""
        self._secrets = secrets
        self._events = events
        self._feedback = feedback
        self._now = now

    def take(self, workspace_id: str, provider: AnyProvider | None, token: str, body: bytes) -> str:
        """The JSON to answer with.

        Raises NotFoundError where the address is not one of ours, InvalidInputError or
        TooLargeError for what is no callback, TransientError when a queue does not take it: the
        provider repeats it.
        """
        cloud = self._cloud(provider, token)
        if len(body) > MOST_BYTES:
            raise TooLargeError("a callback is smaller")
        told = cloud.read(workspace_id, _json(body), self._now())
        self._events.send_events(encode(event) for event in told.replies)
        self._feedback.send_later((one.to_body(), DELAY_SECONDS) for one in told.reports)
        return cloud.taken

    def _cloud(self, provider: AnyProvider | None, token: str) -> _Cloud:
        """Whose callback it is; what is wrong with the address is nobody's business."""
        if isinstance(provider, AliyunSms | TencentSms):
            right = self._secrets.field_or_none(provider.secret_arn, TOKEN) or ""
            said = token.encode("utf-8", "surrogatepass")
            if len(right) >= SHORTEST_TOKEN and compare_digest(right.encode(), said):
                return _ALIYUN if isinstance(provider, AliyunSms) else _TENCENT
        raise NotFoundError("nobody's callbacks are taken here", hint="define the provider")


def _json(body: bytes) -> Any:  # noqa: ANN401 (a provider wrote it)
    try:
        found = json.loads(body)
        json.dumps(found, ensure_ascii=False).encode()  # no half of a character
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("this is no message of a provider") from error
    return found
