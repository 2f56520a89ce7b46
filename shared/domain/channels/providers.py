"""Who carries out a channel, and how: one definition a channel, set by the operator.

A definition holds no secret, only the name of one in AWS Secrets Manager. Email needs none, it goes
by SES; text messages and push go by SNS where nothing else is said; inbox and popups are ours.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

# Secrets of providers have names of their own, so that functions may read these and no others.
SECRETS_PREFIX: Final = "rapport/providers/"
SecretArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]{1,32}:[0-9]{12}:secret:"
        rf"{SECRETS_PREFIX}[A-Za-z0-9/_+=.@-]{{1,200}}$"
    ),
]
_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
_Region = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]


class _Provider(BaseModel):
    """`provider_id` is the channel. `per_second` is how many messages it takes in a second."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    per_second: Annotated[int, Field(ge=1, le=10_000)] | None = None


class SnsSms(_Provider):
    """Text messages by Amazon SNS."""

    provider_id: Literal["sms"] = "sms"
    type: Literal["sns"] = "sns"


class EndUserMessagingSms(_Provider):
    """Text messages by AWS End User Messaging, from `origination`: a number, sender id or pool."""

    provider_id: Literal["sms"] = "sms"
    type: Literal["end_user_messaging"] = "end_user_messaging"
    origination: _Name
    configuration_set: Annotated[str, Field(max_length=64)] = ""


class AliyunSms(_Provider):
    """Text messages by Alibaba Cloud; the secret is `{"access_key_id": …, "access_key_secret": …}`.

    It sends templates that were approved: a template's `code` and `fields` say which and with what.
    With `callback_token` (20 characters or more, which nobody can guess) in the secret, delivery
    reports and replies are taken at `/v1/callbacks/<workspace>/sms/<callback_token>`.
    """

    provider_id: Literal["sms"] = "sms"
    type: Literal["aliyun"] = "aliyun"
    secret_arn: SecretArn
    sign_name: _Name


class TencentSms(_Provider):
    """Text messages by Tencent Cloud; the secret is `{"secret_id": …, "secret_key": …}`.

    It sends templates that were approved; their values go by the order of a template's `fields`.
    `callback_token` in the secret as for Alibaba Cloud.
    """

    provider_id: Literal["sms"] = "sms"
    type: Literal["tencent"] = "tencent"
    secret_arn: SecretArn
    app_id: _Id
    sign_name: _Name
    region: _Region = "ap-guangzhou"


class SnsPush(_Provider):
    """Notifications by platform endpoints of Amazon SNS."""

    provider_id: Literal["push"] = "push"
    type: Literal["sns"] = "sns"


class WechatAccount(_Provider):
    """A WeChat service account.

    The secret is `{"app_secret": …, "token": …, "encoding_aes_key": …}`; the last two are those of
    the callbacks.
    """

    provider_id: Literal["wechat"] = "wechat"
    type: Literal["wechat"] = "wechat"
    app_id: _Id
    secret_arn: SecretArn


class WechatMiniprogram(_Provider):
    """A WeChat mini-program; the secret as that of a service account."""

    provider_id: Literal["miniprogram"] = "miniprogram"
    type: Literal["wechat"] = "wechat"
    app_id: _Id
    secret_arn: SecretArn
    state: Literal["formal", "trial", "developer"] = "formal"


class WecomApp(_Provider):
    """An application in WeCom.

    The secret is `{"corp_secret": …, "token": …, "encoding_aes_key": …}`. `employee` is who gets
    the tasks of customers that no template names anybody for.
    """

    provider_id: Literal["wecom"] = "wecom"
    type: Literal["wecom"] = "wecom"
    corp_id: _Id
    agent_id: Annotated[int, Field(ge=1)]
    secret_arn: SecretArn
    employee: Annotated[str, Field(max_length=64)] = ""


class SignedWebhook(_Provider):
    """Calls of servers, signed with the secret, which is a text of 32 characters or more."""

    provider_id: Literal["webhook"] = "webhook"
    type: Literal["webhook"] = "webhook"
    secret_arn: SecretArn


SmsProvider = Annotated[
    SnsSms | EndUserMessagingSms | AliyunSms | TencentSms, Field(discriminator="type")
]
AnyProvider = (
    SnsSms
    | EndUserMessagingSms
    | AliyunSms
    | TencentSms
    | SnsPush
    | WechatAccount
    | WechatMiniprogram
    | WecomApp
    | SignedWebhook
)
Provider = Annotated[
    SmsProvider | SnsPush | WechatAccount | WechatMiniprogram | WecomApp | SignedWebhook,
    Field(discriminator="provider_id"),
]
PROVIDER: Final[TypeAdapter[AnyProvider]] = TypeAdapter(
    Provider, config=ConfigDict(defer_build=True)
)
