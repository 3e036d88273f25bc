"""Small makers of parcels, outcomes, logs and data sets; every test changes only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import polars as pl

from features import bundle
from features.bundle import BundleMeta, Calibration, Learned, Reference
from features.catalogue import Catalogue, catalogue
from features.event_rows import retraction_row, rows_of, table_of
from features.facts import facts_of_log
from features.history import ENTITIES, History, kernel
from features.identity import IdentityKey, derive
from features.log import LOG_SCHEMA, SUBJECT_SCHEMA, assemble
from features.parcel.reference import shipped_reference
from features.parcel.schema import OUTCOME_SCHEMA, PARCEL_SCHEMA, conform
from features.parcel.validation import validate_parcels
from training.data.datasets import Dataset

MORNING = datetime(2026, 11, 2, 8, 15, tzinfo=UTC)
KEY = IdentityKey(b"a secret of tests, thirty-two by")
SMALL_FEATURES = ("gross_weight_g", "declared_value_eur", "dispatch_country")


def a_piece(**changes: Any) -> dict[str, Any]:
    """Make a piece without any doubt."""
    piece = {
        "description": "cotton t-shirt",
        "quantity": 2,
        "net_weight_g": 300,
        "value_cents": 2400,
        "currency": "EUR",
        "hs_code": "610910",
        "origin_country": "IN",
    }
    return piece | changes


def a_parcel(**changes: Any) -> dict[str, Any]:
    """Make a parcel without any doubt."""
    parcel = {
        "parcel_id": "RB473124829US",
        "operator": "post-a",
        "stream": "letter",
        "category": "sale",
        "lodged_at": MORNING,
        "posted_at": MORNING - timedelta(hours=9),
        "due_at": MORNING + timedelta(days=2),
        "sender_name": "Example Trading Ltd",
        "sender_street": "Mill Lane",
        "sender_postcode": "60601",
        "sender_country": "US",
        "dispatch_country": "US",
        "origin_office": "USORDA",
        "destination_office": "DEFRAA",
        "recipient_name": "Anna Muster",
        "recipient_street": "Ring Road",
        "recipient_number": "7",
        "recipient_postcode": "10115",
        "recipient_city": "Berlin",
        "recipient_country": "DE",
        "gross_weight_g": 340,
        "postage_cents": 350,
        "length_mm": 250,
        "width_mm": 180,
        "height_mm": 40,
        "pieces": [a_piece()],
    }
    return parcel | changes


def table(rows: list[dict[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    """Make a table of `schema` with ``line`` from rows that give any of its columns."""
    names = {name for row in rows for name in row}
    return conform(pl.DataFrame(rows, schema={name: kind for name, kind in schema.items() if name in names}), schema)


def parcel_table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Make a parcel table, not yet validated."""
    return table(rows, PARCEL_SCHEMA)


