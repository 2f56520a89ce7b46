"""The environment of backtest_journey."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    catalog_table: str  # definitions, and the backtests that were asked for
    lake_workgroup: str  # where the event history is asked
    archive_bucket: str  # reports, and files of runs
    backtest_queue_url: str  # where a backtest goes that has to be gone on with
