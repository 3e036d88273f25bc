"""Strategies simulated over a period, week by week: what each finds, how near its ceiling, whether intervals hold."""

from training.backtest.ceiling import CeilingComparison, compare_with_ceiling
from training.backtest.coverage import cover, coverage_summary
from training.backtest.period import WEEK_US, SimulationPeriod
from training.backtest.simulate import LoopOptions, Simulated, run_simulation
from training.backtest.strategies import STRATEGIES, Strategy
from training.backtest.summary import by_phase, compared, draw_loop, recovery_weeks

__all__ = [
    "STRATEGIES",
    "WEEK_US",
    "CeilingComparison",
    "LoopOptions",
    "Simulated",
    "SimulationPeriod",
    "Strategy",
    "by_phase",
    "compare_with_ceiling",
    "compared",
    "cover",
    "coverage_summary",
    "draw_loop",
    "recovery_weeks",
    "run_simulation",
]
