"""The bundle: a released model as a folder of plain files, verified before it serves.

``model.lgb`` is LightGBM's native text, ``bundle.json`` says what the model expects and how it was made,
``golden.parquet`` holds feature rows with the raw scores they must get, ``probes.parquet`` what LightGBM says of rows
around them, ``card.md`` is the model card and ``signature.json`` the approver's signature over ``bundle.json``, which
names the digest of every other file. Nothing in it is executed when it is loaded, and whatever its files hold, loading
ends in a bundle or in a `BundleError`.
"""

from features.bundle.by_lightgbm import predict_raw
from features.bundle.folder import (
    CARD,
    GOLDEN,
    META,
    MODEL,
    N_GOLDEN,
    SIGNATURE,
    TYPICAL,
    WORDS,
    digest_of,
    load,
    write,
)
from features.bundle.meta import BundleMeta, Calibration, Reference
from features.bundle.model import Bundle, Learned

__all__ = [
    "CARD",
    "GOLDEN",
    "META",
    "MODEL",
    "N_GOLDEN",
    "SIGNATURE",
    "TYPICAL",
    "WORDS",
    "Bundle",
    "BundleMeta",
    "Calibration",
    "Learned",
    "Reference",
    "digest_of",
    "load",
    "predict_raw",
    "write",
]
