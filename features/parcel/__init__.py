"""The parcel record: its fields, its validation, and the vocabulary for what is wrong with a row."""

from features.parcel.fields import OUTCOME_FIELDS, PARCEL_FIELDS, PIECE_FIELDS, Field
from features.parcel.problems import Accepted, ParcelRiskError, Rejection
from features.parcel.schema import OUTCOME_SCHEMA, PARCEL_SCHEMA

__all__ = [
    "OUTCOME_FIELDS",
    "OUTCOME_SCHEMA",
    "PARCEL_FIELDS",
    "PARCEL_SCHEMA",
    "PIECE_FIELDS",
    "Accepted",
    "Field",
    "ParcelRiskError",
    "Rejection",
]
