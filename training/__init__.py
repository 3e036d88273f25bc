"""From the log to a released model.

From below: `data` (what there is to learn from), `estimates` (for the screened population), `evaluation` (how good a
model is), `fit` (a training run), next to each other `backtest` and `report`, and above them `registry` (runs and
releases).
"""
