"""Say why a stored answer is as it is, outside of any transaction: an explanation takes milliseconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from features.reasons import reasons
from serving.office.office import Office
from serving.store import Scored


def explained(office: Office, scored: Scored, event: pl.DataFrame) -> Scored:
    """Add the reasons to a stored answer, if the model that gave it still serves.

    Parameters
    ----------
    event:
        The parcel event of the answer, one row of the log.
    """
    model = office.champion.bundle
    if scored.reasons is not None or model is None or scored.bundle_id != model.bundle_id:
        return scored
    why = reasons(model, np.array(scored.features).reshape(1, -1), event)
    return replace(scored, reasons=tuple(why[0]))
