"""The one AWS session of a function: clients with short time-outs and a bounded number of tries.

botocore is used as it is, without boto3 on top: the functions need clients only, and boto3's
resource and transfer layers would cost a third of a cold start (docs/decisions/0003).
"""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

_PATIENT = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "max_attempts": 4},
    max_pool_connections=16,
)
# A provider takes no idempotency token: one call, no second try, and a time-out that leaves the
# function time to write down that the outcome is unknown.
_ONCE = Config(
    connect_timeout=2,
    read_timeout=8,
    retries={"mode": "standard", "total_max_attempts": 1},
)
# Another function that calls a provider itself; the gateway gives up after 30 seconds.
_ONCE_PATIENTLY = Config(
    connect_timeout=2,
    read_timeout=24,
    retries={"mode": "standard", "total_max_attempts": 1},
)
# An HTTP caller waits for the answer and gives up after some 15 seconds: at most 12 are ours.
_PROMPT = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
)
# S3's older way of signing, which botocore still takes for links, is not taken by new buckets.
_S3 = _PATIENT.merge(Config(signature_version="s3v4"))


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def client(service: str) -> Any:
    """A client that retries throttles and faults by itself."""
    return _session().create_client(service, config=_S3 if service == "s3" else _PATIENT)


@cache
def client_without_retries(service: str) -> Any:
    """A client for calls that must be made at most once, such as sending a message."""
    return _session().create_client(service, config=_ONCE)


@cache
def patient_client_without_retries(service: str) -> Any:
    """A client for a call made at most once, of what takes some seconds itself."""
    return _session().create_client(service, config=_ONCE_PATIENTLY)


@cache
def prompt_client(service: str) -> Any:
    """A client for calls that somebody waits for: it retries, but gives up within seconds."""
    return _session().create_client(service, config=_PROMPT)
