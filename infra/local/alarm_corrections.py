"""Where the emulated CloudWatch refuses what the real one takes, and the mending.

An alarm may look at what is computed from several metrics. The emulator's CloudFormation knows
alarms on one metric alone and would not deploy the stack.
"""

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any, Final

_COMPUTED: Final = {"MetricName": "Computed", "Namespace": "Rapport"}


def apply(provisioners: ModuleType) -> None:
    """Keep an alarm on computed metrics as one on a metric that nobody writes: it stays silent."""
    record: Callable[[str, dict[str, Any]], dict[str, Any]] = provisioners._cw_metric_alarm_record

    @wraps(record)
    def record_computed(name: str, properties: dict[str, Any]) -> dict[str, Any]:
        if metrics := properties.get("Metrics"):
            named = {key: value for key, value in properties.items() if key != "Metrics"}
            return record(name, named | _COMPUTED) | {"Metrics": metrics}
        return record(name, properties)

    provisioners.__dict__["_cw_metric_alarm_record"] = record_computed
