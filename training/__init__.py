"""From the log to a released model.

From below: `data` (what there is to learn from), `estimates` (for the whole flow), `evaluation` (how good a model is),
`fit` (a training run), beside each other `backtest` and `report`, and above them `registry` (runs and releases).
"""
