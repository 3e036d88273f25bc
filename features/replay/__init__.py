"""Replay: process a log through the history engine and the catalogue, in memory or from Parquet files of any size.

Serving, training and evaluation all obtain feature rows here and nowhere else.
"""

from features.replay.files import LogFiles
from features.replay.rows import feature_rows, joined, replay
from features.replay.runs import replay_files

__all__ = ["LogFiles", "feature_rows", "joined", "replay", "replay_files"]
