"""What the doctor says of each finding, and what to do, in English and Chinese."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from cli.story_words import Language


class Said(NamedTuple):
    """A finding and its remedy; the remedy is empty where there is nothing to do."""

    text: str
    remedy: str = ""


_EN: Final[Mapping[str, Said]] = {
    "unreachable": Said("{error}", "check --url; is it deployed, does `make up` run?"),
    "refused": Said("the API refuses the admin key: {error}", "check --key"),
    "answers": Said("the API at {url} answers and knows the key"),
    "restoring": Said(
        "restoring: nobody enters a journey, no broadcast goes on and no message is sent",
        "finish docs/recovery.md: rapport restore end, then rapport dlq redrive what was set aside",
    ),
    "sender": Said("email is sent from {address}"),
    "no_sender": Said(
        "no sender: every email is suppressed (no_sender)",
        "set email_from in the settings to an address that SES has verified",
    ),
    "rehearsal": Said(
        "rehearsal: only reserved addresses are written to, time runs {scale:g} times as fast",
        "set rehearsal: false and time_scale: 1 before real people come in",
    ),
    "keys": Said("{number} write keys are active"),
    "no_key": Said("no write key: nobody can send events", "rapport write-key create web"),
    "journeys": Said("{number} journeys are published"),
    "no_journey": Said("no journey is published: nobody is enrolled", "rapport journey publish"),
    "paused": Said("{name} is paused", "rapport journey resume {name}"),
    "draft": Said(
        "{name}: people meet version {published}, version {version} is a draft",
        "rapport journey publish {name}",
    ),
    "no_account": Said(
        "without AWS credentials and region: machines, queues and SES not looked at",
        "set AWS_PROFILE and AWS_REGION to the account that it is deployed to",
    ),
    "not_asked": Said(
        "{what} not looked at: {error}", "allow it to whoever calls the doctor, or look by hand"
    ),
    "machine": Said("{name}: its state machine is there"),
    "no_machine": Said("{name}: its state machine is gone", "rapport journey publish {name}"),
    "no_letters": Said("all dead-letter queues are empty"),
    "letters": Said(
        "dead letters: {number} in {name}",
        "rapport dlq show {name}; mend the cause, then rapport dlq redrive {name}",
    ),
    "stream_letters": Said(
        "dead letters: {number} in {name}",
        "rapport dlq show {name}; docs/operating.md says what to do about rows of a stream",
    ),
    "prompt": Said("no message has waited longer than {minutes} minutes in a queue"),
    "late": Said(
        "the oldest message of {name} has waited {minutes} minutes",
        "look at the log of its function: is it throttled, does it fail? "
        "A provider with a low per_second makes messages wait, too",
    ),
    "clock": Said("the clock of the due index is at most {minutes} minutes behind"),
    "clock_behind": Said(
        "the clock of the due index is behind: {kind} since {since} have not been sent for",
        "look at the log of sweep_due, and whether its schedules are enabled",
    ),
    "quiet": Said("no alarm is raised"),
    "alarm": Said(
        "the alarm {name} is raised: {says}", "its page in docs/runbooks says what to do"
    ),
    "pitr": Said("{table} can be restored to any second of the last {days} days"),
    "no_pitr": Said(
        "{table} cannot be restored to a point in time",
        "`make deploy` with --revert-drift beside the ARGS of the last one turns it on again",
    ),
    "deployed": Said("{stack} is deployed as a whole ({status})"),
    "half_deployed": Said(
        "{stack} is {status}: functions and schema may be of different versions",
        "look at the stack's events in CloudFormation, mend the cause, then `make deploy`",
    ),
    "same_release": Said("what is deployed is the code of this command ({release})"),
    "other_release": Said(
        "the code that is deployed ({deployed}) is not that of this command ({own})",
        "`make deploy` deploys this checkout; or use the command of the one that was deployed",
    ),
    "same_code": Said("{number} functions are active and of one deployment"),
    "other_code": Said(
        "not of the last deployment: {names}",
        "`make deploy` with --revert-drift in its ARGS puts all of them to one version",
    ),
    "production": Said("SES may write to anybody"),
    "sandbox": Said(
        "SES is in its sandbox: mail reaches verified addresses only",
        "ask for production access in the SES console",
    ),
    "ses_stopped": Said(
        "SES has stopped sending for this account ({status})",
        "read AWS's mail about it and answer in the SES console: Account dashboard",
    ),
    "ses_watched": Said(
        "SES watches this account ({status}): too many bounces or complaints",
        "docs/runbooks/bounce-rate.md says how to see which journeys bounce; pause them",
    ),
    "quota": Said("{sent:,.0f} of {most:,.0f} emails a day are sent, at most {rate:g} a second"),
    "quota_near": Said(
        "{sent:,.0f} of {most:,.0f} emails a day are sent already: SES refuses what comes above",
        "ask for a higher sending quota in Service Quotas, or spread broadcasts over more days",
    ),
    "identity": Said("SES has verified {identity}"),
    "no_identity": Said(
        "SES does not know {address} or its domain: every email is refused",
        "create the domain as an identity in SES and put its records into DNS",
    ),
    "unverified": Said(
        "SES has not verified {identity} yet: every email is refused",
        "put the records that SES shows for it into DNS",
    ),
    "dkim": Said("emails of {identity} are signed (DKIM)"),
    "no_dkim": Said(
        "emails of {identity} are not signed: DKIM is {status}",
        "turn Easy DKIM on for it in SES and put its three CNAME records into DNS",
    ),
    "mail_from": Said("bounces go to {domain}, which is yours (custom MAIL FROM)"),
    "no_mail_from": Said(
        "the envelope is amazonses.com's: SPF holds, but not for your own domain",
        "set a custom MAIL FROM domain such as bounce.{domain} in SES",
    ),
    "mail_from_pending": Said(
        "the MAIL FROM domain {domain} does not work: {status}",
        "put the MX and TXT records that SES shows for it into DNS",
    ),
    "spf": Said("{domain} lets SES send (SPF)"),
    "no_spf": Said(
        "{domain} does not name SES in its SPF record",
        'add the TXT record "v=spf1 include:amazonses.com ~all" to {domain}',
    ),
    "dmarc": Said("{domain} says what to do with forged mail (DMARC {policy})"),
    "dmarc_none": Said(
        "{domain} only watches forged mail (DMARC p=none)",
        "go to p=quarantine once the reports show your own mail passing",
    ),
    "no_dmarc": Said(
        "{domain} has no DMARC record: Gmail and Yahoo refuse bulk mail without one",
        'add the TXT record "v=DMARC1; p=none; rua=mailto:…" to _dmarc.{domain}',
    ),
    "no_dns": Said(
        "{domain} could not be looked up: {error}", "call the doctor where DNS can be asked"
    ),
    "reserved": Said(
        "{domain} is reserved for examples: nothing that is sent from it arrives",
        "set email_from to an address of your own domain",
    ),
    "texts": Said("SNS may send text messages to any number"),
    "texts_sandbox": Said(
        "SNS is in its SMS sandbox: text messages reach verified numbers only",
        "leave the sandbox in the SNS console: Text messaging",
    ),
    "texts_limit": Said(
        "SNS stops text messages at ${limit} a month",
        "raise the account spend limit for SMS in the SNS console",
    ),
}
_ZH: Final[Mapping[str, Said]] = {
    "unreachable": Said("{error}", "请检查 --url：是否已部署，`make up` 是否在运行？"),
    "refused": Said("API 拒绝该管理密钥：{error}", "请检查 --key"),
    "answers": Said("{url} 的 API 正常应答，密钥有效"),
    "restoring": Said(
        "正在恢复数据：没有人进入旅程，群发暂停，不发送任何消息",
        "按 docs/recovery.md 完成：rapport restore end，再用 rapport dlq redrive 处理死信",
    ),
    "sender": Said("邮件发件人为 {address}"),
    "no_sender": Said(
        "未设置发件人：所有邮件都会被拦截（no_sender）",
        "在设置中把 email_from 设为 SES 已验证的地址",
    ),
    "rehearsal": Said(
        "演练模式：只向保留地址发送，时间以 {scale:g} 倍速运行",
        "真实用户接入前请设置 rehearsal: false 和 time_scale: 1",
    ),
    "keys": Said("{number} 个写入密钥可用"),
    "no_key": Said("没有写入密钥：无法上报事件", "rapport write-key create web"),
    "journeys": Said("已发布 {number} 个旅程"),
    "no_journey": Said("没有已发布的旅程：不会有人进入", "rapport journey publish"),
    "paused": Said("{name} 已暂停", "rapport journey resume {name}"),
    "draft": Said(
        "{name}：用户走的是版本 {published}，版本 {version} 是草稿",
        "rapport journey publish {name}",
    ),
    "no_account": Said(
        "没有 AWS 凭证或区域：未检查状态机、队列和 SES",
        "请把 AWS_PROFILE 和 AWS_REGION 设为部署所在的账号",
    ),
    "not_asked": Said("未能检查{what}：{error}", "请授予相应权限，或人工查看"),
    "machine": Said("{name}：状态机正常"),
    "no_machine": Said("{name}：状态机已不存在", "rapport journey publish {name}"),
    "no_letters": Said("所有死信队列都为空"),
    "letters": Said(
        "死信：{name} 中有 {number} 条",
        "rapport dlq show {name}；排除原因后执行 rapport dlq redrive {name}",
    ),
    "stream_letters": Said(
        "死信：{name} 中有 {number} 条",
        "rapport dlq show {name}；数据流记录的处理办法见 docs/operating.md",
    ),
    "prompt": Said("没有消息在队列中等待超过 {minutes} 分钟"),
    "late": Said(
        "{name} 中最早的消息已等待 {minutes} 分钟",
        "查看其函数的日志：是否被限流，是否失败？服务商的 per_second 过低也会使消息等待",
    ),
    "clock": Said("到期索引的时钟最多落后 {minutes} 分钟"),
    "clock_behind": Said(
        "到期索引的时钟已落后：{since} 起到期的{kind}尚未处理",
        "查看 sweep_due 的日志，并确认其定时任务已启用",
    ),
    "quiet": Said("没有触发中的告警"),
    "alarm": Said("告警 {name} 已触发：{says}", "处理办法见 docs/runbooks 中的对应页面"),
    "pitr": Said("{table} 可恢复到最近 {days} 天内的任意一秒"),
    "no_pitr": Said("{table} 无法按时间点恢复", "在上次的 ARGS 中加入 --revert-drift 重新部署"),
    "deployed": Said("{stack} 已完整部署（{status}）"),
    "half_deployed": Said(
        "{stack} 状态为 {status}：函数与数据结构的版本可能不一致",
        "在 CloudFormation 中查看该栈的事件，排除原因后执行 `make deploy`",
    ),
    "same_release": Said("已部署的代码与本命令一致（{release}）"),
    "other_release": Said(
        "已部署的代码（{deployed}）与本命令（{own}）不一致",
        "执行 `make deploy` 部署当前代码，或改用与部署一致的命令版本",
    ),
    "same_code": Said("{number} 个函数均可用，且来自同一次部署"),
    "other_code": Said(
        "不属于最近一次部署：{names}", "在 ARGS 中加入 --revert-drift 重新部署，使版本一致"
    ),
    "production": Said("SES 可向任何人发送"),
    "sandbox": Said("SES 处于沙盒：邮件只能到达已验证的地址", "在 SES 控制台申请生产环境访问权限"),
    "ses_stopped": Said(
        "SES 已停止该账号的发送（{status}）", "阅读 AWS 的通知邮件，并在 SES 控制台的账户面板答复"
    ),
    "ses_watched": Said(
        "SES 正在审查该账号（{status}）：退信或投诉过多",
        "按 docs/runbooks/bounce-rate.md 查出退信多的旅程并暂停",
    ),
    "quota": Said("每日 {most:,.0f} 封的额度已用 {sent:,.0f} 封，每秒最多 {rate:g} 封"),
    "quota_near": Said(
        "每日 {most:,.0f} 封的额度已用 {sent:,.0f} 封：超出部分会被 SES 拒绝",
        "在 Service Quotas 申请更高的发送额度，或把群发分散到更多天",
    ),
    "identity": Said("SES 已验证 {identity}"),
    "no_identity": Said(
        "SES 中没有 {address} 或其域名：所有邮件都会被拒绝",
        "在 SES 中为该域名创建身份，并添加相应的 DNS 记录",
    ),
    "unverified": Said(
        "SES 尚未验证 {identity}：所有邮件都会被拒绝", "请把 SES 显示的记录添加到 DNS"
    ),
    "dkim": Said("{identity} 的邮件已签名（DKIM）"),
    "no_dkim": Said(
        "{identity} 的邮件未签名：DKIM 状态为 {status}",
        "在 SES 中开启 Easy DKIM，并添加三条 CNAME 记录",
    ),
    "mail_from": Said("退信地址使用自有域名 {domain}（自定义 MAIL FROM）"),
    "no_mail_from": Said(
        "信封域名为 amazonses.com：SPF 通过，但与自有域名不一致",
        "在 SES 中设置自定义 MAIL FROM 域名，例如 bounce.{domain}",
    ),
    "mail_from_pending": Said(
        "MAIL FROM 域名 {domain} 未生效：{status}", "请把 SES 显示的 MX 和 TXT 记录添加到 DNS"
    ),
    "spf": Said("{domain} 允许 SES 发送（SPF）"),
    "no_spf": Said(
        "{domain} 的 SPF 记录中没有 SES",
        '为 {domain} 添加 TXT 记录 "v=spf1 include:amazonses.com ~all"',
    ),
    "dmarc": Said("{domain} 已声明如何处理伪造邮件（DMARC {policy}）"),
    "dmarc_none": Said(
        "{domain} 对伪造邮件仅作监测（DMARC p=none）",
        "报告显示自有邮件均通过后，请改为 p=quarantine",
    ),
    "no_dmarc": Said(
        "{domain} 没有 DMARC 记录：Gmail 和 Yahoo 会拒收没有该记录的批量邮件",
        '为 _dmarc.{domain} 添加 TXT 记录 "v=DMARC1; p=none; rua=mailto:…"',
    ),
    "no_dns": Said("无法查询 {domain}：{error}", "请在可以查询 DNS 的环境中运行"),
    "reserved": Said(
        "{domain} 是示例专用域名：从它发出的邮件不会送达", "请把 email_from 设为自有域名的地址"
    ),
    "texts": Said("SNS 可向任何号码发送短信"),
    "texts_sandbox": Said(
        "SNS 处于短信沙盒：短信只能到达已验证的号码", "在 SNS 控制台的短信页面申请移出沙盒"
    ),
    "texts_limit": Said(
        "SNS 短信每月费用上限为 {limit} 美元", "在 SNS 控制台提高短信的账户费用上限"
    ),
}
SAID: Final[Mapping[Language, Mapping[str, Said]]] = {"en": _EN, "zh": _ZH}
