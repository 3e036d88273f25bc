"""Write the feature rows of the golden log next to this file: `make golden`.

The golden log itself comes from the manifests of `features.golden`. Their rows are read in review like code.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from features.catalogue import catalogue
from features.golden import golden_log
from features.history import Engine
from features.log import PARCEL
from features.replay import feature_rows

ROWS = Path(__file__).parent / "feature_rows.csv"


def feature_table() -> pl.DataFrame:
    """Feature rows of the golden log, one column per parcel event: a change is one line of a diff."""
    log = golden_log()
    rows = feature_rows(log, Engine())
    parcels = log.filter(pl.col("kind") == PARCEL)
    seen: dict[str, int] = {}
    columns = {}
    for index, parcel_id in enumerate(parcels["parcel_id"]):
        n = seen[parcel_id] = seen.get(parcel_id, 0) + 1
        columns[parcel_id if n == 1 else f"{parcel_id} v{n}"] = rows.values[index]
    return pl.DataFrame({"feature": catalogue().names, **columns})


def main() -> None:
    """Write the file."""
    feature_table().write_csv(ROWS)


if __name__ == "__main__":
    main()
