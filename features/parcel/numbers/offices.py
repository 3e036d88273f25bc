"""Numbers that a customs office issues for items without one."""

from __future__ import annotations

import re

from features.parcel.numbers import check_digits
from features.parcel.numbers.form import Form

FORMS: tuple[Form, ...] = (
    Form(
        name="office_issued",
        carrier="customs office",
        says="OBS, nine digits, a check digit; issued by this program for an undeclared item without a number",
        pattern=re.compile(r"OBS[0-9]{10}"),
        example="OBS0000000017",
        source="features.parcel.undeclared",
        is_right=lambda number: check_digits.gs1(number[3:]),
        is_certain=True,
    ),
)
