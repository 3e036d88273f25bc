"""Every form that is known, and which of them a number has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from features.parcel.numbers import couriers, gs1, offices, posts
from features.parcel.numbers.form import Candidate, Form, Verdict, no_cores

FORMS: tuple[Form, ...] = (*posts.FORMS, *couriers.FORMS, *gs1.FORMS, *offices.FORMS)
_LONGER = tuple(form for form in FORMS if form.cores is not no_cores)
_MAY_BE_LONGER = re.compile("|".join(f"(?:{form.pattern.pattern})" for form in _LONGER))
"""All of them at once: most numbers are asked, few are longer."""
_BEST = (Verdict.RIGHT, Verdict.NONE, Verdict.WRONG)


def forms_of(number: str) -> list[tuple[Form, Verdict]]:
    """Forms that a number has, best first: certain ones, then those whose check digit is right."""
    fitting = [(form, form.verdict(number)) for form in FORMS if form.fits(number)]
    return sorted(fitting, key=lambda one: (not one[0].is_certain, _BEST.index(one[1])))


def candidate(number: str) -> Candidate:
    """The number with the best of its forms."""
    for form, verdict in forms_of(number):
        return Candidate(
            number=number, form=form.name, carrier=form.carrier, verdict=verdict, is_certain=form.is_certain
        )
    return Candidate(number=number)


def cores(number: str) -> Iterator[str]:
    """Numbers of the parcel within a longer one, and within these again."""
    if _MAY_BE_LONGER.fullmatch(number) is None:
        return
    for form in _LONGER:
        if form.fits(number):
            for core in form.cores(number):
                yield core
                yield from cores(core)
