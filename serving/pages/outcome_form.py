"""The form of an outcome: its fields, its words, and the method that is usual at this station."""

from __future__ import annotations

from fastapi import Request

from features.parcel.fields import FINDING_CLASSES
from features.text import text
from serving.office.entries import LET_GO, OVERRIDE, OverrideReason
from serving.office.outcomes import CORRECTION, CorrectionReason
from serving.pages.card import METHOD_WORDS
from serving.pages.forms import OPERATOR, PARCEL, Control, FormField
from serving.pages.stance import RESULT_WORDS

CORRECTIONS = {
    CorrectionReason.RECORDING_ERROR.value: text("the wrong result was recorded"),
    CorrectionReason.WRONG_PARCEL.value: text("the result belongs to another parcel"),
    CorrectionReason.LABORATORY.value: text("a laboratory said otherwise"),
    CorrectionReason.SECOND_INSPECTION.value: text("a second inspection said otherwise"),
}
OVERRIDES = {
    OverrideReason.LOOKED_SUSPICIOUS.value: text("it looked suspicious"),
    OverrideReason.OTHER_ALARM.value: text("a dog, an image or a colleague raised it"),
    OverrideReason.DAMAGED.value: text("it came damaged or open"),
    OverrideReason.NO_CAPACITY.value: text("there is no time or no equipment"),
    OverrideReason.KNOWN_TRAFFIC.value: text("parties and goods are known to be in order"),
    OverrideReason.NOT_ALLOWED.value: text("the law does not allow it"),
}
FOR_INSPECTING = tuple(OVERRIDES)[:3]
FOR_LETTING_GO = tuple(OVERRIDES)[3:]
"""Reasons to inspect a parcel that nothing was asked of, and to let one go that should be inspected."""
_ONE_WEEK_MS = 7 * 86_400_000
UNKNOWN_CLASS = "unknown"
CLASSES = {
    "cannabis": text("cannabis"),
    "cocaine": text("cocaine"),
    "heroin": text("heroin"),
    "synthetic": text("synthetic drugs"),
    "fentanyl": text("fentanyl"),
    "medicines": text("medicines"),
    "tobacco": text("tobacco"),
    "weapon": text("weapon"),
    "other": text("other"),
    UNKNOWN_CLASS: text("class not yet known"),
}
"""Classes of a finding in words."""
CLASS_KEYS = {name: str((n + 1) % 10) for n, name in enumerate(FINDING_CLASSES)} | {UNKNOWN_CLASS: "0"}
"""Key of each class, in the group of classes only."""
ENTRY = FormField(
    name="entry",
    label=text("Number of the entry"),
    control=Control.HIDDEN,
    max_length=36,
    pattern="[0-9a-f-]{36}",
    remedy=text("Load the page again."),
)
WAITED = FormField(
    name="waited_ms", label=text("Time since it was entered"), control=Control.NUMBER, maximum=_ONE_WEEK_MS
)
OUTCOME = (
    PARCEL,
    OPERATOR,
    ENTRY,
    FormField(
        name="waited_ms",
        label=text("Time since it was entered"),
        control=Control.HIDDEN,
        max_length=9,
        pattern="[0-9]+",
    ),
    FormField(
        name="result", label=text("Outcome"), choices={**RESULT_WORDS, LET_GO: text("Let go")}, control=Control.HIDDEN
    ),
    FormField(name="method", label=text("How it was inspected"), choices=METHOD_WORDS, empty=text("not stated")),
    FormField(name="finding_class", label=text("Class found"), choices=CLASSES, empty=text("not yet known")),
    FormField(
        name=CORRECTION, label=text("Correct the outcome because"), choices=CORRECTIONS, empty=text("choose a reason")
    ),
    FormField(
        name=OVERRIDE, label=text("Why the advice is not followed"), choices=OVERRIDES, empty=text("choose a reason")
    ),
    FormField(name="order_number", label=text("Number of the order")),
)
METHOD_COOKIE = "parcel_risk_method"


def method_of_line(request: Request) -> str:
    """The method that is usual at this station; empty where none was chosen."""
    method = request.cookies.get(METHOD_COOKIE, "")
    return method if method in METHOD_WORDS else ""
