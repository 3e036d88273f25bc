"""Say why a stored answer is as it is, outside of any transaction: an explanation takes milliseconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from features.catalogue import aligned, catalogue
from features.reasons import described, reasons
from serving.office.office import Office
from serving.store import Scored


def explained(office: Office, scored: Scored, event: pl.DataFrame, names: tuple[str, ...] | None) -> Scored:
    """Add the reasons to a stored answer, if the model that gave it still serves.

    Parameters
    ----------
    event:
        The parcel event of the answer, one row of the log.
    names:
        Names of the columns of its feature row; None where they were not noted.
    """
    model = office.champion.bundle
    if scored.reasons is not None or model is None or scored.bundle_id != model.bundle_id:
        return scored
    if names is None and scored.fingerprint != catalogue().fingerprint:
        return scored
    row = np.array(scored.features).reshape(1, -1)
    why = reasons(model, row if names is None else aligned(row, names), *described(event))
    return replace(scored, reasons=tuple(why[0]))
