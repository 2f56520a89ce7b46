"""From the definition of a provider to who sends by it; providers are imported when first used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol, assert_never

from shared.domain.channels.providers import (
    AliyunSms,
    AnyProvider,
    EndUserMessagingSms,
    SignedWebhook,
    SnsPush,
    SnsSms,
    TencentSms,
    WechatAccount,
    WechatMiniprogram,
    WecomApp,
)
from shared.errors import TransientError
from shared.providers.http import Http, NeverLeftError, NoAnswerError, Request, Response, call
from shared.providers.sending import Sender

if TYPE_CHECKING:
    from shared.providers.tokens import Tokens

# Secrets that were changed are known after this.
KEPT: Final = timedelta(minutes=5)
_DEFAULTS: Final[Mapping[str, AnyProvider]] = {"sms": SnsSms(), "push": SnsPush()}


class Secrets(Protocol):
    """Where secrets are."""

    def text(self, secret_arn: str) -> str:
        """A secret; raises TransientError."""
        ...

    def fields(self, secret_arn: str, *names: str) -> tuple[str, ...]:
        """Fields of a secret; raises TransientError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What senders need of the world.

    `bases` are addresses of APIs other than the providers' own, by the providers' names. `client`
    gives clients of AWS that never repeat a call. `tokens(workspace_id, account, fetch)` gives the
    access token of an account.
    """

    bases: Mapping[str, str]
    client: Callable[[str], Any]
    secrets: Secrets
    tokens: "Callable[[str, str, Callable[[], tuple[str, int]]], Tokens]"
    now: Callable[[], datetime]
    nonce: Callable[[], str]
    http: Http = call


class Senders:
    """Makes senders and keeps them for some minutes."""

    def __init__(self, outside: Outside) -> None:
        """Work with what is outside."""
        self._outside = outside
        self._made: dict[tuple[str, AnyProvider], tuple[datetime, Sender]] = {}

    def of(self, workspace_id: str, channel: str, provider: AnyProvider | None) -> Sender | None:
        """Who sends on a channel; None where nobody can.

        Raises TransientError where the secret of the provider cannot be read.
        """
        provider = provider or _DEFAULTS.get(channel)
        if provider is None:
            return None
        now, place = self._outside.now(), (workspace_id, provider)
        made = self._made.get(place)
        if made is None or now - made[0] > KEPT:
            made = self._made[place] = (now, self._sender(workspace_id, provider))
        return made[1]

    def _sender(self, workspace_id: str, provider: AnyProvider) -> Sender:
        outside = self._outside
        match provider:
            case SnsSms() | SnsPush():
                from shared.providers.sns.sender import SnsSender

                return SnsSender(outside.client("sns"))
            case EndUserMessagingSms():
                from shared.providers.end_user_messaging.sender import EndUserMessagingSender

                return EndUserMessagingSender(
                    outside.client("pinpoint-sms-voice-v2"),
                    provider.origination,
                    provider.configuration_set,
                )
            case AliyunSms():
                return _aliyun(provider, outside)
            case TencentSms():
                return _tencent(provider, outside)
            case WechatAccount() | WechatMiniprogram():
                return _wechat(workspace_id, provider, outside)
            case WecomApp():
                return _wecom(workspace_id, provider, outside)
            case SignedWebhook():
                return _webhook(provider, outside)
            case _:
                assert_never(provider)


def _aliyun(provider: AliyunSms, outside: Outside) -> Sender:
    from shared.providers.aliyun import request
    from shared.providers.aliyun.sender import AliyunSender

    names = ("access_key_id", "access_key_secret")
    keys = request.Keys(*outside.secrets.fields(provider.secret_arn, *names))
    base = outside.bases.get("aliyun", request.BASE)
    return AliyunSender(
        base, outside.http, keys, provider.sign_name, now=outside.now, nonce=outside.nonce
    )


def _tencent(provider: TencentSms, outside: Outside) -> Sender:
    from shared.providers.tencent import request
    from shared.providers.tencent.sender import TencentSender

    names = ("secret_id", "secret_key")
    secret_id, secret_key = outside.secrets.fields(provider.secret_arn, *names)
    account = request.Account(
        secret_id, secret_key, provider.app_id, provider.sign_name, provider.region
    )
    base = outside.bases.get("tencent", request.BASE)
    return TencentSender(base, outside.http, account, outside.now)


def _wechat(
    workspace_id: str, provider: WechatAccount | WechatMiniprogram, outside: Outside
) -> Sender:
    from shared.providers.wechat import answers, request
    from shared.providers.wechat.sender import WechatSender

    base = outside.bases.get("wechat", request.BASE)

    def fetch() -> tuple[str, int]:
        (secret,) = outside.secrets.fields(provider.secret_arn, "app_secret")
        wanted = request.token_request(base, provider.app_id, secret)
        return _fetched(outside.http, wanted, answers.token_of)

    tokens = outside.tokens(workspace_id, f"wechat:{provider.app_id}", fetch)
    state = provider.state if isinstance(provider, WechatMiniprogram) else ""
    name = f"wechat_{provider.provider_id}" if state else "wechat"
    return WechatSender(name, base, outside.http, tokens, state)


def _wecom(workspace_id: str, provider: WecomApp, outside: Outside) -> Sender:
    from shared.providers.wecom import answers, request
    from shared.providers.wecom.sender import WecomSender

    base = outside.bases.get("wecom", request.BASE)

    def fetch() -> tuple[str, int]:
        (secret,) = outside.secrets.fields(provider.secret_arn, "corp_secret")
        wanted = request.token_request(base, provider.corp_id, secret)
        return _fetched(outside.http, wanted, answers.token_of)

    account = f"wecom:{provider.corp_id}:{provider.agent_id}"
    tokens = outside.tokens(workspace_id, account, fetch)
    return WecomSender(
        base, outside.http, tokens, agent_id=provider.agent_id, employee=provider.employee
    )


def _webhook(provider: SignedWebhook, outside: Outside) -> Sender:
    from shared.providers.webhook.calling import HttpsCaller
    from shared.providers.webhook.sender import WebhookSender

    secret = outside.secrets.text(provider.secret_arn).encode()
    return WebhookSender(HttpsCaller(), lambda _: secret, outside.now)


def _fetched(
    http: Http, wanted: Request, read: Callable[[Response], tuple[str, int] | None]
) -> tuple[str, int]:
    try:
        response = http(wanted)
    except (NeverLeftError, NoAnswerError) as error:
        raise TransientError(f"no access token could be fetched: {error}") from error
    found = read(response)
    if found is None:
        said = response.json() or {}
        why = f"{said.get('errcode', response.status)}: {said.get('errmsg', '')}"
        raise TransientError(f"the provider gives no access token: {why}")
    return found
