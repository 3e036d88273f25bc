"""What happens to a parcel at an office: the stages of its inspection, and the outcome that they give."""

from features.handling.fields import STAGE_FIELDS, STAGE_SCHEMA, STAGES
from features.handling.outcome import Certainty, Derived, Entry, Result, has_open_alarm, outcome_of
from features.handling.sensitivity import Sensitivities, Sensitivity

__all__ = [
    "STAGES",
    "STAGE_FIELDS",
    "STAGE_SCHEMA",
    "Certainty",
    "Derived",
    "Entry",
    "Result",
    "Sensitivities",
    "Sensitivity",
    "has_open_alarm",
    "outcome_of",
]
