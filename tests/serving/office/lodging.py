"""Lodge a table of validated parcels at the office."""

from __future__ import annotations

import polars as pl

from serving.office.batching import Submission
from serving.office.office import Office
from serving.office.scoring import Answers, score
from serving.office.writer import Transaction
from serving.store import Client


def lodge(office: Office, transaction: Transaction, rows: pl.DataFrame, client: Client) -> Answers:
    """Answers by line."""
    (answers,) = score(office, transaction, [Submission(rows=rows.to_dicts(), client=client)])
    return answers
