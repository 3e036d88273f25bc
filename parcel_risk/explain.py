"""Command `explain`: every feature of a parcel, next to what is usual on its lane."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import numpy as np
import polars as pl
import typer
from rich.table import Table

from features.log import PARCEL
from parcel_risk.console import out, working
from parcel_risk.stored_log import newest_event, read_log
from parcel_risk.stored_models import serving_model
from serving.settings import Settings

if TYPE_CHECKING:
    from features.declared.declare import Floats

_COMPARED_DAYS = 30


def explain(
    parcel: Annotated[str, typer.Argument(help="Identifier of a parcel in the log.", show_default=False)],
    operator: Annotated[str | None, typer.Option(help="Operator, where several used the identifier.")] = None,
) -> None:
    """Print every feature of a parcel: value, unit, words, and what is usual on its lane."""
    explain_parcel(Settings(), parcel, operator)


def explain_parcel(settings: Settings, parcel_id: str, operator: str | None) -> None:
    """Print every feature of a parcel with value, unit, sentence and the usual value on its lane."""
    from features.catalogue import catalogue
    from features.declared.declare import Kind
    from features.handling.direction import directed
    from features.messages import feature_sentence
    from features.reasons import telling
    from policy import load_gate

    log = read_log(settings)
    event = newest_event(log, parcel_id, operator)
    seq, at = int(event["seq"].item()), event["known_at"].item()
    with working("replaying the log up to this parcel"):
        row, (lane, usual) = _row_and_usual(log.filter(pl.col("seq") <= seq), at - timedelta(days=_COMPARED_DAYS))
    model = serving_model(settings).bundle
    if model is not None:
        row = model.completed(row.reshape(1, -1), event["description"])[0]
    where = "of all parcels" if lane is None else f"on the lane {lane}"
    out.print(f"{event['parcel_id'].item()}, known at {at:%Y-%m-%d %H:%M} UTC; usual values {where}", markup=False)
    way = directed(event.row(0, named=True), load_gate(settings.reference_dir).country)
    known = f", by {', '.join(way.sources)}" if way.sources else ""
    out.print(f"direction as declared: {way.direction.words}{known}", markup=False)
    table = Table("feature", "value", "unit", "usual", "in words")
    for column, (feature, value, median) in enumerate(
        zip(catalogue().features, row.tolist(), usual.tolist(), strict=True)
    ):
        told = telling(catalogue(), column, row)
        usually = "" if feature.kind is Kind.CATEGORY or feature.unit == "code" else feature.shown(median)
        words = feature_sentence(catalogue().names[told], float(row[told]))
        table.add_row(feature.name, feature.shown(value), feature.unit, usually, words)
    out.print(table)


def _row_and_usual(log: pl.DataFrame, since: datetime) -> tuple[Floats, tuple[str | None, Floats]]:
    """Feature row of the last parcel in `log`, and the usual values next to it from parcels known after `since`."""
    from features.catalogue import catalogue
    from features.replay import replay
    from features.typical import LANE, TypicalValues

    parcels = log.filter(pl.col("kind") == PARCEL).select("seq", "known_at", LANE.alias("lane"))
    recent = (parcels["known_at"] >= since).to_numpy()
    kept = [rows.values[np.isin(rows.seq, parcels["seq"].to_numpy()[recent])] for rows in replay(log)]
    values = np.concatenate(kept)
    typical = TypicalValues.of(parcels["lane"].filter(pl.Series(recent)), values, catalogue().names)
    return values[-1], typical.on(parcels["lane"][-1])
