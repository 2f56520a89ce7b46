"""What the admin API does to say what a journey would have done, and what it will cost."""

from typing import Final

from shared.domain.workspace import backtest_answers as answers
from shared.domain.workspace.operation import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("backtest_journey", "POST", "/journeys/{journey_id}/backtests",
              "Replay the events of a past period through a journey, published or not; ask for the "
              "backtest until it is done. It reports reach and load, and does not predict lift.",
              answers.BacktestAnswer, answers.BacktestAsked),
    Operation("get_backtest", "GET", "/backtests/{backtest_id}",
              "A backtest that was asked for: how far it is, and its report.",
              answers.BacktestAnswer),
    Operation("preview_cost", "POST", "/journeys/{journey_id}/cost",
              "What a journey costs by both clocks and on its channels, before anybody is in it: "
              "the least and the most, against a budget.",
              answers.CostAnswer, answers.CostAsked, body_required=False),
)  # fmt: skip
