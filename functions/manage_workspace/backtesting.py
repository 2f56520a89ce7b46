"""What the routes of backtests work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.aws.archives import Archives
from shared.aws.queues import Queue

if TYPE_CHECKING:
    from shared.aws.backtest_store import BacktestStore


@dataclass(frozen=True, slots=True)
class BacktestDesk:
    """Backtests, the files of their runs, and who carries them out."""

    backtests: BacktestStore
    archives: Archives
    queue: Queue
