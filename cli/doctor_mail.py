"""What the doctor looks at of email and text messages: SES, its identity, DNS, and SNS."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from cli.doctor_account import each_by_itself
from cli.findings import Check, note, ok, problem
from cli.target import Clients
from shared.domain.workspace.sender import sender_of

Texts = Callable[[str], list[str]]

NEARLY_ALL: Final = 0.8  # of a day's quota
SES_IN_SPF: Final = "include:amazonses.com"
SNS: Final = "sns"
_RESERVED: Final = (
    *("example.com", "example.net", "example.org"),
    *(".example", ".test", ".invalid", ".localhost"),
)
_DNS_SECONDS: Final = 5


def examine(
    account: Clients, email_from: str, providers: list[dict[str, Any]], texts: Texts
) -> Iterator[Check]:
    """SES and SNS; `texts` gives the TXT records of a name, and raises LookupError."""
    looks = {"SES": partial(_quota, account)}
    sender = sender_of(email_from)
    if sender:
        looks["SES (identity)"] = partial(_identity, account, sender.address, texts)
    if any(one["type"] == SNS and one["provider_id"] == "sms" for one in providers):
        looks["SNS"] = partial(_texts, account)
    yield from each_by_itself(looks)


def text_records(name: str) -> list[str]:
    """The TXT records of a name; none where it has none; raises LookupError."""
    import dns.exception
    import dns.resolver

    try:
        found = dns.resolver.resolve(name, "TXT", lifetime=_DNS_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise LookupError(str(error)) from error
    return [b"".join(one.strings).decode(errors="replace") for one in found]


def _quota(account: Clients) -> Iterator[Check]:
    found = account.client("sesv2").get_account()
    yield ok("production") if found["ProductionAccessEnabled"] else problem("sandbox")
    status = found.get("EnforcementStatus", "HEALTHY")
    if status == "SHUTDOWN" or not found.get("SendingEnabled", True):
        yield problem("ses_stopped", status=status)
    elif status != "HEALTHY":
        yield problem("ses_watched", status=status)
    quota = found.get("SendQuota", {})
    most, sent = quota.get("Max24HourSend", -1), quota.get("SentLast24Hours", 0)
    if most >= 0:  # else there is no limit
        told = {"most": most, "sent": sent, "rate": quota.get("MaxSendRate", 0)}
        near = sent >= NEARLY_ALL * most
        yield problem("quota_near", **told) if near else ok("quota", **told)


def _identity(account: Clients, address: str, texts: Texts) -> Iterator[Check]:
    domain = address.rpartition("@")[2].lower()
    mail = account.client("sesv2")
    for identity in (address, *_parents(domain)):
        try:
            found = mail.get_email_identity(EmailIdentity=identity)
        except mail.exceptions.NotFoundException:
            continue
        yield from _verified(identity, domain, found)
        break
    else:
        found = {}
        yield problem("no_identity", address=address)
    if domain.endswith(_RESERVED):
        yield note("reserved", domain=domain)
        return
    own = found.get("MailFromAttributes", {}).get("MailFromDomain")
    try:
        if own:
            yield _spf(own, texts)
        yield _dmarc(domain, texts)
    except LookupError as error:
        yield note("no_dns", domain=domain, error=error)


def _verified(identity: str, domain: str, found: dict[str, Any]) -> Iterator[Check]:
    is_verified = found.get("VerifiedForSendingStatus")
    yield (ok if is_verified else problem)(
        "identity" if is_verified else "unverified", identity=identity
    )
    dkim = found.get("DkimAttributes", {}).get("Status", "NOT_STARTED")
    if dkim == "SUCCESS":
        yield ok("dkim", identity=identity)
    else:
        yield problem("no_dkim", identity=identity, status=dkim)
    envelope = found.get("MailFromAttributes", {})
    if not envelope.get("MailFromDomain"):
        yield note("no_mail_from", domain=domain)
        return
    own, status = envelope["MailFromDomain"], envelope.get("MailFromDomainStatus")
    if status == "SUCCESS":
        yield ok("mail_from", domain=own)
    else:
        yield problem("mail_from_pending", domain=own, status=status)


def _spf(domain: str, texts: Texts) -> Check:
    records = [one for one in texts(domain) if one.lower().startswith("v=spf1")]
    if any(SES_IN_SPF in one.lower() for one in records):
        return ok("spf", domain=domain)
    return problem("no_spf", domain=domain)


def _dmarc(domain: str, texts: Texts) -> Check:
    """The record of the domain, or of the one that it belongs to."""
    for name in _parents(domain):
        for record in texts(f"_dmarc.{name}"):
            parts = dict(part.strip().partition("=")[::2] for part in record.split(";"))
            if parts.get("v", "").upper() != "DMARC1":
                continue
            policy = parts.get("p", "none").lower()
            if policy == "none":
                return note("dmarc_none", domain=name)
            return ok("dmarc", domain=name, policy=f"p={policy}")
    return problem("no_dmarc", domain=domain)


def _parents(domain: str) -> list[str]:
    """The domain itself and those above it, without the last label alone."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def _texts(account: Clients) -> Iterator[Check]:
    sns = account.client("sns")
    if sns.get_sms_sandbox_account_status()["IsInSandbox"]:
        yield problem("texts_sandbox")
    else:
        yield ok("texts")
    limit = sns.get_sms_attributes(attributes=["MonthlySpendLimit"])["attributes"]
    if limit.get("MonthlySpendLimit"):
        yield note("texts_limit", limit=limit["MonthlySpendLimit"])