def outcome_table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Make an outcome table, not yet validated."""
    return table(rows, OUTCOME_SCHEMA)


def derived(*rows: dict[str, Any], key: IdentityKey = KEY) -> pl.DataFrame:
    """Validate parcels and derive what may be kept of them."""
    accepted = validate_parcels(parcel_table(list(rows)), reference=shipped_reference())
    if accepted.rejections:
        raise ValueError(str(accepted.rejections[0]))
    return derive(accepted.rows, key, reference=shipped_reference())


def a_log(parcels: list[dict[str, Any]], outcomes: list[dict[str, Any]]) -> pl.DataFrame:
    """Make the log of `parcels` and `outcomes`, numbered from 1."""
    nothing = pl.DataFrame(schema=SUBJECT_SCHEMA)
    events, orphans = assemble(derived(*parcels), outcome_table(outcomes), nothing, 1)
    if orphans.height:
        raise ValueError(f"outcomes without a parcel: {orphans['parcel_id'].to_list()}")
    return events


def parcel_facts(**changes: Any) -> pl.DataFrame:
    """Make one parcel event of the log in which only `changes` are known."""
    schema = {name: kind for name, kind in LOG_SCHEMA.items() if name in changes}
    given = pl.DataFrame([changes], schema=schema) if changes else pl.DataFrame({"": [None]})
    return given.select(
        pl.col(name) if name in changes else pl.lit(None, dtype=kind).alias(name) for name, kind in LOG_SCHEMA.items()
    )


def value_of(name: str, /, of: Catalogue | None = None, **facts: Any) -> float:
    """Value of the declared feature `name` for a parcel of which only `facts` are known; NaN when missing."""
    known = of or catalogue()
    if known[name].function is None:
        raise ValueError(f"{name} is a history feature")
    values = known.values(facts_of_log(parcel_facts(**facts)), nothing_known(1))
    return float(values[0, known.column(name)])


def nothing_known(n: int) -> History:
    """What is read of `n` parcels that have no entity."""
    return {entity.name: np.zeros((n, kernel.N_READ), dtype=np.int64) for entity in ENTITIES}


def a_dataset(n: int = 400, *, seed: int = 1, delay_days: float = 5.0, found_share: float = 0.3) -> Dataset:
    """Make a data set of the small features, one parcel an hour, half of it labelled; heavy parcels hold more."""
    rng = np.random.default_rng(seed)
    values = np.full((n, len(catalogue())), np.nan)
    weight = rng.uniform(10, 2_000, n)
    for name, column in zip(SMALL_FEATURES, (weight, rng.uniform(1, 100, n), rng.integers(0, 5, n)), strict=True):
        values[:, catalogue().names.index(name)] = column
    label = (rng.random(n) < np.clip(2 * found_share * weight / 2_000, 0, 1)).astype(np.int64)
    label[rng.random(n) < 0.5] = -1
    lodged = np.arange(n, dtype=np.int64) * 3_600_000_000 + 1_700_000_000_000_000
    known = lodged + (rng.exponential(delay_days, n) * 86_400e6).astype(np.int64)
    return Dataset(
        seq=np.arange(1, n + 1, dtype=np.int64),
        values=values,
        lodged_at_us=lodged,
        label=label,
        label_known_at_us=np.where(label < 0, -1, known),
        propensity=np.where(label < 0, np.nan, rng.uniform(0.05, 1.0, n)),
        digest="0" * 16,
        as_of_us=int(max(known.max(), lodged.max())) + 1,
        parcels=pl.DataFrame({"cause": [None if one < 0 else "rule" for one in label]}, schema={"cause": pl.String}),
    )


def small_columns() -> list[int]:
    """Columns of the small features in the catalogue."""
    return [catalogue().names.index(name) for name in SMALL_FEATURES]


def feature_values(n: int, *, seed: int = 3) -> np.ndarray:
    """Make whole feature rows in which only the small features are known."""
    return a_dataset(n, seed=seed).values


def write_a_bundle(folder: Path, learned: Learned | None = None, of: Catalogue | None = None, **changes: Any) -> Path:
    """Write an unsigned bundle of a model of a few trees over the small features."""
    rng = np.random.default_rng(5)
    values = feature_values(300)[:, small_columns()]
    label = (values[:, 0] + 300 * rng.standard_normal(300) > 1_000).astype(int)
    features = list(changes.get("features", SMALL_FEATURES))
    data = lgb.Dataset(values, label=label, feature_name=features)
    params = {"objective": "binary", "num_leaves": 7, "verbosity": -1, "deterministic": True, "force_row_wise": True}
    params["num_threads"] = 1  # so small a model only waits for other threads
    model = lgb.train(params, data, num_boost_round=10).model_to_string()
    meta = {
        "name": folder.name,
        "fingerprint": catalogue().fingerprint,
        "features": SMALL_FEATURES,
        "calibration": Calibration(a=1.1, b=0.9, c=-0.2),
        "reference": Reference(shares=(0.01, 0.1, 1.0), raw=(3.0, 1.0, -4.0), mean_root=0.3),
        "training": {"n_trees": 10, "last_seq": 0, "last_lodged_at": "2026-01-01T00:00:00+00:00"},
        "metrics": {"test_auc": 0.9},
    }
    whole = BundleMeta(**(meta | changes))
    return bundle.write(folder, whole, model=model, golden=values[:20], card="# Card\n", learned=learned, of=of)


def retractions(events: pl.DataFrame, known_at: datetime | timedelta) -> pl.DataFrame:
    """Retractions of events of a log, learned at a time, or so long after the events."""
    rows = rows_of(events)
    times = (known_at if isinstance(known_at, datetime) else row["known_at"] + known_at for row in rows)
    return table_of([retraction_row(row, at) for row, at in zip(rows, times, strict=True)])
