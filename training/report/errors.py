"""The worst errors of a model on inspected parcels it had not seen, with what moved their scores, in words."""

from __future__ import annotations

import numpy as np
import polars as pl

from features.catalogue import catalogue
from features.declared.declare import Floats
from training.data.datasets import Flags, Ints
from training.fit.run import Trained

N_WORST = 8
N_WORDS = 3


def worst(trained: Trained) -> pl.DataFrame:
    """Findings with the lowest scores of the test slice and clean results with the highest.

    One row a parcel: ``error`` (missed or false alarm), ``seq`` (event of the log), ``held`` (class of the finding),
    ``rank`` (share of the slice with a higher score), ``probability``, and what raised and
    lowered the score of the released model most. No identifier and no words of the declaration.
    """
    judged = trained.judged
    rank = np.empty(judged.raw.size)
    rank[np.argsort(-judged.raw, kind="stable")] = np.arange(judged.raw.size) / max(1, judged.raw.size)
    missed = _first(judged.label == 1, judged.raw)
    alarms = _first(judged.label == 0, -judged.raw)
    chosen = np.concatenate([missed, alarms])
    raised, lowered = _words(trained, chosen)
    return pl.DataFrame(
        {
            "error": ["missed"] * missed.size + ["false alarm"] * alarms.size,
            "seq": trained.data.seq[trained.split.test_population][chosen],
            "held": judged.parcels["finding_class"][chosen.tolist()],
            "rank": rank[chosen],
            "probability": judged.probability[chosen],
            "raised by": raised,
            "lowered by": lowered,
        }
    )


def _first(rows: Flags, raw: Floats) -> Ints:
    """Positions of the rows with the lowest `raw`."""
    where = np.flatnonzero(rows)
    return np.asarray(where[np.argsort(raw[where], kind="stable")[:N_WORST]])


def _words(trained: Trained, chosen: Ints) -> tuple[list[str], list[str]]:
    values = trained.data.table(np.flatnonzero(trained.split.test_population)[chosen], trained.columns)
    if not values.size:
        return [], []
    moved = np.asarray(trained.fitted.booster.predict(values, pred_contrib=True))[:, :-1]
    names, rows = trained.meta.features, list(zip(values, moved, strict=True))
    raised = [_sentences(names, row, moves) for row, moves in rows]
    return raised, [_sentences(names, row, -moves) for row, moves in rows]


def _sentences(names: tuple[str, ...], row: Floats, moves: Floats) -> str:
    """Words of the features that moved a score most in one direction."""
    order = np.argsort(-moves, kind="stable")[:N_WORDS]
    return "; ".join(catalogue()[names[place]].sentence(float(row[place])) for place in order if moves[place] > 0)
