"""The quarterly report of an operator as one CSV table: part, what, of what, figures."""

from __future__ import annotations

import io

import polars as pl

from features.sources.columns.export import safe
from serving.office.operator_report import OperatorReport

_HEAD = ("part", "what", "measure", "n", "n_of", "share", "at_least")


def operator_csv(one: OperatorReport) -> bytes:
    """All figures of a report, one a line."""
    rows: list[tuple[object, ...]] = [
        *(("level", one.operator, row.measure, row.n, row.n_of, row.share, row.at_least) for row in one.levels),
        *(("quality", row.lane, row.measure, row.n, row.n_of, row.share, None) for row in one.quality),
        *(("correction", row.flag, "asked", row.n_asked, row.n_parcels, None, None) for row in one.corrections),
        *(("correction", row.flag, "by_hand", row.n_by_hand, row.n_parcels, None, None) for row in one.corrections),
        *(("referral", row.referral, "presented", row.n_presented, row.n_parcels, None, None) for row in one.referrals),
    ]
    kinds = (pl.String, pl.String, pl.String, pl.Int64, pl.Int64, pl.Float64, pl.Float64)
    file = io.BytesIO()
    safe(pl.DataFrame(rows, schema=dict(zip(_HEAD, kinds, strict=True)), orient="row")).write_csv(file)
    return file.getvalue()
