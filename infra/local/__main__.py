"""`python -m infra.local`: start the local stack and keep it until it is told to stop."""

import os
import signal
import sys
import threading
import time

from infra.local.deployment import DeploymentError
from infra.local.emulator import EmulatorError
from infra.local.front_door import PortBusyError
from infra.local.stack import DEFAULT_PORT, LocalStack


def main() -> int:
    """Run until Ctrl-C or SIGTERM; the exit status is not 0 when the stack could not start."""
    port = int(os.environ.get("PORT", DEFAULT_PORT))
    stopping = threading.Event()
    began = time.monotonic()
    try:
        stack = LocalStack.start(port=port, announce=True)
    except PortBusyError as error:
        print(f"{error}. Is a stack running already? Another port: make up PORT={port + 1}")
        return 1
    except (DeploymentError, EmulatorError) as error:
        print(error)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with stack:
        print(_where(stack, time.monotonic() - began), flush=True)
        stopping.wait()
        print("\nStopping.", flush=True)
    return 0


def _where(stack: LocalStack, seconds: float) -> str:
    return f"""
Rapport runs on this machine ({seconds:.0f} s).

  API for SDKs   {stack.api_url}
  Admin API      {stack.api_url}/v1/admin   key: {stack.admin_key()}
  Emails sent    {stack.aws_endpoint}/_ministack/ses/messages
  SMS sent       {stack.aws_endpoint}/_ministack/sns/sms-messages
  AWS endpoint   {stack.aws_endpoint}   (any key, region us-east-1)

Everything is in memory and ends with Ctrl-C.
"""


if __name__ == "__main__":
    sys.exit(main())
