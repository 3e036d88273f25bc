"""The form of a capacity: shifts in groups of fields, minutes by method, holidays, and the chance of overflow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from features.parcel.problems import Rejection
from features.text import English, text
from policy import Referral
from policy.shifts import MINUTES, Capacity
from serving.office.capacity_model import CapacityModel
from serving.pages.forms import Control, Filled, FormField

MOST_SHIFTS = 40
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS = {
    "mon": text("Mon"),
    "tue": text("Tue"),
    "wed": text("Wed"),
    "thu": text("Thu"),
    "fri": text("Fri"),
    "sat": text("Sat"),
    "sun": text("Sun"),
}
"""Weekdays as they are shown; in the form they are typed as codes."""
_DAY = "|".join(_DAYS)
_NUMBER = r"\d{1,5}(\.\d{1,2})?"
_METHODS = {
    Referral.SPOT_CHECK: text("Minutes of a check from outside"),
    Referral.XRAY: text("Minutes of an x-ray"),
    Referral.OPEN: text("Minutes of an opening"),
}
_OTHERS = (
    FormField(
        name="overflow",
        label=text("Of 100 shifts, at most so many may have more selected than they can inspect"),
        control=Control.NUMBER,
        required=True,
        minimum=1,
        maximum=50,
        max_length=2,
    ),
    *(
        FormField(
            name=f"minutes_{one.value}",
            label=says,
            required=True,
            max_length=8,
            pattern=_NUMBER,
            remedy=text("Write minutes with a point, as in 1.5."),
        )
        for one, says in _METHODS.items()
    ),
    FormField(
        name="holidays",
        label=text("Days without a shift, as in 2026-12-25 2026-12-26"),
        max_length=2_000,
        pattern=r"\d{4}-\d\d-\d\d( +\d{4}-\d\d-\d\d)*",
        remedy=text("Write days as year-month-day with blanks between them."),
    ),
)
_SHIFT = (
    FormField(name="line", label=text("Line"), max_length=35),
    FormField(
        name="days",
        label=text("Weekdays, as in mon-fri or sat sun"),
        max_length=40,
        pattern=rf"({_DAY})(-({_DAY}))?( ({_DAY})(-({_DAY}))?)*",
        remedy=text("Write mon tue wed thu fri sat sun with blanks between them, or a range as in mon-fri."),
    ),
    FormField(
        name="begins",
        label=text("Begins, UTC"),
        max_length=5,
        pattern=r"([01]\d|2[0-3]):[0-5]\d",
        remedy=text("Write hours and minutes, as in 06:00."),
    ),
    FormField(
        name="ends",
        label=text("Ends, UTC"),
        max_length=5,
        pattern=r"([01]\d|2[0-3]):[0-5]\d",
        remedy=text("Write hours and minutes, as in 14:00."),
    ),
    FormField(
        name="hands",
        label=text("Officers"),
        max_length=8,
        pattern=_NUMBER,
        remedy=text("Write a number, as in 6 or 0.5."),
    ),
)


def fields_of(n: int) -> tuple[FormField, ...]:
    """Fields of a form with `n` shifts."""
    return tuple(field for number in range(1, n + 1) for field in _shift_fields(number)) + _OTHERS


def _shift_fields(number: int) -> tuple[FormField, ...]:
    return tuple(replace(one, name=f"{one.name}_{number}") for one in _SHIFT)


def groups(form: Filled) -> list[tuple[str, Filled]]:
    """The form cut into groups of fields, each with its heading."""
    n = _n_shifts(form.typed)
    heads = [(text("Shift {n}", n=number), _shift_fields(number)) for number in range(1, n)]
    parts = [
        *heads,
        (text("One more shift: leave it empty where there is none"), _shift_fields(n)),
        (text("All shifts"), _OTHERS),
    ]
    return [(head, replace(form, fields=fields, refusals=_of(form, fields))) for head, fields in parts]


def _of(form: Filled, fields: tuple[FormField, ...]) -> tuple[Any, ...]:
    names = {one.name for one in fields}
    return tuple(one for one in form.refusals if one.field in names)


def form_of(capacity: Capacity | None) -> Filled:
    """The form of a capacity, or an empty one with the usual minutes, and a group for one more shift."""
    model = None if capacity is None else CapacityModel.of(capacity)
    typed = {"overflow": "5", "holidays": ""} | {f"minutes_{one.value}": f"{MINUTES[one]:g}" for one in _METHODS}
    shifts = [] if model is None else model.shifts
    if model is not None:
        typed["overflow"] = f"{100 * model.overflow:.0f}"
        typed["holidays"] = " ".join(map(str, model.holidays))
        typed |= {f"minutes_{method}": f"{minutes:g}" for method, minutes in model.minutes.items()}
    for number, one in enumerate(shifts, start=1):
        values = (one.line, _range(one.weekdays), one.begins, one.ends, f"{one.hands:g}")
        typed |= {f"{field.name}_{number}": text for field, text in zip(_SHIFT, values, strict=True)}
    return Filled(fields=fields_of(len(shifts) + 1), typed=_complete(typed, len(shifts) + 1))


def read(posted: Mapping[str, object]) -> Filled:
    """What was posted, with one empty group behind the last shift that has anything."""
    used = [
        number
        for number in range(1, MOST_SHIFTS + 1)
        if any(str(posted.get(f"{one.name}_{number}", "")).strip() for one in _SHIFT)
    ]
    shifts = [{one.name: str(posted.get(f"{one.name}_{number}", "")) for one in _SHIFT} for number in used]
    typed: dict[str, object] = {one.name: posted.get(one.name, "") for one in _OTHERS}
    for number, shift in enumerate(shifts, start=1):
        typed |= {f"{name}_{number}": text for name, text in shift.items()}
    form = Filled.read(fields_of(len(shifts) + 1), typed)
    return _whole_shifts(form, len(shifts))


def _whole_shifts(form: Filled, n: int) -> Filled:
    if n == 0:
        return form.refused(_fault("line_1", text("there is no shift."), text("Give one at least.")))
    for number in range(1, n + 1):
        for one in _SHIFT:
            if form.text(f"{one.name}_{number}") is None:
                form = form.refused(
                    _fault(f"{one.name}_{number}", text("it is empty."), text("Fill in the whole shift."))
                )
    return form


def capacity_in(form: Filled) -> Capacity | Filled:
    """The capacity that a form without refusals holds; the form with what is refused where it holds none."""
    try:
        return CapacityModel.model_validate(_document(form)).capacity()
    except ValidationError as error:
        return form.refused(_refusal(error))
    except ValueError as error:
        return form.refused(_fault("line_1", text("{reason}.", reason=English(error)), text("Correct the shift.")))


def _document(form: Filled) -> dict[str, Any]:
    return {
        "shifts": [
            {
                "line": form.typed[f"line_{number}"],
                "weekdays": _weekdays(form.typed[f"days_{number}"]),
                **{name: form.typed[f"{name}_{number}"] for name in ("begins", "ends", "hands")},
            }
            for number in range(1, _n_shifts(form.typed))
        ],
        "overflow": int(form.typed["overflow"]) / 100,
        "minutes": {one.value: form.typed[f"minutes_{one.value}"] for one in _METHODS},
        "holidays": form.typed["holidays"].split(),
    }


def _refusal(error: ValidationError) -> Rejection:
    """The first fault in the words of the form."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = [str(part) for part in first["loc"]]
    name = where[0]
    if name == "shifts":
        name = f"{where[2] if where[2] != 'weekdays' else 'days'}_{int(where[1]) + 1}"
    elif name == "minutes":
        name = f"minutes_{where[1]}"
    return _fault(name, text("it cannot be used: {reason}.", reason=English(first["msg"])), text("Correct it."))


def _fault(field: str, reason: str, remedy: str) -> Rejection:
    return Rejection(line=1, field=field, code="capacity", reason=reason, remedy=remedy)


def _n_shifts(typed: Mapping[str, str]) -> int:
    """Groups of shifts, the empty one at the end included."""
    return max(int(match[1]) for name in typed if (match := re.fullmatch(r"line_(\d+)", name)))


def _complete(typed: dict[str, str], n: int) -> dict[str, str]:
    return {one.name: typed.get(one.name, "") for one in fields_of(n)}


def _weekdays(text: str) -> list[str]:
    days: list[str] = []
    for part in text.split():
        first, _, last = part.partition("-")
        begins, ends = _DAYS.index(first), _DAYS.index(last or first)
        days += [_DAYS[day % 7] for day in range(begins, ends + 1 if ends >= begins else ends + 8)]
    return list(dict.fromkeys(days))


def _range(days: list[Any]) -> str:
    """Weekdays as they are typed: ranges of three days or more with a hyphen."""
    numbers = sorted(_DAYS.index(day) for day in days)
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return " ".join(
        f"{_DAYS[one[0]]}-{_DAYS[one[-1]]}" if len(one) > 2 else " ".join(_DAYS[day] for day in one) for one in parts
    )
