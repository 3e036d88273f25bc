"""What LightGBM says of chosen rows: asked when a bundle is written, compared with when it is loaded.

So a service that starts need not import LightGBM, and still notices where the two differ.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import polars as pl

from features.bundle import kernel
from features.bundle.by_lightgbm import LightGbm
from features.bundle.forest import Forest, NotUnderstoodError
from features.declared.declare import Floats

N_PROBES = 256
N_EXPLAINED = 64
_SMALL = (0.0, 5e-324, 1e-36, kernel.ZERO, float(np.nextafter(kernel.ZERO, 1.0)))
_LARGE = (0.5, 1.0, 31.0, 32.0, 63.7, 2.0**31 - 1, 2.0**31, 2.0**32, 1e18, 1e300, float("inf"))
EDGES = np.array([float("nan"), *_SMALL, *_LARGE, *(-value for value in (*_SMALL, *_LARGE))])
"""Values at which decisions of trees have gone apart: missing, around 0, and categories that are none."""
_RAW, _CONTRIBUTIONS = "expected_raw", "expected_contributions"


@dataclass(frozen=True, kw_only=True, eq=False)
class Probes:
    """Rows of a model's features, and what LightGBM says of them.

    Attributes
    ----------
    rows:
        Shape ``(n, k)``.
    raw:
        Raw scores, shape ``(n,)``.
    contributions:
        Of the first rows, shape ``(m, k)``.
    """

    rows: Floats
    raw: Floats
    contributions: Floats

    @classmethod
    def asked(cls, text: str, lightgbm: LightGbm, golden: Floats) -> Probes:
        """Ask LightGBM about rows at and around `golden`.

        Parameters
        ----------
        text:
            The `checked` model text, as the own evaluation reads it.
        lightgbm:
            The same model, over the columns ``0..k-1``.
        golden:
            Ordinary rows of the model's features, shape ``(n, k)``.

        Raises
        ------
        NotUnderstoodError
            When the own evaluation cannot read the model, or reads a leaf as another number: a last bit can be lost in
            a sum.
        """
        forest = Forest.of(text, range(golden.shape[1]))
        booster = lightgbm.booster
        leaves = [booster.get_leaf_output(tree, leaf) for tree, n in enumerate(forest.n_leaves()) for leaf in range(n)]
        if np.array(leaves, dtype=np.float64).tobytes() != forest.leaves.tobytes():
            raise NotUnderstoodError("leaf values differ from LightGBM's")
        rows = around(forest, golden)
        return cls(rows=rows, raw=lightgbm.raw(rows), contributions=lightgbm.contributions(rows[:N_EXPLAINED]))

    def to_parquet(self, names: tuple[str, ...]) -> bytes:
        """Contents of a file; `names` are those of the model's features."""
        explained = [*self.contributions.tolist(), *[None] * (len(self.raw) - len(self.contributions))]
        contributions = pl.Series(explained, dtype=pl.List(pl.Float64))
        table = pl.DataFrame(self.rows, schema=list(names)).with_columns(
            pl.Series(_RAW, self.raw), contributions.alias(_CONTRIBUTIONS)
        )
        file = io.BytesIO()
        table.write_parquet(file)
        return file.getvalue()

    @classmethod
    def from_parquet(cls, content: bytes, names: tuple[str, ...]) -> Probes:
        """Read what `to_parquet` wrote; ValueError where the rows are of other shapes."""
        table = pl.read_parquet(io.BytesIO(content))
        explained = table[_CONTRIBUTIONS].cast(pl.List(pl.Float64)).drop_nulls().to_list()
        contributions = np.array(explained, dtype=np.float64)
        if contributions.shape != (len(explained), len(names)) or not explained:
            raise ValueError("contributions of another shape")
        return cls(
            rows=table.select(pl.col(names).cast(pl.Float64)).to_numpy(order="c"),
            raw=table[_RAW].cast(pl.Float64).to_numpy(),
            contributions=contributions,
        )


def around(forest: Forest, rows: Floats) -> Floats:
    """The given rows, and many with values at and next to the thresholds.

    Parameters
    ----------
    rows:
        Ordinary rows, shape ``(n, k)``; half the values that the forest reads are exchanged.
    """
    chance = np.random.default_rng(14)
    drawn = rows[chance.integers(0, rows.shape[0], N_PROBES)]
    for column in np.unique(forest.nodes[:, kernel.COLUMN]):
        pool = np.concatenate([EDGES, _asked(forest, column, chance)])
        drawn[chance.permutation(N_PROBES)[: N_PROBES // 2], column] = np.resize(pool, N_PROBES // 2)
    return np.concatenate([rows, drawn])


def _asked(forest: Forest, column: int, chance: np.random.Generator) -> Floats:
    """Categories that splits of a column could ask for, or thresholds each with its neighbours, in random order."""
    splits = forest.nodes[:, kernel.COLUMN] == column
    n_words = int(forest.nodes[splits, kernel.N_WORDS].max())
    if n_words:
        return chance.permutation(32 * (n_words + 1)).astype(np.float64)
    at = chance.permutation(np.unique(forest.thresholds[splits]))
    with np.errstate(over="ignore"):
        return np.column_stack([at, np.nextafter(at, np.inf), np.nextafter(at, -np.inf)]).ravel()
