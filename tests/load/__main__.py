"""`python -m tests.load 100000 7`: one story with faults, and how long it took."""

import logging
import sys
import time

from tests.load.oracle import balance
from tests.load.run import Run
from tests.load.story import Story


def main(size: int, seed: int) -> str:
    """Live through a story of a seed; says the balance and the time that an event took."""
    logging.disable(logging.CRITICAL)
    begun, used = time.monotonic(), time.process_time()
    run = Run(Story(seed, size), rate=0.2, whole=False)
    run.go()
    begun, used = time.monotonic() - begun, time.process_time() - used
    return (
        f"{balance(run)}; seed {seed}: {used:,.0f} s of processor time ({used / size * 1e3:.2f} ms "
        f"an event), {begun:,.0f} s by the clock ({size / begun:,.0f} events a second)"
    )


if __name__ == "__main__":
    sys.stdout.write(main(int(sys.argv[1]), int(sys.argv[2])) + "\n")
