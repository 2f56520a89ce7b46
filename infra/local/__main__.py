"""`python -m infra.local`: start the local stack and keep it until it is told to stop."""

import os
import signal
import sys
import time
from types import FrameType

from infra.local.deployment import DeploymentError
from infra.local.emulator import EmulatorError
from infra.local.front_door import PortBusyError
from infra.local.stack import DEFAULT_PORT, LocalStack

_WATCH_SECONDS = 1.0


def main() -> int:
    """Run until Ctrl-C or SIGTERM; the exit status is not 0 when the stack did not run."""
    port = int(os.environ.get("PORT", DEFAULT_PORT))
    signal.signal(signal.SIGTERM, _interrupt)
    began = time.monotonic()
    try:
        print("Starting Rapport on this machine ...", flush=True)
        with LocalStack.start(port=port, announce=True) as stack:
            print(_where(stack, time.monotonic() - began), flush=True)
            while stack.is_running:
                time.sleep(_WATCH_SECONDS)
            print("The emulator ended by itself; its log is in .local/logs.")
            return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0
    except PortBusyError as error:
        print(f"{error}. Is a stack running already? Another port: make up PORT={port + 1}")
        return 1
    except (DeploymentError, EmulatorError) as error:
        print(error)
        return 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _where(stack: LocalStack, seconds: float) -> str:
    return f"""
Rapport runs on this machine (started in {seconds:.0f} s).

  API for SDKs   {stack.api_url}
  Console        {stack.api_url}/console (with the admin key)
  Admin API      {stack.api_url}/v1/admin
  Admin key      {stack.admin_key()}
  Emails sent    {stack.aws_endpoint}/_ministack/ses/messages
  SMS sent       {stack.aws_endpoint}/_ministack/sns/sms-messages
  Messages       {stack.providers_url} (all channels, as people see them)
  AWS endpoint   {stack.aws_endpoint} (any key, region us-east-1)

A write key for SDKs: curl -X POST {stack.api_url}/v1/admin/write-keys \\
  -H 'Authorization: Bearer {stack.admin_key()}' -d '{{"source_id": "web"}}'

Everything is in memory and ends with Ctrl-C.
"""


if __name__ == "__main__":
    sys.exit(main())
