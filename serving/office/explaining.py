"""Say why a stored answer is as it is, outside of any transaction: an explanation takes milliseconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from features.catalogue import aligned, catalogue
from features.event_rows import Row
from features.reasons import reasons
from features.typical import lane_of
from serving.office.office import Office
from serving.store import Scored


def explained(office: Office, scored: Scored, event: Row, names: tuple[str, ...] | None) -> Scored:
    """Add the reasons to a stored answer, if its feature row is kept and its model serves or did just before.

    Parameters
    ----------
    event:
        The parcel event of the answer.
    names:
        Names of the columns of its feature row; None where they were not noted.
    """
    model = office.model.bundle_of(scored.bundle_id)
    if scored.reasons is not None or scored.features is None or model is None:
        return scored
    if names is None and scored.fingerprint != catalogue().fingerprint:
        return scored
    row = np.array(scored.features).reshape(1, -1)
    whole = row if names is None else aligned(row, names)
    why = reasons(model, whole, [event["description"]], [lane_of(event)])
    return replace(scored, reasons=tuple(why[0]))
