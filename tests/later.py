"""A plugin of pytest that runs tests on another day: `pytest -p tests.later`.

Whatever a test asks of the clock says half a year later, so that a test which will fail one day,
for no change of ours, fails tonight. RAPPORT_LATER_DAYS is another number of days. Certificates are
left out: what makes them has this day, and what looks at them the true one.
"""

import os
from datetime import UTC, datetime, timedelta

import time_machine

_DAYS = timedelta(days=float(os.environ.get("RAPPORT_LATER_DAYS", "200")))

# Every worker loads the plugin before it collects anything, and ends with its tests.
time_machine.travel(datetime.now(UTC) + _DAYS).start()
