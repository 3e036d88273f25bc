"""The data sheet of a training set: where labels come from, what is missing, what it must not be used for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from training.data.datasets import Dataset
from training.evaluation.label_quality import stations
from training.fit.run import Trained
from training.report.papers import Heading, Items, Part, Rows, Text, write

FILE = "data-sheet"
_MOST_VALUES = 25
_COUNTED = ("operator", "stream", "dispatch_country", "cause")
Facts = dict[str, Any]


def facts_of(trained: Trained) -> Facts:
    """What the data set of a run is, as values that JSON can hold."""
    data, training = trained.data, trained.meta.training
    named = ("data_digest", "as_of", "first_lodged_at", "last_lodged_at", "last_seq", "maturity_days", "window_days")
    return {
        "bundle": trained.meta.name,
        **{name: training[name] for name in named},
        "n_parcels": len(data),
        "n_inspected": int(data.labelled.sum()),
        "n_found": int((data.label == 1).sum()),
        "n_pending": int(data.pending.sum()),
        "n_without_propensity": int((data.labelled & ~(data.propensity > 0)).sum()),
        "slices": {"tune_from": training["tune_from"], "test_from": training["test_from"]},
        "counts": {name: _counts(data, name) for name in _COUNTED if name in data.parcels.columns},
        "stations": stations(data).head(_MOST_VALUES).to_dicts(),
        "stations_left_out": list(training["without_stations"]),
        "stations_held_out_until_decided": list(trained.held),
        "n_parcels_left_out_for_law": training.get("n_without_parcels", 0),
        "missing": _missing(trained),
    }


def _counts(data: Dataset, name: str) -> list[dict[str, Any]]:
    """Parcels, inspections and findings by the values of a column, the largest first."""
    columns = {"n_inspected": data.labelled, "n_found": data.label == 1}
    frame = data.parcels.select(pl.col(name).cast(pl.String).alias("value"))
    frame = frame.with_columns(**{key: pl.Series(values) for key, values in columns.items()})
    grouped = frame.group_by("value").agg(pl.len().alias("n_parcels"), pl.col("n_inspected", "n_found").sum())
    return grouped.sort(["n_parcels", "value"], descending=[True, False]).head(_MOST_VALUES).to_dicts()


def _missing(trained: Trained) -> dict[str, float]:
    """Features that the model reads and most parcels lack, with the share that does."""
    values = trained.data.values
    shares = [float(np.isnan(values[:, column]).mean()) for column in trained.columns]
    found = dict(zip(trained.meta.features, shares, strict=True))
    return {name: round(share, 4) for name, share in sorted(found.items(), key=lambda one: -one[1])[:_MOST_VALUES]}


def write_data_sheet(trained: Trained, folder: Path) -> list[Path]:
    """Write ``data-sheet`` as JSON, Markdown and HTML next to the report of a run."""
    facts = facts_of(trained)
    path = folder / f"{FILE}.json"
    path.write_text(json.dumps(facts, indent=1, default=str) + "\n", "utf-8")
    return [path, *write(folder, FILE, f"Data sheet of the training set of {trained.meta.name}", sheet(facts))]


def sheet(facts: Mapping[str, Any]) -> Iterator[Part]:
    """The sheet of these facts."""
    yield Text("Facts are counted from the log when the model was trained. What they mean is our reading.")
    yield Heading("What the set is")
    plain = ("data_digest", "as_of", "first_lodged_at", "last_lodged_at", "n_parcels", "n_inspected", "n_found")
    more = ("n_pending", "maturity_days", "window_days", "n_without_propensity", "n_parcels_left_out_for_law")
    yield Rows(("fact", "value"), tuple((name, _said(facts[name])) for name in (*plain, *more)))
    yield Heading("Where labels come from")
    yield Text(
        "A label is the outcome of an inspection, known when the office learned it. Nobody inspected the other "
        "parcels: they are no negatives. Nothing found is a label, not presented is none."
    )
    if facts["stations"]:
        heads = tuple(facts["stations"][0])
        rows = tuple(tuple(_said(one[name]) for name in heads) for one in facts["stations"])
        yield Rows(heads, rows)
    yield Items(
        (
            f"stations left out: {', '.join(facts['stations_left_out']) or 'none'}",
            f"held out until a person decides: {', '.join(facts['stations_held_out_until_decided']) or 'none'}",
            "inspected, with an unknown probability of selection: their labels stand for no other parcel "
            f"({facts['n_without_propensity']:,})",
        )
    )
    yield Heading("Who is in it")
    for name, rows in facts["counts"].items():
        yield Heading(name.replace("_", " "), 3)
        heads = ("value", "n_parcels", "n_inspected", "n_found")
        yield Rows(heads, tuple(tuple(_said(one[head]) for head in heads) for one in rows))
    yield Heading("What is missing in it")
    yield Text("Share of the parcels for which a feature that the model reads has no value; the largest shares.")
    yield Rows(("feature", "share missing"), tuple(facts["missing"].items()))
    yield Heading("Limits, as we read them")
    yield Items(
        (
            "It holds whoever was inspected, which earlier lists, rules and models decided in part.",
            "It holds no names, addresses or nationality; keyed hashes of parties are still personal data.",
            "It must not be used for scores about persons, or for other purposes than screening of consignments.",
        )
    )


def _said(value: object) -> object:
    return "-" if value is None else value
